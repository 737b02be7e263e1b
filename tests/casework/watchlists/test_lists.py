"""Lists as wholes, their look-alikes, and what the rest of casework asks of them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from sqlalchemy import func, select

from overt.biometrics import packs
from overt.casework import watchlists as w
from overt.casework.commands import Work
from overt.casework.paging import Page
from overt.casework.watchlists._sealed import about_image, pack_covered
from overt.errors import ConflictError, InputError, MissingError, PackError
from overt.records.tables import ImportJob, LookAlikePair, ReferenceImage, VaultKey, Watchlist, WatchlistEntry
from tests.casework.watchlists.desk import Desk, collins, hopper
from tests.offices import Clock


def _alike(desk: Desk) -> list[tuple[set[str], str]]:
    found = w.list_look_alikes(desk.office, desk.manager, desk.watchlist.id, Page())
    assert found.total == len(found.items)
    return [({one.first.entry_id, one.second.entry_id}, one.kind) for one in found.items]


def test_a_list_is_bound_to_its_pack_and_counts_its_entries(desk: Desk) -> None:
    desk.approve(desk.add("A", collins()))
    desk.add("B", hopper())
    desk.add("C")
    w.withdraw_entry(desk.office, desk.manager, desk.add("D"), w.Withdrawal(reason="Found"))
    shown = w.show_watchlist(desk.office, desk.manager, desk.watchlist.id)
    counts = (shown.approved, shown.pending, shown.withdrawn, shown.without_image, shown.images)
    assert counts == (1, 2, 1, 1, 2)
    assert (shown.pack, shown.dimension) == ("embedded", packs.load("embedded").contract.dimension)


@pytest.mark.parametrize("named", ["../packs/x", "a\\b"])
def test_a_pack_is_named_and_not_a_path(desk: Desk, named: str) -> None:
    with pytest.raises(InputError):
        w.create_watchlist(desk.office, desk.manager, w.NewWatchlist(title="t", purpose="p", pack=named))


def test_a_pack_that_is_not_there_makes_no_list(desk: Desk) -> None:
    with pytest.raises(PackError):
        w.create_watchlist(desk.office, desk.manager, w.NewWatchlist(title="t", purpose="p", pack="nowhere"))
    assert w.list_watchlists(desk.office, desk.manager, Page()).total == 1


def test_lists_go_by_pages_newest_first(desk: Desk, clock: Clock) -> None:
    made = [desk.watchlist.id]
    for title in ("b", "c"):
        clock.turn(seconds=1)
        made.append(
            w.create_watchlist(desk.office, desk.manager, w.NewWatchlist(title=title, purpose="p")).id
        )
    first = w.list_watchlists(desk.office, desk.manager, Page(limit=2))
    rest = w.list_watchlists(desk.office, desk.manager, Page(after=first.next, limit=2))
    assert [one.id for one in (*first.items, *rest.items)] == made[::-1]
    assert (first.total, rest.next) == (3, None)


def test_a_title_is_changed(desk: Desk) -> None:
    changed = w.change_watchlist(
        desk.office, desk.manager, desk.watchlist.id, w.WatchlistChange(title="Later")
    )
    assert (changed.title, changed.purpose) == ("Later", "High street")


def test_a_review_moves_every_date_and_leaves_what_was_authorised(desk: Desk, clock: Clock) -> None:
    entry_id = desk.add(picture=collins())
    desk.approve(entry_id)
    before = desk.ask(lambda work: w.frozen_facts(work, [desk.watchlist.id]))
    clock.turn(days=7)
    assert w.show_watchlist(desk.office, desk.manager, desk.watchlist.id).due_for_review == 1
    reviewed = w.review_watchlist(desk.office, desk.manager, desk.watchlist.id, w.WatchlistReview())
    assert (reviewed.due_for_review, reviewed.reviewed_by) == (0, desk.manager.id)
    assert reviewed.review_by == desk.today + dt.timedelta(days=7)
    after = desk.ask(lambda work: w.frozen_facts(work, [desk.watchlist.id]))
    assert after[0].review_by == reviewed.review_by
    assert after[0].digest == before[0].digest
    with pytest.raises(MissingError):
        w.review_watchlist(
            desk.office, desk.manager, desk.watchlist.id, w.WatchlistReview(entry_ids=("entry-0",))
        )


def test_look_alikes_are_found_when_the_second_is_enrolled_and_go_with_it(desk: Desk) -> None:
    first = desk.add("A", collins())
    desk.add("B", hopper())
    assert _alike(desk) == []
    second = desk.add("C", collins(mirrored=True))
    assert _alike(desk) == [({first, second}, "look-alike")]
    assert w.show_watchlist(desk.office, desk.manager, desk.watchlist.id).look_alikes == 1
    w.withdraw_entry(desk.office, desk.manager, second, w.Withdrawal(reason="Found"))
    assert _alike(desk) == []


def test_look_alikes_of_one_entry_and_the_pictures_to_compare(desk: Desk) -> None:
    first, second = desk.add("A", collins()), desk.add("B", collins(mirrored=True))
    other = desk.add("C")
    (pair,) = w.list_look_alikes(desk.office, desk.manager, desk.watchlist.id, Page(), second).items
    assert {pair.first.entry_id, pair.second.entry_id} == {first, second}
    for subject in (pair.first, pair.second):
        assert subject.images[0].id == desk.show(subject.entry_id).reference_images[0].id
    assert not w.list_look_alikes(desk.office, desk.manager, desk.watchlist.id, Page(), other).items


def test_look_alikes_are_found_from_the_database_by_whoever_comes_next(desk: Desk) -> None:
    from overt.casework.watchlists import _held

    first = desk.add("A", collins())
    _held._of(desk.office).lists.clear()
    second = desk.add("C", collins(mirrored=True))
    assert _alike(desk) == [({first, second}, "look-alike")]


def test_a_picture_that_goes_takes_its_look_alikes_along(desk: Desk) -> None:
    desk.add("A", collins())
    second = desk.add("C", hopper())
    desk.add_image(second, collins(mirrored=True))
    (pair,) = _alike(desk)
    assert pair[1] == "look-alike"
    w.delete_image(
        desk.office,
        desk.manager,
        next(one.id for one in desk.show(second).reference_images if one.findings),
    )
    assert _alike(desk) == []


def test_one_picture_on_two_entries_is_a_duplicate(desk: Desk) -> None:
    pair = {desk.add("A", collins()), desk.add("B", collins())}
    assert _alike(desk) == [(pair, "duplicate")]


def test_one_subject_under_two_references_is_a_duplicate(desk: Desk) -> None:
    born = dt.date(1906, 12, 9)
    first = desk.add("A", name="Grace  Hopper", date_of_birth=born)
    second = desk.add("B", name="GRACE HOPPER", date_of_birth=born)
    desk.add("C", name="Grace Hopper")
    assert _alike(desk) == [({first, second}, "duplicate")]
    w.change_entry(desk.office, desk.manager, second, w.EntryChange(date_of_birth=dt.date(1990, 1, 1)))
    assert _alike(desk) == []


def test_officers_are_shown_who_else_it_could_be(desk: Desk) -> None:
    entry_id = desk.add("A", collins(), warnings=("violent",), date_of_birth=dt.date(2009, 1, 1))
    other = desk.add("B", collins(mirrored=True))
    shown = desk.ask(lambda work: w.shown_to_officers(work, entry_id))
    assert (shown.name, shown.warnings, shown.age) == ("Name of A", ("violent",), 17)
    assert shown.image_ids == tuple(one.id for one in desk.show(entry_id).reference_images)
    (alike,) = shown.look_alikes
    assert (alike.entry_id, alike.name, alike.kind) == (other, "Name of B", "look-alike")


def test_look_alikes_across_lists_are_found_too(desk: Desk) -> None:
    first = desk.add("A", collins())
    there = w.create_watchlist(desk.office, desk.manager, w.NewWatchlist(title="Other", purpose="p"))
    second = Desk(desk.office, desk.manager, desk.officer, there).add("B", collins(mirrored=True))
    found = desk.ask(lambda work: w.look_alikes_among(work, [desk.watchlist.id, there.id]))
    assert [set(pair.entry_ids) for pair in found] == [{first, second}]
    assert desk.ask(lambda work: w.look_alikes_among(work, [desk.watchlist.id])) == []


def test_frozen_facts_say_what_stands_and_templates_what_is_searched(desk: Desk) -> None:
    bare = desk.add("bare")
    entry_id = desk.add("A", collins(), date_of_birth=dt.date(1960, 1, 1))
    desk.add_image(entry_id, hopper(), taken_on="unknown")
    facts = {one.entry_id: one for one in desk.ask(lambda work: w.frozen_facts(work, [desk.watchlist.id]))}
    assert (facts[bare].images, facts[bare].best_quality, facts[bare].newest_image) == (0, None, None)
    known = facts[entry_id]
    assert (known.images, known.status, known.born) == (2, "pending", dt.date(1960, 1, 1))
    assert known.newest_image == desk.today - dt.timedelta(days=100)
    assert known.best_quality == desk.show(entry_id).best_quality
    templates = desk.ask(lambda work: w.templates_of(work, [bare, entry_id]))
    assert templates.entries == (entry_id,)
    assert templates.entry_of_template.tolist() == [0, 0]
    assert templates.templates.shape == (2, desk.watchlist.dimension)
    assert np.allclose(np.linalg.norm(templates.templates, axis=1), 1, atol=1e-5)
    with pytest.raises(ConflictError):
        desk.ask(lambda work: w.templates_of(work, [bare]))
    with pytest.raises(MissingError):
        desk.ask(lambda work: w.frozen_facts(work, ["watchlist-0"]))


def test_templates_of_covered_faces_are_sealed_and_used_where_every_picture_has_them(desk: Desk) -> None:
    first, second = desk.add("A", collins()), desk.add("B", hopper())
    n = desk.watchlist.dimension
    lower = {one: np.full(n, n**-0.5, np.float32) * sign for one, sign in ((first, 1), (second, -1))}

    def give(work: Work, entry_id: str) -> bytes:
        image = work.session.scalars(select(ReferenceImage).where(ReferenceImage.entry_id == entry_id)).one()
        key_id = work.session.get_one(WatchlistEntry, entry_id).key_id
        image.sealed_covered = work.office.vault.seal(
            work.session,
            key_id,
            pack_covered({"lower": lower[entry_id]}),
            about=about_image(image.id, "covered"),
        )
        return image.sealed_covered

    def take(work: Work, entry_id: str) -> None:
        image = work.session.scalars(select(ReferenceImage).where(ReferenceImage.entry_id == entry_id)).one()
        image.sealed_covered = None

    sealed = desk.ask(lambda work: give(work, first))
    assert lower[first].tobytes() not in sealed
    desk.ask(lambda work: take(work, second))
    assert desk.ask(lambda work: w.templates_of(work, [first, second])).covered == {}
    desk.ask(lambda work: give(work, second))
    found = desk.ask(lambda work: w.templates_of(work, [second, first])).covered
    assert list(found) == ["lower"]
    np.testing.assert_array_equal(found["lower"], np.stack([lower[second], lower[first]]))


def test_deleting_a_list_leaves_nothing_of_it(desk: Desk) -> None:
    desk.add("A", collins())
    desk.add("B", collins())
    w.start_import(desk.office, desk.manager, desk.watchlist.id)
    assert w.delete_watchlist(desk.office, desk.manager, desk.watchlist.id) == 2
    with desk.office.database.transaction() as session:
        for table in (Watchlist, WatchlistEntry, LookAlikePair, ImportJob):
            assert session.scalar(select(func.count()).select_from(table)) == 0
        assert (
            session.scalars(select(VaultKey.id).where(VaultKey.kind.in_(("watchlist", "entry")))).all() == []
        )
    with pytest.raises(MissingError):
        w.show_watchlist(desk.office, desk.manager, desk.watchlist.id)
