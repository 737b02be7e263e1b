"""Whatever is tried on an alert, in whatever order and by whom: only the allowed steps happen and are kept."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from overt.casework import alerts as a
from overt.errors import AuthorityError, ConflictError
from tests.casework.alerts.cases import Case, ask_for_two, judgement

ADJUDICATE = st.tuples(
    st.just("adjudicate"), st.sampled_from(["operator", "officer", "another"]), st.booleans()
)
ENGAGE = st.tuples(st.just("engage"), st.sampled_from(["sought", "other", "not-contacted"]))
OUTCOME = st.tuples(st.just("outcome"))
STEPS = st.lists(st.one_of(ADJUDICATE, ENGAGE, OUTCOME), max_size=7)


@dataclass
class Model:
    """What an alert must be by now, said independently of the code under test."""

    needed: int
    judges: list[str] = field(default_factory=list)
    engage: bool = True
    identity: str = ""
    outcomes: int = 0

    @property
    def state(self) -> str:
        if len(self.judges) < self.needed:
            return "second" if self.judges else "open"
        if not self.engage or self.outcomes or self.identity == "not-contacted":
            return "closed"
        return "engaged" if self.identity else "engage"

    def allows(self, step: tuple[object, ...]) -> bool:
        if step[0] == "adjudicate":
            return self.state in {"open", "second"} and step[1] not in self.judges
        return self.state == ("engage" if step[0] == "engage" else "engaged")

    def take(self, step: tuple[object, ...]) -> None:
        if step[0] == "adjudicate":
            self.judges.append(str(step[1]))
            self.engage = self.engage and bool(step[2])
        elif step[0] == "engage":
            self.identity = str(step[1])
        else:
            self.outcomes += 1


def attempt(case: Case, alert_id: str, step: tuple[object, ...]) -> a.AlertView:
    """Try one step."""
    if step[0] == "adjudicate":
        roles = "lfr-operator" if step[1] == "operator" else "engagement-officer"
        who = case.force.staff(roles, name=f"judge-{step[1]}")
        a.show_alert(case.office, who, alert_id)
        return a.adjudicate_alert(case.office, who, alert_id, judgement(bool(step[2])))
    if step[0] == "engage":
        return a.record_engagement(case.office, case.officer, alert_id, case.engagement(str(step[1])))
    return a.record_outcome(case.office, case.officer, alert_id, a.NewOutcome(outcome="information"))


@pytest.mark.parametrize("needed", [1, 2])
def test_only_what_is_allowed_happens(case: Case, needed: int) -> None:
    if needed == 2:
        ask_for_two(case.office)

    @settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(STEPS)
    def try_them(steps: list[tuple[object, ...]]) -> None:
        alert_id, model = case.take(), Model(needed)
        for step in steps:
            if model.allows(step):
                assert attempt(case, alert_id, step).state in {"second", "engage", "engaged", "closed"}
                model.take(step)
            else:
                with pytest.raises((ConflictError, AuthorityError)):
                    attempt(case, alert_id, step)
            view = a.show_alert(case.office, case.auditor, alert_id)
            assert view.state == model.state
            assert len(view.adjudications) == len(model.judges)
            assert (len(view.engagements), len(view.outcomes)) == (bool(model.identity), model.outcomes)

    try_them()
