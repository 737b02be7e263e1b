"""What leaves a probe for a search: one face, chosen by a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from overt.biometrics import Contract, FloatArray
    from overt.casework.probes.models import ProbeKind, ProbeShotView, ProbeVerdict
    from overt.casework.watchlists import FindingView

__all__ = ["SearchedFace"]


@dataclass(frozen=True, eq=False)
class SearchedFace:
    """One face of a probe, copied out for a search.

    Attributes:
        probe_id: where it comes from.
        face_id: which of its faces.
        kind: `still` or `footage`.
        name: the probe's.
        reason: why the probe was looked at.
        sha256: of the probe's file, hexadecimal.
        contract: of the template.
        template: float32 [dimension], of unit length; the mean of a passage's best shots, weighted by quality.
        picture: JPEG of its best look and a margin, every other face masked.
        shot: where face and landmarks are in that picture, and its measures.
        verdict: `good` or `poor`.
        findings: what falls short.
        faces_in_probe: how many faces the probe had.
        first_seconds: when it came into a clip's picture; None of a still.
        last_seconds: when it was last seen; None of a still.
    """

    probe_id: str
    face_id: str
    kind: ProbeKind
    name: str
    reason: str
    sha256: str
    contract: Contract
    template: FloatArray = field(repr=False)
    picture: bytes = field(repr=False)
    shot: ProbeShotView
    verdict: ProbeVerdict
    findings: tuple[FindingView, ...]
    faces_in_probe: int
    first_seconds: float | None
    last_seconds: float | None
