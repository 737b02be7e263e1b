"""One batch of an import: comparing with what is on the list, and writing what is new. Within one transaction."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from sqlalchemy import func, select

from overt.casework.watchlists._rules import faults, next_review
from overt.casework.watchlists._sealed import mac_of_reference
from overt.casework.watchlists._writing import (
    OfferedImage,
    differences,
    enrol_image,
    insert_entry,
    mark_changed,
    notice_unlike,
    picture_key,
    picture_mac,
    write_changes,
)
from overt.casework.watchlists.look_alikes import refresh_pairs
from overt.gallery import Finding
from overt.records.tables import ReferenceImage, WatchlistEntry, new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.casework.commands import Work
    from overt.casework.watchlists._import_rows import ImportRow
    from overt.casework.watchlists.entry_models import NewEntry
    from overt.casework.watchlists.import_models import RowResult
    from overt.records.tables import Watchlist

__all__ = ["LookedRow", "PictureReport", "RowReport", "known_pictures", "take_batch"]


class PictureReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one picture of a row."""

    file: str
    result: Literal["added", "unchanged", "refused"]
    findings: tuple[Finding, ...] = ()
    measures: dict[str, float] = {}


class RowReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one row."""

    place: str
    reference: str
    name: str
    result: Literal["added", "changed", "unchanged", "refused"]
    entry_id: str | None
    findings: tuple[Finding, ...]
    images: tuple[PictureReport, ...]


@dataclass(frozen=True, eq=False)
class LookedRow:
    """A row whose pictures were looked at; none of them where the row itself is refused."""

    row: ImportRow
    pictures: tuple[OfferedImage, ...] = ()


@dataclass(eq=False)
class _Batch:
    """What a batch is compared with, and what is to be written of it."""

    work: Work
    watchlist: Watchlist
    dry_run: bool
    room: int
    entries: dict[bytes, WatchlistEntry]
    pictures: dict[str, set[bytes]]
    picture_key: bytes
    new: list[tuple[str, NewEntry, list[OfferedImage]]] = field(default_factory=list)
    subjects_changed: set[str] = field(default_factory=set)

    def entry_of(self, row: ImportRow) -> WatchlistEntry | None:
        return self.entries.get(mac_of_reference(self.work, self.watchlist, row.reference))

    def write_new(self) -> None:
        """Write the entries that are to be added, each under a key of its own."""
        work, policy = self.work, self.work.office.policy.watchlists
        keys = work.office.vault.new_keys(
            work.session, "entry", work.now, len(self.new), parent=self.watchlist.key_id
        )
        written = []
        for (entry_id, new, images), key_id in zip(self.new, keys, strict=True):
            review_by = new.review_by or next_review(policy, work.now.date())
            entry = insert_entry(
                work, self.watchlist, new, entry_id=entry_id, key_id=key_id, review_by=review_by
            )
            written.append((entry, images))
            self.subjects_changed.add(entry_id)
        work.session.flush()  # images refer to entries that must be there
        for entry, images in written:
            for image in images:
                enrol_image(work, self.watchlist, entry, image)


def known_pictures(work: Work, watchlist: Watchlist, rows: Sequence[ImportRow]) -> list[set[bytes]]:
    """For each row the pictures, by `picture_mac`, that its entry has already: they need not be looked at."""
    entries = _entries(work, watchlist, rows)
    pictures = _pictures(work, entries)
    found = []
    for row in rows:
        entry = entries.get(mac_of_reference(work, watchlist, row.reference))
        found.append(set() if entry is None else pictures[entry.id])
    return found


def take_batch(
    work: Work, watchlist: Watchlist, rows: Sequence[LookedRow], *, dry_run: bool, added_before: int
) -> list[RowReport]:
    """Compare and write a batch of rows; the list is held.

    Args:
        work: the work.
        watchlist: the list.
        rows: what was read and looked at.
        dry_run: whether nothing is written.
        added_before: entries that the import has added by now.
    """
    standing = work.session.scalar(
        select(func.count())
        .select_from(WatchlistEntry)
        .where(WatchlistEntry.watchlist_id == watchlist.id, WatchlistEntry.status != "withdrawn")
    )
    taken = (standing or 0) + (added_before if dry_run else 0)
    entries = _entries(work, watchlist, [one.row for one in rows])
    batch = _Batch(
        work=work,
        watchlist=watchlist,
        dry_run=dry_run,
        room=work.office.policy.watchlists.most_entries - taken,
        entries=entries,
        pictures=_pictures(work, entries),
        picture_key=picture_key(work, watchlist),
    )
    reports = [_take(batch, one) for one in rows]
    batch.write_new()
    refresh_pairs(work, watchlist, batch.subjects_changed)
    return reports


def _entries(work: Work, watchlist: Watchlist, rows: Sequence[ImportRow]) -> dict[bytes, WatchlistEntry]:
    macs = [mac_of_reference(work, watchlist, row.reference) for row in rows]
    found = work.session.scalars(
        select(WatchlistEntry).where(
            WatchlistEntry.watchlist_id == watchlist.id, WatchlistEntry.reference_mac.in_(macs)
        )
    )
    return {entry.reference_mac: entry for entry in found}


def _pictures(work: Work, entries: dict[bytes, WatchlistEntry]) -> dict[str, set[bytes]]:
    found: defaultdict[str, set[bytes]] = defaultdict(set)
    ids = [entry.id for entry in entries.values()]
    for entry_id, mac in work.session.execute(
        select(ReferenceImage.entry_id, ReferenceImage.source_mac).where(ReferenceImage.entry_id.in_(ids))
    ):
        found[entry_id].add(mac)
    return found


def _take(batch: _Batch, looked: LookedRow) -> RowReport:
    new, findings = looked.row.entry, list(looked.row.findings)
    if new is None or any(finding.refuses for finding in findings):
        return _report(looked, "refused", findings)
    entry = batch.entry_of(looked.row)
    if entry is None:
        return _take_new(batch, looked, new, findings)
    return _take_known(batch, looked, new, entry, findings)


def _take_new(batch: _Batch, looked: LookedRow, new: NewEntry, findings: list[Finding]) -> RowReport:
    findings += _against_policy(batch, new.model_dump())
    if not looked.row.pictures:
        findings.append(Finding(kind="malformed", detail="names no image"))
    if batch.room <= 0:
        most = batch.work.office.policy.watchlists.most_entries
        detail = f"the list has as many entries as policy allows, {most}"
        findings.append(Finding(kind="outside-policy", detail=detail, limit=most, unit="entries"))
    accepted = _distinct(batch, looked, set())
    notice_unlike(batch.work, batch.watchlist, None, accepted)
    if not accepted or any(finding.refuses for finding in findings):
        return _report(looked, "refused", findings)
    batch.room -= 1
    if batch.dry_run:
        return _report(looked, "added", findings, added=accepted)
    entry_id = new_id("entry")
    batch.new.append((entry_id, new, accepted))
    return _report(looked, "added", findings, entry_id=entry_id, added=accepted)


def _take_known(
    batch: _Batch, looked: LookedRow, new: NewEntry, entry: WatchlistEntry, findings: list[Finding]
) -> RowReport:
    work = batch.work
    if entry.status == "withdrawn":
        detail = "was withdrawn; delete the entry before the subject can be added anew"
        findings.append(Finding(kind="withdrawn", detail=detail))
        return _report(looked, "refused", findings, entry_id=entry.id)
    changes = differences(work, entry, new.model_dump())
    findings += _against_policy(batch, changes)
    if any(finding.refuses for finding in findings):
        return _report(looked, "refused", findings, entry_id=entry.id)
    accepted = _distinct(batch, looked, batch.pictures[entry.id])
    notice_unlike(work, batch.watchlist, entry, accepted)
    if not changes and not accepted:
        refused = any(not picture.accepted and picture.look.findings for picture in looked.pictures)
        return _report(looked, "refused" if refused else "unchanged", findings, entry_id=entry.id, added=())
    if not batch.dry_run:
        for image in accepted:
            enrol_image(work, batch.watchlist, entry, image)
        write_changes(work, batch.watchlist, entry, changes)
        if not changes:
            mark_changed(work, entry)
        if accepted or changes.keys() & {"name", "date_of_birth"}:
            batch.subjects_changed.add(entry.id)
    return _report(looked, "changed", findings, entry_id=entry.id, added=accepted)


def _against_policy(batch: _Batch, fields: dict[str, Any]) -> list[Finding]:
    policy, today = batch.work.office.policy.watchlists, batch.work.now.date()
    return [
        Finding(kind=fault.kind, detail=f"the {fault.field} {fault.detail}")
        for fault in faults(policy, today, fields)
    ]


def _distinct(batch: _Batch, looked: LookedRow, held: set[bytes]) -> list[OfferedImage]:
    """The accepted pictures that the entry does not have, each once."""
    seen = set(held)
    kept = []
    for picture in looked.pictures:
        mac = picture_mac(batch.picture_key, picture.sha256)
        if picture.accepted and mac not in seen:
            seen.add(mac)
            kept.append(picture)
    return kept


def _report(
    looked: LookedRow,
    result: RowResult,
    findings: list[Finding],
    *,
    entry_id: str | None = None,
    added: Sequence[OfferedImage] | None = None,
) -> RowReport:
    """What became of a row; without `added` nothing of its pictures was taken."""
    images = []
    for picture in looked.pictures:
        look = picture.look
        became: Literal["added", "unchanged", "refused"] = "unchanged"
        if added is None or any(finding.refuses for finding in look.findings):
            became = "refused"
        elif any(one is picture for one in added):
            became = "added"
        images.append(
            PictureReport(
                file=look.file, result=became, findings=tuple(look.findings), measures=look.measures
            )
        )
    row = looked.row
    return RowReport(
        place=row.place,
        reference=row.reference,
        name=row.name,
        result=result,
        entry_id=entry_id,
        findings=tuple(findings),
        images=tuple(images),
    )
