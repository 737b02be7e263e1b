"""The templates of lists, held in memory to find look-alikes. The database is the truth: each use asks it anew."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from sqlalchemy import select

from overt.casework.per_office import PerOffice
from overt.casework.watchlists._rows import chunks
from overt.casework.watchlists._sealed import open_templates
from overt.records.tables import ReferenceImage, WatchlistEntry

if TYPE_CHECKING:
    from overt.biometrics import FloatArray
    from overt.casework.commands import Work
    from overt.records.tables import Watchlist

__all__ = ["ListTemplates", "forget_list", "templates_of_list"]

_MOST_LISTS: Final = 4


@dataclass(frozen=True, eq=False)
class ListTemplates:
    """A list's templates at one moment: float32 [m, dimension]; withdrawn entries' are left out.

    Attributes:
        image_ids: of each template's image.
        entry_ids: of each template's entry.
        templates: float32 [m, dimension].
    """

    image_ids: tuple[str, ...]
    entry_ids: tuple[str, ...]
    templates: FloatArray = field(repr=False)


class _Held:
    """By list, each image's template; at most a few lists."""

    def __init__(self) -> None:
        self.lists: OrderedDict[str, dict[str, FloatArray]] = OrderedDict()
        self.lock = threading.Lock()


_of: Final = PerOffice(lambda _: _Held())


def forget_list(work: Work, watchlist_id: str) -> None:
    """Let go of a list's templates now, and again once the transaction that deletes some of it is committed."""
    held = _of(work.office)

    def forget() -> None:
        with held.lock:
            held.lists.pop(watchlist_id, None)

    forget()
    work.after_commit.append(forget)


def templates_of_list(work: Work, watchlist: Watchlist) -> ListTemplates:
    """Every template of the list, as the database has it in this transaction; only new ones are opened."""
    held = _of(work.office)
    rows = work.session.execute(
        select(ReferenceImage.id, ReferenceImage.entry_id, WatchlistEntry.key_id)
        .join(WatchlistEntry, WatchlistEntry.id == ReferenceImage.entry_id)
        .where(WatchlistEntry.watchlist_id == watchlist.id, WatchlistEntry.status != "withdrawn")
        .order_by(ReferenceImage.id)
    ).all()
    with held.lock:
        before = held.lists.pop(watchlist.id, {})
    keys = {image_id: key_id for image_id, _, key_id in rows}
    kept = {image_id: before[image_id] for image_id in keys if image_id in before}
    for some in chunks([image_id for image_id in keys if image_id not in kept]):
        sealed = work.session.execute(
            select(ReferenceImage.id, ReferenceImage.sealed_template).where(ReferenceImage.id.in_(some))
        ).all()
        opened = open_templates(
            work, [(keys[image_id], image_id, content) for image_id, content in sealed], watchlist.dimension
        )
        kept |= {image_id: template for (image_id, _), template in zip(sealed, opened, strict=True)}
    with held.lock:
        held.lists[watchlist.id] = kept
        while len(held.lists) > _MOST_LISTS:
            held.lists.popitem(last=False)
    templates = [kept[image_id] for image_id, _, _ in rows]
    return ListTemplates(
        image_ids=tuple(image_id for image_id, _, _ in rows),
        entry_ids=tuple(entry_id for _, entry_id, _ in rows),
        templates=np.array(templates, np.float32).reshape(-1, watchlist.dimension),
    )
