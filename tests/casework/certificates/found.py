"""Findings of an evaluation, and certificates issued over them."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

import msgspec

from overt.biometrics import packs
from overt.casework import Office
from overt.casework.certificates import CertificateView, NewCertificate, issue_certificate
from overt.evaluation.certificates import CertifyPlan, certify_trials
from overt.records.certificates import Findings
from overt.score_code import score_code
from tests.casework.deployments.force import Force
from tests.evaluation.certificates.crowds import crowd

__all__ = ["findings", "issue"]

POINT = ("threshold", "min_eye_distance", "min_quality", "confirmations", "clear_below")


@cache
def _found() -> Findings:
    """What is found on made-up people; at a rate that they can support."""
    plan = CertifyPlan(fpir=0.05, list_size=400, footfall=25_000)
    return certify_trials(
        packs.load("embedded"), crowd(), crowd("others", seed=2, first=10_000, enrolled=120), plan
    )


def findings(pack: str = "embedded", **point: Any) -> Findings:
    """Findings of a pack at its own operating point, or at another; of the code that runs now."""
    found, manifest = _found(), packs.load(pack).manifest
    about = {"id": manifest.id, "version": manifest.version, "scoring": packs.scoring_digest(manifest)}
    own = msgspec.to_builtins(manifest.operating_point)
    figures = {name: own[name] for name in POINT} | point
    return found.model_copy(
        update={
            "pack": found.pack.model_copy(update=about),
            "operating_point": found.operating_point.model_copy(update=figures),
            "code": found.code.model_copy(update={"parts": score_code()}),
        }
    )


def issue(
    force: Force | Office, found: Findings | None = None, *, days: float | None = None, **point: Any
) -> CertificateView:
    """Have a certificate issued by an administrator."""
    if isinstance(force, Office):
        from tests.offices import Clock, Staff

        force = Force(force, Staff(force), Clock(dt.datetime.now(dt.UTC)))
    new = NewCertificate(findings=found or findings(**point), days=days)
    return issue_certificate(force.office, force.staff("administrator"), new)
