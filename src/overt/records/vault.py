"""The vault: everything personal is sealed with AES-256-GCM under a key of its own, and deleted with that key.

A key is wrapped by its parent's key, and a key without a parent by the master key, which is never in the database.
Sealed bytes are a version byte, a random nonce of 96 bits, and the ciphertext with its tag (NIST SP 800-38D). What
they are (`about`) and under which key is authenticated with them, so that none can be put in another's place.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, insert, select, update

from overt.errors import VaultError
from overt.records.tables import VaultKey, VaultMark, new_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from overt.records.master_key import MasterKey

__all__ = ["Vault"]

_VERSION: Final = b"\x01"
_NONCE: Final = 12
_MARK: Final = b"overt vault"
_SECRET: Final = 32
_KEPT: Final = "overt vault"
_AT_ONCE: Final = 500


class Vault:
    """Seals and opens, within the caller's transaction.

    A key that was opened is kept for that transaction and no longer: a later one asks the database again, so that a
    key which another process has destroyed is never used.
    """

    def __init__(self, master: MasterKey) -> None:
        self._master = master

    @staticmethod
    def is_made(session: Session) -> bool:
        """Whether this database has a vault: if so, there is one right master key."""
        return session.scalar(select(VaultMark.id).limit(1)) is not None

    @classmethod
    def open(cls, session: Session, master: MasterKey, now: datetime) -> Vault:
        """The vault of this database; a database without one gets its mark now.

        Raises:
            VaultError: the master key is not the one that this database was sealed with.
        """
        mark = session.get(VaultMark, 1, with_for_update=True)
        if mark is None:
            if session.scalar(select(VaultKey.id).limit(1)) is not None:
                raise VaultError(
                    "The database has sealed data and no vault mark: it was altered",
                    "Restore it from a backup",
                )
            session.add(VaultMark(id=1, sealed=_seal(master.secret, _MARK, b"mark"), rotated_at=now))
            session.flush()
            return cls(master)
        for candidate in (master, *master.successors()):
            with contextlib.suppress(InvalidTag):
                _open(candidate.secret, mark.sealed, b"mark")
                return cls(candidate.settle())
        raise VaultError(
            f"The master key from {master.source} is not the one this database was sealed with",
            "Give the right one; without it nothing sealed can ever be opened",
        )

    def new_key(self, session: Session, kind: str, now: datetime, *, parent: str | None = None) -> str:
        """Make a key and return its id.

        Args:
            session: the transaction.
            kind: what it is for, such as `entry`.
            now: the time.
            parent: the key it is wrapped by; the master key where None.
        """
        return self.new_keys(session, kind, now, 1, parent=parent)[0]

    def new_keys(
        self, session: Session, kind: str, now: datetime, count: int, *, parent: str | None = None
    ) -> list[str]:
        """Make many keys together, as `new_key` makes one, and return their ids."""
        if count < 1:
            return []
        wrapping = self._checked_master(session) if parent is None else self._secret(session, parent)
        made = {new_id("key"): os.urandom(_SECRET) for _ in range(count)}
        session.execute(
            insert(VaultKey),
            [
                {
                    "id": key_id,
                    "kind": kind,
                    "parent_id": parent,
                    "wrapped": _seal(wrapping, secret, _about_key(key_id)),
                    "created_at": now,
                }
                for key_id, secret in made.items()
            ],
        )
        _opened_keys(session).update(made)
        return list(made)

    def seal(self, session: Session, key_id: str, content: bytes, *, about: str) -> bytes:
        """Seal `content`, which is `about` one thing, such as `entry-3f9c….sealed`; opening must say the same."""
        return _seal(self._secret(session, key_id), content, _about(key_id, about))

    def open_sealed(self, session: Session, key_id: str, sealed: bytes, *, about: str) -> bytes:
        """The content of sealed bytes.

        Raises:
            VaultError: the key was destroyed, or the bytes are not what was sealed under it about this.
        """
        return self._opened(self._secret(session, key_id), key_id, sealed, about)

    def open_many(self, session: Session, sealed: Sequence[tuple[str, bytes, str]]) -> list[bytes]:
        """The contents of many (key id, sealed bytes, about), their keys fetched together.

        Raises:
            VaultError: as `open_sealed`.
        """
        self._fetch(session, {key_id for key_id, _, _ in sealed})
        return [
            self._opened(self._secret(session, key_id), key_id, content, about)
            for key_id, content, about in sealed
        ]

    def mac(self, session: Session, key_id: str, content: bytes, *, about: str) -> bytes:
        """HMAC-SHA-256 of `content` under a key derived from this one: equal contents are found, and not guessed."""
        secret = self._secret(session, key_id)
        derived = hmac.digest(secret, b"overt mac:" + about.encode(), hashlib.sha256)
        return hmac.digest(derived, content, hashlib.sha256)

    def destroy(self, session: Session, key_ids: Iterable[str]) -> int:
        """Delete keys and all keys below them; returns how many. What they sealed can never be opened again."""
        level = list(key_ids)
        doomed: list[str] = []
        while level:
            doomed += level
            level = [
                child
                for some in _chunks(level)
                for child in session.scalars(select(VaultKey.id).where(VaultKey.parent_id.in_(some)))
            ]
        gone = 0
        for some in _chunks(doomed[::-1]):
            gone += len(
                session.scalars(delete(VaultKey).where(VaultKey.id.in_(some)).returning(VaultKey.id)).all()
            )
        held = _opened_keys(session)
        for key_id in doomed:
            held.pop(key_id, None)
        return gone

    def rotate(self, session: Session, new_master: MasterKey, now: datetime) -> int:
        """Wrap with a new master key every key that the old one wraps; returns how many.

        The vault goes on with the old one until `use` is called, which is for after the commit.

        Raises:
            VaultError: the new key is the old one, or a key does not open with the old one.
        """
        if hmac.compare_digest(new_master.secret, self._master.secret):
            raise VaultError("The new master key is the one in use", "Make another: `overt vault new-key`")
        mark = session.get_one(VaultMark, 1, with_for_update=True, populate_existing=True)
        roots = session.execute(
            select(VaultKey.id, VaultKey.wrapped).where(VaultKey.parent_id.is_(None)).with_for_update()
        ).all()
        wrapped = []
        for key_id, sealed in roots:
            secret = self._unwrapped(session, key_id, None, sealed)
            wrapped.append({"id": key_id, "wrapped": _seal(new_master.secret, secret, _about_key(key_id))})
        if wrapped:
            session.execute(update(VaultKey), wrapped)
        mark.sealed, mark.rotated_at = _seal(new_master.secret, _MARK, b"mark"), now
        session.flush()
        return len(roots)

    @property
    def master(self) -> MasterKey:
        """The master key in use."""
        return self._master

    def use(self, master: MasterKey) -> None:
        """Go on with the master key that a committed rotation has put in place."""
        self._master = master

    def _opened(self, secret: bytes, key_id: str, sealed: bytes, about: str) -> bytes:
        try:
            return _open(secret, sealed, _about(key_id, about))
        except InvalidTag as error:
            raise VaultError(
                f"Sealed data about {about} was altered, or belongs to something else",
                "Verify the audit chain and restore the database from a backup",
            ) from error

    def _secret(self, session: Session, key_id: str) -> bytes:
        held = _opened_keys(session)
        if key_id not in held:
            self._fetch(session, {key_id})
        if key_id not in held:
            raise VaultError(
                f"The key {key_id} has been destroyed",
                "What it sealed was deleted and cannot be brought back",
            )
        return held[key_id]

    def _checked_master(self, session: Session) -> bytes:
        """The master key that wraps a new key: known to be the newest, and kept so until the transaction ends."""
        mark = session.scalars(
            select(VaultMark).with_for_update(read=True).execution_options(populate_existing=True)
        ).one()
        for candidate in (self._master, *self._master.successors()):
            with contextlib.suppress(InvalidTag):
                _open(candidate.secret, mark.sealed, b"mark")
                self._master = candidate
                return candidate.secret
        raise VaultError(
            f"The master key from {self._master.source} is no longer the one this database is sealed with",
            "It was rotated: start again with the new key",
        )

    def _fetch(self, session: Session, key_ids: set[str]) -> None:
        """Open keys that this transaction has not opened yet, and their parents: one query for each few hundred."""
        held = _opened_keys(session)
        wanted = sorted(key_ids - held.keys())
        rows = [
            row
            for some in _chunks(wanted)
            for row in session.execute(
                select(VaultKey.id, VaultKey.parent_id, VaultKey.wrapped).where(VaultKey.id.in_(some))
            )
        ]
        parents = {parent for _, parent, _ in rows if parent is not None}
        if parents - held.keys():
            self._fetch(session, parents)
        for key_id, parent, wrapped in rows:
            held[key_id] = self._unwrapped(session, key_id, parent, wrapped)

    def _unwrapped(self, session: Session, key_id: str, parent: str | None, wrapped: bytes) -> bytes:
        if parent is not None:
            with contextlib.suppress(InvalidTag):
                return _open(self._secret(session, parent), wrapped, _about_key(key_id))
        else:
            with contextlib.suppress(InvalidTag):
                return _open(self._master.secret, wrapped, _about_key(key_id))
            # Another process may have rotated the master key since this one read it.
            for successor in self._master.successors():
                with contextlib.suppress(InvalidTag):
                    secret = _open(successor.secret, wrapped, _about_key(key_id))
                    self._master = successor
                    return secret
        raise VaultError(
            f"The key {key_id} was altered, or the master key from {self._master.source} does not fit it",
            "Restore the database from a backup, with the master key that belongs to it",
        )


def _opened_keys(session: Session) -> dict[str, bytes]:
    """The keys that this transaction has opened."""
    transaction = session.get_transaction()
    of, held = session.info.get(_KEPT, (None, {}))
    if transaction is None or of is not transaction:
        transaction = transaction or session.begin()
        held = {}
        session.info[_KEPT] = (transaction, held)
    opened: dict[str, bytes] = held
    return opened


def _chunks(ids: list[str]) -> Iterable[list[str]]:
    return (ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE))


def _about_key(key_id: str) -> bytes:
    return f"overt key:{key_id}".encode()


def _about(key_id: str, about: str) -> bytes:
    return f"overt sealed:{key_id}:{about}".encode()


def _seal(secret: bytes, content: bytes, about: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + AESGCM(secret).encrypt(nonce, content, about)


def _open(secret: bytes, sealed: bytes, about: bytes) -> bytes:
    if sealed[:1] != _VERSION:
        raise InvalidTag
    return AESGCM(secret).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], about)
