"""Faces of probes as people see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overt.casework.probes.models import ProbeFaceView, ProbeShotView
from overt.casework.watchlists import finding_views

if TYPE_CHECKING:
    from overt.biometrics import FloatArray
    from overt.casework.probes.held import HeldFace, HeldShot

__all__ = ["face_view"]


def face_view(face: HeldFace) -> ProbeFaceView:
    """A face without its pixels and templates."""
    return ProbeFaceView(
        id=face.id,
        verdict=face.verdict,
        findings=finding_views(face.findings),
        quality=face.shots[0].measures["quality"],
        shots=tuple(_shot(shot) for shot in face.shots),
        first_seconds=face.first_seconds,
        last_seconds=face.last_seconds,
    )


def _shot(shot: HeldShot) -> ProbeShotView:
    width, height = shot.size
    return ProbeShotView(
        width=width,
        height=height,
        box=_box(shot.box),
        landmarks=tuple((round(float(x), 1), round(float(y), 1)) for x, y in shot.landmarks),
        picture_box=_box(shot.picture_box),
        seconds=shot.seconds,
        measures=shot.measures,
    )


def _box(box: FloatArray) -> tuple[float, float, float, float]:
    left, top, right, bottom = (round(float(edge), 1) for edge in box)
    return left, top, right, bottom
