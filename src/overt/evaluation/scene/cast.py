"""Who walks through the scene, when, and along which line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from overt.evaluation.scene.bodies import Clothes, clothes_for
from overt.evaluation.scene.portraits import (
    N_CROWD,
    Portrait,
    crowd_face,
    eileen_collins,
    grace_hopper,
    simulated_face,
)
from overt.evaluation.scene.street import HALF_WIDTH

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Person", "Pose", "cast_scene"]

STEPS_PER_SECOND = 1.9
NEAREST = 1.7
"""Metres before the camera at which someone who comes close has left the picture."""
CROWD_NEAREST = 6.2
"""Metres at which the crowd turns off: its faces have too few pixels to be shown nearer."""
_NAVY = Clothes(
    coat=(48, 34, 30), trousers=(48, 34, 30), shoes=(24, 24, 26), shirt=(226, 228, 230), skin=(150, 175, 215)
)
_ORANGE = Clothes(
    coat=(44, 84, 206), trousers=(40, 78, 190), shoes=(30, 30, 34), shirt=(52, 50, 50), skin=(160, 190, 232)
)


@dataclass(frozen=True)
class Pose:
    """A person at one moment: eyes at x, y, z in metres, and the head's turn in radians."""

    x: float
    y: float
    z: float
    yaw: float
    pitch: float
    roll: float
    phase: float


@dataclass(frozen=True)
class Person:
    """Someone who walks towards the camera once in each run of the scene.

    Attributes:
        starts: when the walk begins, seconds; it may run over the end of the scene into its start.
        lasts: how long it takes, seconds.
        far: metres from the camera at the start; `near` at the end.
        lane: x of the line that is walked, metres.
        door_in: x at the start, metres; the person bends towards the lane in a second or two.
        door_out: x at the end, likewise, or None to go straight on past the camera.
        eye_height: metres.
    """

    index: int
    portrait: Portrait
    clothes: Clothes
    starts: float
    lasts: float
    far: float
    near: float
    lane: float
    door_in: float
    door_out: float | None
    eye_height: float
    sway: tuple[float, float, float]

    def pose(self, seconds: float, scene_seconds: float) -> Pose | None:
        """Where the person is at a time of the scene, or None while they are away."""
        t = (seconds - self.starts) % scene_seconds
        if t >= self.lasts:
            return None
        a, b, c = self.sway
        stride = np.pi * STEPS_PER_SECOND * t + 6 * a
        turn = min(1.6, 0.22 * self.lasts)
        x = self.lane + (self.door_in - self.lane) * np.exp(-t / turn)
        if self.door_out is not None:
            x += (self.door_out - self.lane) * np.exp((t - self.lasts) / turn)
        return Pose(
            x=float(x + 0.018 * np.sin(stride)),
            y=float(self.eye_height + 0.016 * np.cos(2 * stride)),
            z=self.far + (self.near - self.far) * t / self.lasts,
            yaw=float(
                np.radians(9) * np.sin(2 * np.pi * (0.16 + 0.12 * a) * t + 6 * b)
                + np.radians(3) * np.sin(5 * t * b)
            ),
            pitch=float(np.radians(3.5) * np.sin(2 * np.pi * (0.2 + 0.1 * c) * t + 6 * a)),
            roll=float(np.radians(2.2) * np.sin(stride) + np.radians(2) * np.sin(0.8 * t + 6 * c)),
            phase=float((stride / (2 * np.pi)) % 1),
        )


def cast_scene(
    *, seconds: float, crowd: int, near: int, principals: tuple[str, ...], seed: int
) -> tuple[Person, ...]:
    """The people of a scene.

    Args:
        seconds: its length.
        crowd: how many of the far crowd are in the street at any moment, about.
        near: how many simulated people come close at any moment, about.
        principals: who of `grace-hopper` and `eileen-collins` comes past, each once and wholly within the scene.
        seed: of the lots that are drawn.
    """
    rng = np.random.default_rng(seed)
    people: list[Person] = []
    makers: dict[str, tuple[Callable[[], Portrait], Clothes, float, float, float]] = {
        "grace-hopper": (grace_hopper, _NAVY, 0.28, 0.32, 1.58),
        "eileen-collins": (eileen_collins, _ORANGE, 0.80, -0.42, 1.60),
    }
    for name in principals:
        make, clothes, share, lane, eyes = makers[name]
        lasts = min(7.0, 0.74 * seconds)
        people.append(
            Person(
                index=len(people),
                portrait=make(),
                clothes=clothes,
                starts=share * (seconds - lasts),
                lasts=lasts,
                far=NEAREST + 1.4 * lasts,
                near=NEAREST,
                lane=lane + float(rng.uniform(-0.08, 0.08)),
                door_in=float(np.sign(lane)) * (HALF_WIDTH + 0.5),
                door_out=None,
                eye_height=eyes,
                sway=_sway(rng),
            )
        )
    _stream(
        people,
        rng,
        near,
        seconds=seconds,
        lasts=7.5,
        portrait=lambda n: simulated_face((n + 7 * seed) % N_CROWD),
        close=True,
    )
    order = rng.permutation(N_CROWD)
    _stream(
        people,
        rng,
        crowd,
        seconds=seconds,
        lasts=13.0,
        portrait=lambda n: crowd_face(int(order[n % N_CROWD])),
        close=False,
    )
    return tuple(people)


def _stream(
    people: list[Person],
    rng: np.random.Generator,
    at_once: int,
    *,
    seconds: float,
    lasts: float,
    portrait: Callable[[int], Portrait],
    close: bool,
) -> None:
    """Adds people so that about `at_once` are there at every moment; the scene's end flows into its start."""
    lasts = min(lasts, 0.9 * seconds)
    n = round(at_once * seconds / lasts)
    lanes = np.linspace(-1.0, 1.0, max(at_once, 2)) * (1.15 if close else 2.2)
    for k in range(n):
        face = portrait(k)
        side = float(rng.choice([-1.0, 1.0]))
        near = NEAREST + float(rng.uniform(0, 0.3)) if close else CROWD_NEAREST + float(rng.uniform(0, 3.0))
        outside = HALF_WIDTH + 0.5
        people.append(
            Person(
                index=len(people),
                portrait=face,
                clothes=clothes_for(int(rng.integers(10_000)), face.skin),
                starts=float((k + rng.uniform(-0.2, 0.2)) * seconds / n % seconds),
                lasts=lasts,
                far=near + lasts * float(rng.uniform(1.15, 1.4)),
                near=near,
                lane=float(lanes[(k * 2 + k // len(lanes)) % len(lanes)] + rng.uniform(-0.15, 0.15)),
                door_in=side * outside,
                door_out=None if close else float(rng.choice([-1.0, 1.0])) * outside,
                eye_height=float(rng.uniform(1.48, 1.72)),
                sway=_sway(rng),
            )
        )


def _sway(rng: np.random.Generator) -> tuple[float, float, float]:
    a, b, c = rng.random(3)
    return float(a), float(b), float(c)
