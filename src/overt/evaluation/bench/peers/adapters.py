"""A pack's weights behind the plainest of calls, for peers that have no class of their own for a family.

Nothing in here is slower than it need be: one picture is scaled and detected, one face is cut and embedded, without
flip averaging, straight through ONNX Runtime.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import onnxruntime

from overt.biometrics.alignment import chip_template, similarity_transforms
from overt.evaluation.bench.peers.catalogue import PeerMissingError

if TYPE_CHECKING:
    from overt.biometrics import FloatArray, ImageArray, ModelPack

__all__ = ["PlainDetector", "PlainRecogniser", "plain_session"]

STRIDE = 4


def plain_session(path: str) -> Any:
    """A session with the runtime's defaults, on the CPU."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class PlainDetector:
    """CenterFace, decoded as its authors do."""

    def __init__(self, pack: ModelPack, size: tuple[int, int]) -> None:
        spec = pack.manifest.detector
        if spec.family != "centerface":
            raise PeerMissingError(
                f"there is no adapter for {spec.family}", "Give a SCRFD or CenterFace pack"
            )
        self._spec = spec
        self._size = size
        self._session = plain_session(str(pack.detector_file))
        self._input = self._session.get_inputs()[0].name

    def detect(self, image: ImageArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Boxes float32 [n, 4], landmarks [n, 5, 2] and scores [n], in pixels of the picture."""
        height, width = self._size
        scale = min(height / image.shape[0], width / image.shape[1])
        padded = np.zeros((height, width, 3), np.uint8)
        small = cv2.resize(image, (round(image.shape[1] * scale), round(image.shape[0] * scale)))
        padded[: small.shape[0], : small.shape[1]] = small
        blob = cv2.dnn.blobFromImage(padded, swapRB=self._spec.colour == "rgb")
        heat, sizes, offsets, points = self._session.run(None, {self._input: blob})
        y, x = np.where(heat[0, 0] > self._spec.score_threshold)
        h, w = np.exp(sizes[0, 0, y, x]) * STRIDE, np.exp(sizes[0, 1, y, x]) * STRIDE
        top = (y + offsets[0, 0, y, x] + 0.5) * STRIDE - h / 2
        left = (x + offsets[0, 1, y, x] + 0.5) * STRIDE - w / 2
        scores = heat[0, 0, y, x]
        kept = cv2.dnn.NMSBoxes(
            np.stack([left, top, w, h], axis=1).tolist(), scores.tolist(), 0.0, self._spec.nms_iou
        )
        keep = np.asarray(kept, np.intp).reshape(-1)
        pairs = points[0][:, y, x]
        marks = np.stack([pairs[1::2] * w + left, pairs[0::2] * h + top], axis=2).transpose(1, 0, 2)
        boxes = np.stack([left, top, left + w, top + h], axis=1).astype(np.float32)
        return boxes[keep] / scale, marks[keep].astype(np.float32) / scale, scores[keep]


class PlainRecogniser:
    """Any pack's recogniser, one face at a time."""

    def __init__(self, pack: ModelPack) -> None:
        spec = pack.manifest.recogniser
        self._template, self._side = chip_template(spec)
        self._reverse = spec.colour == "rgb"
        self._mean = np.array(spec.mean, np.float32).reshape(3, 1, 1)
        self._factor = 1.0 / np.array(spec.divide, np.float32).reshape(3, 1, 1)
        self._session = plain_session(str(pack.recogniser_file))
        self._input = self._session.get_inputs()[0].name

    def embed(self, image: ImageArray, landmarks: FloatArray) -> FloatArray:
        """The template, float32 [D], of the face with these landmarks, float32 [5, 2]."""
        matrix = similarity_transforms(landmarks[None], self._template)[0]
        chip = cv2.warpAffine(image, matrix, (self._side, self._side))
        blob = cv2.dnn.blobFromImage(chip, swapRB=self._reverse)
        tensor = ((blob[0] - self._mean) * self._factor)[None]
        template = self._session.run(None, {self._input: tensor})[0].reshape(-1)
        return np.asarray(template / np.linalg.norm(template), np.float32)
