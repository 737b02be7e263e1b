"""The footage of the proof: groups of faces stand in an empty place, and are gone from one frame to the next.

Nothing else moves, so a face's bytes are known to the bit, in every form, from the frames in which it stands. It is
coded as a fixed camera codes: H.264, one reference picture, no pictures out of order. A group's clip begins with a
key frame and is decoded the same wherever it is played; after the faces come frames coded against them, as in life.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import av
import av.container
import cv2
import numpy as np

from overt.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from overt.biometrics import Detector, ImageArray

__all__ = ["FPS", "SHOWN_FRAMES", "Clip", "Footage", "compose_footage", "is_found"]

FPS: Final = 12
WIDTH, HEIGHT = 1280, 720
COLUMNS: Final = 5
SHOWN_FRAMES: Final = 12
EMPTY_FRAMES: Final = 12
FACE_HEIGHT: Final = 230

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Clip:
    """A group's faces for `SHOWN_FRAMES` frames, then the empty place for `EMPTY_FRAMES`.

    Attributes:
        path: the clip as a file.
        boxes: the faces: left, top, right, bottom in pixels of the frame.
        faces: their numbers in the proof.
    """

    path: Path
    boxes: tuple[Box, ...]
    faces: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Footage:
    """The empty place as a clip without faces, and a clip for each group."""

    empty: Clip
    groups: tuple[Clip, ...]


def compose_footage(folder: Path, faces: Sequence[ImageArray], group_size: int = COLUMNS) -> Footage:
    """Compose and write the clips.

    Args:
        folder: where to write them.
        faces: pictures of faces, uint8 BGR, each cut to the face.
        group_size: faces that stand there together, at most five.

    Raises:
        EvaluationError: no faces were given.
    """
    if not faces:
        raise EvaluationError("there is no face to make footage of", "Give footage with faces in it")
    empty = _empty_place()
    nobody = Clip(folder / "empty.flv", (), ())
    _write(nobody.path, [empty] * EMPTY_FRAMES)
    groups: list[Clip] = []
    for start in range(0, len(faces), group_size):
        together = faces[start : start + group_size]
        picture, boxes = _with_faces(empty, together)
        clip = Clip(folder / f"group{len(groups)}.flv", boxes, tuple(range(start, start + len(together))))
        _write(clip.path, [picture] * SHOWN_FRAMES + [empty] * EMPTY_FRAMES)
        groups.append(clip)
    return Footage(nobody, tuple(groups))


def is_found(face: ImageArray, detector: Detector) -> bool:
    """Whether a detector finds a face, uint8 BGR, where the film would show it alone."""
    picture, ((left, top, right, bottom),) = _with_faces(_empty_place(), [face])
    middles = detector.detect([picture])[0].landmarks.mean(axis=1)
    across, down = middles[:, 0], middles[:, 1]
    return bool(((across > left) & (across < right) & (down > top) & (down < bottom)).any())


def _empty_place() -> ImageArray:
    rng = np.random.default_rng(20)
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    shade = 90 + 40 * down / HEIGHT + 15 * np.sin(across / 90)
    grain = cv2.GaussianBlur(rng.normal(0, 12, (HEIGHT, WIDTH, 3)).astype(np.float32), (0, 0), 3)
    return np.asarray(np.clip(shade[..., np.newaxis] + grain, 0, 255), np.uint8)


def _with_faces(empty: ImageArray, faces: Sequence[ImageArray]) -> tuple[ImageArray, tuple[Box, ...]]:
    picture, boxes = empty.copy(), []
    cell = WIDTH // COLUMNS
    for column, face in enumerate(faces):
        width = min(cell - 40, round(face.shape[1] * FACE_HEIGHT / face.shape[0]))
        # Even edges, so that the face's chroma samples are its own.
        left = (column * cell + (cell - width) // 2) // 2 * 2
        top = (HEIGHT - FACE_HEIGHT) // 2 + (column % 2 * 120 - 60)
        picture[top : top + FACE_HEIGHT, left : left + width] = cv2.resize(
            face, (width, FACE_HEIGHT), interpolation=cv2.INTER_AREA
        )
        boxes.append((left, top, left + width, top + FACE_HEIGHT))
    return picture, tuple(boxes)


def _write(path: Path, pictures: Sequence[ImageArray]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        stream.options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "qp": "16",
            "x264-params": "ref=1:bframes=0:keyint=240:scenecut=0:threads=1",
        }
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, "bgr24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
