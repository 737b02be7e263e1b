"""The place: a pedestrian street drawn in perspective, and the geometry of the camera that looks along it.

World axes in metres: x to the right of the camera, y up from the ground, z away from the camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from overt.biometrics.faces import FloatArray, ImageArray

__all__ = ["Camera", "draw_street"]

Colour = tuple[int, int, int]
HALF_WIDTH = 3.6
"""Metres from the middle of the street to each wall."""
END = 60.0
"""Metres to the building that closes the street."""


@dataclass(frozen=True)
class Camera:
    """A level pinhole camera on a van, with a lens that is long enough for faces.

    Attributes:
        width: of the picture, pixels.
        height: of the picture, pixels.
        mast: metres above the ground.
    """

    width: int
    height: int
    mast: float = 2.2

    @property
    def focal(self) -> float:
        """Focal length in pixels; 35 degrees of view across, whatever the resolution."""
        return self.width * 2000 / 1280

    @property
    def horizon(self) -> float:
        """Row of the horizon: the upper part of the picture, so that near faces lie in its middle."""
        return self.height * 0.18

    def project(self, x: float, y: float, z: float) -> tuple[float, float]:
        """Where a point of the world lies in the picture, pixels."""
        return self.width / 2 + self.focal * x / z, self.horizon + self.focal * (self.mast - y) / z

    def scale(self, z: float) -> float:
        """Pixels a metre at the distance z."""
        return self.focal / z


def draw_street(camera: Camera, seed: int = 1) -> ImageArray:
    """The empty street: sky, walls with shops and windows, paving, lamps. uint8 BGR, height by width by 3."""
    rng = np.random.default_rng(seed + 77)
    picture = np.empty((camera.height, camera.width, 3), np.uint8)
    rows = np.linspace(0, 1, camera.height, dtype=np.float32)[:, None, None]
    picture[:] = (np.asarray([226, 214, 202], np.float32) * (1 - 0.12 * rows)).astype(np.uint8)
    _ground(picture, camera, rng)
    _end_of_street(picture, camera, rng)
    for side in (-1, 1):
        _wall(picture, camera, side, rng)
    for z in (48.0, 34.0, 23.0, 15.5):
        for side in (-1, 1):
            _lamp(picture, camera, side * (HALF_WIDTH - 0.5), z)
    soft = cv2.GaussianBlur(picture, (0, 0), camera.width / 1280 * 1.3)
    grain = cv2.GaussianBlur(rng.normal(0, 8, (*soft.shape[:2], 1)).astype(np.float32), (0, 0), 1.1)
    textured = soft.astype(np.float32) + grain[:, :, None]
    return np.asarray(np.clip(textured * _vignette(camera), 0, 255), np.uint8)


def _vignette(camera: Camera) -> FloatArray:
    y, x = np.mgrid[-1 : 1 : camera.height * 1j, -1 : 1 : camera.width * 1j].astype(np.float32)
    return np.asarray(1.03 - 0.16 * (x * x + y * y) / 2, np.float32)[:, :, None]


def _quad(
    picture: ImageArray, camera: Camera, corners: tuple[tuple[float, float, float], ...], colour: Colour
) -> None:
    points = np.asarray([camera.project(*c) for c in corners])
    cv2.fillPoly(picture, [(np.clip(points, -30000, 30000) * 16).astype(np.int32)], colour, cv2.LINE_AA, 4)


def _shaded(colour: Colour, factor: float) -> Colour:
    b, g, r = (int(np.clip(c * factor, 0, 255)) for c in colour)
    return b, g, r


def _ground(picture: ImageArray, camera: Camera, rng: np.random.Generator) -> None:
    _quad(picture, camera, ((-80, 0, 3), (80, 0, 3), (80, 0, END), (-80, 0, END)), (128, 136, 142))
    near, z = 3.0, 3.0
    while near < END:
        far = near + 0.9
        columns = np.arange(-HALF_WIDTH, HALF_WIDTH, 0.9)
        for x in columns:
            tone = _shaded((138, 146, 152), 1 + float(rng.normal(0, 0.035)) - 0.06 * (near / END))
            gap = 0.03
            _quad(
                picture,
                camera,
                (
                    (x + gap, 0, near + gap),
                    (x + 0.87, 0, near + gap),
                    (x + 0.87, 0, far - gap),
                    (x + gap, 0, far - gap),
                ),
                tone,
            )
        near = far
    for side in (-1.0, 1.0):
        edge = side * (HALF_WIDTH - 0.95)
        _quad(
            picture,
            camera,
            ((edge, 0, z), (edge + 0.12, 0, z), (edge + 0.12, 0, END), (edge, 0, END)),
            (92, 98, 104),
        )


def _end_of_street(picture: ImageArray, camera: Camera, rng: np.random.Generator) -> None:
    w = HALF_WIDTH
    _quad(picture, camera, ((-w, 0, END), (w, 0, END), (w, 5.4, END), (-w, 5.4, END)), (104, 122, 150))
    for floor in (2.9, 4.2):
        for x in np.arange(-w + 0.4, w - 0.4, 1.1):
            glass = _shaded((120, 108, 92), float(rng.uniform(0.7, 1.25)))
            _quad(
                picture,
                camera,
                ((x, floor, END), (x + 0.6, floor, END), (x + 0.6, floor + 0.9, END), (x, floor + 0.9, END)),
                glass,
            )
    _quad(picture, camera, ((-1.3, 0, END), (1.3, 0, END), (1.3, 2.3, END), (-1.3, 2.3, END)), (52, 50, 48))


_BRICKS: tuple[Colour, ...] = (
    (86, 104, 138),
    (128, 142, 158),
    (104, 112, 124),
    (70, 88, 122),
    (150, 158, 166),
)
_AWNINGS: tuple[Colour, ...] = ((60, 60, 150), (92, 110, 50), (120, 84, 44), (60, 120, 150), (96, 60, 96))


def _wall(picture: ImageArray, camera: Camera, side: int, rng: np.random.Generator) -> None:
    x = side * HALF_WIDTH
    shade = 0.82 if side < 0 else 1.02
    z = END
    while z > 6:
        long = float(rng.uniform(5.0, 8.0))
        near = max(z - long, 5.0)
        brick = _shaded(_BRICKS[int(rng.integers(len(_BRICKS)))], shade * float(rng.uniform(0.92, 1.06)))
        _quad(picture, camera, ((x, 0, near), (x, 0, z), (x, 12, z), (x, 12, near)), brick)
        awning = _AWNINGS[int(rng.integers(len(_AWNINGS)))]
        _quad(
            picture,
            camera,
            ((x, 0.5, near + 0.4), (x, 0.5, z - 0.4), (x, 2.6, z - 0.4), (x, 2.6, near + 0.4)),
            (64, 58, 50),
        )
        panes = max(2, int(long / 1.4))
        for pane in np.linspace(near + 0.5, z - 0.5, panes + 1)[:-1]:
            wide = (z - near - 1.0) / panes - 0.12
            glass = _shaded((168, 158, 142), shade * float(rng.uniform(0.55, 1.1)))
            _quad(
                picture,
                camera,
                ((x, 0.6, pane), (x, 0.6, pane + wide), (x, 2.5, pane + wide), (x, 2.5, pane)),
                glass,
            )
            _quad(
                picture,
                camera,
                ((x, 0.6, pane), (x, 0.6, pane + wide), (x, 1.3, pane + wide), (x, 1.3, pane)),
                _shaded(glass, 0.7),
            )
        _quad(
            picture,
            camera,
            ((x, 2.65, near + 0.3), (x, 2.65, z - 0.3), (x, 3.15, z - 0.3), (x, 3.15, near + 0.3)),
            _shaded(awning, shade),
        )
        for floor in (4.0, 6.6):
            for window in np.arange(near + 0.7, z - 1.4, 1.9):
                glass = _shaded((170, 150, 126), shade * float(rng.uniform(0.5, 1.0)))
                _quad(
                    picture,
                    camera,
                    (
                        (x, floor, window),
                        (x, floor, window + 1.0),
                        (x, floor + 1.6, window + 1.0),
                        (x, floor + 1.6, window),
                    ),
                    glass,
                )
        inner = x - side * 0.9
        _quad(
            picture,
            camera,
            ((x, 2.7, near + 0.3), (x, 2.7, z - 0.3), (inner, 2.25, z - 0.3), (inner, 2.25, near + 0.3)),
            _shaded(awning, shade * 1.15),
        )
        z = near - 0.02


def _lamp(picture: ImageArray, camera: Camera, x: float, z: float) -> None:
    half = 0.05
    _quad(
        picture,
        camera,
        ((x - half, 0, z), (x + half, 0, z), (x + half, 4.4, z), (x - half, 4.4, z)),
        (54, 56, 52),
    )
    _quad(
        picture,
        camera,
        ((x - 3 * half, 0, z), (x + 3 * half, 0, z), (x + 2 * half, 0.5, z), (x - 2 * half, 0.5, z)),
        (46, 48, 45),
    )
