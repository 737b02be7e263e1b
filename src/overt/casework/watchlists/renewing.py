"""Templates for covered faces, of reference images that were enrolled before their pack could compare such faces.

An engine compares covered faces like with like only where every reference has such a template. They are made from the
picture as it is kept. Nothing that was approved or signed changes: picture, template and entry stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from sqlalchemy import func, select

from overt.casework.commands import command
from overt.casework.installed_packs import readable_pack
from overt.casework.watchlists._desks import contract_of, desk_for
from overt.casework.watchlists._rows import find_watchlist, hold_watchlist
from overt.casework.watchlists._sealed import about_image, open_picture, open_templates, pack_covered
from overt.casework.watchlists.list_models import Renewal
from overt.records.tables import ReferenceImage, Watchlist, WatchlistEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select

    from overt.casework.commands import Work

__all__ = ["entries_lacking_covered", "lacking_covered", "renew_watchlist"]

AT_ONCE: Final = 16
"""Images of one transaction: each takes as long as enrolling it did."""


@command("watchlists.renew")
def renew_watchlist(work: Work, watchlist_id: str, after: str | None = None) -> Renewal:
    """Make the templates for covered faces that some of a list's images lack; `next` says where to go on.

    Args:
        work: the work.
        watchlist_id: the list's.
        after: the `next` of the call before.

    Raises:
        MissingError: the list is not there.
        ContractError, PackError: the list's model pack cannot be used.
        VaultError: a picture was altered.
    """
    watchlist = hold_watchlist(work, watchlist_id)
    work.note(watchlist_id)
    if not lacking_covered(work, [watchlist]):
        return Renewal(made=0, failed=(), next=None)
    asked = (
        _lacking(watchlist_id)
        .where(ReferenceImage.id > (after or ""))
        .order_by(ReferenceImage.id)
        .limit(AT_ONCE + 1)
    )
    rows = work.session.execute(asked).all()
    shared = desk_for(contract_of(watchlist))
    failed, made = [], 0
    for image, entry in rows[:AT_ONCE]:
        left, top, right, bottom = image.box
        with shared.lock:
            look = shared.desk.again(open_picture(work, entry.key_id, image), (left, top, right, bottom))
        (enrolled,) = open_templates(
            work, [(entry.key_id, image.id, image.sealed_template)], watchlist.dimension
        )
        if look is None or float(np.dot(look.template, enrolled)) < watchlist.look_alike_threshold:
            failed.append(entry.id)
            continue
        image.sealed_covered = work.office.vault.seal(
            work.session, entry.key_id, pack_covered(look.covered), about=about_image(image.id, "covered")
        )
        made += 1
    work.session.flush()
    work.note(watchlist_id, made=made, failed=len(failed))
    return Renewal(
        made=made,
        failed=tuple(dict.fromkeys(failed)),
        next=rows[AT_ONCE - 1][0].id if len(rows) > AT_ONCE else None,
    )


def lacking_covered(work: Work, watchlists: Sequence[Watchlist]) -> dict[str, int]:
    """Of lists whose pack compares covered faces like with like, how many images lack a template for it; none at 0.

    Images of entries that were withdrawn do not count.
    """
    able = [one.id for one in watchlists if _able(one)]
    rows = work.session.execute(
        select(WatchlistEntry.watchlist_id, func.count())
        .join(ReferenceImage, ReferenceImage.entry_id == WatchlistEntry.id)
        .where(
            WatchlistEntry.watchlist_id.in_(able),
            WatchlistEntry.status != "withdrawn",
            ReferenceImage.sealed_covered.is_(None),
        )
        .group_by(WatchlistEntry.watchlist_id)
    )
    return {watchlist_id: int(count) for watchlist_id, count in rows}


def entries_lacking_covered(work: Work, watchlist_ids: Sequence[str]) -> set[str]:
    """The entries of these lists that have such an image."""
    found: set[str] = set()
    for watchlist_id in watchlist_ids:
        if _able(find_watchlist(work, watchlist_id)):
            asked = _lacking(watchlist_id).with_only_columns(WatchlistEntry.id)
            found |= set(work.session.scalars(asked))
    return found


def _lacking(watchlist_id: str) -> Select[ReferenceImage, WatchlistEntry]:
    return (
        select(ReferenceImage, WatchlistEntry)
        .join(WatchlistEntry, WatchlistEntry.id == ReferenceImage.entry_id)
        .where(
            WatchlistEntry.watchlist_id == watchlist_id,
            WatchlistEntry.status != "withdrawn",
            ReferenceImage.sealed_covered.is_(None),
        )
    )


def _able(watchlist: Watchlist) -> bool:
    """Whether the installed pack is the list's, and compares covered faces like with like."""
    pack = readable_pack(watchlist.pack)
    return pack is not None and bool(pack.manifest.covered) and pack.contract == contract_of(watchlist)
