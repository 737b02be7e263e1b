"""Whether a picture is fit to be a reference image: one face, large, sharp, frontal, well lit and uncovered.

Every refusal names the figure that was measured and the limit that it missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import cv2
import msgspec
import numpy as np

from overt.biometrics import QUALITY_MEASURES, measure_quality

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from overt.biometrics import Faces, ImageArray, Quality

__all__ = [
    "EnrolmentLimits",
    "Finding",
    "FindingKind",
    "Judged",
    "judge_age",
    "judge_face",
    "judge_faces",
    "unlike_others",
]

FindingKind = Literal[
    # of a picture, refused
    "missing",
    "unreadable",
    "too-large",
    "no-face",
    "several-faces",
    "too-small",
    "too-blurred",
    "too-turned",
    "too-dark",
    "too-bright",
    "occluded",
    "no-template",
    "too-old",
    # of a row, refused
    "malformed",
    "repeated",
    "outside-folder",
    "outside-policy",
    "expired",
    "withdrawn",
    # only noticed
    "other-faces",
    "unlike-others",
    "old",
    "undated",
]


class EnrolmentLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a reference image must hold to.

    The measures are those of `overt.biometrics.Quality`.

    Attributes:
        eye_distance: least distance between the eyes, pixels.
        sharpness: least sharpness, 0 to 1.
        yaw: most turn to either side, degrees.
        pitch: most turn up or down, degrees.
        roll: most lean to either side, degrees.
        exposure: least exposure, 0 (black or white altogether) to 1.
        occlusion: most occlusion, 0 to 1.
        other_face: most that another face may measure, as a part of the largest one; smaller ones are passed over.
        mib: largest file, MiB.
        megapixels: largest picture, millions of pixels.
    """

    eye_distance: float = 20.0
    sharpness: float = 0.005
    yaw: float = 45.0
    pitch: float = 30.0
    roll: float = 45.0
    exposure: float = 0.25
    occlusion: float = 0.6
    other_face: float = 0.5
    mib: float = 32.0
    megapixels: float = 64.0


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was found about a row or a picture.

    Attributes:
        kind: its name.
        detail: a sentence without the full stop.
        refuses: whether the picture or row is refused for it, or it is only to be noticed.
        measured: the figure, where there is one.
        limit: the limit that it missed.
        unit: of both.
    """

    kind: FindingKind
    detail: str
    refuses: bool = True
    measured: float | None = None
    limit: float | None = None
    unit: str = ""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What was found about the faces of a picture.

    Attributes:
        face: index of the face to enrol; None where there is none or it cannot be told which.
        findings: what was found.
        measures: the face's quality, by measure, and its scalar.
    """

    face: int | None
    findings: tuple[Finding, ...]
    measures: dict[str, float] = {}

    @property
    def accepted(self) -> bool:
        """Whether nothing refuses the picture."""
        return not any(finding.refuses for finding in self.findings)


def judge_faces(image: ImageArray, faces: Faces, limits: EnrolmentLimits) -> Judged:
    """Choose the face of a picture and judge it.

    The largest face is the subject's, provided every other is clearly smaller (`EnrolmentLimits.other_face`);
    otherwise the picture is refused, because software must not guess who is sought.

    Args:
        image: uint8 [h, w, 3], blue, green, red.
        faces: its faces.
        limits: what the face must hold to.
    """
    if not len(faces):
        return Judged(face=None, findings=(_no_face(image, limits),))
    sides = np.sqrt((faces.boxes[:, 2] - faces.boxes[:, 0]) * (faces.boxes[:, 3] - faces.boxes[:, 1]))
    order = np.argsort(-sides, kind="stable")
    face = int(order[0])
    findings = []
    if len(order) > 1:
        ratio = float(sides[order[1]] / sides[face]) if sides[face] > 0 else 1.0
        several = ratio > limits.other_face
        findings.append(
            Finding(
                kind="several-faces" if several else "other-faces",
                detail=f"{len(faces)} faces, and the second measures {ratio:.0%} of the largest"
                + ("" if several else ": the largest was taken"),
                refuses=several,
                measured=round(ratio, 3),
                limit=limits.other_face,
                unit="of the largest",
            )
        )
        if several:
            return Judged(face=None, findings=tuple(findings))
    judged = judge_face(image, faces, face, limits)
    return Judged(face=face, findings=(*findings, *judged.findings), measures=judged.measures)


