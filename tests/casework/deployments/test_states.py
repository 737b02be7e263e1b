"""The state machine: the table itself, and the commands walked at random against it."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from overt.casework import deployments as d
from overt.casework.deployments import MOVES, STATES, TABLE, Move, State, next_state
from overt.errors import ConflictError, InputError
from overt.records.tables import Authorisation, Deployment, DeploymentMove, FrozenEntry, LiveEvent
from tests.casework.deployments.force import STATEMENT, WHY, Force
from tests.offices import START


def test_the_table_speaks_of_every_move_and_of_known_states_only() -> None:
    assert set(TABLE) == set(MOVES)
    for leads in TABLE.values():
        assert set(leads) | set(leads.values()) <= set(STATES)


def test_every_state_can_be_reached_and_nothing_leads_back_from_the_end() -> None:
    reached: set[State] = {"draft"}
    for _ in STATES:
        reached |= {to for leads in TABLE.values() for origin, to in leads.items() if origin in reached}
    assert reached == set(STATES)

    def from_there(state: State) -> set[State]:
        found = {state}
        for _ in STATES:
            found |= {to for leads in TABLE.values() for origin, to in leads.items() if origin in found}
        return found

    assert from_there("cancelled") == {"cancelled"}
    assert from_there("published") == {"published"}
    assert from_there("live") == {"live", "suspended", "closed", "published"}


def test_live_is_reached_from_authorised_and_suspended_alone() -> None:
    origins = {origin for leads in TABLE.values() for origin, to in leads.items() if to == "live"}
    assert origins == {"authorised", "suspended"}
    assert [leads for leads in TABLE.values() if "authorised" in leads.values()] == [
        {"submitted": "authorised"}
    ]


@pytest.mark.parametrize(
    ("state", "move", "words"),
    [
        ("closed", "start", "A closed deployment cannot be started: only one that is authorised can"),
        ("authorised", "submit", "An authorised deployment cannot be submitted: only one that is draft can"),
        ("live", "cancel", "A live deployment cannot be cancelled: only one that is draft, submitted, "),
        ("draft", "close", "A draft deployment cannot be closed: only one that is live or suspended can"),
    ],
)
def test_an_illegal_move_is_refused_by_name(state: str, move: Move, words: str) -> None:
    with pytest.raises(ConflictError) as refused:
        next_state(state, move)
    assert str(refused.value).startswith(words)


PHASES = ("before", "in", "after")


class Walk(RuleBasedStateMachine):
    """Any command at any time, on one deployment; the table and the clock say what must come of it."""

    force: Force
    watchlist_id: str

    @initialize()
    def begin(self) -> None:
        self.force.clock.time = START
        self.phase = "before"
        self.state: State = "draft"
        self.moves = 1
        self.deployment_id = self.force.draft(self.watchlist_id).id

    def _try(
        self, made: Move, give: Any, *, phases: tuple[str, ...] = PHASES, error: Any = ConflictError
    ) -> None:
        """Give a command: what must come of it follows from the table, and from the part of the day."""
        if self.state not in TABLE[made]:
            with pytest.raises(ConflictError, match=f"{self.state} deployment cannot be"):
                give()
        elif self.phase not in phases:
            with pytest.raises(error):
                give()
        else:
            give()
            self.state = TABLE[made][self.state]
            self.moves += 1

    @precondition(lambda self: self.phase != "after")
    @rule()
    def time_passes(self) -> None:
        self.phase = PHASES[PHASES.index(self.phase) + 1]
        self.force.clock.time = START + timedelta(hours={"in": 2, "after": 6}[self.phase])

    @rule()
    def change(self) -> None:
        def give() -> None:
            change = d.PlanChange(title=f"After {self.moves} moves")
            d.change_deployment(self.force.office, self.force.planner, self.deployment_id, change)

        self._try("change", give, phases=("before", "in"), error=InputError)

    @rule()
    def submit(self) -> None:
        self._try(
            "submit",
            lambda: d.submit_deployment(self.force.office, self.force.planner, self.deployment_id),
            phases=("before", "in"),
        )

    @rule(refused=st.booleans())
    def decide(self, refused: bool) -> None:
        office, officer = self.force.office, self.force.officer()
        digest = d.show_deployment(office, officer, self.deployment_id).digest or "0" * 64
        if refused:
            refusal = d.Refusal(digest=digest, statement=STATEMENT)
            self._try("refuse", lambda: d.refuse_deployment(office, officer, self.deployment_id, refusal))
        else:
            shown = d.show_deployment(office, officer, self.deployment_id)
            decision = self.force.decision(shown.model_copy(update={"digest": digest}))
            self._try(
                "authorise",
                lambda: d.authorise_deployment(office, officer, self.deployment_id, decision),
                phases=("before", "in"),
            )

    @rule()
    def start(self) -> None:
        give = lambda: d.start_deployment(self.force.office, self.force.operator, self.deployment_id)  # noqa: E731
        self._try("start", give, phases=("in",))

    @rule()
    def resume(self) -> None:
        give = lambda: d.resume_deployment(self.force.office, self.force.operator, self.deployment_id)  # noqa: E731
        self._try("resume", give, phases=("in",))

    @rule(
        made=st.sampled_from(["withdraw", "suspend", "close", "cancel", "interrupt", "end-window", "expire"])
    )
    def otherwise(self, made: Move) -> None:
        office, one = self.force.office, self.deployment_id
        planner, operator, software = self.force.planner, self.force.operator, self.force.software
        give = {
            "withdraw": lambda: d.withdraw_deployment(office, planner, one, WHY),
            "suspend": lambda: d.suspend_deployment(office, operator, one, WHY),
            "close": lambda: d.close_deployment(office, operator, one, WHY),
            "cancel": lambda: d.cancel_deployment(office, planner, one, WHY),
            "interrupt": lambda: d.interrupt_deployment(office, software, one, "the engine has stopped"),
            "end-window": lambda: d.end_window(office, software, one),
            "expire": lambda: d.expire_deployment(office, software, one),
        }[made]
        self._try(made, give, phases=("after",) if made in {"end-window", "expire"} else PHASES)

    @invariant()
    def the_rows_agree(self) -> None:
        with self.force.office.database.transaction() as session:
            row = session.get_one(Deployment, self.deployment_id)
            moves = session.scalars(
                select(DeploymentMove)
                .where(DeploymentMove.deployment_id == row.id)
                .order_by(DeploymentMove.seq)
            ).all()
            events = session.scalar(
                select(func.count()).select_from(LiveEvent).where(LiveEvent.deployment_id == row.id)
            )
            frozen = session.scalar(
                select(func.count()).select_from(FrozenEntry).where(FrozenEntry.deployment_id == row.id)
            )
            standing = session.scalars(
                select(Authorisation).where(
                    Authorisation.deployment_id == row.id,
                    Authorisation.decision == "authorised",
                    Authorisation.voided_at.is_(None),
                )
            ).all()
        assert row.state == self.state
        assert len(moves) == events == self.moves
        assert moves[-1].to_state == self.state
        assert all(before.to_state == after.from_state for before, after in itertools.pairwise(moves))
        assert len(standing) == (self.state in {"authorised", "live", "suspended", "closed", "published"})
        is_frozen = self.state not in {"draft", "expired", "cancelled"}
        assert bool(frozen) == is_frozen == (row.digest is not None)
        assert all(one.digest == row.digest for one in standing)


def test_whatever_is_asked_in_whatever_order_the_table_holds(force: Force) -> None:
    walk = type("Walk", (Walk,), {"force": force, "watchlist_id": force.watchlist(2)})
    run_state_machine_as_test(
        walk,
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
