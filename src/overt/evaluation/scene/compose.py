"""One frame of the scene: people over the street, then light, sensor noise and lens."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from overt.evaluation.scene.bodies import PHASES, PIXELS_PER_METRE, draw_body
from overt.evaluation.scene.street import HALF_WIDTH, Camera, draw_street
from overt.evaluation.scene.truth import FaceTruth

if TYPE_CHECKING:
    from overt.biometrics.faces import FloatArray, ImageArray
    from overt.evaluation.scene.cast import Person, Pose
    from overt.evaluation.scene.portraits import Portrait

__all__ = ["Composer"]

EXPOSURE_SECONDS = 1 / 45
"""How long the shutter is open: long enough to smear a near walker by a few pixels."""
_HEAD_DEPTH = 0.085
_SPAN = (0.16, 0.24, 0.38)
"""Metres from the eyes that a head may reach: to the sides, up, down."""


class Composer:
    """Draws the frames of one scene.

    Args:
        people: the cast.
        camera: where it is seen from.
        seconds: length of the scene; light and walks repeat after it.
        seed: of the street, the light and the noise.
    """

    def __init__(self, people: tuple[Person, ...], camera: Camera, seconds: float, seed: int) -> None:
        self._people, self._camera, self._seconds = people, camera, seconds
        self._street = draw_street(camera, seed)
        self._seed = seed
        rng = np.random.default_rng(seed + 31)
        self._noise = [_grain(rng, (camera.height + 64, camera.width + 64)) for _ in range(3)]
        self._light_phase = float(rng.uniform(0, 2 * np.pi))

    def frame(self, index: int, seconds: float) -> tuple[ImageArray, tuple[FaceTruth, ...]]:
        """The picture at a time, and the faces in it, the farthest first."""
        camera = self._camera
        picture = self._street.copy()
        owner = np.zeros(picture.shape[:2], np.uint8)
        placed = [(p, pose) for p in self._people if (pose := p.pose(seconds, self._seconds)) is not None]
        placed.sort(key=lambda item: -item[1].z)
        drawn: list[tuple[int, Person, Pose]] = []
        for label, (person, pose) in enumerate(placed, start=1):
            if self._draw(picture, owner, min(label, 255), person, pose, seconds=seconds):
                drawn.append((min(label, 255), person, pose))
        faces = []
        for label, person, pose in drawn:
            points, box = face_in_picture(person.portrait, pose, camera)
            visible = _visible(owner, label, box)
            if visible > 0.02:
                faces.append(
                    FaceTruth(index, seconds, person.index, person.portrait.identity, box, points, visible)
                )
        return self._exposed(picture, index, seconds), tuple(faces)

    def _draw(
        self,
        picture: ImageArray,
        owner: ImageArray,
        label: int,
        person: Person,
        pose: Pose,
        *,
        seconds: float,
    ) -> bool:
        camera, scale = self._camera, self._camera.scale(pose.z)
        cx, cy = camera.project(pose.x, pose.y, pose.z)
        wall = camera.focal * HALF_WIDTH / pose.z
        left = max(0, int(cx - 0.56 * scale), int(camera.width / 2 - wall))
        right = min(camera.width, int(cx + 0.56 * scale) + 1, int(camera.width / 2 + wall))
        top = max(0, int(cy - _SPAN[1] * scale) - 2)
        bottom = min(camera.height, int(cy + 1.80 * scale) + 2)
        if right - left < 2 or bottom - top < 2:
            return False
        self._shadow(picture, pose, scale)
        figure = _body(person, pose, scale, (cx - left, cy - top), (right - left, bottom - top))
        x0, x1 = max(left, int(cx - _SPAN[0] * scale)), min(right, int(cx + _SPAN[0] * scale) + 1)
        y1 = min(bottom, int(cy + _SPAN[2] * scale) + 1)
        if x1 > x0 and y1 > top:
            head = _head(
                person.portrait,
                pose,
                scale,
                (cx - x0, cy - top),
                (x1 - x0, y1 - top),
                side_light=self._side_light(seconds),
            )
            _over(figure[: y1 - top, x0 - left : x1 - left], head)
        figure = self._smeared(figure, person, pose, seconds)
        alpha = cv2.extractChannel(figure, 3)
        lit = cv2.cvtColor(cv2.convertScaleAbs(figure, alpha=self._gain_at(pose)), cv2.COLOR_BGRA2BGR)
        region = picture[top:bottom, left:right]
        behind = cv2.multiply(region, cv2.merge([cv2.bitwise_not(alpha)] * 3), scale=1 / 255)
        cv2.add(lit, behind, dst=region)
        owner[top:bottom, left:right][alpha > 127] = label
        return True

    def _shadow(self, picture: ImageArray, pose: Pose, scale: float) -> None:
        x, y = self._camera.project(pose.x + 0.12, 0.0, pose.z)
        if y > self._camera.height + 0.1 * scale:
            return
        x0, y0 = int(x - 0.42 * scale), int(y - 0.07 * scale)
        x1, y1 = int(x + 0.42 * scale), int(y + 0.07 * scale)
        a, b = max(0, x0), max(0, y0)
        c, d = min(self._camera.width, x1), min(self._camera.height, y1)
        if c <= a or d <= b:
            return
        shade = cv2.resize(_soft_shadow(), (x1 - x0, y1 - y0))[b - y0 : d - y0, a - x0 : c - x0]
        region = picture[b:d, a:c]
        cv2.multiply(region, cv2.merge([shade] * 3), dst=region, scale=1 / 255)

    def _smeared(self, figure: ImageArray, person: Person, pose: Pose, seconds: float) -> ImageArray:
        before = person.pose(seconds - EXPOSURE_SECONDS, self._seconds)
        if before is None:
            return figure
        x0, y0 = self._camera.project(before.x, before.y, before.z)
        x1, y1 = self._camera.project(pose.x, pose.y, pose.z)
        dx, dy = x1 - x0, y1 - y0
        across, down = (2 * round(abs(d) / 2) + 1 for d in (dx, dy))
        if across == down == 1:
            return figure
        smeared = cv2.blur(figure, (min(across, 15), min(down, 15)), borderType=cv2.BORDER_REPLICATE)
        return np.asarray(smeared, np.uint8)

    def _side_light(self, seconds: float) -> float:
        return 0.16 * float(np.sin(2 * np.pi * seconds / self._seconds + self._light_phase))

    def _gain_at(self, pose: Pose) -> float:
        """Brightness of a person at a place: a bar of shade lies across the street, and the left side is duller."""
        shade = 1 - 0.26 / (1 + np.exp(-(abs(pose.z - 6.6) - 1.0) * -4.0))
        return float((0.95 + 0.05 * np.clip(pose.x / HALF_WIDTH, -1, 1)) * shade)

    def _exposed(self, picture: ImageArray, index: int, seconds: float) -> ImageArray:
        turn = 2 * np.pi * seconds / self._seconds
        gain = 0.98 + 0.10 * np.sin(turn + self._light_phase) + 0.05 * np.sin(3 * turn + 1.0)
        warmth = 5.0 * np.sin(turn + 2.1)
        lit = cv2.GaussianBlur(cv2.convertScaleAbs(picture, alpha=gain), (3, 3), 0.55)
        lots = np.random.default_rng((self._seed, index))
        field = self._noise[int(lots.integers(len(self._noise)))]
        dy, dx = (int(v) for v in lots.integers(0, 64, 2))
        grain = field[dy : dy + self._camera.height, dx : dx + self._camera.width]
        noisy = cv2.add(cv2.add(lit, grain, dtype=cv2.CV_8U), (-warmth, 0.0, warmth, 0.0))
        return np.asarray(noisy, np.uint8)


def _grain(rng: np.random.Generator, size: tuple[int, int]) -> npt.NDArray[np.int16]:
    """A sensor's noise, in levels: mostly in brightness and a little wider than a pixel."""
    luma = cv2.GaussianBlur(rng.standard_normal(size, np.float32) * 7, (0, 0), 0.7)[:, :, None]
    chroma = rng.standard_normal((*size, 3), np.float32) * 1.6
    return np.asarray(np.rint(luma + chroma), np.int16)


