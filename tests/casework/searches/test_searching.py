"""One face, one reason, one collection; and what is found is told with the chance of a false candidate."""

from __future__ import annotations

import json

import msgspec
import pytest
from sqlalchemy import select

from overt.casework import Office
from overt.casework import searches as s
from overt.casework.collections import delete_records
from overt.casework.commands import Work
from overt.casework.paging import Page
from overt.errors import AuthorityError, ContractError, InputError, MissingError
from overt.gallery import stranger_chance
from overt.records.tables import AuditEntry, Collection, Search, SearchCandidate, VaultKey
from tests.casework.searches.cases import REASON, Shop
from tests.offices import Staff


def _set(office: Office, **figures: object) -> None:
    searches = msgspec.structs.replace(office.policy.searches, **figures)
    office.policy = msgspec.structs.replace(office.policy, searches=searches)


def test_records_that_resemble_the_face_come_back_best_first_each_once(shop: Shop) -> None:
    shop.add("A/1", shop.like(0.985), shop.like(0.992, other=51))
    shop.add("B/2", shop.like(0.99))
    shop.add("C/3", shop.like(-0.5))
    view = shop.search(offence="theft", authority="Insp. Marsh", requested_by="DC Lund")
    assert [(one.rank, one.reference) for one in view.candidates] == [(1, "A/1"), (2, "B/2")]
    assert [one.score for one in view.candidates] == pytest.approx([0.992, 0.99], abs=1e-5)
    assert (view.images, view.state, view.candidates_returned) == (4, "examination", 2)
    assert (view.reason, view.authority, view.requested_by) == (REASON, "Insp. Marsh", "DC Lund")
    assert view.face is not None
    assert view.face.landmarks[0] == (16.0, 24.0)
    assert shop.add("D/4", shop.like(0.999))
    assert shop.search(reason="the same, once more of them are in it").candidates[0].reference == "D/4"


def test_each_candidate_carries_the_chance_that_a_stranger_would_score_so(shop: Shop) -> None:
    shop.add("A/1", shop.like(0.99))
    (one,) = shop.search().candidates
    counted = stranger_chance(shop.pack.manifest.measured, score=one.score, comparisons=1)
    assert counted is not None
    assert one.false_candidate_rate == (counted.high if counted.none_counted else counted.rate)
    assert one.false_candidate_rate_is_upper_bound == counted.none_counted
    assert one.chance is not None
    assert one.chance.images == 1
    assert "strangers" in one.chance.words


def test_nobody_is_a_proper_answer_and_is_reviewed_like_any_other(shop: Shop) -> None:
    shop.add("C/3", shop.like(-0.5))
    view = shop.search()
    assert view.candidates == ()
    assert view.state == "review"
    s.review_search(
        shop.office, shop.reviewer, view.id, s.NewReview(finding="in-order", reason="a theft, one face")
    )
    closed = s.record_search_outcome(
        shop.office, shop.investigator, view.id, s.NewSearchOutcome(outcome="no-lead")
    )
    assert closed.state == "closed"


def test_an_empty_collection_can_be_searched(shop: Shop) -> None:
    view = shop.search()
    assert (view.images, view.candidates) == (0, ())


def test_no_more_candidates_than_the_policy_allows(shop: Shop) -> None:
    for at in range(7):
        shop.add(f"A/{at}", *(shop.like(0.99, other=50 + k) for k in range(9)))
    _set(shop.office, most_candidates=3)
    assert len(shop.search().candidates) == 3
    assert len(shop.search(reason="again, only for the best", most_candidates=1).candidates) == 1
    with pytest.raises(InputError, match="policy allows 3"):
        shop.search(most_candidates=4)


def test_whoever_is_deleted_is_found_by_no_later_search_and_named_by_no_earlier_one(shop: Shop) -> None:
    shop.add("A/1", shop.like(0.99))
    before = shop.search()
    with shop.office.database.transaction() as session:
        work = Work(shop.office, session, shop.investigator, shop.office.now())
        assert delete_records(work, [shop.records["A/1"]]) == 1
    assert shop.search(reason="is the record still there").candidates == ()
    (named,) = s.show_search(shop.office, shop.investigator, before.id).candidates
    assert named.reference is None
    with pytest.raises(MissingError):
        s.show_candidate_picture(shop.office, shop.investigator, named.id)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"reason": "because theft"}, "reason"),
        ({"offence": "littering"}, "offence"),
    ],
)
def test_what_is_not_said_or_not_allowed_is_refused(shop: Shop, values: dict[str, str], field: str) -> None:
    with pytest.raises(InputError) as caught:
        shop.search("", 1, **{"reason": REASON, **values})
    assert caught.value.field == field
    with shop.office.database.reading() as session:
        assert session.scalars(select(Search)).all() == []


@pytest.mark.parametrize(
    "values",
    [
        {"offence": "littering"},
        {"most_candidates": 900},
        {"reason": "no"},
        {"collection_id": "elsewhere"},
        {"face_id": "face-9"},
    ],
)
def test_a_search_that_is_refused_is_in_the_chain_with_its_probe(shop: Shop, values: dict[str, str]) -> None:
    probe = shop.probe()
    new = {"collection_id": shop.collection_id, "probe_id": probe, "face_id": "face-1", "reason": REASON}
    with pytest.raises((InputError, MissingError)):
        s.search_collection(shop.office, shop.investigator, s.NewSearch.model_validate(new | values))
    with shop.office.database.reading() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.command == "searches.search"))
        assert (entry.actor_id, entry.outcome, entry.subject) == (shop.investigator.id, "failed", probe)
        assert REASON not in str(entry.details)


