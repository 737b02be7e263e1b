"""A small film and the embedded pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from overt.evaluation.bench.ready import Footage, ready_pack
from overt.evaluation.scene import Scene, SceneSettings

if TYPE_CHECKING:
    from overt.biometrics import ModelPack


@pytest.fixture(scope="session")
def pack() -> ModelPack:
    return ready_pack("embedded")


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    film = tmp_path_factory.mktemp("film") / "street.mp4"
    Scene(SceneSettings(seconds=6, width=640, height=360, crowd=2, near=2)).write(film)
    return Footage(film, "a small street")
