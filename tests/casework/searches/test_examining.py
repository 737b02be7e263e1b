"""Two examiners, each blind to the other; a reviewer who did neither; an outcome. No score decides anything."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overt.casework import searches as s
from overt.casework.searches import CandidateStanding, SearchStanding
from overt.errors import AuthorityError, ConflictError, InputError
from tests.casework.searches.cases import Shop, comparison, review

DECISIONS = st.sampled_from(["put-forward", "not-put-forward"])


def test_a_search_goes_from_two_examinations_over_a_review_to_its_outcome(shop: Shop) -> None:
    shop.add("A/1", shop.like(0.99))
    view = shop.search()
    candidate = view.candidates[0].id
    assert (view.state, view.due_from_you) == ("examination", "")
    once = shop.examine(candidate, shop.first)
    assert once.state == "examination"
    both = shop.examine(candidate, shop.second)
    assert (both.state, both.put_forward, both.disputed) == ("review", 1, 0)
    assert [one.place for one in both.candidates[0].examinations] == [1, 2]
    assert both.candidates[0].examinations[0].features["ears"] == "similar"
    assert both.candidates[0].examinations[0].seconds_taken == 90
    reviewed = s.review_search(shop.office, shop.reviewer, view.id, review())
    assert (reviewed.state, reviewed.candidates[0].decision) == ("outcome", "put-forward")
    mine = s.show_search(shop.office, shop.investigator, view.id)
    assert mine.due_from_you == "outcome"
    new = s.NewSearchOutcome(outcome="identity-confirmed", note="the purse was found with them")
    closed = s.record_search_outcome(shop.office, shop.investigator, view.id, new)
    assert (closed.state, closed.outcomes[0].outcome) == ("closed", "identity-confirmed")


def test_while_one_is_due_nobody_but_an_auditor_sees_what_another_found(shop: Shop) -> None:
    shop.add("A/1", shop.like(0.99))
    shop.add("B/2", shop.like(0.985))
    view = shop.search()
    one, other = (candidate.id for candidate in view.candidates)
    shop.examine(one, shop.first)
    seen = {
        actor.name: [len(c.examinations) for c in s.show_search(shop.office, actor, view.id).candidates]
        for actor in (shop.first, shop.second, shop.investigator, shop.reviewer, shop.staff("auditor"))
    }
    assert seen.pop("first examiner") == seen.pop("auditor") == [1, 0]
    assert set(map(tuple, seen.values())) == {(0, 0)}
    blind = s.show_search(shop.office, shop.second, view.id)
    assert [c.decision for c in blind.candidates] == [None, None]
    assert blind.candidates[0].examinations_made == 1
    shop.examine(one, shop.second)
    hidden = s.show_search(shop.office, shop.second, view.id)
    assert [row.person_name for row in hidden.candidates[0].examinations] == [
        "Second Examiner (second examiner)"
    ]
    assert hidden.put_forward is None
    shop.examine(other, shop.first)
    done = shop.examine(other, shop.second)
    assert [len(c.examinations) for c in done.candidates] == [2, 2]


def test_the_second_examiner_is_never_the_first(shop: Shop) -> None:
    shop.add("A/1", shop.like(0.99))
    candidate = shop.search().candidates[0].id
    shop.examine(candidate, shop.first)
    with pytest.raises(AuthorityError, match="never made by whoever made the first"):
        shop.examine(candidate, shop.first)


def test_whoever_searched_examines_and_reviews_nothing_of_it(shop: Shop) -> None:
    both = shop.staff("investigator", "facial-examiner", "authorising-officer", name="one for all")
    shop.add("A/1", shop.like(0.99))
    new = s.NewSearch(
        collection_id=shop.collection_id,
        probe_id=shop.probe(actor=both),
        face_id="face-1",
        reason="seen at the till",
    )
    view = s.search_collection(shop.office, both, new)
    assert view.due_from_you == ""
    with pytest.raises(AuthorityError, match="Whoever searched"):
        shop.examine(view.candidates[0].id, both)
    shop.examine(view.candidates[0].id, shop.first)
    shop.examine(view.candidates[0].id, shop.second)
    for actor in (both, shop.first, shop.second):
        with pytest.raises(AuthorityError, match="neither searched nor examined"):
            s.review_search(shop.office, actor, view.id, review())


def test_nobody_decides_about_a_picture_that_they_have_not_seen(shop: Shop) -> None:
    shop.add("A/1", shop.like(0.99))
    candidate = shop.search().candidates[0].id
    with pytest.raises(ConflictError, match="not been shown to you"):
        s.examine_candidate(shop.office, shop.first, candidate, comparison())


def test_a_policy_of_one_examiner_holds_for_later_searches_alone(shop: Shop) -> None:
    shop.add("A/1", shop.like(0.99))
    before = shop.search()
    one = msgspec.structs.replace(shop.office.policy.searches, second_examination=False)
    shop.office.policy = msgspec.structs.replace(shop.office.policy, searches=one)
    after = shop.search(reason="another search of the same face")
    assert shop.examine(before.candidates[0].id, shop.first).state == "examination"
    assert shop.examine(after.candidates[0].id, shop.first).state == "review"
    with pytest.raises(ConflictError, match="has been examined"):
        shop.examine(after.candidates[0].id, shop.second)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"features": {}, "notes": {}}, "features"),
        ({"notes": {"scars": "one over the brow"}}, "notes"),
        ({"features": {"ears": "not-visible"}, "notes": {}}, "support"),
        ({"features": {"ears": "different"}, "notes": {}}, "support"),
        ({"support": "no-conclusion"}, "decision"),
        ({"support": "different-strong"}, "decision"),
        ({"reason": "looks alike"}, "reason"),
    ],
)
def test_an_examination_does_not_contradict_itself(shop: Shop, values: dict[str, object], field: str) -> None:
    shop.add("A/1", shop.like(0.99))
    candidate = shop.search().candidates[0].id
    with pytest.raises(InputError) as caught:
        shop.examine(candidate, shop.first, **values)
    assert caught.value.field == field


def test_a_disagreement_is_the_reviewer_s_to_decide(shop: Shop) -> None:
    view = shop.examined(agree=False)
    candidate = view.candidates[0].id
    assert (view.disputed, view.put_forward, view.candidates[0].decision) == (1, 0, None)
    seen = s.show_search(shop.office, shop.reviewer, view.id)
    assert {row.support for row in seen.candidates[0].examinations} == {"same-moderate", "no-conclusion"}
    with pytest.raises(InputError, match="disagree"):
        s.review_search(shop.office, shop.reviewer, view.id, review())
    with pytest.raises(InputError, match="nothing to decide"):
        s.review_search(
            shop.office,
            shop.reviewer,
            view.id,
            review(settled={candidate: "put-forward", "candidate-0": "put-forward"}),
        )
    done = s.review_search(
        shop.office, shop.reviewer, view.id, review(settled={candidate: "not-put-forward"})
    )
    assert done.candidates[0].decision == "not-put-forward"
    assert done.candidates[0].disputed
    with pytest.raises(InputError, match="no lead to follow"):
        s.record_search_outcome(
            shop.office, shop.investigator, view.id, s.NewSearchOutcome(outcome="identity-confirmed")
        )


def test_where_examiners_agree_the_reviewer_changes_nothing(shop: Shop) -> None:
    view = shop.examined()
    with pytest.raises(InputError, match="nothing to decide"):
        s.review_search(
            shop.office,
            shop.reviewer,
            view.id,
            review(settled={view.candidates[0].id: "not-put-forward"}),
        )


def test_a_review_names_its_faults_and_happens_once(shop: Shop) -> None:
    view = shop.examined()
    for wrong in (review(faults=("reason",)), review(finding="not-in-order")):
        with pytest.raises(InputError, match=r"faults|not in order"):
            s.review_search(shop.office, shop.reviewer, view.id, wrong)
    faulty = review(finding="not-in-order", faults=("proportionality",))
    done = s.review_search(shop.office, shop.reviewer, view.id, faulty)
    assert done.review is not None
    assert (done.review.finding, done.review.faults) == ("not-in-order", ("proportionality",))
    with pytest.raises(ConflictError, match="not to be reviewed now"):
        s.review_search(shop.office, shop.reviewer, view.id, review())


def test_an_outcome_waits_for_the_review_and_a_later_one_stands(shop: Shop) -> None:
    view = shop.examined()
    confirmed = s.NewSearchOutcome(outcome="identity-confirmed", note="the purse was found with them")
    with pytest.raises(ConflictError, match="Nothing can have come"):
        s.record_search_outcome(shop.office, shop.investigator, view.id, confirmed)
    s.review_search(shop.office, shop.reviewer, view.id, review())
    with pytest.raises(InputError, match="that is a lead"):
        s.record_search_outcome(
            shop.office, shop.investigator, view.id, s.NewSearchOutcome(outcome="no-lead")
        )
    s.record_search_outcome(shop.office, shop.investigator, view.id, confirmed)
    with pytest.raises(InputError, match="reason must have"):
        s.record_search_outcome(
            shop.office, shop.investigator, view.id, s.NewSearchOutcome(outcome="identity-refuted")
        )
    refuted = s.NewSearchOutcome(outcome="identity-refuted", note="they were abroad on that day")
    again = s.record_search_outcome(shop.office, shop.investigator, view.id, refuted)
    assert {(row.outcome, row.stands) for row in again.outcomes} == {
        ("identity-confirmed", False),
        ("identity-refuted", True),
    }


def test_what_is_due_is_listed_for_whom_it_is_due_from(shop: Shop) -> None:
    shop.add("A/1", shop.like(0.99))
    view = shop.search()
    people = (shop.investigator, shop.first, shop.second, shop.reviewer, shop.staff("auditor"))

    def due() -> dict[str, str]:
        found = {}
        for actor in people:
            listed = s.list_searches(shop.office, actor, s.SearchFilter(mine_to_do=True)).items
            (whole,) = s.list_searches(shop.office, actor).items
            assert [one.due_from_you for one in listed] == (
                [whole.due_from_you] if whole.due_from_you else []
            )
            if whole.due_from_you:
                found[actor.name] = str(whole.due_from_you)
        return found

    assert due() == {"first examiner": "examine", "second examiner": "examine"}
    shop.examine(view.candidates[0].id, shop.first)
    assert due() == {"second examiner": "examine"}
    shop.examine(view.candidates[0].id, shop.second)
    assert due() == {"authorising-officer": "review"}
    s.review_search(shop.office, shop.reviewer, view.id, review())
    assert due() == {"investigator": "outcome"}


@given(
    st.lists(st.tuples(st.lists(DECISIONS, max_size=2), st.one_of(st.none(), DECISIONS)), max_size=4),
    st.booleans(),
    st.booleans(),
    st.integers(1, 2),
)
def test_a_search_stands_where_people_have_brought_it(
    made: list[tuple[list[str], str | None]], reviewed: bool, has_outcome: bool, needed: int
) -> None:
    candidates = tuple(
        CandidateStanding(dict(enumerate(rows[:needed], 1)), needed, settled)  # type: ignore[arg-type]  # drawn words
        for rows, settled in made
    )
    standing = SearchStanding(candidates, reviewed, has_outcome)
    for one, (rows, settled) in zip(candidates, made, strict=True):
        unlike = len(set(rows[:needed])) > 1
        assert one.disputed == (one.examined and unlike)
        if one.decision == "put-forward":
            assert set(rows[:needed]) == {"put-forward"} or settled == "put-forward"
    if not all(one.examined for one in candidates):
        assert standing.state == "examination"
    else:
        assert standing.state == ("review" if not reviewed else "closed" if has_outcome else "outcome")


def test_the_scale_is_even_and_no_step_of_it_says_that_they_are_one_person() -> None:
    steps = list(s.SUPPORT)
    assert steps[len(steps) // 2] == "no-conclusion"
    assert len(s.SUPPORTS_SAME) == len(s.SUPPORTS_DIFFERENT) == len(steps) // 2
    for left, right in itertools.pairwise(steps):
        assert left != right
    assert not any("is the same" in said or "are the same person." in said for said in s.SUPPORT.values())
