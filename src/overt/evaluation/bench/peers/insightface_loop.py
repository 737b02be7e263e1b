"""`insightface`: `FaceAnalysis.get`, its own loop over a frame's faces.

SCRFD and ArcFace-layout weights run in its own classes `SCRFD` and `ArcFaceONNX`. For other families it has no class,
so the two adapters at the end stand in for them, behind the same two calls.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
from insightface.app import FaceAnalysis
from insightface.model_zoo import get_model

from overt.evaluation.bench.peers.adapters import PlainDetector, PlainRecogniser

if TYPE_CHECKING:
    from overt.biometrics import ImageArray, ModelPack

__all__ = ["load"]


class _Loop:
    def __init__(self, pack: ModelPack, size: tuple[int, int]) -> None:
        spec = pack.manifest
        self.version = version("insightface")
        self._analysis = FaceAnalysis.__new__(FaceAnalysis)  # its constructor only looks for files to load
        self._analysis.addons = {}
        self._analysis.models = {
            "detection": _detector(pack, size),
            "recognition": _recogniser(pack),
        }
        self._analysis.det_model = self._analysis.models["detection"]
        native = "its own classes" if _native(pack) else "adapters in its loop"
        self.models = f"{spec.detector.family} and {spec.recogniser.layout} of pack {spec.id}, {native}"

    def recognise(self, image: ImageArray) -> int:
        return len(self._analysis.get(image))


def _native(pack: ModelPack) -> bool:
    return pack.manifest.detector.family == "scrfd" and pack.manifest.recogniser.layout == "arcface-112"


def _options() -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return options


def _detector(pack: ModelPack, size: tuple[int, int]) -> Any:
    spec = pack.manifest.detector
    if spec.family != "scrfd":
        return _AdaptedDetector(pack, size)
    model = get_model(str(pack.detector_file), providers=["CPUExecutionProvider"], sess_options=_options())
    model.prepare(-1, input_size=(size[1], size[0]), det_thresh=spec.score_threshold, nms_thresh=spec.nms_iou)
    return model


def _recogniser(pack: ModelPack) -> Any:
    if pack.manifest.recogniser.layout != "arcface-112":
        return _AdaptedRecogniser(pack)
    return get_model(str(pack.recogniser_file), providers=["CPUExecutionProvider"], sess_options=_options())


class _AdaptedDetector:
    """Another family's detector, behind the call that `FaceAnalysis` makes."""

    taskname = "detection"

    def __init__(self, pack: ModelPack, size: tuple[int, int]) -> None:
        self._plain = PlainDetector(pack, size)

    def detect(self, image: ImageArray, max_num: int = 0, metric: str = "default") -> tuple[Any, Any]:  # noqa: ARG002 - the signature that is called
        boxes, landmarks, scores = self._plain.detect(image)
        return np.concatenate([boxes, scores[:, None]], axis=1), landmarks


class _AdaptedRecogniser:
    """Another layout's recogniser, behind the call that `FaceAnalysis` makes for each face."""

    taskname = "recognition"

    def __init__(self, pack: ModelPack) -> None:
        self._plain = PlainRecogniser(pack)

    def get(self, image: ImageArray, face: Any) -> Any:
        face.embedding = self._plain.embed(image, face.kps)
        return face.embedding


def load(pack: ModelPack, size: tuple[int, int]) -> _Loop:
    """The loop with a pack's weights; `size` is the height and width of the detector's input."""
    return _Loop(pack, size)
