"""Commands about lists as wholes."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import and_, case, func, or_, select, update

from overt.casework.commands import command
from overt.casework.paging import Listing, newest_first
from overt.casework.people import names_of
from overt.casework.watchlists._desks import load_pack
from overt.casework.watchlists._rows import chunks, find_watchlist, hold_watchlist
from overt.casework.watchlists._rules import check, next_review
from overt.casework.watchlists._sealed import open_personal
from overt.casework.watchlists.deletion import delete_watchlist_rows
from overt.casework.watchlists.list_models import LookAlikeView, Subject, SubjectImage, WatchlistView
from overt.casework.watchlists.renewing import lacking_covered
from overt.errors import ConflictError, InputError, MissingError
from overt.records.tables import (
    Deployment,
    LookAlikePair,
    ReferenceImage,
    Watchlist,
    WatchlistEntry,
    new_id,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select

    from overt.casework.commands import Work
    from overt.casework.paging import Page
    from overt.casework.watchlists.list_models import NewWatchlist, WatchlistChange, WatchlistReview

__all__ = [
    "change_watchlist",
    "create_watchlist",
    "delete_watchlist",
    "list_look_alikes",
    "list_watchlists",
    "review_watchlist",
    "show_watchlist",
]


@command("watchlists.create")
def create_watchlist(work: Work, new: NewWatchlist) -> WatchlistView:
    """Make an empty list, bound to the model pack that will make its templates.

    Raises:
        InputError: the review date cannot be taken, or the pack's name is a path.
        PackError: the pack is missing, altered or unlicensed.
    """
    if "/" in new.pack or "\\" in new.pack:
        raise InputError("The pack is given as a path", "Name an installed pack", field="pack")
    policy, today = work.office.policy.watchlists, work.now.date()
    review_by = new.review_by or next_review(policy, today)
    check(policy, today, {"review_by": review_by})
    pack = load_pack(new.pack)
    watchlist = Watchlist(
        id=new_id("watchlist"),
        title=new.title,
        purpose=new.purpose,
        key_id=work.office.vault.new_key(work.session, "watchlist", work.now),
        pack=pack.contract.pack,
        pack_version=pack.contract.version,
        dimension=pack.contract.dimension,
        look_alike_threshold=pack.manifest.operating_point.threshold,
        review_by=review_by,
        created_at=work.now,
        created_by=work.actor.id,
    )
    work.session.add(watchlist)
    work.session.flush()
    work.note(watchlist.id, pack=watchlist.pack, pack_version=watchlist.pack_version)
    return _views(work, [watchlist])[0]


@command("watchlists.list")
def list_watchlists(work: Work, page: Page) -> Listing[WatchlistView]:
    """Every list, newest first.

    Raises:
        InputError: `page.after` is none of this listing's.
    """
    found = newest_first(work.session, Watchlist, Watchlist.created_at, page)
    work.note("", shown=len(found.shown))
    return Listing(items=tuple(_views(work, found.shown)), next=found.next, total=found.total)


@command("watchlists.show")
def show_watchlist(work: Work, watchlist_id: str) -> WatchlistView:
    """A list, with counts of its entries.

    Raises:
        MissingError: it is not there.
    """
    work.note(watchlist_id)
    return _views(work, [find_watchlist(work, watchlist_id)])[0]


@command("watchlists.change")
def change_watchlist(work: Work, watchlist_id: str, change: WatchlistChange) -> WatchlistView:
    """Change what a list is called and what it says it is for.

    Raises:
        MissingError: it is not there.
    """
    watchlist = hold_watchlist(work, watchlist_id)
    work.note(watchlist_id, fields=sorted(change.model_dump(exclude_none=True)))
    watchlist.title = change.title or watchlist.title
    watchlist.purpose = change.purpose or watchlist.purpose
    work.session.flush()
    return _views(work, [watchlist])[0]


@command("watchlists.review")
def review_watchlist(work: Work, watchlist_id: str, review: WatchlistReview) -> WatchlistView:
    """Record that the list, or some of its entries, were looked at and still belong there.

    Raises:
        MissingError: the list, or an entry on it, is not there.
        InputError: the date of the next review cannot be taken.
    """
    watchlist = hold_watchlist(work, watchlist_id)
    policy, today = work.office.policy.watchlists, work.now.date()
    review_by = review.review_by or next_review(policy, today)
    check(policy, today, {"review_by": review_by})
    changed = (
        update(WatchlistEntry)
        .where(WatchlistEntry.watchlist_id == watchlist_id, WatchlistEntry.status != "withdrawn")
        .values(review_by=review_by)
        .returning(WatchlistEntry.id)
    )
    if review.entry_ids is None:
        reviewed = work.session.scalars(changed).all()
        watchlist.review_by, watchlist.reviewed_at, watchlist.reviewed_by = review_by, work.now, work.actor.id
    else:
        wanted = set(review.entry_ids)
        reviewed = work.session.scalars(changed.where(WatchlistEntry.id.in_(wanted))).all()
        if len(reviewed) < len(wanted):
            raise MissingError(
                f"{len(wanted) - len(reviewed)} of the entries are not on this list, or were withdrawn",
                "List the entries again",
            )
    work.session.flush()
    work.note(
        watchlist_id, entries=len(reviewed), whole=review.entry_ids is None, review_by=review_by.isoformat()
    )
    return _views(work, [watchlist])[0]


@command("watchlists.delete")
def delete_watchlist(work: Work, watchlist_id: str) -> int:
    """Delete a list and all its entries, and destroy their keys; returns how many entries it had.

    Raises:
        MissingError: it is not there.
        ConflictError: a deployment that is live or suspended uses it.
    """
    hold_watchlist(work, watchlist_id)
    work.note(watchlist_id)
    running = work.session.scalars(select(Deployment).where(Deployment.state.in_(("live", "suspended"))))
    for deployment in running:
        if watchlist_id in deployment.plan.get("watchlists", ()):
            raise ConflictError(
                f"The deployment {deployment.id} is {deployment.state} with this list", "Close it first"
            )
    count = delete_watchlist_rows(work, watchlist_id)
    work.note(watchlist_id, entries=count)
    work.after_commit.append(work.office.database.truncate_log)
    return count


@command("watchlists.list-look-alikes")
def list_look_alikes(
    work: Work, watchlist_id: str, page: Page, entry_id: str | None = None
) -> Listing[LookAlikeView]:
    """Entries of a list that look alike or are one subject, most alike first.

    Args:
        work: the work.
        watchlist_id: the list's.
        page: of the pairs.
        entry_id: only pairs that this entry is in.

    Raises:
        MissingError: the list is not there.
        InputError: `page.after` is none of this listing's.
    """
    watchlist = find_watchlist(work, watchlist_id)
    of_list = LookAlikePair.watchlist_id == watchlist_id
    if entry_id is not None:
        of_list = and_(of_list, or_(LookAlikePair.first_id == entry_id, LookAlikePair.second_id == entry_id))
    asked = select(LookAlikePair).where(of_list).order_by(LookAlikePair.score.desc(), LookAlikePair.id)
    if page.after is not None:
        last = work.session.get(LookAlikePair, page.after)
        if last is None or last.watchlist_id != watchlist_id:
            raise InputError("There is no such page", "Begin with the first", field="after")
        asked = asked.where(
            or_(
                LookAlikePair.score < last.score,
                and_(LookAlikePair.score == last.score, LookAlikePair.id > last.id),
            )
        )
    found = work.session.scalars(asked.limit(page.limit + 1)).all()
    pairs = found[: page.limit]
    subjects = _subjects(work, sorted({one for pair in pairs for one in (pair.first_id, pair.second_id)}))
    work.note(watchlist_id, shown=len(pairs))
    return Listing(
        items=tuple(
            LookAlikeView(
                first=subjects[pair.first_id],
                second=subjects[pair.second_id],
                kind=pair.kind,
                score=pair.score,
                threshold=watchlist.look_alike_threshold,
                found_at=pair.found_at,
            )
            for pair in pairs
        ),
        next=pairs[-1].id if len(found) > len(pairs) else None,
        total=work.session.scalar(select(func.count()).select_from(LookAlikePair).where(of_list)) or 0,
    )


def _subjects(work: Work, entry_ids: Sequence[str]) -> dict[str, Subject]:
    entries = [
        entry
        for some in chunks(entry_ids)
        for entry in work.session.scalars(select(WatchlistEntry).where(WatchlistEntry.id.in_(some)))
    ]
    images: defaultdict[str, list[SubjectImage]] = defaultdict(list)
    for some in chunks(entry_ids):
        rows = work.session.execute(
            select(
                ReferenceImage.entry_id,
                ReferenceImage.id,
                ReferenceImage.width,
                ReferenceImage.height,
                ReferenceImage.box,
            )
            .where(ReferenceImage.entry_id.in_(some))
            .order_by(ReferenceImage.quality.desc(), ReferenceImage.id)
        )
        for entry_id, image_id, width, height, box in rows:
            images[entry_id].append(SubjectImage(id=image_id, width=width, height=height, box=tuple(box)))
    return {
        entry.id: Subject(
            entry_id=entry.id,
            reference=personal.reference,
            name=personal.name,
            status=entry.status,
            category=entry.category,
            images=tuple(images[entry.id]),
        )
        for entry, personal in zip(entries, open_personal(work, entries), strict=True)
    }


def _views(work: Work, watchlists: Sequence[Watchlist]) -> list[WatchlistView]:
    ids = [watchlist.id for watchlist in watchlists]
    today = work.now.date()
    standing = WatchlistEntry.status != "withdrawn"
    expired = WatchlistEntry.expires_on < today
    has_image = select(ReferenceImage.id).where(ReferenceImage.entry_id == WatchlistEntry.id).exists()
    counted = {
        "pending": and_(WatchlistEntry.status == "pending", ~expired),
        "approved": and_(WatchlistEntry.status == "approved", ~expired),
        "expired": and_(standing, expired),
        "withdrawn": ~standing,
        "due_for_review": and_(standing, WatchlistEntry.review_by <= today),
        "without_image": and_(standing, ~has_image),
    }
    counts = {
        row[0]: {name: int(value or 0) for name, value in zip(counted, row[1:], strict=True)}
        for row in work.session.execute(
            select(
                WatchlistEntry.watchlist_id,
                *(func.sum(case((rule, 1), else_=0)) for rule in counted.values()),
            )
            .where(WatchlistEntry.watchlist_id.in_(ids))
            .group_by(WatchlistEntry.watchlist_id)
        )
    }
    images = _count(
        work,
        select(WatchlistEntry.watchlist_id, func.count())
        .join(ReferenceImage, ReferenceImage.entry_id == WatchlistEntry.id)
        .where(WatchlistEntry.watchlist_id.in_(ids))
        .group_by(WatchlistEntry.watchlist_id),
    )
    pairs = _count(
        work,
        select(LookAlikePair.watchlist_id, func.count())
        .where(LookAlikePair.watchlist_id.in_(ids))
        .group_by(LookAlikePair.watchlist_id),
    )
    lacking = lacking_covered(work, watchlists)
    names = names_of(
        work.session,
        (person for one in watchlists for person in (one.created_by, one.reviewed_by) if person is not None),
    )
    return [
        WatchlistView(
            id=one.id,
            title=one.title,
            purpose=one.purpose,
            pack=one.pack,
            pack_version=one.pack_version,
            dimension=one.dimension,
            review_by=one.review_by,
            reviewed_at=one.reviewed_at,
            reviewed_by=one.reviewed_by,
            reviewed_by_name=None if one.reviewed_by is None else names.get(one.reviewed_by, "the software"),
            created_at=one.created_at,
            created_by=one.created_by,
            created_by_name=names.get(one.created_by, "the software"),
            images=images.get(one.id, 0),
            without_covered=lacking.get(one.id, 0),
            look_alikes=pairs.get(one.id, 0),
            **counts.get(one.id, dict.fromkeys(counted, 0)),
        )
        for one in watchlists
    ]


def _count(work: Work, asked: Select[str, int]) -> dict[str, int]:
    return {watchlist_id: int(count) for watchlist_id, count in work.session.execute(asked)}
