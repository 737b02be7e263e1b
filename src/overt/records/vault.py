"""The vault: everything personal is sealed with AES-256-GCM under a key of its own, and deleted with that key.

A key is wrapped by its parent's key, and a key without a parent by the master key, which is never in the database.
Sealed bytes are a version byte, a random nonce of 96 bits, and the ciphertext with its tag (NIST SP 800-38D). What
they are (`about`) and under which key is authenticated with them, so that none can be put in another's place.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, select

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
_KEPT_OPEN: Final = 256
_AT_ONCE: Final = 500


class Vault:
    """Seals and opens, within the caller's transaction."""

    def __init__(self, master: MasterKey) -> None:
        self._master = master
        self._open_keys: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

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
        try:
            _open(master.secret, mark.sealed, b"mark")
        except InvalidTag as error:
            raise VaultError(
                f"The master key from {master.source} is not the one this database was sealed with",
                "Give the right one; without it nothing sealed can ever be opened",
            ) from error
        return cls(master)

    def opens(self, session: Session) -> bool:
        """Whether the master key in hand is still the one that the database is sealed with."""
        mark = session.get(VaultMark, 1, populate_existing=True)
        try:
            return mark is not None and _open(self._master.secret, mark.sealed, b"mark") == _MARK
        except InvalidTag:
            return False

    def new_key(self, session: Session, kind: str, now: datetime, *, parent: str | None = None) -> str:
        """Make a key and return its id.

        Args:
            session: the transaction.
            kind: what it is for, such as `entry`.
            now: the time.
            parent: the key it is wrapped by; the master key where None.
        """
        key_id, secret = new_id("key"), os.urandom(32)
        wrapping = self._master.secret if parent is None else self._secret(session, parent)
        session.add(
            VaultKey(
                id=key_id,
                kind=kind,
                parent_id=parent,
                wrapped=_seal(wrapping, secret, _about_key(key_id)),
                created_at=now,
            )
        )
        session.flush()
        self._keep(key_id, secret)
        return key_id

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
        secrets: dict[str, bytes] = {}
        contents = []
        for key_id, content, about in sealed:
            if key_id not in secrets:
                secrets[key_id] = self._secret(session, key_id)
            contents.append(self._opened(secrets[key_id], key_id, content, about))
        return contents

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
        with self._lock:
            for key_id in doomed:
                self._open_keys.pop(key_id, None)
        return gone

    def rotate(self, session: Session, new_master: MasterKey, now: datetime) -> int:
        """Wrap with a new master key every key that the old one wraps; returns how many."""
        roots = session.scalars(select(VaultKey).where(VaultKey.parent_id.is_(None)).with_for_update()).all()
        for key in roots:
            secret = _open(self._master.secret, key.wrapped, _about_key(key.id))
            key.wrapped = _seal(new_master.secret, secret, _about_key(key.id))
        mark = session.get_one(VaultMark, 1)
        mark.sealed, mark.rotated_at = _seal(new_master.secret, _MARK, b"mark"), now
        session.flush()
        return len(roots)

    def _opened(self, secret: bytes, key_id: str, sealed: bytes, about: str) -> bytes:
        try:
            return _open(secret, sealed, _about(key_id, about))
        except InvalidTag as error:
            raise VaultError(
                f"Sealed data about {about} was altered, or belongs to something else",
                "Verify the audit chain and restore the database from a backup",
            ) from error

    def _secret(self, session: Session, key_id: str) -> bytes:
        with self._lock:
            held = self._open_keys.get(key_id)
        if held is not None and (
            session.scalar(select(VaultKey.id).where(VaultKey.id == key_id)) is not None
        ):
            return held
        key = session.get(VaultKey, key_id)
        if key is None:
            with self._lock:
                self._open_keys.pop(key_id, None)
            raise VaultError(
                f"The key {key_id} has been destroyed",
                "What it sealed was deleted and cannot be brought back",
            )
        return self._unwrap(session, key)

    def _unwrap(self, session: Session, key: VaultKey) -> bytes:
        wrapping = self._master.secret if key.parent_id is None else self._secret(session, key.parent_id)
        try:
            secret = _open(wrapping, key.wrapped, _about_key(key.id))
        except InvalidTag as error:
            raise VaultError(
                f"The key {key.id} was altered, or the master key from {self._master.source} does not fit it",
                "Restore the database from a backup, with the master key that belongs to it",
            ) from error
        self._keep(key.id, secret)
        return secret

    def _fetch(self, session: Session, key_ids: set[str]) -> None:
        """Load key rows together, so that opening many things asks the database once for each few hundred."""
        for some in _chunks(sorted(key_ids)):
            session.scalars(select(VaultKey).where(VaultKey.id.in_(some))).all()

    def _keep(self, key_id: str, secret: bytes) -> None:
        with self._lock:
            self._open_keys[key_id] = secret
            self._open_keys.move_to_end(key_id)
            while len(self._open_keys) > _KEPT_OPEN:
                self._open_keys.popitem(last=False)


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
