"""Which parts of a picture the network looks at, and at what scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from overt.biometrics.detection.settings import DetectionSettings
    from overt.biometrics.faces import FloatArray, ImageArray
    from overt.biometrics.packs.manifest import DetectorSpec
    from overt.biometrics.sessions import Allocate

__all__ = ["Scaler", "View", "plan_views"]

OVERLAP = 96
"""How far neighbouring tiles overlap, pixels: a face smaller than this lies whole in one of them."""


@dataclass(frozen=True)
class View:
    """A rectangle of a picture as the network sees it.

    Attributes:
        left, top, right, bottom: the rectangle, in pixels of the picture.
        height, width: its size after scaling.
        tensor: height and width of the network's input, which the scaled rectangle fills from the top left.
        cut: whether each side (left, top, right, bottom) cuts through the picture.
    """

    left: int
    top: int
    right: int
    bottom: int
    height: int
    width: int
    tensor: tuple[int, int]
    cut: tuple[bool, bool, bool, bool] = (False, False, False, False)

    @cached_property
    def scale(self) -> FloatArray:
        """Pixels of the picture in one of the view, float32 [2], across and down."""
        across, down = self.right - self.left, self.bottom - self.top
        return np.array([across / self.width, down / self.height], np.float32)

    @cached_property
    def corner(self) -> FloatArray:
        """Left and top in pixels of the picture, float32 [2]."""
        return np.array([self.left, self.top], np.float32)


def plan_views(height: int, width: int, spec: DetectorSpec, settings: DetectionSettings) -> tuple[View, ...]:
    """The views of a picture of this size: the whole of it, and for far faces a larger copy or tiles."""
    picture = (height, width)
    long_side = settings.long_side if spec.fixed_size is None else min(settings.long_side, *spec.fixed_size)
    whole = min(1.0, long_side / max(picture))
    views = [_view((0, width), (0, height), picture, whole, spec)]
    if settings.far == "none" or whole == 1.0:
        return tuple(views)
    if settings.far == "two-scale":
        larger = min(1.0, settings.far_long_side / max(picture))
        if larger > whole * 1.1:
            side = math.inf if spec.fixed_size is None else min(spec.fixed_size)
            views += _tiles(picture, larger, side, spec)
    else:
        views += _tiles(picture, 1.0, long_side, spec)
    return tuple(views)


def _tiles(picture: tuple[int, int], scale: float, side: float, spec: DetectorSpec) -> list[View]:
    """Overlapping tiles at a scale, all of one size; `side` is a tile's longest side after scaling."""
    rows, columns = (_spans(length, side / scale, OVERLAP / scale) for length in picture)
    return [_view(across, down, picture, scale, spec) for down in rows for across in columns]


def _spans(length: int, side: float, overlap: float) -> list[tuple[int, int]]:
    """Starts and ends of equal, evenly spread pieces of a length, none longer than `side`."""
    if length <= side:
        return [(0, length)]
    span = max(1, int(side))
    step = max(span - overlap, span / 4)
    count = math.ceil((length - span) / step) + 1
    starts = (round(i * (length - span) / (count - 1)) for i in range(count))
    return [(start, start + span) for start in starts]


def _view(
    across: tuple[int, int], down: tuple[int, int], picture: tuple[int, int], scale: float, spec: DetectorSpec
) -> View:
    (left, right), (top, bottom) = across, down
    h, w = max(1, round((bottom - top) * scale)), max(1, round((right - left) * scale))
    tensor = spec.fixed_size or (_up(h, spec.multiple), _up(w, spec.multiple))
    cut = (left > 0, top > 0, right < picture[1], bottom < picture[0])
    return View(left, top, right, bottom, min(h, tensor[0]), min(w, tensor[1]), tensor, cut)


def _up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple


class Scaler:
    """Puts views into the network's input through two buffers of its own.

    A picture that shrinks to less than half is first halved by averaging (each pixel of the half is the mean of
    four), so that small faces keep what would else fall between the samples; the rest is bilinear.

    Args:
        spec: the colour order, mean and divisor of the network's input.
        allocate: gives the memory of the buffers.
    """

    def __init__(self, spec: DetectorSpec, allocate: Allocate) -> None:
        self._reverse = spec.colour == "rgb"
        self._mean = np.array(spec.mean, np.float32).reshape(3, 1, 1)
        self._factor = np.float32(1.0 / spec.divide)
        self._plain = not any(spec.mean) and spec.divide == 1.0
        self._allocate = allocate
        self._scaled: ImageArray = allocate((0,), np.uint8)
        self._planes: npt.NDArray[np.uint8] = allocate((0,), np.uint8)
        self._half: ImageArray = allocate((0,), np.uint8)

    def fill(self, image: ImageArray, view: View, out: npt.NDArray[np.float32]) -> None:
        """Writes a view of a picture into one input, float32 [3, H, W], black where the view does not reach."""
        height, width = view.tensor
        self._grow(height * width * 3)
        scaled = self._scaled[: height * width * 3].reshape(height, width, 3)
        planes = self._planes[: height * width * 3].reshape(3, height, width)
        scaled[view.height :] = 0
        scaled[:, view.width :] = 0
        part = image[view.top : view.bottom, view.left : view.right]
        target = scaled[: view.height, : view.width]
        if part.shape == target.shape:
            np.copyto(target, part)
        else:
            part = self._halved(part, view, target)
            if part is not target:
                cv2.resize(part, (view.width, view.height), dst=target, interpolation=cv2.INTER_LINEAR)
        cv2.split(
            scaled, [planes[2], planes[1], planes[0]] if self._reverse else [planes[0], planes[1], planes[2]]
        )
        if self._plain:
            np.copyto(out, planes)
        else:
            np.subtract(planes, self._mean, out=out)
            np.multiply(out, self._factor, out=out)

    def scrub(self) -> None:
        """Overwrites the buffers."""
        for buffer in (self._scaled, self._planes, self._half):
            buffer.fill(0)

    def _grow(self, size: int) -> None:
        if self._scaled.size < size:
            self.scrub()
            self._scaled = self._allocate((size,), np.uint8)
            self._planes = self._allocate((size,), np.uint8)

    def _halved(self, part: ImageArray, view: View, target: ImageArray) -> ImageArray:
        """The part, halved as often as it stays as large as the view; in the target itself where that is its size."""
        height, width = part.shape[0] // 2, part.shape[1] // 2
        if self._half.size < 4 * height * width:
            self._half.fill(0)
            self._half = self._allocate((4 * height * width,), np.uint8)  # 3 · (1 + 1/4 + 1/16 + …) at most
        start = 0
        while height >= view.height and width >= view.width:
            size = height * width * 3
            half = self._half[start : start + size].reshape(height, width, 3)
            if half.shape == target.shape:
                half = target
            cv2.resize(
                part[: 2 * height, : 2 * width], (width, height), dst=half, interpolation=cv2.INTER_AREA
            )
            part, start = half, start + size
            height, width = height // 2, width // 2
        return part