def face_in_picture(
    portrait: Portrait, pose: Pose, camera: Camera
) -> tuple[FloatArray, tuple[float, float, float, float]]:
    """Where the landmarks (float32 [5, 2]) and the face box (left, top, right, bottom) lie, pixels."""
    left, top, right, bottom = portrait.box
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    rim = np.asarray([(left, middle_y), (middle_x, top), (right, middle_y), (middle_x, bottom)], np.float32)
    points = np.concatenate([portrait.landmarks, rim])
    x, y = ((points - np.asarray(portrait.eyes)) / portrait.pixels_per_metre).T
    depth = _depth(x, y)
    u = x * np.cos(pose.yaw) - depth * np.sin(pose.yaw)
    v = y * np.cos(pose.pitch) - depth * np.sin(pose.pitch)
    cos, sin = np.cos(pose.roll), np.sin(pose.roll)
    scale = camera.scale(pose.z)
    cx, cy = camera.project(pose.x, pose.y, pose.z)
    placed = np.stack([cx + (u * cos - v * sin) * scale, cy + (u * sin + v * cos) * scale], axis=1).astype(
        np.float32
    )
    (a, b), (c, d) = placed[5:].min(axis=0), placed[5:].max(axis=0)
    return placed[:5], (float(a), float(b), float(c), float(d))


def _depth(x: FloatArray, y: FloatArray) -> FloatArray:
    """How far the surface of a head stands out before the plane of the ears, metres: half an ellipsoid."""
    inside = 1 - (x / 0.082) ** 2 - ((y - 0.03) / 0.135) ** 2
    return np.asarray(_HEAD_DEPTH * np.sqrt(np.clip(inside, 0, 1)), np.float32)


