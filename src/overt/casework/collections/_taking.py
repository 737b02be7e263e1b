"""Rows into records: what was looked at is taken in one transaction with the note that it was. Once and only once."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import select

from overt.casework.collections._rows import chunks, contract_of
from overt.casework.collections._sealed import (
    Personal,
    about_part,
    mac_of_reference,
    open_personal,
    picture_key,
    picture_mac,
    seal_personal,
    seal_template,
)
from overt.gallery import Finding
from overt.records.tables import (
    CollectionImage,
    CollectionRecord,
    CollectionTemplate,
    IngestionRow,
    new_id,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from overt.casework.collections._manifest import SourceRow
    from overt.casework.collections.ingestion_models import RowOutcome
    from overt.casework.commands import Work
    from overt.casework.office import Office
    from overt.gallery import Look
    from overt.records.tables import Collection, Ingestion

__all__ = ["Looked", "RowReport", "Taken", "known_pictures", "rows_done", "take_batch"]

_MAC: Final = 16


class RowReport(msgspec.Struct, frozen=True, kw_only=True):
    """The sealed part of what became of a row."""

    reference: str
    image: str
    findings: tuple[Finding, ...] = ()
    measures: dict[str, float] = {}


@dataclass(frozen=True, eq=False)
class Looked:
    """A row whose picture was looked at.

    Attributes:
        row: as the source has it.
        look: what the desk made of the picture; None where the record has it already, or the row is refused.
        sha256: of the file; empty where it was not read.
    """

    row: SourceRow
    look: Look | None = None
    sha256: bytes = b""


@dataclass
class Taken:
    """What became of a batch.

    Attributes:
        count: of rows by result.
        again: rows that have to be looked at again: the picture that their record had is gone.
        first: number of the first image that was added; 0 where none was.
        last: the last one's.
    """

    count: Counter[RowOutcome] = field(default_factory=Counter)
    again: list[SourceRow] = field(default_factory=list)
    first: int = 0
    last: int = 0


def row_macs(
    office: Office, session: Session, collection: Collection, rows: Sequence[SourceRow]
) -> list[bytes]:
    """The keys of rows: the same reference, image and file are the same row."""
    key = office.vault.mac(session, collection.key_id, b"rows", about="row key")
    return [
        picture_mac(key, msgspec.msgpack.encode((row.reference, row.image, row.stamp)))[:_MAC] for row in rows
    ]


def rows_done(
    office: Office, session: Session, collection: Collection, ingestion_id: str, rows: Sequence[SourceRow]
) -> list[bool]:
    """Which of the rows this ingestion has done already."""
    macs = row_macs(office, session, collection, rows)
    done = _macs_done(session, ingestion_id, macs)
    return [mac in done for mac in macs]


def known_pictures(
    office: Office, session: Session, collection: Collection, rows: Sequence[SourceRow]
) -> list[set[bytes]]:
    """For each row the pictures, by their keyed digest, that its record has."""
    macs = [mac_of_reference(office, session, collection, row.reference) for row in rows]
    held: defaultdict[bytes, set[bytes]] = defaultdict(set)
    for some in chunks(sorted(set(macs))):
        found = session.execute(
            select(CollectionRecord.reference_mac, CollectionImage.source_mac)
            .join(CollectionImage, CollectionImage.record_id == CollectionRecord.id)
            .where(CollectionRecord.collection_id == collection.id, CollectionRecord.reference_mac.in_(some))
        )
        for mac, picture in found:
            held[mac].add(picture)
    return [held[mac] for mac in macs]


def take_batch(work: Work, collection: Collection, ingestion: Ingestion, looked: Sequence[Looked]) -> Taken:
    """Take rows that were looked at; those that are done already are passed over. The collection is held."""
    return _Batch(work, collection, ingestion, looked).take()


class _Batch:
    def __init__(
        self, work: Work, collection: Collection, ingestion: Ingestion, looked: Sequence[Looked]
    ) -> None:
        self.work, self.collection, self.ingestion = work, collection, ingestion
        self.vault, self.session = work.office.vault, work.session
        macs = row_macs(work.office, self.session, collection, [one.row for one in looked])
        done = _macs_done(self.session, ingestion.id, macs)
        self.looked: dict[bytes, Looked] = {
            mac: one for mac, one in zip(macs, looked, strict=True) if mac not in done
        }
        references = {
            one.row.reference: mac_of_reference(work.office, self.session, collection, one.row.reference)
            for one in self.looked.values()
        }
        self.reference_mac = references
        self.records = self._held(sorted(set(references.values())))
        self.pictures = self._pictures_held()
        self.picture_key = picture_key(work.office, self.session, collection)
        self.keys = self._keys()
        self.taken = Taken()
        self.new: tuple[
            list[CollectionRecord], list[CollectionImage], list[CollectionTemplate], list[IngestionRow]
        ]
        self.new = ([], [], [], [])

    def take(self) -> Taken:
        before = self.collection.numbered
        for mac, one in self.looked.items():
            self._take(mac, one)
        if self.collection.numbered > before:
            self.collection.revision += 1
            self.taken.first, self.taken.last = before + 1, self.collection.numbered
        for rows in self.new:  # in this order: each refers to those before
            self.session.add_all(rows)
            self.session.flush()
        return self.taken

    def _held(self, macs: list[bytes]) -> dict[bytes, CollectionRecord]:
        return {
            record.reference_mac: record
            for some in chunks(macs)
            for record in self.session.scalars(
                select(CollectionRecord).where(
                    CollectionRecord.collection_id == self.collection.id,
                    CollectionRecord.reference_mac.in_(some),
                )
            )
        }

    def _pictures_held(self) -> defaultdict[str, set[bytes]]:
        held: defaultdict[str, set[bytes]] = defaultdict(set)
        for some in chunks(sorted(record.id for record in self.records.values())):
            for record_id, mac in self.session.execute(
                select(CollectionImage.record_id, CollectionImage.source_mac).where(
                    CollectionImage.record_id.in_(some)
                )
            ):
                held[record_id].add(mac)
        return held

    def _keys(self) -> list[str]:
        """Keys for the records that are to be made."""
        new = {
            self.reference_mac[one.row.reference]
            for one in self.looked.values()
            if one.look is not None and one.look.accepted
        } - self.records.keys()
        return self.vault.new_keys(
            self.session, "collection-record", self.work.now, len(new), parent=self.collection.key_id
        )

    def _take(self, mac: bytes, one: Looked) -> None:
        row = one.row
        findings = (*row.findings, *(one.look.findings if one.look is not None else ()))
        refuses = sorted({finding.kind for finding in findings if finding.refuses})
        record = self.records.get(self.reference_mac[row.reference])
        if refuses:
            self._enter(mac, one, "refused", record, refuses)
            return
        picture = picture_mac(self.picture_key, one.sha256)
        held = record is not None and picture in self.pictures[record.id]
        if not held and (one.look is None or not one.look.accepted):
            self.taken.again.append(row)
            return
        if record is None:
            record = self._new_record(row)
            changed = False
        else:
            changed = self._change(record, row)
        if not held and one.look is not None:
            self._add_image(record, one, one.look, picture)
        self._enter(mac, one, ("changed" if changed else "unchanged") if held else "added", record, [])

    def _new_record(self, row: SourceRow) -> CollectionRecord:
        record_id, key_id, now = new_id("record"), self.keys.pop(), self.work.now
        personal = Personal(reference=row.reference, columns=row.columns)
        record = CollectionRecord(
            id=record_id,
            collection_id=self.collection.id,
            key_id=key_id,
            reference_mac=self.reference_mac[row.reference],
            sealed=seal_personal(self.work.office, self.session, record_id, key_id, personal),
            review_by=row.review_by or now.date() + dt.timedelta(days=self.collection.review_days),
            added_at=now,
            added_by=self.work.actor.id,
        )
        self.new[0].append(record)
        self.records[record.reference_mac] = record
        return record

    def _change(self, record: CollectionRecord, row: SourceRow) -> bool:
        """Bring what the table says into a record that is there; whether that was anything new."""
        (personal,) = open_personal(self.work.office, self.session, [record])
        columns = personal.columns | row.columns
        changed = columns != personal.columns
        if changed:
            new = msgspec.structs.replace(personal, columns=columns)
            record.sealed = seal_personal(self.work.office, self.session, record.id, record.key_id, new)
        if row.review_by is not None and row.review_by != record.review_by:
            record.review_by, changed = row.review_by, True
        return changed

    def _add_image(self, record: CollectionRecord, one: Looked, look: Look, picture: bytes) -> None:
        if look.kept is None or look.template is None:
            raise ValueError("only an accepted picture can be added")
        image_id, kept, contract = new_id("image"), look.kept, contract_of(self.collection)
        self.collection.numbered += 1
        number = self.collection.numbered

        def seal(part: str, content: bytes) -> bytes:
            return self.vault.seal(self.session, record.key_id, content, about=about_part(image_id, part))

        self.new[1].append(
            CollectionImage(
                id=image_id,
                collection_id=self.collection.id,
                record_id=record.id,
                number=number,
                source_mac=picture,
                sealed_picture=seal("picture", kept.jpeg),
                sealed_source=seal("source", msgspec.msgpack.encode(one.row.image)),
                taken_on=one.row.taken_on,
                width=kept.width,
                height=kept.height,
                box=list(kept.box),
                landmarks=_landmarks_kept(look),
                quality=kept.quality,
                measures=look.measures,
                findings=[_plain(finding) for finding in look.findings],
                added_at=self.work.now,
            )
        )
        self.new[2].append(
            CollectionTemplate(
                collection_id=self.collection.id,
                pack=contract.pack,
                pack_version=contract.version,
                number=number,
                image_id=image_id,
                made=True,
                sealed=seal_template(
                    self.work.office,
                    self.session,
                    contract,
                    look.template,
                    key_id=record.key_id,
                    image_id=image_id,
                ),
                refusals=[],
            )
        )
        self.pictures[record.id].add(picture)

    def _enter(
        self,
        mac: bytes,
        one: Looked,
        result: RowOutcome,
        record: CollectionRecord | None,
        kinds: Sequence[str],
    ) -> None:
        if record is not None:
            key_id = record.key_id
        else:
            key_id = self.vault.new_key(
                self.session, "ingestion-row", self.work.now, parent=self.ingestion.key_id
            )
        look = one.look
        report = RowReport(
            reference=one.row.reference,
            image=one.row.image,
            findings=(*one.row.findings, *(look.findings if look is not None else ())),
            measures=look.measures if look is not None else {},
        )
        about = about_part(self.ingestion.id, mac.hex())
        self.new[3].append(
            IngestionRow(
                ingestion_id=self.ingestion.id,
                row_mac=mac,
                place=one.row.place,
                result=result,
                kinds=list(kinds),
                reference_mac=self.reference_mac[one.row.reference],
                record_id=None if record is None else record.id,
                key_id=key_id,
                sealed=self.vault.seal(self.session, key_id, msgspec.msgpack.encode(report), about=about),
            )
        )
        self.taken.count[result] += 1


def _macs_done(session: Session, ingestion_id: str, macs: Sequence[bytes]) -> set[bytes]:
    return {
        mac
        for some in chunks(macs)
        for mac in session.scalars(
            select(IngestionRow.row_mac).where(
                IngestionRow.ingestion_id == ingestion_id, IngestionRow.row_mac.in_(some)
            )
        )
    }


def _landmarks_kept(look: Look) -> list[list[float]]:
    """The face's five points in pixels of the picture as kept, which is cut out of the whole and made smaller."""
    if look.kept is None or look.face is None:
        return []
    left, top, right, _ = (float(side) for side in look.faces.boxes[look.face])
    box = look.kept.box
    scale = (box[2] - box[0]) / (right - left)
    return [
        [round((float(x) - left) * scale + box[0], 2), round((float(y) - top) * scale + box[1], 2)]
        for x, y in look.faces.landmarks[look.face]
    ]


def _plain(finding: Finding) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(finding)
    return plain
