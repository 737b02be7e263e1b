"""What a watchlist file is locked with: a passphrase, or a key file that only its owner can read."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from overt.errors import WatchlistError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["WatchlistKey"]

_KEY_BYTES: Final = 32
_SHORTEST_PASSPHRASE: Final = 8


@dataclass(frozen=True, slots=True)
class WatchlistKey:
    """A passphrase or the content of a key file. Never printed."""

    kind: Literal["passphrase", "key-file"]
    secret: bytes = field(repr=False)

    @classmethod
    def from_passphrase(cls, passphrase: str) -> WatchlistKey:
        """A key from words that a person knows.

        Raises:
            WatchlistError: fewer than 8 characters.
        """
        if len(passphrase) < _SHORTEST_PASSPHRASE:
            raise WatchlistError(
                f"the passphrase has {len(passphrase)} characters", f"Use at least {_SHORTEST_PASSPHRASE}"
            )
        return cls("passphrase", unicodedata.normalize("NFKC", passphrase).encode())

    @classmethod
    def from_file(cls, path: Path) -> WatchlistKey:
        """A key from a file made by `create`.

        Raises:
            WatchlistError: it cannot be read, others may read it, or it does not hold 32 bytes in base 64.
        """
        try:
            with path.open("rb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                text = file.read(1024)
        except OSError as error:
            raise WatchlistError(
                f"the key file {path} cannot be read: {error.strerror}", "Name the right file"
            ) from error
        if mode & 0o077:
            raise WatchlistError(
                f"the key file {path} can be used by others (mode {mode:03o})", f"Run: chmod 600 {path}"
            )
        try:
            secret = base64.b64decode(text.strip(), validate=True)
        except binascii.Error:
            secret = b""
        if len(secret) != _KEY_BYTES:
            raise WatchlistError(
                f"{path} is not a key file", "Name the file that `overt enrol --key-file` made"
            )
        return cls("key-file", secret)

    @classmethod
    def create(cls, path: Path) -> WatchlistKey:
        """Make a new random key and write it to a file that only its owner can read.

        Raises:
            WatchlistError: the file exists or cannot be written.
        """
        secret = secrets.token_bytes(_KEY_BYTES)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise WatchlistError(
                f"the key file {path} cannot be made: {error.strerror}", "Name a place that can be written"
            ) from error
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(secret) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return cls("key-file", secret)
