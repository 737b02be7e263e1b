"""A simulated street, a watchlist of one person in it, and the embedded pack: what the engine's tests run on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from overt.biometrics import FloatArray, ModelPack, load_detector, load_embedder
from overt.engine import Begin, EngineLimits, FeedSpec
from overt.evaluation.scene import Scene, SceneSettings, SceneTruth, write_reference

WANTED = "grace-hopper"


@dataclass(frozen=True)
class Street:
    """A filmed scene and who is in it."""

    film: Path
    truth: SceneTruth


@pytest.fixture(scope="session")
def street(tmp_path_factory: pytest.TempPathFactory) -> Street:
    film = tmp_path_factory.mktemp("street") / "street.mp4"
    return Street(film, Scene(SceneSettings(seconds=8)).write(film))


@pytest.fixture(scope="session")
def template(pack: ModelPack, tmp_path_factory: pytest.TempPathFactory) -> FloatArray:
    """float32 [1, dimension]: the wanted person, enrolled."""
    picture = cv2.imread(str(write_reference(WANTED, tmp_path_factory.mktemp("reference"))))
    embedder = load_embedder(pack, batch_sizes=(1,))
    faces = load_detector(pack).detect([picture])[0]
    largest = np.argmax(faces.boxes[:, 2] - faces.boxes[:, 0])
    chip = np.empty((1, embedder.chip_size, embedder.chip_size, 3), np.uint8)
    embedder.align(picture, faces.landmarks[largest : largest + 1], chip)
    out = np.empty((1, embedder.dimension), np.float32)
    embedder.embed(chip, out)
    return out


@pytest.fixture(scope="session")
def begin(pack: ModelPack, template: FloatArray, street: Street) -> Callable[..., Begin]:
    """A `Begin` for feeds by name (the street, as fast as it goes, where none are given)."""

    def make(feeds: dict[str, str] | None = None, **changes: object) -> Begin:
        specs = tuple(
            FeedSpec(name=name, uri=uri, pace="max")
            for name, uri in (feeds or {"north": str(street.film)}).items()
        )
        settings: dict[str, object] = {
            "pack": str(pack.folder),
            "contract": pack.contract,
            "operating_point": pack.manifest.operating_point,
            "feeds": specs,
            "entries": (WANTED,),
            "templates": template.astype("<f4").tobytes(),
            "entry_of_template": (0,),
            "limits": EngineLimits(),
        }
        return Begin(**(settings | changes))  # type: ignore[arg-type]  # names are checked by msgspec

    return make
