"""`face_recognition` on dlib: the loop of its own examples, `face_locations` and `face_encodings` of every frame.

It always runs its own models: dlib's HOG detector on the whole frame, five landmarks, and the ResNet of 128 numbers.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from overt.evaluation.bench.peers.dlib_models import dlib_models

if TYPE_CHECKING:
    from overt.biometrics import ImageArray, ModelPack

__all__ = ["load"]

FUNCTIONS: Final = {
    "pose_predictor_model_location": "shape_predictor_68_face_landmarks.dat",
    "pose_predictor_five_point_model_location": "shape_predictor_5_face_landmarks.dat",
    "cnn_face_detector_model_location": "mmod_human_face_detector.dat",
    "face_recognition_model_location": "dlib_face_recognition_resnet_model_v1.dat",
}
"""What `face_recognition` asks its companion package for, and the file behind each."""


class _Loop:
    def __init__(self, package: Any) -> None:
        self._package = package
        self.version = version("face_recognition")
        self.models = "its own: dlib's HOG detector and ResNet"

    def recognise(self, image: ImageArray) -> int:
        picture = np.ascontiguousarray(image[:, :, ::-1])
        places = self._package.face_locations(picture)
        return len(self._package.face_encodings(picture, places))


def load(pack: ModelPack, size: tuple[int, int]) -> _Loop:  # noqa: ARG001 - it has one detection size and its own weights
    """The loop.

    `face_recognition_models` finds its files through `pkg_resources`, which setuptools has dropped, so a module that
    knows where they are stands in for it.
    """
    folder = dlib_models()
    companion = ModuleType("face_recognition_models")
    for function, file in FUNCTIONS.items():
        setattr(companion, function, lambda path=folder / file: str(path))
    sys.modules["face_recognition_models"] = companion
    import face_recognition

    return _Loop(face_recognition)
