"""How an alert stands and counts: the table of docs/alerts.md, and what holds for every combination."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overt.casework.alerts import OFFICER_DEFINED_GROUPS, SELF_DEFINED_GROUPS, Judgement, Standing
from overt.casework.alerts.codes import (
    REASONS_NOT_TO_ENGAGE,
    REASONS_TO_ENGAGE,
    Identity,
    OfficerDefinedGroup,
    ReasonCode,
    SelfDefinedGroup,
)

ENGAGE = Judgement("engage", "same-person")
LIKELY = Judgement("engage", "likely-same-person")
DIFFERENT = Judgement("do-not-engage", "different-person")
LOST = Judgement("do-not-engage", "lost-from-view")

TABLE = [
    # first, second needed, second, identity, outcome → state, class
    (None, False, None, None, False, "open", None),
    (None, True, None, None, False, "open", None),
    (ENGAGE, False, None, None, False, "engage", "true-unconfirmed"),
    (LIKELY, False, None, None, False, "engage", "true-unconfirmed"),
    (ENGAGE, False, None, "not-contacted", False, "closed", "true-unconfirmed"),
    (ENGAGE, False, None, "sought", False, "engaged", "true-confirmed"),
    (ENGAGE, False, None, "sought", True, "closed", "true-confirmed"),
    (ENGAGE, False, None, "other", False, "engaged", "false-confirmed"),
    (ENGAGE, False, None, "other", True, "closed", "false-confirmed"),
    (DIFFERENT, False, None, None, False, "closed", "false-unconfirmed"),
    (LOST, False, None, None, False, "closed", "true-unconfirmed"),
    (ENGAGE, True, None, None, False, "second", None),
    (DIFFERENT, True, None, None, False, "second", None),
    (ENGAGE, True, ENGAGE, None, False, "engage", "true-unconfirmed"),
    (ENGAGE, True, DIFFERENT, None, False, "closed", "false-unconfirmed"),
    (DIFFERENT, True, ENGAGE, None, False, "closed", "false-unconfirmed"),
    (ENGAGE, True, LOST, None, False, "closed", "true-unconfirmed"),
    (ENGAGE, True, ENGAGE, "other", True, "closed", "false-confirmed"),
]


@pytest.mark.parametrize("row", TABLE)
def test_the_table(
    row: tuple[Judgement | None, bool, Judgement | None, Identity | None, bool, str, str | None],
) -> None:
    first, needed, second, identity, outcome, state, counts = row
    standing = Standing(
        second_needed=needed, first=first, second=second, identity=identity, has_outcome=outcome
    )
    assert (standing.state, standing.alert_class) == (state, counts)


@pytest.mark.parametrize(
    ("code", "counts"),
    [
        ("different-person", "false-unconfirmed"),
        ("look-alike", "false-unconfirmed"),
        ("poor-image", "false-unconfirmed"),
        ("other", "false-unconfirmed"),
        ("not-actionable", "true-unconfirmed"),
        ("lost-from-view", "true-unconfirmed"),
        ("unsafe", "true-unconfirmed"),
    ],
)
def test_how_each_reason_not_to_engage_counts(code: ReasonCode, counts: str) -> None:
    assert Standing(first=Judgement("do-not-engage", code)).alert_class == counts


def test_every_reason_is_for_one_decision_or_the_other() -> None:
    assert frozenset(get_args(ReasonCode)) == REASONS_TO_ENGAGE | REASONS_NOT_TO_ENGAGE
    assert not REASONS_TO_ENGAGE & REASONS_NOT_TO_ENGAGE


def test_the_groups_are_16_plus_1_and_6_plus_1() -> None:
    assert set(SELF_DEFINED_GROUPS) == set(get_args(SelfDefinedGroup))
    assert set(OFFICER_DEFINED_GROUPS) == set(get_args(OfficerDefinedGroup))
    assert (len(SELF_DEFINED_GROUPS), len(OFFICER_DEFINED_GROUPS)) == (16 + 1, 6 + 1)


judgements = st.one_of(
    st.builds(Judgement, st.just("engage"), st.sampled_from(sorted(REASONS_TO_ENGAGE))),
    st.builds(Judgement, st.just("do-not-engage"), st.sampled_from(sorted(REASONS_NOT_TO_ENGAGE))),
)


@given(st.booleans(), st.none() | judgements, st.none() | judgements)
def test_nobody_is_engaged_unless_everybody_who_must_judge_says_so(
    needed: bool, first: Judgement | None, second: Judgement | None
) -> None:
    standing = Standing(second_needed=needed, first=first, second=second if needed and first else None)
    may = standing.state == "engage"
    said = [judgement for judgement in (standing.first, standing.second) if judgement is not None]
    assert may == (len(said) == 1 + needed and all(judgement.decision == "engage" for judgement in said))


@given(
    st.booleans(),
    judgements,
    judgements,
    st.none() | st.sampled_from(get_args(Identity)),
)
def test_what_is_decided_counts_in_exactly_one_class_and_confirmed_only_by_an_engagement(
    needed: bool, first: Judgement, second: Judgement, identity: Identity | None
) -> None:
    standing = Standing(
        second_needed=needed, first=first, second=second if needed else None, identity=identity
    )
    counts = standing.alert_class
    assert counts is not None
    assert counts.endswith("-confirmed") == (identity in {"sought", "other"})
