"""`uniface`: `FaceAnalyzer.analyze`, its own loop over a frame's faces.

SCRFD and CenterFace weights run in its own detector classes, and ArcFace-layout weights in its `BaseRecognizer`. Its
classes fetch their own weights by name, so they are told where the pack's file is. For another layout of chip,
alignment is done by an adapter.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
from uniface import FaceAnalyzer
from uniface.detection import SCRFD, CenterFace
from uniface.recognition.base import BaseRecognizer, PreprocessConfig

from overt.evaluation.bench.peers.adapters import PlainRecogniser
from overt.evaluation.bench.peers.catalogue import PeerMissingError

if TYPE_CHECKING:
    from overt.biometrics import ImageArray, ModelPack

__all__ = ["load"]

CPU = ["CPUExecutionProvider"]


class _Loop:
    def __init__(self, pack: ModelPack, size: tuple[int, int]) -> None:
        spec = pack.manifest
        self.version = version("uniface")
        native = spec.recogniser.layout == "arcface-112"
        recogniser = _Recogniser(pack) if native else _AdaptedRecogniser(pack)
        self._analyzer = FaceAnalyzer(detector=_detector(pack, size), recognizer=recogniser)
        how = "its own classes" if native else "its own detector, adapter for the chip"
        self.models = f"{spec.detector.family} and {spec.recogniser.layout} of pack {spec.id}, {how}"

    def recognise(self, image: ImageArray) -> int:
        return len(self._analyzer.analyze(image))


def _detector(pack: ModelPack, size: tuple[int, int]) -> Any:
    spec = pack.manifest.detector
    kinds = {"scrfd": (SCRFD, "scrfd"), "centerface": (_CenterFace, "centerface")}
    if spec.family not in kinds:
        raise PeerMissingError(f"uniface has no class for {spec.family}", "Give a SCRFD or CenterFace pack")
    kind, module = kinds[spec.family]
    told = mock.patch(
        f"uniface.detection.{module}.verify_model_weights", return_value=str(pack.detector_file)
    )
    with told:
        return kind(
            confidence_threshold=spec.score_threshold,
            nms_threshold=spec.nms_iou,
            input_size=(size[1], size[0]),
            providers=CPU,
        )


class _CenterFace(CenterFace):  # type: ignore[misc]  # the package's types are skipped
    """Its own class; the pack's network already holds the exchange of red and blue that it would make."""

    def preprocess(self, image: ImageArray) -> Any:
        return np.expand_dims(image.astype(np.float32).transpose(2, 0, 1), axis=0)


class _Recogniser(BaseRecognizer):  # type: ignore[misc]  # likewise
    """Its own base class with the pack's file and normalisation."""

    def __init__(self, pack: ModelPack) -> None:
        spec = pack.manifest.recogniser
        preparation = PreprocessConfig(
            input_mean=list(spec.mean), input_std=list(spec.divide), input_size=(spec.size, spec.size)
        )
        super().__init__(model_path=str(pack.recogniser_file), preprocessing=preparation, providers=CPU)


class _AdaptedRecogniser:
    """Another layout's recogniser, behind the call that `FaceAnalyzer` makes for each face."""

    def __init__(self, pack: ModelPack) -> None:
        self._plain = PlainRecogniser(pack)

    def get_normalized_embedding(self, image: ImageArray, landmarks: Any) -> Any:
        return self._plain.embed(image, np.asarray(landmarks, np.float32))


def load(pack: ModelPack, size: tuple[int, int]) -> _Loop:
    """The loop with a pack's weights; `size` is the height and width of the detector's input."""
    return _Loop(pack, size)
