"""Somebody whom a search returned is deleted in the collection before they were examined: the search goes on."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from overt.casework import collections as c
from overt.casework import searches as s
from overt.casework.collections import delete_records
from overt.casework.commands import Work
from overt.errors import ConflictError
from overt.records.tables import AuditEntry
from tests.casework.searches.cases import Shop, comparison, review

MINE = s.SearchFilter(mine_to_do=True)


def delete(shop: Shop, reference: str) -> None:
    """Delete a record, as retention does."""
    with shop.office.database.transaction() as session:
        work = Work(shop.office, session, shop.investigator, shop.office.now())
        assert delete_records(work, [shop.records[reference]]) == 1


def waiting(shop: Shop) -> list[int]:
    """How many searches wait for the first examiner, the second, the reviewer."""
    people = (shop.first, shop.second, shop.reviewer)
    return [s.list_searches(shop.office, person, MINE).total for person in people]


def test_the_last_that_was_to_be_examined_is_deleted_and_the_review_is_due(shop: Shop) -> None:
    shop.add("A/1", shop.like(0.99))
    shop.add("B/2", shop.like(0.985))
    view = shop.search()
    kept, doomed = (candidate.id for candidate in view.candidates)
    shop.examine(kept, shop.first)
    shop.examine(doomed, shop.first, support="no-conclusion", decision="not-put-forward")
    shop.examine(kept, shop.second)
    s.show_candidate_picture(shop.office, shop.second, doomed)
    assert waiting(shop) == [0, 1, 0]
    delete(shop, "B/2")
    assert waiting(shop) == [0, 0, 1]
    shown = s.show_search(shop.office, shop.reviewer, view.id)
    assert (shown.state, shown.put_forward, shown.disputed) == ("review", 1, 0)
    assert [one.decision for one in shown.candidates] == ["put-forward", None]
    assert not any(
        one.yours_to_examine for one in s.show_search(shop.office, shop.second, view.id).candidates
    )
    with pytest.raises(ConflictError, match="has been deleted in the collection"):
        s.examine_candidate(shop.office, shop.second, doomed, comparison())
    reviewed = s.review_search(shop.office, shop.reviewer, view.id, review())
    assert (reviewed.state, reviewed.candidates[1].decision) == ("outcome", None)
    outcome = s.NewSearchOutcome(outcome="identity-confirmed", note="the purse was found with them")
    assert s.record_search_outcome(shop.office, shop.investigator, view.id, outcome).state == "closed"


def test_those_that_are_left_are_still_examined(shop: Shop) -> None:
    shop.add("A/1", shop.like(0.99))
    shop.add("B/2", shop.like(0.985))
    view = shop.search()
    delete(shop, "A/1")
    assert waiting(shop) == [1, 1, 0]
    shown = s.show_search(shop.office, shop.first, view.id)
    assert (shown.state, shown.due_from_you) == ("examination", "examine")
    assert [one.yours_to_examine for one in shown.candidates] == [False, True]
    shop.examine(shown.candidates[1].id, shop.first)
    assert shop.examine(shown.candidates[1].id, shop.second).state == "review"


def test_what_both_found_stands_though_the_record_goes(shop: Shop) -> None:
    view = shop.examined(agree=False)
    delete(shop, "A/1")
    shown = s.show_search(shop.office, shop.reviewer, view.id)
    assert (shown.state, shown.disputed) == ("review", 1)
    settled = review(settled={view.candidates[0].id: "not-put-forward"})
    assert s.review_search(shop.office, shop.reviewer, view.id, settled).candidates[0].decision == (
        "not-put-forward"
    )


def test_a_collection_that_goes_whole_leaves_no_search_waiting_for_an_examination(shop: Shop) -> None:
    shop.add("A/1", shop.like(0.99))
    view = shop.search()
    c.delete_collection(shop.office, shop.staff("watchlist-manager"), shop.collection_id)
    assert s.show_search(shop.office, shop.reviewer, view.id).due_from_you == "review"
    shown = s.review_search(shop.office, shop.reviewer, view.id, review())
    assert (shown.state, shown.put_forward) == ("outcome", 0)
    outcome = s.NewSearchOutcome(outcome="no-lead")
    assert s.record_search_outcome(shop.office, shop.investigator, view.id, outcome).state == "closed"
    with shop.office.database.reading() as session:
        (deleted,) = session.scalars(select(AuditEntry).where(AuditEntry.command == "collections.delete"))
    assert deleted.subject == shop.collection_id
