"""What is amiss with a deployment's lists, in groups, as it is read before a deployment is signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from overt.casework.deployments import DeploymentReview

__all__ = ["ProblemGroup", "ProblemRow", "problem_groups"]


@dataclass(frozen=True)
class ProblemRow:
    """One thing amiss: the entries that it is about, and why."""

    entries: tuple[str, ...]
    said: str
    link: str = ""
    link_said: str = ""


@dataclass(frozen=True)
class ProblemGroup:
    """Things of one kind.

    Attributes:
        code: names the kind in forms.
        title: what it is, with how many.
        means: why it matters.
        rows: each of them.
    """

    code: str
    title: str
    means: str
    rows: tuple[ProblemRow, ...]


def problem_groups(review: DeploymentReview) -> tuple[ProblemGroup, ...]:
    """The kinds of which there is at least one, the gravest first."""
    due = [one for one in review.stale if "due for review" in one.why]
    old = [one for one in review.stale if "due for review" not in one.why]
    found = (
        _group(
            "under-18",
            "under 18 when the window begins",
            "Children are not ordinarily searched for. Each needs the authorising officer's own reason.",
            _entries((one.entry_id, "") for one in review.under_18),
        ),
        _group(
            "age-unknown",
            "of unknown age",
            "Nobody has said when these people were born; they may be children.",
            _entries((entry_id, "") for entry_id in review.age_unknown),
        ),
        _group(
            "look-alikes",
            "that could be taken for each other",
            "The software scores these pairs as one person. An alert about one may be about the other.",
            tuple(
                ProblemRow(
                    pair.entry_ids,
                    "the same subject twice" if pair.kind == "duplicate" else f"similarity {pair.score:.3f}",
                )
                for pair in review.look_alikes
            ),
            one="pair",
            many="pairs",
        ),
        _group(
            "due",
            "overdue for review",
            "Nobody has confirmed since that these people are still sought.",
            _entries((one.entry_id, one.why) for one in due),
        ),
        _group(
            "old-images",
            "with old or undated images",
            "A face changes. Old pictures find people less well, and others by mistake more easily.",
            _entries((one.entry_id, one.why) for one in old),
        ),
        _group(
            "poor-images",
            "with poor images only",
            "Poor pictures find people less well, and others by mistake more easily.",
            _entries((one.entry_id, one.why) for one in review.poor_quality),
        ),
        _group(
            "without-covered",
            "with pictures that masked faces cannot be compared with",
            "While there is one, masked faces are compared as they are, for everybody: most of them pass unseen. "
            "A watchlist manager makes what is missing with overt watchlists renew.",
            _entries((entry_id, "") for entry_id in review.without_covered),
        ),
        _group(
            "left-out",
            "left out: not searched for",
            "They are on the lists, and no part of this deployment.",
            (
                *_entries((entry_id, "not approved") for entry_id in review.pending),
                *_entries((entry_id, "expires before the window begins") for entry_id in review.expired),
                *_entries((entry_id, "without an image") for entry_id in review.without_image),
            ),
        ),
        _group(
            "overlaps",
            "at the same time",
            "Officers and lists may be stretched between them.",
            tuple(
                ProblemRow(
                    (),
                    f"{one.location}, {len(one.same_watchlists) or 'no'} "
                    f"{'list' if len(one.same_watchlists) == 1 else 'lists'} in common:",
                    f"/deployments/{one.deployment_id}",
                    one.title,
                )
                for one in review.overlaps
            ),
            one="other deployment",
            many="other deployments",
        ),
    )
    return tuple(group for group in found if group is not None)


def _group(
    code: str,
    what: str,
    means: str,
    rows: tuple[ProblemRow, ...],
    *,
    one: str = "entry",
    many: str = "entries",
) -> ProblemGroup | None:
    if not rows:
        return None
    return ProblemGroup(code, f"{len(rows):,} {one if len(rows) == 1 else many} {what}", means, rows)


def _entries(found: Iterable[tuple[str, str]]) -> tuple[ProblemRow, ...]:
    return tuple(ProblemRow((entry_id,), why) for entry_id, why in found)
