"""A short simulated film and a watchlist folder for it: what the commands' tests run on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from overt.evaluation.scene import Scene, SceneSettings, SceneTruth, write_reference

if TYPE_CHECKING:
    from pathlib import Path

    from overt.biometrics import ModelPack


@dataclass(frozen=True)
class Film:
    """A filmed scene, who is in it, and a folder with a picture of the one person who is sought."""

    path: Path
    truth: SceneTruth
    watchlist: Path


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory, pack: ModelPack) -> Film:
    folder = tmp_path_factory.mktemp("film")
    watchlist = folder / "watchlist"
    watchlist.mkdir()
    write_reference("grace-hopper", watchlist)
    truth = Scene(SceneSettings(seconds=8, fps=8, crowd=2)).write(folder / "street.mp4")
    return Film(folder / "street.mp4", truth, watchlist)
