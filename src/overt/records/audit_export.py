"""The audit chain as JSON Lines: a first line with the signed head, then every entry and every checkpoint in order.

An export is verified with nothing but itself, the public key, and a program that knows SHA-256 and Ed25519
(docs/records.md says how).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from sqlalchemy import select

from overt.errors import AuditError
from overt.records.audit import digest_of, fields_of, time_as_text
from overt.records.tables import AuditCheckpoint, AuditEntry, AuditHead
from overt.records.verification import Link, Signed, Verdict, verify_chain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sqlalchemy.orm import Session

__all__ = ["export_lines", "verify_export"]

_AT_ONCE: Final = 2_000
_LONGEST_LINE: Final = 1 << 20


class _HeadLine(msgspec.Struct, frozen=True, tag="head", tag_field="kind", forbid_unknown_fields=True):
    version: Literal[1]
    seq: int
    digest: str
    public_key: str
    signature: str


class _EntryLine(msgspec.Struct, frozen=True, tag="entry", tag_field="kind", forbid_unknown_fields=True):
    seq: int
    at: str
    actor_id: str
    actor_name: str
    via: str
    command: str
    outcome: str
    subject: str
    details: str
    previous: str
    digest: str


class _CheckpointLine(
    msgspec.Struct, frozen=True, tag="checkpoint", tag_field="kind", forbid_unknown_fields=True
):
    seq: int
    at: str
    digest: str
    public_key: str
    signature: str


_Line = _HeadLine | _EntryLine | _CheckpointLine
_decoder = msgspec.json.Decoder(_Line)


def export_lines(session: Session) -> Iterator[bytes]:
    """The lines of an export, each with its newline. Takes a session of `Database.reading`."""
    head = session.get_one(AuditHead, 1)
    yield _line(
        _HeadLine(
            version=1,
            seq=head.seq,
            digest=head.digest.hex(),
            public_key=head.public_key.hex(),
            signature=head.signature.hex(),
        )
    )
    after = 0
    while True:
        entries = session.execute(
            select(*AuditEntry.__table__.columns)
            .where(AuditEntry.seq > after)
            .order_by(AuditEntry.seq)
            .limit(_AT_ONCE)
        ).all()
        last = entries[-1].seq if entries else None
        within = select(AuditCheckpoint).where(AuditCheckpoint.seq > (after if after else -1))
        kept = {
            one.seq: one
            for one in session.scalars(within if last is None else within.where(AuditCheckpoint.seq <= last))
        }
        for entry in entries:
            fields = fields_of(entry)
            yield _line(_EntryLine(**fields, previous=entry.previous.hex(), digest=entry.digest.hex()))
            if entry.seq in kept:
                yield _checkpoint_line(kept.pop(entry.seq))
        for seq in sorted(kept):
            yield _checkpoint_line(kept[seq])
        if last is None:
            return
        after = last


def verify_export(
    file: Path, *, public_key: bytes | None = None, anchors: Mapping[int, bytes] | None = None
) -> Verdict:
    """Verify an export, offline.

    Raises:
        AuditError: the file cannot be read, or is no export.
    """
    head: Signed | None = None
    checkpoints: dict[int, Signed] = {}
    for number, line in enumerate(_read(file)):
        if number == 0 and not isinstance(line, _HeadLine):
            raise AuditError(
                f"{file} is not an export of an audit chain", "Name one that `overt audit export` wrote"
            )
        if isinstance(line, _HeadLine) and number == 0:
            head = Signed.head(line.seq, _bytes(line.digest), _bytes(line.public_key), _bytes(line.signature))
        elif isinstance(line, _CheckpointLine):
            checkpoints[line.seq] = Signed.checkpoint(
                line.seq, _bytes(line.digest), line.at, _bytes(line.public_key), _bytes(line.signature)
            )
    return verify_chain(_links(file), checkpoints, head, public_key=public_key, anchors=anchors)


def _links(file: Path) -> Iterator[Link]:
    last = 0
    for number, line in enumerate(_read(file)):
        if isinstance(line, _EntryLine):
            last = line.seq
            fields: dict[str, Any] = {
                name: getattr(line, name)
                for name in line.__struct_fields__
                if name not in {"previous", "digest"}
            }
            previous = _bytes(line.previous)
            yield Link(line.seq, digest_of(fields, previous), previous, _bytes(line.digest))
        elif line is None or (number > 0 and isinstance(line, _HeadLine)):
            last += 1
            yield Link(last, None, b"", b"")


def _read(file: Path) -> Iterator[_Line | None]:
    """Each line; None where it is no line of an export."""
    try:
        with file.open("rb") as opened:
            while line := opened.readline(_LONGEST_LINE):
                try:
                    yield _decoder.decode(line) if line.endswith(b"\n") else None
                except (msgspec.DecodeError, UnicodeDecodeError):
                    yield None
    except OSError as error:
        raise AuditError(f"{file} cannot be read: {error.strerror}", "Name another file") from error


def _bytes(text: str) -> bytes:
    """Bytes from lower-case hex; nothing, which fits nothing, where it is none."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return b""
    return found if found.hex() == text else b""


def _checkpoint_line(kept: AuditCheckpoint) -> bytes:
    return _line(
        _CheckpointLine(
            seq=kept.seq,
            at=time_as_text(kept.at),
            digest=kept.digest.hex(),
            public_key=kept.public_key.hex(),
            signature=kept.signature.hex(),
        )
    )


def _line(line: _Line) -> bytes:
    return msgspec.json.encode(line) + b"\n"
