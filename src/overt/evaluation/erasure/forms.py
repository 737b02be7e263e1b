"""A face's bytes in every form that the engine gives them, made outside the engine by the engine's own code."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

import av
import cv2
import numpy as np
import numpy.typing as npt

from overt.biometrics import (
    ChipEvener,
    DetectionSettings,
    Faces,
    load_detector,
    load_embedder,
    measure_quality,
)
from overt.biometrics.alignment import ARCFACE_112, similarity_transforms
from overt.biometrics.detection.views import Scaler, plan_views
from overt.errors import EvaluationError
from overt.evaluation.erasure.needles import Needle, cut_all, cut_needles
from overt.gallery import Gallery
from overt.video import HeapBuffers, open_feed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from overt.biometrics import FloatArray, ImageArray, ModelPack
    from overt.video import FeedFault

__all__ = ["FORMS", "FormMaker", "bgr_frames", "decoded_planes"]

FORMS: Final = (
    "decoded planes",
    "bgr frame",
    "scaled copy",
    "scaled planes",
    "detector tensor",
    "quality patch",
    "chip",
    "chip planes",
    "recogniser tensor",
    "template float32",
    "template int8",
    "look template",
)
"""Every form that is searched for. A look template is the sum of a passage's weighted templates."""

PATCH_SIDE: Final = 64
"""Side of the patch that `overt.biometrics.measure_quality` looks at; the self-proof fails if it is another."""

Box = tuple[int, int, int, int]


