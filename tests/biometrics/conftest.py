"""Networks, pictures and packs that the biometric tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from overt.biometrics import DetectionSettings, Detector, Embedder, Faces, ImageArray, load_detector, packs
from overt.biometrics.sessions import Network
from overt.errors import PackError
from tests.biometrics.networks import (
    CONTRACT,
    quarter_recogniser,
    quarter_spec,
    spot_detector,
    spot_spec,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def network_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small networks."""
    folder = tmp_path_factory.mktemp("networks")
    spot_detector(folder / "spots.onnx")
    spot_detector(folder / "spots-fixed.onnx", size=(160, 160))
    spot_detector(folder / "spots-infinite.onnx", gain=float("inf"))
    quarter_recogniser(folder / "quarters.onnx")
    quarter_recogniser(folder / "quarters-of-four.onnx", batch=4)
    return folder


class Networks:
    """Makes detectors and embedders over the small networks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def detector(
        self,
        settings: DetectionSettings | None = None,
        *,
        name: str = "spots.onnx",
        colour: str = "bgr",
        fixed_size: tuple[int, int] | None = None,
    ) -> Detector:
        network = Network(self.folder / name, threads=1)
        return Detector(network, spot_spec(colour, fixed_size=fixed_size), settings or DetectionSettings())

    def embedder(
        self,
        *,
        name: str = "quarters.onnx",
        colour: str = "bgr",
        flip: bool = False,
        batch_sizes: tuple[int, ...] = (1, 4, 8),
    ) -> Embedder:
        network = Network(self.folder / name, threads=1)
        return Embedder(network, quarter_spec(colour, flip=flip), CONTRACT, batch_sizes)


@pytest.fixture(scope="session")
def networks(network_folder: Path) -> Networks:
    """Detectors and embedders over the small networks."""
    return Networks(network_folder)


@pytest.fixture(scope="session")
def embedded_pack() -> packs.ModelPack:
    """The default pack, where it has been pulled."""
    try:
        return packs.load("embedded")
    except PackError as error:
        pytest.skip(f"the embedded pack is not there: {error.what}")


@pytest.fixture(scope="session")
def portrait() -> ImageArray:
    """A sharp, well lit, level face: the public-domain astronaut of scikit-image, 512 by 512."""
    data = pytest.importorskip("skimage.data")
    return np.asarray(cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR), np.uint8)


@pytest.fixture(scope="session")
def portrait_face(embedded_pack: packs.ModelPack, portrait: ImageArray) -> Faces:
    """The astronaut's face, as the default pack's detector finds it."""
    faces = load_detector(embedded_pack, threads=1).detect([portrait])[0]
    assert len(faces) == 1
    return faces
