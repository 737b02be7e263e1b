"""The audit chain: every entry holds the digest of the one before it, and the head is signed.

An entry's digest is SHA-256 over a label, the previous digest, and the entry's fields as canonical JSON (keys sorted,
no spaces, UTF-8; RFC 8785 for the values that occur here). After each entry the head (length and digest) is signed
with Ed25519 (RFC 8032), and every so often the signed head is kept as a checkpoint. So a changed, missing, added or
moved entry breaks the chain where it happened, and a chain cut short does not fit its head.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import select

from overt.errors import AuditError
from overt.records.tables import AuditCheckpoint, AuditEntry, AuditHead

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Row, Table
    from sqlalchemy.orm import Session

    from overt.records.vault import Vault

__all__ = [
    "CHECKPOINT_EVERY",
    "FIRST_PREVIOUS",
    "AuditChain",
    "canonical",
    "checkpoint_statement",
    "digest_of",
    "fields_of",
    "head_statement",
    "time_as_text",
]

CHECKPOINT_EVERY: Final = 256
_LABEL: Final = b"overt audit entry 1\n"
FIRST_PREVIOUS: Final = bytes(32)
_ABOUT: Final = "audit signing key"
_ENTRIES: Final = cast("Table", AuditEntry.__table__)
_HEADS: Final = cast("Table", AuditHead.__table__)


def canonical(value: Any) -> bytes:
    """A value as canonical JSON. Numbers that are not finite are refused."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def fields_of(entry: AuditEntry | Row[Any]) -> dict[str, Any]:
    """What an entry's digest is taken over, beside the digest before it."""
    return {
        "seq": entry.seq,
        "at": time_as_text(entry.at),
        "actor_id": entry.actor_id,
        "actor_name": entry.actor_name,
        "via": entry.via,
        "command": entry.command,
        "outcome": entry.outcome,
        "subject": entry.subject,
        "details": entry.details,
    }


def digest_of(fields: Mapping[str, Any], previous: bytes) -> bytes:
    """The digest that an entry of these fields must carry after the one of digest `previous`."""
    return hashlib.sha256(_LABEL + previous + canonical(fields)).digest()


def head_statement(seq: int, digest: bytes) -> bytes:
    """What is signed: how long the chain is and what its last digest is."""
    return f"overt audit head 1\n{seq}\n{digest.hex()}\n".encode()


def checkpoint_statement(seq: int, digest: bytes, at: str) -> bytes:
    """What a checkpoint signs: the same, and when."""
    return f"overt audit checkpoint 1\n{seq}\n{digest.hex()}\n{at}\n".encode()


def time_as_text(at: datetime) -> str:
    """A moment as the chain writes it: UTC, with microseconds and offset, as in 2026-06-01T09:00:00.000000+00:00."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _labelled(label: str, statement: bytes) -> bytes:
    return label.encode() + b"\n" + statement


class AuditChain:
    """Appends entries, within the caller's transaction."""

    def __init__(self, signing: Ed25519PrivateKey) -> None:
        self._signing = signing
        self.public_key = signing.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @classmethod
    def open(cls, session: Session, vault: Vault, now: datetime) -> AuditChain:
        """The chain of this database; a database without one gets its signing key now, sealed in the vault.

        Raises:
            AuditError: entries are there and no head.
        """
        head = session.get(AuditHead, 1, with_for_update=True)
        if head is not None:
            vault_key, sealed = head.signing_key.split(b"\n", 1)
            secret = vault.open_sealed(session, vault_key.decode(), sealed, about=_ABOUT)
            return cls(Ed25519PrivateKey.from_private_bytes(secret))
        if session.scalar(select(AuditEntry.seq).limit(1)) is not None:
            raise AuditError(
                "The audit chain has entries and no head: the database was altered",
                "Restore it from a backup",
            )
        signing = Ed25519PrivateKey.generate()
        secret = signing.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        key_id = vault.new_key(session, "audit", now)
        chain = cls(signing)
        session.add(
            AuditHead(
                id=1,
                seq=0,
                digest=FIRST_PREVIOUS,
                public_key=chain.public_key,
                signature=signing.sign(head_statement(0, FIRST_PREVIOUS)),
                signing_key=key_id.encode() + b"\n" + vault.seal(session, key_id, secret, about=_ABOUT),
            )
        )
        session.flush()
        return chain

    def append(
        self,
        session: Session,
        *,
        at: datetime,
        actor_id: str,
        actor_name: str,
        via: str,
        command: str,
        outcome: str,
        subject: str,
        details: Mapping[str, Any],
    ) -> None:
        """Add an entry; a checkpoint follows every 256th. Locks the head until the transaction ends."""
        last = session.execute(
            select(AuditHead.seq, AuditHead.digest).where(AuditHead.id == 1).with_for_update()
        ).one()
        fields = {
            "seq": last.seq + 1,
            "at": time_as_text(at),
            "actor_id": actor_id,
            "actor_name": actor_name,
            "via": via,
            "command": command,
            "outcome": outcome,
            "subject": subject,
            "details": canonical(dict(details)).decode(),
        }
        digest = digest_of(fields, last.digest)
        # By table rather than by object: every command pays for this.
        session.execute(_ENTRIES.insert(), {**fields, "at": at, "previous": last.digest, "digest": digest})
        session.execute(
            _HEADS.update(),
            {
                "seq": last.seq + 1,
                "digest": digest,
                "public_key": self.public_key,
                "signature": self._signing.sign(head_statement(last.seq + 1, digest)),
            },
        )
        if (last.seq + 1) % CHECKPOINT_EVERY == 0:
            self.checkpoint(session, at)

    def sign(self, label: str, statement: bytes) -> bytes:
        """The office's Ed25519 signature of a statement under a label of its own, such as `overt authorisation 1`."""
        return self._signing.sign(_labelled(label, statement))

    def is_signed(self, label: str, statement: bytes, signature: bytes) -> bool:
        """Whether a signature is this office's, of this statement under this label."""
        try:
            self._signing.public_key().verify(signature, _labelled(label, statement))
        except InvalidSignature:
            return False
        return True

    def checkpoint(self, session: Session, at: datetime) -> AuditCheckpoint:
        """Keep the signed head as it is now."""
        head = session.get_one(AuditHead, 1, with_for_update=True, populate_existing=True)
        kept = session.get(AuditCheckpoint, head.seq)
        if kept is None:
            statement = checkpoint_statement(head.seq, head.digest, time_as_text(at))
            kept = AuditCheckpoint(
                seq=head.seq,
                digest=head.digest,
                at=at.astimezone(UTC),
                public_key=self.public_key,
                signature=self._signing.sign(statement),
            )
            session.add(kept)
        return kept