class Recorder:
    """An allocator that remembers what it gave, so that the buffers inside the code under proof can be read."""

    def __init__(self) -> None:
        self.arrays: list[npt.NDArray[Any]] = []

    def __call__(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        array = np.zeros(shape, dtype)
        self.arrays.append(array)
        return array

    def of(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> list[npt.NDArray[Any]]:
        """The arrays of a shape and type, in the order in which they were made."""
        return [array for array in self.arrays if array.shape == shape and array.dtype == np.dtype(dtype)]


class FormMaker:
    """Makes needles of the faces of a frame.

    Args:
        pack: the model pack that the engine will run.
        settings: the engine's detection settings; the picture is looked at whole.
        decoys: float32 [m, dimension], the watchlist's templates.
    """

    def __init__(self, pack: ModelPack, settings: DetectionSettings, decoys: FloatArray) -> None:
        self._settings = settings
        self._spec = pack.manifest.detector
        self._detector = load_detector(pack, settings)
        self._embedder_memory = Recorder()
        self._embedder = load_embedder(pack, allocate=self._embedder_memory)
        parts = [scale.covering for scale in pack.manifest.covered]
        self._evener = ChipEvener(pack.manifest.recogniser, parts)
        self.covered: set[int] = set()
        """The faces that look covered, and so are made even before they are embedded, as in the engine."""
        self._gallery_memory = Recorder()
        self._gallery = Gallery(pack.contract, "int8", allocate=self._gallery_memory)
        self._gallery.build(tuple(map(str, range(len(decoys)))), decoys, tuple(range(len(decoys))))

    def needles(self, image: ImageArray, boxes: Sequence[Box], numbers: Sequence[int]) -> list[Needle]:
        """Needles of each face of a frame, in every form after the decoded planes.

        Args:
            image: uint8 [h, w, 3], BGR, as the engine's feed converts it.
            boxes: where the faces were put, pixels of `image`.
            numbers: the faces' numbers in the proof.

        Raises:
            EvaluationError: the detector does not find one of them.
        """
        found = self._detector.detect([image])[0]
        needles = []
        for box, number in zip(boxes, numbers, strict=True):
            needles += [needle for form in self._of_picture(image, box) for needle in _cut(*form, number)]
            face = _nearest(found, box, number)
            needles += [
                needle for form in self._of_face(image, face, number) for needle in _cut(*form, number)
            ]
        return needles

    def _of_picture(self, image: ImageArray, box: Box) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        left, top, right, bottom = box
        yield "bgr frame", image[top:bottom, left:right]
        view = plan_views(image.shape[0], image.shape[1], self._spec, self._settings)[0]
        memory = Recorder()
        height, width = view.tensor
        tensor = np.zeros((3, height, width), np.float32)
        Scaler(self._spec, memory).fill(image, view, tensor)
        scaled, planes = memory.of((3 * height * width,), np.uint8)[:2]
        factor = view.width / image.shape[1]
        x0, y0, x1, y1 = (round(edge * factor) for edge in box)
        yield "scaled copy", scaled.reshape(height, width, 3)[y0:y1, x0:x1]
        for plane in planes.reshape(3, height, width):
            yield "scaled planes", plane[y0:y1, x0:x1]
        for channel in tensor:
            yield "detector tensor", channel[y0:y1, x0:x1]

    def _of_face(self, image: ImageArray, face: Faces, number: int) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        matrix = similarity_transforms(
            face.landmarks, np.array(ARCFACE_112, np.float32) * (PATCH_SIDE / 112)
        )[0]
        patch = cv2.warpAffine(image, matrix, (PATCH_SIDE, PATCH_SIDE), borderMode=cv2.BORDER_REPLICATE)
        yield "quality patch", patch
        yield "quality patch", cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY)
        embedder, side = self._embedder, self._embedder.chip_size
        chips = np.zeros((1, side, side, 3), np.uint8)
        embedder.align(image, face.landmarks, chips)
        yield "chip", chips[0].copy()
        if any(self._evener.prepare(chips)):
            self.covered.add(number)
            yield "chip", chips[0]
        weight = np.float32(max(float(measure_quality(image, face).scalar[0]), 1e-3))
        for size in embedder.batch_sizes:
            templates = np.zeros((size, embedder.dimension), np.float32)
            embedder.embed(np.repeat(chips, size, axis=0), templates)
            for tensor in self._embedder_memory.of((size, 3, side, side), np.float32):
                yield "recogniser tensor", tensor[0].reshape(-1, side)
                yield "recogniser tensor", tensor[0, :, :, ::-1].reshape(-1, side)
            yield from self._of_template(templates[:1], weight)
        for planes in self._embedder_memory.of((3, side, side), np.uint8):
            yield "chip planes", planes.reshape(-1, side)

    def _of_template(
        self, template: FloatArray, weight: np.float32
    ) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        yield "template float32", template
        self._gallery.search(template)
        for probes in self._gallery_memory.of((8, template.shape[1]), np.float32):
            yield "template float32", probes[:1]
        for written in self._gallery_memory.of((8, template.shape[1]), np.uint8):
            yield "template int8", written[:1]
            yield "template int8", (written[:1] - np.uint8(128))
        total = np.zeros_like(template)
        for _ in range(3):
            total = total + template * weight
            yield "look template", total
            yield "look template", total / np.float32(max(float(np.sqrt(np.dot(total[0], total[0]))), 1e-12))


def _cut(form: str, rows: npt.NDArray[Any], face: int) -> list[Needle]:
    content = np.ascontiguousarray(rows)
    flat = content.reshape(len(content), -1).view(np.uint8)
    if form.endswith(("float32", "int8", "look template")):
        return cut_all(flat[0], form, face)
    return cut_needles(flat, form, face)


def _nearest(found: Faces, box: Box, number: int) -> Faces:
    left, top, right, bottom = box
    middles = found.landmarks.mean(axis=1)
    inside = np.flatnonzero(
        (middles[:, 0] > left) & (middles[:, 0] < right) & (middles[:, 1] > top) & (middles[:, 1] < bottom)
    )
    if not len(inside):
        raise EvaluationError(
            f"the detector does not find face {number} of the proof's own film",
            "Use another model pack or footage",
        )
    return found.take(inside[:1])


def bgr_frames(path: Path, wanted: set[int]) -> Iterator[tuple[int, ImageArray]]:
    """Frames of a film as the engine's feeds decode and convert them; each is valid until the next.

    Args:
        path: the film.
        wanted: the numbers of the frames.

    Raises:
        EvaluationError: the film cannot be decoded.
    """
    faults: list[FeedFault] = []
    arrived = threading.Event()
    feed = open_feed(
        "proof", str(path), pace="max", buffers=HeapBuffers(), on_frame=arrived.set, on_fault=faults.append
    )
    feed.start()
    left = set(wanted)
    try:
        while left:
            arrived.clear()
            frame = feed.newest()
            if frame is None:
                if feed.status().state in {"ended", "failed"}:
                    reason = faults[-1].detail if faults else "it is shorter than it should be"
                    raise EvaluationError(f"the proof's film cannot be decoded: {reason}", "Try again")
                arrived.wait(0.05)
                continue
            try:
                if frame.index in left:
                    left.discard(frame.index)
                    yield frame.index, frame.image
            finally:
                frame.release()
    finally:
        feed.close()


def decoded_planes(path: Path, wanted: set[int]) -> Iterator[tuple[int, list[npt.NDArray[np.uint8]]]]:
    """The luma and the two chroma planes of frames of a film, each uint8 [rows, columns]."""
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number in wanted:
                yield (
                    number,
                    [
                        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[
                            :, : plane.width
                        ]
                        for plane in frame.planes
                    ],
                )
