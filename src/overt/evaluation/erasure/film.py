"""The film of the proof: groups of faces stand in an empty place, and are gone from one frame to the next.

Each group comes once for every age at which the memory is to be searched. Nothing else moves, so a face's bytes are
known to the bit, in every form, from the frames in which it stands. It is filmed as a fixed camera films: H.264, one
reference picture, no pictures out of order.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import av
import cv2
import numpy as np

from overt.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from overt.biometrics import ImageArray

__all__ = ["FPS", "Film", "Showing", "compose_film"]

FPS: Final = 12
WIDTH, HEIGHT = 1280, 720
COLUMNS: Final = 5
LEAD_FRAMES: Final = 18
SHOWN_FRAMES: Final = 12
SPARE_SECONDS: Final = 1.6
"""Time after each search in which the engine, which stood still for it, catches up."""


@dataclass(frozen=True, slots=True)
class Showing:
    """One appearance of a group of faces.

    Attributes:
        group: number of the group.
        age_ms: how long after their last use the memory is to be searched.
        first, end: the frames in which they stand: from `first`, up to and without `end`.
    """

    group: int
    age_ms: int
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Film:
    """A film, and what is in it.

    Attributes:
        path: the file.
        showings: in order.
        groups: for each group, its faces: left, top, right, bottom in pixels of the frame.
        n_frames: its length.
    """

    path: Path
    showings: tuple[Showing, ...]
    groups: tuple[tuple[tuple[int, int, int, int], ...], ...]
    n_frames: int


def compose_film(
    path: Path, faces: Sequence[ImageArray], ages_ms: Sequence[int], group_size: int = COLUMNS
) -> Film:
    """Compose and write a film.

    Args:
        path: where to write it; an `.mp4`.
        faces: pictures of faces, uint8 BGR, each cut to the face.
        ages_ms: the ages at which each group is searched for.
        group_size: faces that stand there together, at most five.

    Raises:
        EvaluationError: no faces were given.
    """
    if not faces:
        raise EvaluationError("there is no face to make a film of", "Give footage with faces in it")
    empty = _empty_place()
    pictures, groups = [], []
    for start in range(0, len(faces), group_size):
        picture, boxes = _with_faces(empty, faces[start : start + group_size])
        pictures.append(picture)
        groups.append(boxes)
    showings, plan = [], [empty] * LEAD_FRAMES
    for age, group in itertools.product(ages_ms, range(len(pictures))):
        showings.append(Showing(group, age, len(plan), len(plan) + SHOWN_FRAMES))
        plan += [pictures[group]] * SHOWN_FRAMES
        plan += [empty] * round((age / 1000 + SPARE_SECONDS) * FPS)
    _write(path, plan)
    return Film(path, tuple(showings), tuple(groups), len(plan))


def _empty_place() -> ImageArray:
    rng = np.random.default_rng(20)
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    shade = 90 + 40 * down / HEIGHT + 15 * np.sin(across / 90)
    grain = cv2.GaussianBlur(rng.normal(0, 12, (HEIGHT, WIDTH, 3)).astype(np.float32), (0, 0), 3)
    return np.asarray(np.clip(shade[..., np.newaxis] + grain, 0, 255), np.uint8)


def _with_faces(
    empty: ImageArray, faces: Sequence[ImageArray]
) -> tuple[ImageArray, tuple[tuple[int, int, int, int], ...]]:
    picture, boxes = empty.copy(), []
    cell = WIDTH // COLUMNS
    for column, face in enumerate(faces):
        height = 230
        width = min(cell - 40, round(face.shape[1] * height / face.shape[0]))
        # Even edges, so that the face's chroma samples are its own.
        left = (column * cell + (cell - width) // 2) // 2 * 2
        top = (HEIGHT - height) // 2 + (column % 2 * 120 - 60)
        picture[top : top + height, left : left + width] = cv2.resize(
            face, (width, height), interpolation=cv2.INTER_AREA
        )
        boxes.append((left, top, left + width, top + height))
    return picture, tuple(boxes)


def _write(path: Path, plan: Sequence[ImageArray]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        stream.options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "qp": "16",
            "refs": "1",
            "bf": "0",
            "g": "240",
        }
        for number, picture in enumerate(plan):
            frame = av.VideoFrame.from_ndarray(picture, "bgr24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