def test_a_policy_can_ask_for_more_to_be_said(shop: Shop) -> None:
    _set(shop.office, required=("offence", "authority"))
    with pytest.raises(InputError, match="authority"):
        shop.search(offence="theft")
    with pytest.raises(InputError, match="offence"):
        shop.search(authority="Insp. Marsh")
    assert shop.search(offence="theft", authority="Insp. Marsh").offence == "theft"


def test_each_face_of_a_probe_needs_its_own_reason_however_often_the_probe_is_opened(shop: Shop) -> None:
    probe = shop.probe(faces=3)
    first = shop.search(probe, face=1)
    with pytest.raises(InputError, match="another face of the same probe"):
        shop.search(probe, face=2)
    with pytest.raises(InputError, match="another face of the same probe"):
        shop.search(shop.probe(faces=3), face=3, reason=REASON.upper() + "  ")
    with pytest.raises(InputError, match="another face of the same probe"):
        shop.search(probe, face=3, reason=f"({REASON.replace(' ', ', ')}).")
    own = shop.search(probe, face=2, reason="held the door for whoever took it")
    again = shop.search(shop.probe(faces=3), face=1)
    assert own.same_probe == (first.id,)
    assert set(again.same_probe) == {first.id, own.id}
    assert shop.search(shop.probe(content=b"another still")).same_probe == ()


def test_only_the_face_that_was_searched_is_stored_and_sealed(shop: Shop) -> None:
    shop.add("A/1", shop.like(0.99))
    view = shop.search(shop.probe(faces=3), face=2)
    assert s.show_searched_face(shop.office, shop.investigator, view.id)[:2] == b"\xff\xd8"
    with shop.office.database.reading() as session:
        row = session.get_one(Search, view.id)
        assert row.sealed_face is not None
        assert row.sealed_words is not None
        assert b"\xff\xd8\xff" not in row.sealed_face
        assert REASON.encode() not in row.sealed_words
        assert row.key_id is not None
        assert session.get_one(VaultKey, row.key_id).parent_id is None
        assert session.scalars(select(Search)).all() == [row]
    assert view.faces_in_probe == 3


def test_somebody_else_s_probe_cannot_be_searched(shop: Shop) -> None:
    other = shop.staff("investigator", name="another investigator")
    with pytest.raises(MissingError):
        shop.search(shop.probe(actor=other))


@pytest.mark.parametrize("role", ["facial-examiner", "watchlist-manager", "administrator", "auditor"])
def test_only_an_investigator_searches_and_a_refusal_is_entered(shop: Shop, staff: Staff, role: str) -> None:
    new = s.NewSearch(
        collection_id=shop.collection_id, probe_id=shop.probe(), face_id="face-1", reason=REASON
    )
    with pytest.raises(AuthorityError):
        s.search_collection(shop.office, staff(role), new)
    with shop.office.database.reading() as session:
        assert session.scalars(select(AuditEntry.outcome)).all()[-1:] == ["refused"]


def test_the_chain_holds_the_search_and_no_word_of_it(shop: Shop) -> None:
    record = shop.add("A/1", shop.like(0.99))
    view = shop.search(requested_by="DC Lund")
    with shop.office.database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.command == "searches.search")).one()
        rows = session.scalars(select(SearchCandidate)).all()
    assert entry.subject == view.id
    details = json.loads(entry.details)
    assert (details["candidates"], details["records"]) == (1, [record])
    assert (details["images"], details["collection"]) == (1, shop.collection_id)
    assert len(rows) == 1
    for word in (REASON, "Lund", "A/1", "till camera"):
        assert word not in entry.details


def test_an_investigator_sees_their_own_searches_and_others_see_all(shop: Shop) -> None:
    view = shop.search()
    other = shop.staff("investigator", name="another investigator")
    assert s.list_searches(shop.office, other).total == 0
    with pytest.raises(MissingError):
        s.show_search(shop.office, other, view.id)
    with pytest.raises(MissingError):
        s.show_searched_face(shop.office, other, view.id)
    for actor in (shop.investigator, shop.first, shop.reviewer, shop.staff("auditor")):
        assert [one.id for one in s.list_searches(shop.office, actor).items] == [view.id]
        assert s.show_search(shop.office, actor, view.id).reason == REASON
    with pytest.raises(AuthorityError):
        s.show_search(shop.office, shop.staff("administrator"), view.id)


def test_a_listing_goes_on_where_it_was(shop: Shop) -> None:
    made = []
    for at in range(3):
        made.append(shop.search(reason=f"reason number {at} of three").id)
        shop.clock.turn(minutes=1)
    first = s.list_searches(shop.office, shop.first, s.SearchFilter(), Page(limit=2))
    rest = s.list_searches(shop.office, shop.first, s.SearchFilter(), Page(limit=2, after=first.next))
    assert [one.id for one in (*first.items, *rest.items)] == made[::-1]
    assert (first.total, rest.next) == (3, None)


def test_templates_of_another_version_are_not_searched(shop: Shop) -> None:
    with shop.office.database.transaction() as session:
        session.get_one(Collection, shop.collection_id).pack_version = "0"
    with pytest.raises(ContractError, match="is installed"):
        shop.search()