def _head(
    portrait: Portrait,
    pose: Pose,
    scale: float,
    eyes: tuple[float, float],
    size: tuple[int, int],
    *,
    side_light: float,
) -> ImageArray:
    """The head turned by the pose: each pixel asks the portrait for the point of the ellipsoid that it shows."""
    u = (np.arange(size[0], dtype=np.float32) + 0.5 - eyes[0])[None, :] / scale
    v = (np.arange(size[1], dtype=np.float32) + 0.5 - eyes[1])[:, None] / scale
    cos, sin = np.float32(np.cos(pose.roll)), np.float32(np.sin(pose.roll))
    x_turned, y_turned = u * cos + v * sin, -u * sin + v * cos
    x, y = x_turned, y_turned
    for _ in range(2):
        depth = _depth(x, y)
        x = (x_turned + depth * np.float32(np.sin(pose.yaw))) / np.float32(np.cos(pose.yaw))
        y = (y_turned + depth * np.float32(np.sin(pose.pitch))) / np.float32(np.cos(pose.pitch))
    picture, shrunk = _level(portrait, scale)
    per_metre = portrait.pixels_per_metre * shrunk
    ex, ey = portrait.eyes
    out = cv2.remap(
        picture,
        (x * per_metre + ex * shrunk - 0.5).astype(np.float32),
        (y * per_metre + ey * shrunk - 0.5).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
    )
    light = np.clip(1 + side_light * x / 0.08, 0.75, 1.25)
    out[:, :, :3] = np.minimum(out[:, :, :3] * light[:, :, None], out[:, :, 3:])
    return np.asarray(out, np.uint8)


@lru_cache(maxsize=512)
def _shrunk(portrait_key: _Key, level: int) -> ImageArray:
    pixels = portrait_key.portrait.pixels
    for _ in range(level):
        pixels = np.asarray(cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    return pixels


class _Key:
    """A portrait as a key of a cache: two are the same if their identities are."""

    def __init__(self, portrait: Portrait) -> None:
        self.portrait = portrait

    def __hash__(self) -> int:
        return hash(self.portrait.identity)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.portrait.identity == self.portrait.identity


def _level(portrait: Portrait, scale: float) -> tuple[ImageArray, float]:
    """The portrait halved until a pixel of the frame covers at most about one and a half of its own."""
    level = max(0, int(np.ceil(np.log2(max(portrait.pixels_per_metre / scale / 1.5, 1e-6)))))
    level = min(level, 5)
    return _shrunk(_Key(portrait), level), 0.5**level


@lru_cache(maxsize=1024)
def _clothed(person: _Wearer, phase: int, level: int) -> ImageArray:
    picture = draw_body(person.person.clothes, phase) if level == 0 else _clothed(person, phase, level - 1)
    if level == 0:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)


class _Wearer:
    """A person as a key of a cache: two are the same if their clothes are."""

    def __init__(self, person: Person) -> None:
        self.person = person

    def __hash__(self) -> int:
        return hash(self.person.clothes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Wearer) and other.person.clothes == self.person.clothes


def _body(
    person: Person, pose: Pose, scale: float, eyes: tuple[float, float], size: tuple[int, int]
) -> ImageArray:
    level = min(4, max(0, int(np.ceil(np.log2(max(PIXELS_PER_METRE / scale / 1.5, 1e-6))))))
    picture = _clothed(_Wearer(person), int(pose.phase * PHASES) % PHASES, level)
    zoom = scale / (PIXELS_PER_METRE * 0.5**level)
    place = np.asarray([[zoom, 0, eyes[0] - zoom * picture.shape[1] / 2], [0, zoom, eyes[1]]], np.float32)
    return np.asarray(cv2.warpAffine(picture, place, size, flags=cv2.INTER_LINEAR), np.uint8)


def _over(below: ImageArray, above: ImageArray) -> None:
    """Puts one premultiplied picture over another, in place."""
    clear = cv2.merge([255 - above[:, :, 3]] * 4)
    below[:] = cv2.add(above, cv2.multiply(below, clear, scale=1 / 255))


@lru_cache(maxsize=1)
def _soft_shadow() -> ImageArray:
    y, x = np.mgrid[-1:1:32j, -1:1:96j].astype(np.float32)
    return np.asarray(255 - 95 * np.clip(1 - (x * x + y * y), 0, 1), np.uint8)


def _visible(owner: ImageArray, label: int, box: tuple[float, float, float, float]) -> float:
    """The share of the middle half of a face box whose pixels belong to a person."""
    width, height = box[2] - box[0], box[3] - box[1]
    x0, x1 = round(box[0] + width / 4), round(box[2] - width / 4)
    y0, y1 = round(box[1] + height / 4), round(box[3] - height / 4)
    area = max(1, (x1 - x0) * (y1 - y0))
    inside = owner[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
    return float(np.count_nonzero(inside == label)) / area
