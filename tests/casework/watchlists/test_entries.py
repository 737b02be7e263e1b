"""Entries: everything demanded is there, two people stand behind each, any change takes the approval away."""

from __future__ import annotations

import datetime as dt

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from overt.casework import watchlists as w
from overt.casework.paging import Page
from overt.errors import AuthorityError, ConflictError, InputError, MissingError
from overt.records.tables import ReferenceImage, VaultKey, WatchlistEntry
from tests.casework.watchlists.desk import Desk, collins, hopper
from tests.offices import Clock, Staff


@pytest.mark.parametrize(
    "missing",
    ["reference", "name", "category", "lawful_basis", "date_of_birth", "instruction", "expires_on"],
)
def test_nothing_about_who_is_sought_may_be_left_out(desk: Desk, missing: str) -> None:
    fields = desk.new().model_dump(exclude={missing})
    with pytest.raises(ValidationError, match=missing):
        w.NewEntry(**fields)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"category": "disliked"}, "category"),
        ({"expires_on": dt.date(2026, 5, 31)}, "expires_on"),
        ({"expires_on": dt.date(2027, 6, 2)}, "expires_on"),
        ({"review_by": dt.date(2026, 6, 9)}, "review_by"),
        ({"date_of_birth": dt.date(2026, 6, 2)}, "date_of_birth"),
        ({"date_of_birth": dt.date(1890, 1, 1)}, "date_of_birth"),
    ],
)
def test_what_policy_does_not_allow_is_refused_by_field(desk: Desk, fields: dict, field: str) -> None:
    with pytest.raises(InputError) as refusal:
        desk.add(**fields)
    assert refusal.value.field == field
    assert "Name of A/1" not in str(refusal.value)


def test_an_entry_is_due_for_review_when_policy_says(desk: Desk, clock: Clock) -> None:
    entry_id = desk.add()
    assert desk.show(entry_id).review_by == dt.date(2026, 6, 8)
    assert not desk.show(entry_id).due_for_review
    clock.turn(days=7)
    assert desk.show(entry_id).due_for_review
    w.review_watchlist(desk.office, desk.manager, desk.watchlist.id, w.WatchlistReview(entry_ids=(entry_id,)))
    assert not desk.show(entry_id).due_for_review


def test_a_reference_is_on_a_list_once_whatever_its_case(desk: Desk) -> None:
    desk.add("Case 17 / a")
    with pytest.raises(ConflictError, match="on the list already"):
        desk.add("CASE 17  / A")
    other = desk.add("B")
    with pytest.raises(ConflictError, match="on the list already"):
        w.change_entry(desk.office, desk.manager, other, w.EntryChange(reference="case 17 / A"))


def test_ages_are_worked_out_and_the_unknown_stays_unknown(desk: Desk, clock: Clock) -> None:
    child = desk.add("child", date_of_birth=dt.date(2008, 6, 2))
    assert (desk.show(child).age, desk.show(child).under_18) == (17, True)
    clock.turn(days=1)
    assert (desk.show(child).age, desk.show(child).under_18) == (18, False)
    unknown = desk.show(desk.add("unknown"))
    assert (unknown.date_of_birth, unknown.age, unknown.under_18) == ("unknown", None, None)


def test_an_entry_needs_an_image_and_another_person(desk: Desk, staff: Staff) -> None:
    both = staff("watchlist-manager", "authorising-officer")
    entry = w.add_entry(desk.office, both, desk.watchlist.id, desk.new())
    with pytest.raises(ConflictError, match="no reference image"):
        desk.approve(entry.id)
    desk.add_image(entry.id, collins())
    with pytest.raises(AuthorityError, match="Another authorising officer"):
        w.approve_entry(desk.office, both, entry.id)
    with pytest.raises(AuthorityError, match=r"entries\.approve"):
        w.approve_entry(desk.office, desk.manager, entry.id)
    approved = desk.approve(entry.id)
    assert (approved.status, approved.approved_by) == ("approved", desk.officer.id)


def test_whoever_changed_an_entry_last_does_not_approve_it(desk: Desk, staff: Staff) -> None:
    both = staff("watchlist-manager", "authorising-officer")
    entry_id = desk.add(picture=collins())
    w.change_entry(desk.office, both, entry_id, w.EntryChange(instruction="Observe"))
    with pytest.raises(AuthorityError):
        w.approve_entry(desk.office, both, entry_id)
    assert desk.approve(entry_id).status == "approved"


