"""What is known of the simulated scene: who is where in each frame, and when each person passes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from overt.biometrics.faces import FloatArray

__all__ = ["FaceTruth", "PassTruth", "SceneTruth", "passes_of"]

Box = tuple[float, float, float, float]
GAP_SECONDS = 1.0
"""A face that is hidden for less than this is still in the same passage."""


@dataclass(frozen=True)
class FaceTruth:
    """One face in one frame.

    Attributes:
        frame: index of the frame, from 0.
        seconds: its time from the start of the scene.
        person: index of the person in the scene; someone who comes twice has one index.
        identity: the person's word, such as `grace-hopper`.
        box: left, top, right, bottom of the face, pixels.
        landmarks: float32 [5, 2], pixels, in the order of `overt.biometrics.Faces`.
        visible: the share of the face that is in the picture and not behind someone else, 0 to 1.
    """

    frame: int
    seconds: float
    person: int
    identity: str
    box: Box
    landmarks: FloatArray
    visible: float

    @property
    def eye_distance(self) -> float:
        """Pixels between the eyes."""
        (x0, y0), (x1, y1) = self.landmarks[0], self.landmarks[1]
        return float(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5)


@dataclass(frozen=True)
class PassTruth:
    """One person going once through the picture, from the first to the last frame with at least half the face seen.

    Attributes:
        largest_eye_distance: pixels between the eyes at the nearest point.
    """

    person: int
    identity: str
    first_frame: int
    last_frame: int
    enters: float
    leaves: float
    largest_eye_distance: float


@dataclass
class SceneTruth:
    """The ground truth of a scene that has been composed.

    Attributes:
        seconds: the length of the scene.
        fps: frames a second.
        faces: for each frame, the faces in it.
    """

    seconds: float
    fps: float
    faces: list[tuple[FaceTruth, ...]] = field(default_factory=list)

    @property
    def passes(self) -> tuple[PassTruth, ...]:
        """Every passage, in order of entrance."""
        return passes_of((face for frame in self.faces for face in frame), self.fps)

    def identities(self) -> frozenset[str]:
        """Everyone who is seen at all."""
        return frozenset(face.identity for frame in self.faces for face in frame)

    def who(self, media_seconds: float, box: Box) -> FaceTruth | None:
        """The person whose face a box in the feed shows at a time; time past the end counts as a replay.

        The frames within a tenth of a second are asked as well, for a feed's clock is not the scene's.
        """
        if not self.faces:
            return None
        best: tuple[float, FaceTruth] | None = None
        middle = round(media_seconds * self.fps)
        reach = max(1, round(0.1 * self.fps))
        for index in range(middle - reach, middle + reach + 1):
            for face in self.faces[index % len(self.faces)]:
                overlap = intersection_over_union(face.box, box) - 0.02 * abs(index - middle)
                if overlap > 0.15 and (best is None or overlap > best[0]):
                    best = overlap, face
        return None if best is None else best[1]


def passes_of(faces: Iterable[FaceTruth], fps: float, *, visible: float = 0.5) -> tuple[PassTruth, ...]:
    """The passages within ground-truth faces given in order of time."""
    runs: dict[int, list[list[FaceTruth]]] = {}
    for face in faces:
        if face.visible < visible:
            continue
        of_person = runs.setdefault(face.person, [])
        if of_person and face.frame - of_person[-1][-1].frame <= GAP_SECONDS * fps:
            of_person[-1].append(face)
        else:
            of_person.append([face])
    found = [
        PassTruth(
            person=person,
            identity=run[0].identity,
            first_frame=run[0].frame,
            last_frame=run[-1].frame,
            enters=run[0].seconds,
            leaves=run[-1].seconds,
            largest_eye_distance=max(face.eye_distance for face in run),
        )
        for person, of_person in runs.items()
        for run in of_person
    ]
    return tuple(sorted(found, key=lambda p: (p.first_frame, p.person)))


def intersection_over_union(a: Box, b: Box) -> float:
    """The overlap of two boxes, 0 to 1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)
