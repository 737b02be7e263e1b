"""Backups: every table in one file that either database can be restored from. What is sealed stays sealed.

A file is a line that says what it is, frames (a length and a MessagePack value each) with a head, the tables' rows in
the order in which they can be put back, and an end with the counts; then the SHA-256 of all that, and the office's
signature of it. A file cut short or altered is refused before anything is restored.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import Table, func, insert, select
from sqlalchemy.exc import IntegrityError

from overt.errors import RecordsError
from overt.records.migration import newest_version
from overt.records.tables import Base, ServerLease

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from overt.records.audit import AuditChain

__all__ = ["BACKUP_LABEL", "Backup", "put_back", "read_backup", "write_backup"]

BACKUP_LABEL: Final = "overt backup 1"
"""Under this label the office signs a backup's digest."""
_MAGIC: Final = BACKUP_LABEL.encode() + b"\n"
_LENGTH: Final = struct.Struct(">I")
_DIGEST: Final = 32
_SIGNATURE: Final = 64
_FRAME_BYTES: Final = 4 << 20
_FRAME_ROWS: Final = 1_000
_LONGEST_FRAME: Final = 1 << 29
_AT_ONCE: Final = 50
_CHUNK: Final = 1 << 20
_LEFT_OUT: Final = {ServerLease.__tablename__}
"""Which servers run is true of one machine at one moment."""


class _Head(msgspec.Struct, frozen=True, tag="head", forbid_unknown_fields=True):
    version: str
    made_at: datetime


class _Rows(msgspec.Struct, frozen=True, tag="rows", forbid_unknown_fields=True):
    table: str
    columns: list[str]
    rows: list[list[Any]]


class _End(msgspec.Struct, frozen=True, tag="end", forbid_unknown_fields=True):
    rows: dict[str, int]


_decoder = msgspec.msgpack.Decoder(_Head | _Rows | _End)


@dataclass(frozen=True)
class Backup:
    """A backup file that is whole.

    Attributes:
        file: where it is.
        made_at: when it was begun.
        version: the database's version.
        rows: how many rows of each table.
        digest: SHA-256 of its content.
        signature: the office's, of the digest.
        size: bytes.
    """

    file: Path
    made_at: datetime
    version: str
    rows: dict[str, int]
    digest: bytes
    signature: bytes
    size: int


def write_backup(session: Session, chain: AuditChain, file: Path, now: datetime) -> Backup:
    """Write everything that a session of `Database.reading` sees into a new file, readable by its owner only.

    Raises:
        RecordsError: the file is there already, or cannot be written.
    """
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            return _write(session, chain, file, out, now)
    except OSError as error:
        raise RecordsError(
            f"The backup {file} cannot be written: {error.strerror}", "Name a new file"
        ) from error


def _write(session: Session, chain: AuditChain, file: Path, out: IO[bytes], now: datetime) -> Backup:
    hashed = hashlib.sha256()
    counts: Counter[str] = Counter()

    def put(data: bytes) -> None:
        hashed.update(data)
        out.write(data)

    def put_frame(frame: _Head | _Rows | _End) -> None:
        encoded = msgspec.msgpack.encode(frame)
        put(_LENGTH.pack(len(encoded)) + encoded)

    put(_MAGIC)
    version = newest_version()
    put_frame(_Head(version=version, made_at=now))
    for table in _tables():
        counts[str(table.name)] = 0
        for frame in _frames(session, table):
            counts[str(table.name)] += len(frame.rows)
            put_frame(frame)
    put_frame(_End(rows=dict(counts)))
    digest = hashed.digest()
    signature = chain.sign(BACKUP_LABEL, digest)
    out.write(digest + signature)
    out.flush()
    os.fsync(out.fileno())
    return Backup(file, now, version, dict(counts), digest, signature, out.tell())


def _tables() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if table.name not in _LEFT_OUT]


def _frames(session: Session, table: Table) -> Iterator[_Rows]:
    columns = [str(column.name) for column in table.columns]
    rows: list[list[Any]] = []
    size = 0
    for query in _generations(session, table):
        for row in session.execute(query.execution_options(yield_per=_AT_ONCE)):
            values = [_plain(value) for value in row]
            rows.append(values)
            size += sum(len(value) for value in values if isinstance(value, bytes | str))
            if size >= _FRAME_BYTES or len(rows) >= _FRAME_ROWS:
                yield _Rows(table=str(table.name), columns=columns, rows=rows)
                rows, size = [], 0
    if rows:
        yield _Rows(table=str(table.name), columns=columns, rows=rows)