def test_what_was_changed_after_it_was_looked_at_is_not_approved(desk: Desk) -> None:
    entry_id = desk.add(picture=collins())
    seen = desk.show(entry_id).revision
    w.change_entry(desk.office, desk.manager, entry_id, w.EntryChange(notes="tall"))
    with pytest.raises(ConflictError, match="changed meanwhile"):
        w.approve_entry(desk.office, desk.officer, entry_id, revision=seen)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Another"},
        {"category": "missing or at risk of harm"},
        {"lawful_basis": "Order 3"},
        {"date_of_birth": dt.date(1970, 1, 1)},
        {"warnings": ("violent",)},
        {"expires_on": dt.date(2026, 6, 20)},
        {"seed": True},
    ],
)
def test_any_change_takes_the_approval_away_and_shows_in_the_digest(desk: Desk, change: dict) -> None:
    entry_id = desk.add(picture=collins())
    desk.approve(entry_id)
    before = desk.ask(lambda work: w.frozen_facts(work, [desk.watchlist.id]))
    after = w.change_entry(desk.office, desk.manager, entry_id, w.EntryChange(**change))
    assert (after.status, after.approved_by) == ("pending", None)
    assert all(getattr(after, name) == value for name, value in change.items())
    desk.approve(entry_id)
    facts = desk.ask(lambda work: w.frozen_facts(work, [desk.watchlist.id]))
    assert facts[0].digest != before[0].digest


def test_a_change_to_what_is_there_already_changes_nothing(desk: Desk) -> None:
    entry_id = desk.add(picture=collins())
    approved = desk.approve(entry_id)
    same = w.EntryChange(name=approved.name, date_of_birth="unknown", seed=False)
    assert w.change_entry(desk.office, desk.manager, entry_id, same) == approved


def test_images_too_take_the_approval_away(desk: Desk) -> None:
    entry_id = desk.add(picture=collins())
    desk.approve(entry_id)
    desk.add_image(entry_id, collins(mirrored=True))
    entry = desk.show(entry_id)
    assert (entry.status, entry.images) == ("pending", 2)
    desk.approve(entry_id)
    w.delete_image(desk.office, desk.manager, entry.reference_images[0].id)
    assert (desk.show(entry_id).status, desk.show(entry_id).images) == ("pending", 1)


def test_many_are_approved_at_once_and_one_that_cannot_be_harms_no_other(desk: Desk) -> None:
    good, bare = desk.add("good", collins()), desk.add("bare")
    approval = w.Approval(entry_ids=(bare, good, "entry-0"))
    outcome = w.approve_many_entries(desk.office, desk.officer, desk.watchlist.id, approval)
    assert outcome.approved == (good,)
    assert [one.entry_id for one in outcome.left] == [bare, "entry-0"]
    assert "no reference image" in outcome.left[0].reason


def test_somebody_under_18_is_approved_by_itself_and_with_the_officers_reason(desk: Desk) -> None:
    child = desk.add("child", collins(), date_of_birth=dt.date(2010, 1, 1))
    approval = w.Approval(entry_ids=(child,))
    outcome = w.approve_many_entries(desk.office, desk.officer, desk.watchlist.id, approval)
    assert [one.entry_id for one in outcome.left] == [child]
    with pytest.raises(InputError, match="under 18") as refused:
        desk.approve(child)
    assert refused.value.field == "under_18_reason"
    approved = w.approve_entry(desk.office, desk.officer, child, None, "Missing since Tuesday")
    assert (approved.status, approved.under_18_reason) == ("approved", "Missing since Tuesday")
    assert approved.approved_by_name == "Authorising-Officer (authorising-officer)"
    w.change_entry(desk.office, desk.manager, child, w.EntryChange(date_of_birth=dt.date(1990, 1, 1)))
    assert desk.show(child).under_18_reason == ""
    assert w.approve_entry(desk.office, desk.officer, child, None, "Not needed").under_18_reason == ""


def test_entries_whose_last_day_has_passed_are_found(desk: Desk, clock: Clock) -> None:
    gone = desk.add("gone", expires_on=desk.today)
    desk.add("stays")
    clock.turn(days=1)
    wanted = w.EntryFilter(expired=True)
    listing = w.list_entries(desk.office, desk.manager, desk.watchlist.id, wanted, Page())
    assert [one.id for one in listing.items] == [gone]


def test_a_withdrawn_entry_is_current_no_more_and_stays_as_it_is(desk: Desk) -> None:
    entry_id = desk.add(picture=collins())
    desk.approve(entry_id)
    assert desk.ask(lambda work: w.is_current(work, entry_id))
    entry = w.withdraw_entry(desk.office, desk.officer, entry_id, w.Withdrawal(reason="Found"))
    assert (entry.status, entry.withdrawn_reason) == ("withdrawn", "Found")
    assert not desk.ask(lambda work: w.is_current(work, entry_id))
    for act in (
        lambda: w.withdraw_entry(desk.office, desk.officer, entry_id, w.Withdrawal(reason="Again")),
        lambda: w.change_entry(desk.office, desk.manager, entry_id, w.EntryChange(name="X")),
        lambda: desk.add_image(entry_id, hopper()),
        lambda: desk.approve(entry_id),
    ):
        with pytest.raises(ConflictError):
            act()