def judge_face(image: ImageArray, faces: Faces, face: int, limits: EnrolmentLimits) -> Judged:
    """Judge one face of a picture by itself, whatever others there are.

    Args:
        image: uint8 [h, w, 3], blue, green, red.
        faces: its faces.
        face: the index of the one to judge.
        limits: what it is held to.
    """
    one = faces.take(np.array([face]))
    quality = measure_quality(image, one)
    findings = tuple(_beyond(quality, limits, dark=_mean_grey(image, one) < 128))
    return Judged(face=face, findings=findings, measures=_measures(quality))


def judge_age(
    taken_on: dt.date | None, today: dt.date, *, most_years: float, most_years_unnoticed: float
) -> tuple[Finding, ...]:
    """Whether a picture is too old to be a reference image, or old enough to be noticed.

    Args:
        taken_on: when it was taken; None where that is unknown, which is noticed.
        today: the day it is judged.
        most_years: an older one is refused.
        most_years_unnoticed: an older one is noticed.
    """
    if taken_on is None:
        return (Finding(kind="undated", detail="it is not known when it was taken", refuses=False),)
    years = (today - taken_on).days / 365.25
    refuses = years > most_years
    limit = most_years if refuses else most_years_unnoticed
    if not years > limit:
        return ()
    return (
        Finding(
            kind="too-old" if refuses else "old",
            detail=f"taken {years:.1f} years ago, should be at most {limit:g}",
            refuses=refuses,
            measured=round(years, 2),
            limit=limit,
            unit="years",
        ),
    )


def unlike_others(score: float, threshold: float) -> Finding:
    """Notices that a picture resembles the others of its entry so little that they may show two people."""
    return Finding(
        kind="unlike-others",
        detail=f"resembles the entry's other pictures by {score:.3f} only, "
        f"less than the operating point's {threshold:g}",
        refuses=False,
        measured=round(score, 4),
        limit=threshold,
    )


def _no_face(image: ImageArray, limits: EnrolmentLimits) -> Finding:
    side, needed = float(min(image.shape[:2])), 2 * limits.eye_distance  # a face is at least twice as wide
    if side < needed:
        return _missed("too-small", "the picture's shorter side", side, needed, "px", "at least")
    return Finding(kind="no-face", detail="no face was found")


def _measures(quality: Quality) -> dict[str, float]:
    named = {name: round(float(getattr(quality, name)[0]), 4) for name in QUALITY_MEASURES}
    return named | {"quality": round(float(quality.scalar[0]), 4)}


def _mean_grey(image: ImageArray, one: Faces) -> float:
    left, top, right, bottom = (int(side) for side in np.maximum(one.boxes[0], 0))
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    return float(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY).mean()) if part.size else 0.0


def _beyond(quality: Quality, limits: EnrolmentLimits, *, dark: bool) -> Iterator[Finding]:
    """One finding for each limit that is missed; what is not a number misses it."""
    least: tuple[tuple[FindingKind, str, float, float, str], ...] = (
        ("too-small", "between the eyes", float(quality.eye_distance[0]), limits.eye_distance, "px"),
        ("too-blurred", "sharpness", float(quality.sharpness[0]), limits.sharpness, ""),
        ("too-dark" if dark else "too-bright", "exposure", float(quality.exposure[0]), limits.exposure, ""),
    )
    most: tuple[tuple[FindingKind, str, float, float, str], ...] = (
        ("too-turned", "yaw", abs(float(quality.yaw[0])), limits.yaw, "°"),
        ("too-turned", "pitch", abs(float(quality.pitch[0])), limits.pitch, "°"),
        ("too-turned", "roll", abs(float(quality.roll[0])), limits.roll, "°"),
        ("occluded", "occlusion", float(quality.occlusion[0]), limits.occlusion, ""),
    )
    for kind, what, measured, limit, unit in least:
        if not measured >= limit:
            yield _missed(kind, what, measured, limit, unit, "at least")
    for kind, what, measured, limit, unit in most:
        if not measured <= limit:
            yield _missed(kind, what, measured, limit, unit, "at most")


def _missed(kind: FindingKind, what: str, measured: float, limit: float, unit: str, bound: str) -> Finding:  # noqa: PLR0917 - a private row of cells
    space = " " if unit == "px" else ""
    return Finding(
        kind=kind,
        detail=f"{what} {measured:.3g}{space}{unit}, should be {bound} {limit:g}{space}{unit}",
        measured=round(measured, 4),
        limit=limit,
        unit=unit,
    )
