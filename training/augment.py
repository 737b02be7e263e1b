"""What happens to a face between the canvas and the student: the troubles of a camera in the street."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from overt.biometrics.alignment import similarity_transforms
from training.faces import CORNER, TEMPLATE
from training.network import SIDE

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["chip_of", "troubled_chip"]

Picture = npt.NDArray[np.uint8]
_TEMPLATE = np.array(TEMPLATE, np.float32)


def chip_of(canvas: Picture, points: npt.NDArray[np.float32]) -> Picture:
    """The chip as the engine cuts it: by CenterFace's points, bilinear.

    Args:
        canvas: uint8 [216, 216, 3].
        points: float32 [2, 5, 2], as `Faces.points`.
    """
    (matrix,) = similarity_transforms(points[:1], _TEMPLATE)
    return _cut(canvas, matrix)


def _cut(canvas: Picture, matrix: npt.NDArray[np.float32]) -> Picture:
    return cv2.warpAffine(
        canvas, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def troubled_chip(
    canvas: Picture,
    points: npt.NDArray[np.float32],
    random: np.random.Generator,
    tint: Callable[[], Picture] | None = None,
    strength: float = 1.0,
) -> Picture:
    """A chip as a camera in the street might have given it.

    Args:
        canvas: uint8 [216, 216, 3], blue, green, red.
        points: float32 [2, 5, 2], as `Faces.points`.
        random: draws every trouble.
        tint: gives the canvas of a coloured face, from which a grey one may borrow its colours.
        strength: how often the troubles of the picture come, 0 never, 1 as a rule.
    """

    def chance(share: float) -> bool:
        return bool(random.random() < share * strength)

    chosen = points[0] if random.random() < 0.75 else points[1]
    chosen = chosen + random.normal(0, 0.9, (5, 2)).astype(np.float32)
    (matrix,) = similarity_transforms(chosen[None], _TEMPLATE)
    chip = _cut(canvas, _jitter(matrix, random))
    if tint is not None and chance(0.35):
        chip = _recolour(chip, _cut(tint(), np.float32([[1, 0, -CORNER[0]], [0, 1, -CORNER[1]]])))
    elif chance(0.15):
        chip = cv2.cvtColor(cv2.cvtColor(chip, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if chance(0.15):
        _occlude(chip, random)
    if chance(0.5):
        chip = _expose(chip, random)
    if chance(0.15):
        chip = _blur(chip, random)
    if chance(0.4):
        side = round(float(np.exp(random.uniform(np.log(26), np.log(110)))))
        small = cv2.resize(chip, (side, side), interpolation=cv2.INTER_AREA)
        if chance(0.5):
            small = _noise(small, random)
        chip = cv2.resize(
            small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC if random.random() < 0.5 else cv2.INTER_LINEAR
        )
    elif chance(0.2):
        chip = _noise(chip, random)
    if chance(0.2):
        quality = int(random.integers(20, 80))
        chip = cv2.imdecode(cv2.imencode(".jpg", chip, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)
    return chip[:, ::-1] if random.random() < 0.5 else chip


def _jitter(matrix: npt.NDArray[np.float32], random: np.random.Generator) -> npt.NDArray[np.float32]:
    """The transform with a little more turn, scale and shift about the middle of the chip."""
    turn = random.normal(0, 0.05)
    scale = np.exp(random.normal(0, 0.04))
    more = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = np.array([SIDE / 2, SIDE / 2])
    shift = middle - more @ middle + random.normal(0, 1.5, 2)
    return np.column_stack([more @ matrix[:, :2], more @ matrix[:, 2] + shift]).astype(np.float32)


def _recolour(chip: Picture, coloured: Picture) -> Picture:
    """The chip's light with the blurred colours of another face."""
    light = cv2.cvtColor(chip, cv2.COLOR_BGR2YCrCb)[..., 0]
    other = cv2.GaussianBlur(cv2.cvtColor(coloured, cv2.COLOR_BGR2YCrCb), (0, 0), 4)
    return cv2.cvtColor(np.dstack([light, other[..., 1:]]), cv2.COLOR_YCrCb2BGR)


def _expose(chip: Picture, random: np.random.Generator) -> Picture:
    """Contrast, brightness, gamma and light from one side, by a table and a ramp."""
    levels = np.arange(256) / 255.0
    table = levels ** np.exp(random.normal(0, 0.3))
    table = (table - 0.5) * np.exp(random.normal(0, 0.25)) + 0.5 + random.normal(0, 0.08)
    chip = cv2.LUT(chip, (np.clip(table, 0, 1) * 255).astype(np.uint8))
    if random.random() < 0.3:
        ramp = np.linspace(random.uniform(0.45, 1), random.uniform(0.7, 1.2), SIDE, dtype=np.float32)
        ramp = ramp[::-1] if random.random() < 0.5 else ramp
        field = np.broadcast_to(
            ramp[None, :, None] if random.random() < 0.7 else ramp[:, None, None], chip.shape
        )
        chip = np.clip(chip * field, 0, 255).astype(np.uint8)
    return chip


def _blur(chip: Picture, random: np.random.Generator) -> Picture:
    if random.random() < 0.5:
        return cv2.GaussianBlur(chip, (0, 0), random.uniform(0.7, 2.5))
    length = int(random.integers(3, 11))
    streak = np.zeros((length, length), np.float32)
    streak[length // 2] = 1 / length
    turn = cv2.getRotationMatrix2D(((length - 1) / 2, (length - 1) / 2), random.uniform(0, 180), 1)
    streak = cv2.warpAffine(streak, turn, (length, length))
    return cv2.filter2D(chip, -1, streak / max(float(streak.sum()), 1e-3))


def _noise(chip: Picture, random: np.random.Generator) -> Picture:
    grain = random.normal(
        0, random.uniform(2, 11), chip.shape if random.random() < 0.5 else (*chip.shape[:2], 1)
    )
    return np.clip(chip + grain, 0, 255).astype(np.uint8)


def _occlude(chip: Picture, random: np.random.Generator) -> None:
    """Draw a mask over mouth and nose, dark glasses, a cap, or a patch, in place."""
    shade = tuple(int(value) for value in np.clip(random.integers(0, 256) + random.normal(0, 25, 3), 0, 255))
    kind = random.integers(0, 4)
    wobble = random.normal(0, 3, 8)
    if kind == 0:
        top = 78 + wobble[0] * 2
        outline = [
            (15, top - 5),
            (74 + wobble[1], top - 12),
            (135, top - 5),
            (128, 125),
            (75, 149),
            (22, 125),
        ]
        cv2.fillPoly(chip, [np.int32(outline)], shade)
    elif kind == 1:
        wide, high = int(18 + abs(wobble[2])), int(12 + abs(wobble[3]))
        for x in (46, 101):
            cv2.ellipse(chip, (int(x + wobble[4]), int(48 + wobble[5])), (wide, high), 0, 0, 360, shade, -1)
        cv2.line(chip, (46, 44), (101, 44), shade, 4)
    elif kind == 2:
        chip[: int(26 + wobble[6] * 2)] = shade
    else:
        wide, high = random.integers(25, 75, 2)
        x, y = random.integers(-15, SIDE - 20, 2)
        patch = chip[max(y, 0) : y + high, max(x, 0) : x + wide]
        patch[:] = shade if random.random() < 0.5 else np.uint8(random.integers(0, 256, patch.shape))
