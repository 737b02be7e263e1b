"""The needles of every group of the footage, each certain to come from its faces and nowhere else."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from overt.evaluation.erasure.film import SHOWN_FRAMES, Clip, Footage
from overt.evaluation.erasure.forms import FormMaker, bgr_frames, decoded_planes
from overt.evaluation.erasure.needles import Needle, NeedleIndex, cut_needles

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["needles_of_footage"]

Pictures = list["npt.NDArray[np.uint8]"]


def needles_of_footage(footage: Footage, maker: FormMaker) -> list[NeedleIndex]:
    """For each group the needles of its faces, from every frame in which they stand.

    Needles that also lie in the empty place, or in another group's frames, are left out.
    """
    _, nobody = _needles_of(footage.empty, maker)
    made = [_needles_of(clip, maker) for clip in footage.groups]
    indexes = []
    for group, (needles, _) in enumerate(made):
        index = NeedleIndex(needles)
        elsewhere = [*nobody, *(p for g, (_, pictures) in enumerate(made) if g != group for p in pictures)]
        met = {hit.needle.content for picture in elsewhere for hit in index.search(picture.reshape(-1))}
        indexes.append(index.without(met) if met else index)
    return indexes


def _needles_of(clip: Clip, maker: FormMaker) -> tuple[list[Needle], Pictures]:
    """The needles of a clip's faces, and its different pictures: decoded planes, and in BGR."""
    needles: list[Needle] = []
    pictures: Pictures = []
    different: dict[bytes, int] = {}
    for number, planes in decoded_planes(clip.path, set(range(SHOWN_FRAMES))):
        digest = hashlib.sha256(b"".join(plane.tobytes() for plane in planes)).digest()
        if digest in different:
            continue  # the same to the bit as a frame before
        different[digest] = number
        pictures += [plane.copy() for plane in planes]
        for (left, top, right, bottom), face in zip(clip.boxes, clip.faces, strict=True):
            for i, plane in enumerate(planes):
                part = 1 if i == 0 else 2  # the chroma planes have half the luma's rows and columns
                rows = plane[top // part : bottom // part, left // part : right // part]
                needles += cut_needles(rows, "decoded planes", face)
    for _, image in bgr_frames(clip.path, set(different.values())):
        pictures.append(image.copy())
        needles += maker.needles(image, clip.boxes, clip.faces)
    return needles, pictures
