"""The teachers: permissively licensed recognisers of the reference data, flip-averaged and joined into one target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from overt.biometrics.alignment import ARCFACE_112, similarity_transforms

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TEACHERS", "Teacher", "Teachers", "unit"]

Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Teacher:
    """A recogniser to learn from: (pixel - mean) ÷ divide goes in, in its colour order.

    Attributes:
        file: under the folder of the reference data.
        licence: of its weights.
        template: where the five points go in its chip.
        side: of its chip, pixels.
        points: whose points it sees: 0 CenterFace's, 1 YuNet's.
    """

    file: str
    licence: str
    template: tuple[tuple[float, float], ...]
    side: int
    rgb: bool
    mean: tuple[float, float, float]
    divide: tuple[float, float, float]
    points: int = 1


_RETAIL = ((30.2946, 51.6963), (65.5318, 51.5014), (48.0252, 71.7366), (33.5493, 92.3655), (62.7299, 92.2041))

TEACHERS = (
    Teacher(
        file="weights/rec/face-reidentification-retail-0095.onnx",
        licence="Apache-2.0",
        template=tuple((x / 96 * 128, y / 112 * 128) for x, y in _RETAIL),
        side=128,
        rgb=False,
        mean=(0.0, 0.0, 0.0),
        divide=(1.0, 1.0, 1.0),
    ),
    Teacher(
        file="weights/rec/mobilefacenet_foamliu_dynbatch.onnx",
        licence="Apache-2.0",
        template=ARCFACE_112,
        side=112,
        rgb=True,
        mean=(123.675, 116.28, 103.53),
        divide=(58.395, 57.12, 57.375),
    ),
)


def unit(rows: Numbers) -> Numbers:
    """Rows of unit length."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


class Teachers:
    """Runs every teacher on canvases."""

    def __init__(self, shared: Path, threads: int = 1, *, flip: bool = True) -> None:
        self._flip = flip
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._sessions = [
            onnxruntime.InferenceSession(str(shared / item.file), options, ["CPUExecutionProvider"])
            for item in TEACHERS
        ]

    def embed(self, canvases: npt.NDArray[np.uint8], points: Numbers) -> Numbers:
        """What the teachers say, side by side.

        Args:
            canvases: uint8 [n, 216, 216, 3], blue, green, red.
            points: float32 [n, 2, 5, 2], as `Faces.points`.

        Returns:
            float32 [n, 384]: each teacher's part of unit length, flip-averaged unless told otherwise.
        """
        return np.concatenate(
            [
                self._one(teacher, session, canvases, points)
                for teacher, session in zip(TEACHERS, self._sessions, strict=True)
            ],
            axis=1,
        )

    def _one(
        self,
        teacher: Teacher,
        session: onnxruntime.InferenceSession,
        canvases: npt.NDArray[np.uint8],
        points: Numbers,
    ) -> Numbers:
        matrices = similarity_transforms(points[:, teacher.points], np.array(teacher.template, np.float32))
        size = (teacher.side, teacher.side)
        chips = np.stack(
            [
                cv2.warpAffine(canvas, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
                for canvas, matrix in zip(canvases, matrices, strict=True)
            ]
        ).astype(np.float32)
        if teacher.rgb:
            chips = chips[..., ::-1]
        chips = (chips - np.float32(teacher.mean)) / np.float32(teacher.divide)
        planes = np.ascontiguousarray(chips.transpose(0, 3, 1, 2))
        name = session.get_inputs()[0].name
        given = session.run(None, {name: planes})[0].reshape(len(planes), -1)
        if self._flip:
            mirrored = np.ascontiguousarray(planes[..., ::-1])
            given = given + session.run(None, {name: mirrored})[0].reshape(len(planes), -1)
        return unit(given.astype(np.float32))
