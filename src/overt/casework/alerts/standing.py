"""Where an alert stands and how it counts, from what was judged of it and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from overt.casework.alerts.codes import SAYS_SAME_PERSON

if TYPE_CHECKING:
    from overt.casework.alerts.codes import AlertClass, AlertState, Decision, Identity, ReasonCode

__all__ = ["Judgement", "Standing"]


@dataclass(frozen=True)
class Judgement:
    """What one adjudicator decided and why, as it stands after corrections."""

    decision: Decision
    reason: ReasonCode

    @property
    def same_person(self) -> bool:
        """Whether it says that the passer-by is the person sought."""
        return self.reason in SAYS_SAME_PERSON


@dataclass(frozen=True)
class Standing:
    """Everything judged of an alert, as it stands after corrections.

    Attributes:
        second_needed: whether a second person must adjudicate, blind to the first.
        first: the first adjudication.
        second: the second.
        identity: whom the engagement found.
        has_outcome: whether an outcome is recorded.
    """

    second_needed: bool = False
    first: Judgement | None = None
    second: Judgement | None = None
    identity: Identity | None = None
    has_outcome: bool = False

    @property
    def decided(self) -> bool:
        """Whether every adjudication that is needed is there."""
        return self.first is not None and (self.second is not None or not self.second_needed)

    @property
    def engage(self) -> bool:
        """Whether the person may be approached: everybody who had to judge has said so. Otherwise never."""
        return self.decided and all(judgement.decision == "engage" for judgement in self._judgements)

    @property
    def state(self) -> AlertState:
        """What is due next."""
        if self.first is None:
            return "open"
        if not self.decided:
            return "second"
        if self.has_outcome or self.identity == "not-contacted":
            return "closed"
        if self.identity is not None:
            return "engaged"
        return "engage" if self.engage else "closed"

    @property
    def alert_class(self) -> AlertClass | None:
        """How it counts in the published record; None before it is decided.

        Confirmed is what an engagement found out. Without one the adjudications count: true only if every one of
        them says that it was the person sought (`SAYS_SAME_PERSON`), whatever was then done about it.
        """
        if self.identity == "sought":
            return "true-confirmed"
        if self.identity == "other":
            return "false-confirmed"
        if not self.decided:
            return None
        same = all(judgement.same_person for judgement in self._judgements)
        return "true-unconfirmed" if same else "false-unconfirmed"

    @property
    def _judgements(self) -> tuple[Judgement, ...]:
        return tuple(judgement for judgement in (self.first, self.second) if judgement is not None)