def _generations(session: Session, table: Table) -> Iterator[Select[Any]]:
    """Queries that together give every row, those that others of the same table point to first."""
    ordered = select(table).order_by(*table.primary_key.columns)
    own = [key for key in table.foreign_keys if key.column.table is table]
    if not own:
        yield ordered
        return
    (key,) = own
    condition = key.parent.is_(None)
    while session.scalar(select(func.count()).select_from(table).where(condition)):
        yield ordered.where(condition)
        parents = select(key.column).where(condition)
        condition = key.parent.in_(parents)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value  # a datetime is a date


def read_backup(file: Path) -> Backup:
    """Read a backup through, and refuse one that is not whole.

    Raises:
        RecordsError: it cannot be read, is no backup, was cut short or altered, or is of another version.
    """
    try:
        with file.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            if opened.read(len(_MAGIC)) != _MAGIC:
                raise RecordsError(
                    f"{file} is no backup of Overt", "Name one that `overt vault backup` wrote"
                )
            opened.seek(0)
            hashed = hashlib.sha256()
            left = size - _DIGEST - _SIGNATURE
            while left > 0 and (some := opened.read(min(_CHUNK, left))):
                hashed.update(some)
                left -= len(some)
            digest, signature = opened.read(_DIGEST), opened.read(_SIGNATURE)
    except OSError as error:
        raise RecordsError(
            f"The backup {file} cannot be read: {error.strerror}", "Name another file"
        ) from error
    if digest != hashed.digest():
        raise _not_whole(file)
    head: _Head | None = None
    end: _End | None = None
    for frame in _read_frames(file, size):
        if isinstance(frame, _Head):
            head = frame
        elif isinstance(frame, _End):
            end = frame
    if head is None or end is None:
        raise _not_whole(file)
    if head.version != newest_version():
        raise RecordsError(
            f"The backup {file} is of version {head.version}, and this Overt is of version {newest_version()}",
            "Restore it with the version of Overt that made it, and open the result with this one",
        )
    return Backup(file, head.made_at, head.version, end.rows, digest, signature, size)


def put_back(session: Session, backup: Backup) -> int:
    """Put the rows of a backup into a database whose tables are empty; returns how many.

    Raises:
        RecordsError: a table is not empty, or the rows do not fit the tables or one another.
    """
    tables = {table.name: table for table in _tables()}
    for table in Base.metadata.sorted_tables:
        if session.execute(select(table).limit(1)).first() is not None:
            raise RecordsError("The database to restore into is not empty", "Name an empty one")
    counts = Counter(dict.fromkeys(backup.rows, 0))
    try:
        for frame in _read_frames(backup.file, backup.size):
            if isinstance(frame, _Rows):
                session.execute(insert(tables[frame.table]), list(_typed(tables[frame.table], frame)))
                counts[frame.table] += len(frame.rows)
    except (KeyError, TypeError, ValueError, IntegrityError) as error:
        raise RecordsError(
            f"The backup {backup.file} does not fit the database", "Restore it with the version that made it"
        ) from error
    if dict(counts) != backup.rows:
        raise _not_whole(backup.file)
    _count_on(session, tables.values())
    return counts.total()


def _typed(table: Table, frame: _Rows) -> Iterator[dict[str, Any]]:
    kinds = [table.columns[name].type.python_type for name in frame.columns]
    for row in frame.rows:
        yield {
            name: _of_kind(kind, value) for name, kind, value in zip(frame.columns, kinds, row, strict=True)
        }


def _of_kind(kind: type[Any], value: Any) -> Any:
    if value is not None and kind in {date, datetime}:
        return kind.fromisoformat(value)
    return value


def _count_on(session: Session, tables: Iterable[Table]) -> None:
    """On PostgreSQL: let counted numbers go on after the highest that was put back. SQLite does so by itself."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in tables:
        counted = table.autoincrement_column
        if counted is None or counted.autoincrement is not True:
            continue
        highest = session.scalar(select(func.max(counted)))
        if highest is not None:
            session.execute(
                select(func.setval(func.pg_get_serial_sequence(table.name, counted.name), highest))
            )


def _read_frames(file: Path, size: int) -> Iterator[_Head | _Rows | _End]:
    with file.open("rb") as opened:
        opened.seek(len(_MAGIC))
        while opened.tell() < size - _DIGEST - _SIGNATURE:
            length = opened.read(_LENGTH.size)
            if len(length) != _LENGTH.size or _LENGTH.unpack(length)[0] > _LONGEST_FRAME:
                raise _not_whole(file)
            try:
                yield _decoder.decode(opened.read(_LENGTH.unpack(length)[0]))
            except msgspec.DecodeError as error:
                raise _not_whole(file) from error


def _not_whole(file: Path) -> RecordsError:
    return RecordsError(f"The backup {file} was cut short or altered", "Use another copy of it")