def test_an_expired_entry_is_not_current(desk: Desk, clock: Clock) -> None:
    entry_id = desk.add(picture=collins(), expires_on=desk.today)
    desk.approve(entry_id)
    clock.turn(hours=14)
    assert desk.ask(lambda work: w.is_current(work, entry_id))
    clock.turn(hours=2)
    assert not desk.ask(lambda work: w.is_current(work, entry_id))
    pending = desk.add("B", collins(), expires_on=desk.today)
    clock.turn(days=1)
    with pytest.raises(ConflictError, match="expired"):
        desk.approve(pending)


def test_deleting_an_entry_destroys_its_key_and_leaves_no_row(desk: Desk) -> None:
    entry_id, other = desk.add(picture=collins()), desk.add("B", hopper())
    with desk.office.database.transaction() as session:
        key_id = session.get_one(WatchlistEntry, entry_id).key_id
    w.delete_entry(desk.office, desk.manager, entry_id)
    with desk.office.database.transaction() as session:
        assert session.get(VaultKey, key_id) is None
        assert session.get(WatchlistEntry, entry_id) is None
        assert set(session.scalars(select(ReferenceImage.entry_id))) == {other}
    with pytest.raises(MissingError):
        desk.show(entry_id)


def test_a_list_grows_no_longer_than_policy_allows(desk: Desk) -> None:
    import msgspec

    shorter = msgspec.structs.replace(desk.office.policy.watchlists, most_entries=1)
    desk.office.policy = msgspec.structs.replace(desk.office.policy, watchlists=shorter)
    entry_id = desk.add()
    with pytest.raises(ConflictError, match="policy allows 1"):
        desk.add("B")
    w.withdraw_entry(desk.office, desk.manager, entry_id, w.Withdrawal(reason="Found"))
    desk.add("B")


def test_listing_by_pages_shows_each_once_in_the_order_they_were_added(desk: Desk, clock: Clock) -> None:
    added = []
    for at in range(7):
        added.append(desk.add(f"R{at}"))
        clock.turn(seconds=at % 2)  # some at the same moment
    seen: list[str] = []
    page = Page(limit=3)
    while True:
        listing = w.list_entries(desk.office, desk.manager, desk.watchlist.id, w.EntryFilter(), page)
        assert listing.total == 7
        seen += [one.id for one in listing.items]
        if listing.next is None:
            break
        page = Page(after=listing.next, limit=3)
    assert sorted(seen) == sorted(added)
    assert [desk.show(one).added_at for one in seen] == sorted(desk.show(one).added_at for one in seen)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"status": "approved"}, {"approved"}),
        ({"status": "withdrawn"}, {"withdrawn"}),
        ({"category": "Missing or at risk of harm"}, {"seed"}),
        ({"seed": True}, {"seed"}),
        ({"text": "OF SEED"}, {"seed"}),
        ({"text": "approv"}, {"approved"}),
        ({"expires_within_days": 5}, {"soon"}),
        ({"without_image": True}, {"seed", "soon", "withdrawn"}),
        ({"due_for_review": True}, set()),
        ({"expired": True}, set()),
        ({"warned": True}, {"soon"}),
        ({"warned": True, "text": "seed"}, set()),
        ({"text": "name of", "status": "pending"}, {"seed", "soon"}),
    ],
)
def test_listing_by_filter(desk: Desk, wanted: dict, expected: set[str]) -> None:
    desk.approve(desk.add("approved", collins()))
    desk.add("seed", seed=True, category="missing or at risk of harm")
    desk.add("soon", expires_on=desk.today + dt.timedelta(days=5), warnings=("may be armed",))
    w.withdraw_entry(desk.office, desk.manager, desk.add("withdrawn"), w.Withdrawal(reason="Found"))
    listing = w.list_entries(desk.office, desk.manager, desk.watchlist.id, w.EntryFilter(**wanted), Page())
    assert {one.reference for one in listing.items} == expected
    assert listing.total == len(expected)


def test_a_text_filter_goes_by_pages_too(desk: Desk) -> None:
    ids = [desk.add(f"R{at}") for at in range(5)]
    first = w.list_entries(
        desk.office, desk.manager, desk.watchlist.id, w.EntryFilter(text="r"), Page(limit=3)
    )
    rest = w.list_entries(
        desk.office, desk.manager, desk.watchlist.id, w.EntryFilter(text="r"), Page(after=first.next, limit=3)
    )
    assert (first.total, rest.total, rest.next) == (5, 5, None)
    assert {one.id for one in (*first.items, *rest.items)} == set(ids)


@pytest.mark.parametrize("after", ["", "x", "~", "99999999999999999999~x", "-9e9~"])
def test_a_page_that_is_none_is_refused(desk: Desk, after: str) -> None:
    with pytest.raises(InputError, match="no such page"):
        w.list_entries(desk.office, desk.manager, desk.watchlist.id, w.EntryFilter(), Page(after=after))
