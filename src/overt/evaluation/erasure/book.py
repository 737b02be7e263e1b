"""The needles of every group of a film, each certain to come from its faces and nowhere else."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from overt.evaluation.erasure.forms import FormMaker, bgr_frames, decoded_planes
from overt.evaluation.erasure.needles import Needle, NeedleIndex, cut_needles

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import numpy.typing as npt

    from overt.evaluation.erasure.film import Film

__all__ = ["needles_of_film"]


def needles_of_film(film: Film, maker: FormMaker) -> list[NeedleIndex]:
    """For each group of a film the needles of its faces, from every frame in which they stand.

    Frames whose decoded planes are the same to the bit are looked at once. Needles that also lie in the empty place,
    or in another group's frames, are left out.
    """
    group_of = {n: s.group for s in film.showings for n in range(s.first, s.end)}
    empty = film.showings[0].first - 1
    different: dict[bytes, int] = {}
    needles: list[list[Needle]] = [[] for _ in film.groups]
    pictures: dict[int, list[npt.NDArray[np.uint8]]] = {}
    for number, planes in decoded_planes(film.path, {*group_of, empty}):
        digest = hashlib.sha256(b"".join(plane.tobytes() for plane in planes)).digest()
        if digest in different:
            continue
        different[digest] = number
        pictures[number] = [plane.copy() for plane in planes]
        if number == empty:
            continue
        group = group_of[number]
        for face, (left, top, right, bottom) in enumerate(film.groups[group]):
            for i, plane in enumerate(planes):
                part = 1 if i == 0 else 2  # the chroma planes have half the luma's rows and columns
                rows = plane[top // part : bottom // part, left // part : right // part]
                needles[group] += cut_needles(rows, "decoded planes", _number(film, group, face))
    chosen = set(different.values())
    for number, image in bgr_frames(film.path, chosen):
        pictures[number].append(image.copy())
        if number != empty:
            group = group_of[number]
            boxes = film.groups[group]
            numbers = [_number(film, group, face) for face in range(len(boxes))]
            needles[group] += maker.needles(image, boxes, numbers)
    return [
        _only_here(
            NeedleIndex(own),
            (picture for n in chosen if n == empty or group_of[n] != group for picture in pictures[n]),
        )
        for group, own in enumerate(needles)
    ]


def _number(film: Film, group: int, face: int) -> int:
    return sum(len(boxes) for boxes in film.groups[:group]) + face


def _only_here(index: NeedleIndex, elsewhere: Iterable[npt.NDArray[np.uint8]]) -> NeedleIndex:
    met = {hit.needle.content for picture in elsewhere for hit in index.search(picture.reshape(-1))}
    return index.without(met) if met else index
