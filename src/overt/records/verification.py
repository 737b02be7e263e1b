"""Verifies an audit chain from its rows alone: what an outsider would do, from the database or from an export.

Trust comes from outside: without the public key or an anchor that was published before, a chain that somebody wrote
anew from end to end, with a key of their own, cannot be told from a true one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import String, select, type_coerce
from sqlalchemy.exc import DatabaseError

from overt.records.audit import (
    CHECKPOINT_EVERY,
    FIRST_PREVIOUS,
    checkpoint_statement,
    digest_of,
    fields_of,
    head_statement,
    time_as_text,
)
from overt.records.tables import AuditCheckpoint, AuditEntry, AuditHead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sqlalchemy.orm import Session

__all__ = ["Link", "Signed", "Verdict", "read_chain", "verify_chain", "verify_records"]

_AT_ONCE: Final = 2_000
_UNREADABLE: Final = (DatabaseError, TypeError, ValueError, AttributeError, OverflowError)


@dataclass(frozen=True, slots=True)
class Link:
    """One entry, in the chain: its number, the digest that its fields give, and the two that it carries.

    `computed` is None where its fields cannot be read.
    """

    seq: int
    computed: bytes | None
    previous: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Signed:
    """The chain's head, or a checkpoint: an entry's number and digest, and the signed statement about them."""

    seq: int
    digest: bytes
    statement: bytes
    public_key: bytes
    signature: bytes

    @classmethod
    def head(cls, seq: int, digest: bytes, public_key: bytes, signature: bytes) -> Signed:
        """How long the chain is said to be, and its last digest."""
        return cls(seq, digest, head_statement(seq, digest), public_key, signature)

    @classmethod
    def checkpoint(cls, seq: int, digest: bytes, at: str, public_key: bytes, signature: bytes) -> Signed:
        """The same as it was once, at a time written as the chain writes times."""
        return cls(seq, digest, checkpoint_statement(seq, digest, at), public_key, signature)

    def is_signed_with(self, public_key: bytes) -> bool:
        """Whether the statement is signed with this key."""
        if self.public_key != public_key:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(self.signature, self.statement)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Verdict:
    """What was found.

    Attributes:
        entries: how many entries were read.
        ok: whether every one is as it was written, in its place, and none is missing.
        first_bad: the number of the first entry that can no longer be relied on, where there is one.
        fault: what is wrong there, in words.
        checkpoints: how many signed checkpoints fitted.
        head: the last digest, as hex.
        public_key: the key that the head is signed with, as hex.
    """

    entries: int
    ok: bool
    first_bad: int | None
    fault: str
    checkpoints: int
    head: str
    public_key: str


@dataclass
class _Chain:
    """How far the reading has come."""

    entries: int = 0
    digest: bytes = FIRST_PREVIOUS
    vouched: int = 0
    """The last entry that a good checkpoint stands on."""
    checkpoints: int = 0
    at_head: bytes | None = None
    """The digest of the entry that the head stands on."""


def verify_chain(
    links: Iterable[Link],
    checkpoints: Mapping[int, Signed],
    head: Signed | None,
    *,
    public_key: bytes | None = None,
    anchors: Mapping[int, bytes] | None = None,
) -> Verdict:
    """Verify a chain.

    Args:
        links: the entries in the order of their numbers.
        checkpoints: by number.
        head: the signed head; None where it is missing.
        public_key: the key that everything must be signed with, known from elsewhere.
        anchors: digests of entries, by number, known from elsewhere, such as from a published record.
    """
    anchors = anchors or {}
    chain = _Chain(at_head=FIRST_PREVIOUS if head is not None and head.seq == 0 else None)
    of_checkpoint: tuple[int, str] | None = None
    expected_key = public_key if public_key is not None else (head.public_key if head is not None else b"")

    def verdict(first_bad: int | None, fault: str = "") -> Verdict:
        return Verdict(
            entries=chain.entries,
            ok=not fault,
            first_bad=first_bad,
            fault=fault,
            checkpoints=chain.checkpoints,
            head=chain.digest.hex(),
            public_key=b"".hex() if head is None else head.public_key.hex(),
        )

    for link in links:
        fault = _fault_of(link, chain, anchors)
        if fault:
            return verdict(min(link.seq, chain.entries + 1), fault)
        chain.entries, chain.digest = link.seq, link.digest
        if head is not None and head.seq == link.seq:
            chain.at_head = link.digest
        checkpoint = checkpoints.get(link.seq)
        if of_checkpoint is None and (checkpoint is not None or link.seq % CHECKPOINT_EVERY == 0):
            fault = _fault_of_checkpoint(checkpoint, link.digest, expected_key)
            if fault:
                of_checkpoint = (link.seq, fault)
            else:
                chain.checkpoints, chain.vouched = chain.checkpoints + 1, link.seq
    fault = _fault_of_head(head, chain, expected_key)
    if fault:
        return verdict(_first_not_vouched(head, chain, expected_key), fault)
    if of_checkpoint is not None:
        return verdict(*of_checkpoint)
    beyond = sorted(seq for seq in {*checkpoints, *anchors} if seq > chain.entries or seq < 0)
    if beyond:
        return verdict(
            chain.entries + 1, f"Entry {beyond[0]} is vouched for, and the chain ends at {chain.entries}"
        )
    return verdict(None)


def _fault_of(link: Link, chain: _Chain, anchors: Mapping[int, bytes]) -> str:
    wanted = chain.entries + 1
    if link.seq > wanted:
        until = f" to {link.seq - 1}" if link.seq - 1 > wanted else ""
        return f"Entry {wanted}{until} is missing"
    if link.seq < wanted:
        return f"Entry {link.seq} stands where {wanted} should be"
    if link.computed is None:
        return f"Entry {link.seq} cannot be read: it was altered"
    if link.previous != chain.digest:
        return f"Entry {link.seq} does not follow the one before it: one of them was altered, moved or put in"
    if link.digest != link.computed:
        return f"Entry {link.seq} was altered"
    anchor = anchors.get(link.seq)
    if anchor is not None and anchor != link.digest:
        return f"Entry {link.seq} is not the one that was vouched for elsewhere: the chain was written anew"
    return ""


def _fault_of_checkpoint(checkpoint: Signed | None, digest: bytes, public_key: bytes) -> str:
    if checkpoint is None:
        return "The checkpoint that belongs here is missing"
    if checkpoint.digest != digest:
        return "The checkpoint here vouches for another entry: one of them was altered"
    if not checkpoint.is_signed_with(public_key):
        return "The checkpoint here is not signed with the chain's key"
    return ""


def _fault_of_head(head: Signed | None, chain: _Chain, public_key: bytes) -> str:
    if head is None:
        return "The chain's head is missing"
    if not head.is_signed_with(public_key):
        return "The chain's head is not signed with the chain's key"
    if head.seq > chain.entries:
        return f"The chain ends at entry {chain.entries}, and its head says {head.seq}"
    if head.seq < chain.entries:
        return f"The chain goes on to entry {chain.entries}, and its head says {head.seq}"
    if head.digest != chain.digest:
        return "The chain's head does not fit its last entry: entries were written anew"
    return ""


def _first_not_vouched(head: Signed | None, chain: _Chain, public_key: bytes) -> int:
    """The first entry that no good signature stands on any more, of a chain whose head is at fault."""
    if head is not None and head.is_signed_with(public_key):
        if head.seq > chain.entries:
            return chain.entries + 1
        if chain.at_head == head.digest:
            return head.seq + 1
    return max(1, min(chain.vouched + 1, chain.entries))


def read_chain(session: Session) -> Iterator[Link]:
    """The entries of a database in order, a few thousand at a time. What cannot be read comes as a link without."""
    after: int | None = None
    while True:
        some = _some(session, after)
        yield from some
        if not some:
            return
        after = some[-1].seq


def _some(session: Session, after: int | None) -> list[Link]:
    seqs = select(AuditEntry.seq).order_by(AuditEntry.seq).limit(_AT_ONCE)
    wanted = list(session.scalars(seqs if after is None else seqs.where(AuditEntry.seq > after)))
    if not wanted:
        return []
    rows = select(*_COLUMNS).where(AuditEntry.seq.between(wanted[0], wanted[-1])).order_by(AuditEntry.seq)
    try:
        return [_link(row) for row in session.execute(rows)]
    except _UNREADABLE:
        return [_alone(session, seq) for seq in wanted]


def _alone(session: Session, seq: int) -> Link:
    """One entry of some of which at least one cannot be read."""
    try:
        return _link(session.execute(select(*_COLUMNS).where(AuditEntry.seq == seq)).one())
    except _UNREADABLE:
        return Link(seq, None, b"", b"")


_COLUMNS: Final = (*AuditEntry.__table__.columns, type_coerce(AuditEntry.at, String).label("stored_at"))


def _link(row: Any) -> Link:
    try:
        computed = digest_of(fields_of(row), row.previous) if _is_as_written(row) else None
        return Link(row.seq, computed, row.previous, row.digest)
    except _UNREADABLE:
        return Link(row.seq, None, b"", b"")


def verify_records(
    session: Session,
    *,
    public_key: bytes | None = None,
    anchors: Mapping[int, bytes] | None = None,
    told: Callable[[int], object] | None = None,
) -> Verdict:
    """Verify the chain of a database. Takes a session of `Database.reading`, so that no writer waits for it.

    `told` is called with the number of the entry that was just read, once in every so many entries.
    """
    links = read_chain(session)
    return verify_chain(
        links if told is None else _telling(links, told),
        _checkpoints(session),
        _head(session),
        public_key=public_key,
        anchors=anchors,
    )


def _telling(links: Iterable[Link], told: Callable[[int], object]) -> Iterator[Link]:
    for link in links:
        if link.seq % CHECKPOINT_EVERY == 0:
            told(link.seq)
        yield link


def _head(session: Session) -> Signed | None:
    columns = (AuditHead.seq, AuditHead.digest, AuditHead.public_key, AuditHead.signature)
    try:
        found = session.execute(select(*columns).where(AuditHead.id == 1)).one_or_none()
        return None if found is None else Signed.head(*found)
    except _UNREADABLE:
        return None


def _checkpoints(session: Session) -> dict[int, Signed]:
    """The checkpoints by number; one that cannot be read vouches for nothing."""
    columns = (*AuditCheckpoint.__table__.columns, type_coerce(AuditCheckpoint.at, String).label("stored_at"))
    found = {}
    for seq in session.scalars(select(AuditCheckpoint.seq)).all():
        try:
            row = session.execute(select(*columns).where(AuditCheckpoint.seq == seq)).one()
            at = time_as_text(row.at) if _is_as_written(row) else ""
            found[seq] = Signed.checkpoint(seq, row.digest, at, row.public_key, row.signature)
        except _UNREADABLE:
            found[seq] = Signed(seq, b"", b"", b"", b"")
    return found


def _is_as_written(row: Any) -> bool:
    """Whether a time is stored as it was written: SQLite keeps text, and reads more than one text as the same."""
    return not isinstance(row.stored_at, str) or row.stored_at == row.at.strftime("%Y-%m-%d %H:%M:%S.%f")
