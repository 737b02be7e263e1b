"""The master key: 256 bits that wrap every other key, from a file or the environment, never from the database."""

from __future__ import annotations

import base64
import binascii
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from overt.errors import VaultError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["KEY_VARIABLE", "MasterKey"]

KEY_VARIABLE: Final = "OVERT_MASTER_KEY"
_BYTES: Final = 32


@dataclass(frozen=True)
class MasterKey:
    """The key and where it came from.

    Attributes:
        secret: 32 bytes.
        source: for messages: the file's name or the variable's.
    """

    secret: bytes = field(repr=False)
    source: str

    @classmethod
    def read(cls, file: Path, environment: Mapping[str, str]) -> MasterKey:
        """From `OVERT_MASTER_KEY` (base64) where it is set, else from the file.

        Raises:
            VaultError: neither is there, or what is there is no key.
        """
        written = environment.get(KEY_VARIABLE)
        if written is not None:
            return cls(_decode(written, KEY_VARIABLE), KEY_VARIABLE)
        try:
            text = file.read_text(encoding="ascii")
        except FileNotFoundError as error:
            raise VaultError(
                f"There is no master key: {file} is not there and {KEY_VARIABLE} is not set",
                "Put the key file back, or set the variable; without the key nothing sealed can be opened",
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise VaultError(f"The master key file {file} cannot be read: {error}") from error
        return cls(_decode(text, str(file)), str(file))

    @classmethod
    def make(cls, file: Path) -> MasterKey:
        """Make a new key and write it to `file`, readable by its owner only.

        Raises:
            VaultError: the file is there already, or cannot be written.
        """
        secret = os.urandom(_BYTES)
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                out.write(base64.b64encode(secret) + b"\n")
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise VaultError(
                f"The master key file {file} cannot be made: {error.strerror}", "Name a new file"
            ) from error
        return cls(secret, str(file))


def _decode(text: str, source: str) -> bytes:
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != _BYTES:
        raise VaultError(
            f"{source} does not hold a master key",
            f"It must be {_BYTES} bytes in base64, as `overt vault new-key` writes them",
        )
    return secret
