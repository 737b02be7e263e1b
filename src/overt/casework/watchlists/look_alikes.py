"""Entries that the software could take for each other, and subjects who are on a list twice."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from sqlalchemy import delete, or_, select

from overt.casework.watchlists._held import ListTemplates, templates_of_list
from overt.casework.watchlists._rows import chunks, find_watchlist
from overt.records.tables import LookAlikePair, ReferenceImage, WatchlistEntry, new_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from overt.casework.commands import Work
    from overt.records.tables import Watchlist

__all__ = ["LookAlike", "look_alikes_across", "refresh_pairs"]


@dataclass(frozen=True)
class LookAlike:
    """Two entries.

    Attributes:
        entry_ids: of both, the smaller first.
        kind: `look-alike`: they score as one person; `duplicate`: the same picture, or the same name and date of
            birth, is on both.
        score: cosine similarity of their most alike images; 0 where one has none.
    """

    entry_ids: tuple[str, str]
    kind: str
    score: float


_Pair = tuple[str, str]
_Found = tuple[Literal["look-alike", "duplicate"], float]
_ROWS: Final = 512
_MOST_OF_ENTRY: Final = 50


def refresh_pairs(work: Work, watchlist: Watchlist, entry_ids: Iterable[str]) -> int:
    """Look again for everyone on the list whom these entries resemble; returns how many pairs they are in now.

    To be called, within the same transaction, whenever an image or a name of an entry has changed.
    """
    changed = sorted(set(entry_ids))
    if not changed:
        return 0
    work.session.flush()
    for some in chunks(changed):
        work.session.execute(
            delete(LookAlikePair).where(
                or_(LookAlikePair.first_id.in_(some), LookAlikePair.second_id.in_(some))
            )
        )
    held = templates_of_list(work, watchlist)
    scores = _pairs_from(watchlist.look_alike_threshold, _of_entries(held, set(changed)), held)
    found: dict[_Pair, _Found] = {pair: ("look-alike", score) for pair, score in scores.items()}
    for pair in _duplicates(work, watchlist, changed):
        found[pair] = ("duplicate", scores.get(pair) or _best_score(held, pair))
    kept = _best_of_each(found, set(changed))
    work.session.add_all(
        LookAlikePair(
            id=new_id("pair"),
            watchlist_id=watchlist.id,
            first_id=first,
            second_id=second,
            kind=kind,
            score=round(score, 4),
            found_at=work.now,
        )
        for (first, second), (kind, score) in kept.items()
    )
    work.session.flush()
    return len(kept)


def look_alikes_across(work: Work, watchlist_ids: Sequence[str]) -> list[LookAlike]:
    """Pairs with one entry on one list and the other on another of the same model pack."""
    found: dict[_Pair, float] = {}
    lists = [find_watchlist(work, watchlist_id) for watchlist_id in watchlist_ids]
    for first, second in itertools.combinations(lists, 2):
        if (first.pack, first.pack_version) != (second.pack, second.pack_version):
            continue
        a, b = templates_of_list(work, first), templates_of_list(work, second)
        found |= _pairs_from(first.look_alike_threshold, a, b)
    return [LookAlike(pair, "look-alike", round(score, 4)) for pair, score in found.items()]


def _best_of_each(found: dict[_Pair, _Found], changed: set[str]) -> dict[_Pair, _Found]:
    """Duplicates, then the most alike, so many for each entry: a list of one face would have millions."""
    count: Counter[str] = Counter()
    kept = {}
    for pair, (kind, score) in sorted(found.items(), key=lambda item: (item[1][0], -item[1][1], item[0])):
        ends = changed & set(pair)
        if all(count[entry_id] < _MOST_OF_ENTRY for entry_id in ends):
            count.update(ends)
            kept[pair] = (kind, score)
    return kept


def _of_entries(held: ListTemplates, entry_ids: set[str]) -> ListTemplates:
    rows = [row for row, entry_id in enumerate(held.entry_ids) if entry_id in entry_ids]
    return ListTemplates(
        tuple(held.image_ids[row] for row in rows),
        tuple(held.entry_ids[row] for row in rows),
        held.templates[rows],
    )


def _pairs_from(threshold: float, a: ListTemplates, b: ListTemplates) -> dict[_Pair, float]:
    """The best score of every two entries, one of each, whose most alike images score at least the threshold."""
    best: dict[_Pair, float] = {}
    for first in range(0, len(a.templates), _ROWS):
        scores = a.templates[first : first + _ROWS] @ b.templates.T
        for row, column in np.argwhere(scores >= threshold).tolist():
            one, other = a.entry_ids[first + row], b.entry_ids[column]
            if one != other:
                pair = (min(one, other), max(one, other))
                best[pair] = max(best.get(pair, -1.0), float(scores[row, column]))
    return best


def _best_score(held: ListTemplates, pair: _Pair) -> float:
    one, other = (_of_entries(held, {entry_id}).templates for entry_id in pair)
    return float((one @ other.T).max()) if len(one) and len(other) else 0.0


def _duplicates(work: Work, watchlist: Watchlist, changed: Sequence[str]) -> set[_Pair]:
    """Pairs with one of these entries that share a picture, or a name and date of birth."""
    on_list = (WatchlistEntry.watchlist_id == watchlist.id, WatchlistEntry.status != "withdrawn")
    together: defaultdict[bytes | None, set[str]] = defaultdict(set)
    for some in chunks(list(changed)):
        macs = select(ReferenceImage.source_mac).where(ReferenceImage.entry_id.in_(some))
        pictures = (
            select(ReferenceImage.source_mac, ReferenceImage.entry_id)
            .join(WatchlistEntry, WatchlistEntry.id == ReferenceImage.entry_id)
            .where(*on_list, ReferenceImage.source_mac.in_(macs))
        )
        subjects = select(WatchlistEntry.subject_mac, WatchlistEntry.id).where(
            *on_list,
            WatchlistEntry.subject_mac.in_(
                select(WatchlistEntry.subject_mac).where(
                    WatchlistEntry.id.in_(some), WatchlistEntry.subject_mac.is_not(None)
                )
            ),
        )
        for asked in (pictures, subjects):
            for mac, entry_id in work.session.execute(asked):
                together[mac].add(entry_id)
    wanted = set(changed)
    return {
        pair
        for entries in together.values()
        for pair in itertools.combinations(sorted(entries), 2)
        if wanted & set(pair)
    }
