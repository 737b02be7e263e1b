"""A list enrolled before its pack compared covered faces: that is said, and mended without losing an approval."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from sqlalchemy import select

from overt.biometrics import CoveredScale, ModelPack, packs
from overt.casework import watchlists as w
from overt.casework.commands import Work
from overt.casework.watchlists import _desks, renewing
from overt.casework.watchlists._desks import SharedDesk
from overt.errors import AuthorityError, MissingError
from overt.gallery import EnrolmentDesk
from overt.records.tables import ReferenceImage
from tests.casework.watchlists.desk import Desk, collins, hopper

SCALE = CoveredScale(covering="lower", scores=(0.2, 0.9), bare=(0.1, 0.8), data="", date="")


@pytest.fixture
def old(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A list with an approved entry of two pictures and a pending one, whose pack then learns to compare masks."""
    plain = packs.load("embedded")
    bare = ModelPack(manifest=msgspec.structs.replace(plain.manifest, covered=()), folder=plain.folder)
    able = ModelPack(manifest=msgspec.structs.replace(plain.manifest, covered=(SCALE,)), folder=plain.folder)
    monkeypatch.setattr(_desks, "desk_for", lambda _: SharedDesk(EnrolmentDesk(bare, threads=1)))
    monkeypatch.setattr("overt.casework.watchlists.images.desk_for", _desks.desk_for)
    first = desk.add("A", collins())
    assert desk.add_image(first, collins(mirrored=True)).result == "added"
    desk.approve(first)
    desk.add("B", hopper())
    shared = SharedDesk(EnrolmentDesk(able, threads=1))
    monkeypatch.setattr(renewing, "desk_for", lambda _: shared)
    monkeypatch.setattr(renewing, "readable_pack", lambda _: able)
    return desk


def shown(desk: Desk) -> w.WatchlistView:
    return w.show_watchlist(desk.office, desk.manager, desk.watchlist.id)


def test_what_lacks_is_counted_made_and_leaves_every_approval(
    old: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewing, "AT_ONCE", 2)
    assert shown(old).without_covered == 3
    before = {
        entry.entry_id: entry for entry in old.ask(lambda work: w.frozen_facts(work, [old.watchlist.id]))
    }
    ids = list(before)
    held = old.ask(lambda work: w.templates_of(work, ids))
    assert held.covered == {}
    first = w.renew_watchlist(old.office, old.manager, old.watchlist.id)
    assert (first.made, first.failed) == (2, ())
    assert first.next is not None
    assert shown(old).without_covered == 1
    assert old.ask(lambda work: w.templates_of(work, ids)).covered == {}, "one that lacks it holds up all"
    last = w.renew_watchlist(old.office, old.manager, old.watchlist.id, first.next)
    assert (last.made, last.next, shown(old).without_covered) == (1, None, 0)
    found = old.ask(lambda work: w.templates_of(work, ids))
    assert np.linalg.norm(found.covered["lower"], axis=1) == pytest.approx([1, 1, 1], abs=1e-3)
    np.testing.assert_array_equal(found.templates, held.templates)
    after = {
        entry.entry_id: entry for entry in old.ask(lambda work: w.frozen_facts(work, [old.watchlist.id]))
    }
    assert after == before, "what was approved and frozen is as it was"
    assert w.renew_watchlist(old.office, old.manager, old.watchlist.id).made == 0


def test_they_are_what_enrolling_the_picture_now_gives(old: Desk) -> None:
    w.renew_watchlist(old.office, old.manager, old.watchlist.id)
    pack = renewing.readable_pack("embedded")
    assert pack is not None
    desk = EnrolmentDesk(pack, threads=1)
    look = desk.judge(desk.read(hopper(), "hopper.jpg"), "hopper.jpg")
    desk.embed()
    (entry,) = (e for e in old.ask(lambda work: w.frozen_facts(work, [old.watchlist.id])) if e.images == 1)
    found = old.ask(lambda work: w.templates_of(work, [entry.entry_id])).covered["lower"][0]
    assert float(found @ look.covered["lower"]) > 0.97


def test_a_picture_that_does_not_give_its_own_face_again_is_named(old: Desk) -> None:
    def alter(work: Work) -> None:
        image = work.session.scalars(select(ReferenceImage).order_by(ReferenceImage.id)).first()
        assert image is not None
        image.box = [0.0, 0.0, 4.0, 4.0]

    old.ask(alter)
    done = w.renew_watchlist(old.office, old.manager, old.watchlist.id)
    assert (done.made, len(done.failed)) == (2, 1)
    assert shown(old).without_covered == 1


def test_a_pack_that_compares_every_face_as_it_is_lacks_nothing(
    old: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = packs.load("embedded")
    bare = ModelPack(manifest=msgspec.structs.replace(plain.manifest, covered=()), folder=plain.folder)
    for pack in (bare, None):
        monkeypatch.setattr(renewing, "readable_pack", lambda _, pack=pack: pack)
        assert shown(old).without_covered == 0
    assert w.renew_watchlist(old.office, old.manager, old.watchlist.id).made == 0
    with pytest.raises(MissingError):
        w.renew_watchlist(old.office, old.manager, "watchlist-0")


def test_only_a_manager_makes_them(old: Desk) -> None:
    with pytest.raises(AuthorityError):
        w.renew_watchlist(old.office, old.officer, old.watchlist.id)
    assert shown(old).without_covered == 3
