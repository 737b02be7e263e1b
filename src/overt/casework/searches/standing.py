"""Where a search stands, from what people made of it and nothing else. No score is looked at here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from overt.casework.searches.codes import SearchDecision, SearchState

__all__ = ["CandidateStanding", "SearchStanding"]


@dataclass(frozen=True)
class CandidateStanding:
    """What was decided about one candidate.

    Attributes:
        decisions: the examiners', by place (1, 2).
        needed: how many examinations there must be.
        settled: the reviewer's, where the examiners disagree.
        gone: whether the record is deleted in its collection, so that nobody can examine it any more.
    """

    decisions: Mapping[int, SearchDecision]
    needed: int
    settled: SearchDecision | None = None
    gone: bool = False

    @property
    def examined(self) -> bool:
        """Whether everybody who must examine has."""
        return len(self.decisions) >= self.needed

    @property
    def waits(self) -> bool:
        """Whether somebody must still examine."""
        return not self.examined and not self.gone

    @property
    def disputed(self) -> bool:
        """Whether the examiners decided differently. It is for a reviewer to settle; the software never does."""
        return self.examined and len(set(self.decisions.values())) > 1

    @property
    def decision(self) -> SearchDecision | None:
        """What stands; None while somebody must still decide, and where nobody can any more."""
        if not self.examined:
            return None
        if self.disputed:
            return self.settled
        return next(iter(self.decisions.values()))


@dataclass(frozen=True)
class SearchStanding:
    """Everything decided in a search.

    Attributes:
        candidates: what was decided about each.
        reviewed: whether it was reviewed.
        has_outcome: whether what came of it is recorded.
    """

    candidates: Sequence[CandidateStanding] = field(default_factory=tuple)
    reviewed: bool = False
    has_outcome: bool = False

    @property
    def state(self) -> SearchState:
        """What is due next. A search without candidates has nothing to examine, and is reviewed all the same."""
        if any(candidate.waits for candidate in self.candidates):
            return "examination"
        if not self.reviewed:
            return "review"
        return "closed" if self.has_outcome else "outcome"

    @property
    def put_forward(self) -> int:
        """How many candidates are a lead, as it stands."""
        return sum(candidate.decision == "put-forward" for candidate in self.candidates)

    @property
    def disputed(self) -> int:
        """About how many the examiners disagree."""
        return sum(candidate.disputed for candidate in self.candidates)
