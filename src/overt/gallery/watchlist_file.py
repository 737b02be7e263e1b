"""The watchlist on disk: `.overt-watchlist`, encrypted and authenticated from the first byte to the last.

    magic (16 bytes) · version (2, big-endian) · header length (4) · header (MessagePack)
    key check (32) · sealed chunks (see `overt.gallery.sealed_chunks`)

The file's key is drawn by HKDF-SHA256 from a fresh salt and the owner's secret (a passphrase goes through scrypt
first), so no two files share one. The key check is an HMAC of all that stands before it: it tells a wrong key
from an altered body, and binds the file to one key. It is the associated data of every chunk.

The body: length of the index (8), the index (MessagePack), the templates (float32, little-endian), the pictures. From
version 2 on the templates are followed by those with a part of the face even, part after part as the index has them.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, Final, Literal

import msgspec
import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from overt.biometrics import Contract, Covering
from overt.errors import WatchlistError
from overt.gallery.keys import WatchlistKey
from overt.gallery.sealed_chunks import AlteredError, Body, open_chunks, seal_chunks
from overt.gallery.search import require_contract
from overt.gallery.watchlist import Entry, ReferenceImage, Watchlist

__all__ = ["VERSION", "is_watchlist_file", "read_watchlist", "write_watchlist"]

MAGIC: Final = b"OVERT-WATCHLIST\n"
VERSION: Final = 2
SUFFIX: Final = ".overt-watchlist"

_CHECK: Final = 32
_LONGEST_HEADER: Final = 4096
_REMEDY_ALTERED: Final = "Restore the file from a good copy, or enrol the watchlist again"


class _Passphrase(msgspec.Struct, frozen=True, tag="scrypt"):
    """How a passphrase becomes a key; 128 · n · r bytes of memory, at most 256 MiB."""

    salt: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
    log2_n: Annotated[int, msgspec.Meta(ge=10, le=18)] = 17
    r: Literal[8] = 8
    p: Literal[1] = 1


class _KeyFile(msgspec.Struct, frozen=True, tag="key-file"):
    salt: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lock: _Passphrase | _KeyFile


class _Index(msgspec.Struct, frozen=True):
    contract: Contract
    entries: tuple[Entry, ...]
    entry_of_template: tuple[int, ...]
    images: tuple[ReferenceImage, ...]
    picture_sizes: tuple[Annotated[int, msgspec.Meta(ge=0)], ...]
    coverings: tuple[Covering, ...] = ()


def is_watchlist_file(path: Path) -> bool:
    """Whether the file begins as a watchlist file does."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def write_watchlist(watchlist: Watchlist, path: Path, key: WatchlistKey) -> None:
    """Write a watchlist so that only the key's owner can read it; a file of that name is replaced whole.

    Raises:
        WatchlistError: the file cannot be written.
    """
    salt = secrets.token_bytes(32)
    lock = _Passphrase(salt) if key.kind == "passphrase" else _KeyFile(salt)
    header = msgspec.msgpack.encode(_Header(lock))
    preamble = MAGIC + struct.pack(">HI", VERSION if watchlist.covered else 1, len(header)) + header
    file_key, check = _keys(lock, key, preamble)
    try:
        with _replacing(path) as file:
            file.write(preamble + check)
            for sealed in seal_chunks(_body(watchlist), AESGCM(file_key), check):
                file.write(sealed)
    except OSError as error:
        raise WatchlistError(
            f"{path} cannot be written: {error.strerror}", "Name a place that can be written"
        ) from error


def read_watchlist(
    path: Path, key: WatchlistKey, *, contract: Contract | None = None, pictures: bool = True
) -> Watchlist:
    """Read a watchlist file; every byte of it is checked.

    Args:
        path: the file.
        key: what it was locked with.
        contract: the model pack in use, where the templates will be searched.
        pictures: whether to keep the reference images, or only what a search needs.

    Raises:
        WatchlistError: missing, not a watchlist, of a newer version, altered, truncated, or locked with
            another key.
        ContractError: its templates are of another model pack.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path, key, contract=contract, pictures=pictures)
    except OSError as error:
        raise WatchlistError(f"{path} cannot be read: {error.strerror}", "Name a watchlist file") from error


def _read(
    file: BinaryIO, path: Path, key: WatchlistKey, *, contract: Contract | None, pictures: bool
) -> Watchlist:
    lock, preamble, check = _open(file, path)
    if key.kind != ("passphrase" if isinstance(lock, _Passphrase) else "key-file"):
        locked, given = (
            ("a key file", "a passphrase") if isinstance(lock, _KeyFile) else ("a passphrase", "a key file")
        )
        raise WatchlistError(f"{path} is locked with {locked}, and {given} was given", f"Give {locked}")
    file_key, expected = _keys(lock, key, preamble)
    if not hmac.compare_digest(check, expected):
        raise WatchlistError(
            f"{path} is locked with another key, or its header was altered",
            "Give the key it was enrolled with; if that is the one, restore the file from a good copy",
        )
    body = Body(open_chunks(file, AESGCM(file_key), check))
    try:
        (size,) = struct.unpack(">Q", body.take(8))
        index = msgspec.msgpack.decode(body.take(size), type=_Index)
        if contract is not None:
            require_contract(contract, index.contract)
        dimension, m = index.contract.dimension, len(index.images)
        templates, *covered = (
            np.frombuffer(body.take(4 * m * dimension), "<f4").astype(np.float32).reshape(m, dimension)
            for _ in range(1 + len(index.coverings))
        )
        images = []
        for image, picture_size in zip(index.images, index.picture_sizes, strict=True):
            jpeg = bytes(body.take(picture_size))
            images.append(msgspec.structs.replace(image, jpeg=jpeg) if pictures else image)
        body.finish()
    except AlteredError as error:
        raise WatchlistError(f"{path} was altered or truncated", _REMEDY_ALTERED) from error
    except (msgspec.DecodeError, ValueError, EOFError) as error:
        raise WatchlistError(
            f"{path} holds something else than a watchlist: {error}", "Enrol it again"
        ) from error
    owner = np.array(index.entry_of_template, np.int64)
    return Watchlist(
        contract=index.contract,
        entries=index.entries,
        templates=templates,
        entry_of_template=owner,
        images=tuple(images),
        covered=dict(zip(index.coverings, covered, strict=True)),
    )


def _open(file: BinaryIO, path: Path) -> tuple[_Passphrase | _KeyFile, bytes, bytes]:
    start = file.read(len(MAGIC) + 6)
    if start[: len(MAGIC)] != MAGIC:
        raise WatchlistError(f"{path} is not a watchlist file", "Name a file that `overt enrol` wrote")
    if len(start) < len(MAGIC) + 6:
        raise WatchlistError(f"{path} is truncated", _REMEDY_ALTERED)
    version, size = struct.unpack(">HI", start[len(MAGIC) :])
    if version > VERSION:
        raise WatchlistError(
            f"{path} is of version {version}, and this Overt reads up to {VERSION}", "Update Overt"
        )
    if version == 0 or size > _LONGEST_HEADER:
        raise WatchlistError(f"the header of {path} was altered", _REMEDY_ALTERED)
    header, check = file.read(size), file.read(_CHECK)
    if len(header) < size or len(check) < _CHECK:
        raise WatchlistError(f"{path} is truncated", _REMEDY_ALTERED)
    try:
        lock = msgspec.msgpack.decode(header, type=_Header).lock
    except (msgspec.DecodeError, ValueError) as error:
        raise WatchlistError(f"the header of {path} was altered", _REMEDY_ALTERED) from error
    return lock, start + header, check


def _keys(lock: _Passphrase | _KeyFile, key: WatchlistKey, preamble: bytes) -> tuple[bytes, bytes]:
    """The AES key of one file, and the check of its preamble."""
    secret = key.secret
    if isinstance(lock, _Passphrase):
        secret = Scrypt(salt=lock.salt, length=32, n=2**lock.log2_n, r=lock.r, p=lock.p).derive(secret)
    drawn = HKDF(SHA256(), 64, lock.salt, b"overt watchlist 1").derive(secret)
    return drawn[:32], hmac.digest(drawn[32:], preamble, hashlib.sha256)


def _body(watchlist: Watchlist) -> Iterator[bytes]:
    bare = tuple(msgspec.structs.replace(image, jpeg=b"") for image in watchlist.images)
    index = msgspec.msgpack.encode(
        _Index(
            watchlist.contract,
            watchlist.entries,
            tuple(watchlist.entry_of_template.tolist()),
            bare,
            tuple(len(image.jpeg) for image in watchlist.images),
            tuple(watchlist.covered),
        )
    )
    yield struct.pack(">Q", len(index))
    yield index
    yield watchlist.templates.astype("<f4").tobytes()
    for templates in watchlist.covered.values():
        yield templates.astype("<f4").tobytes()
    for image in watchlist.images:
        yield image.jpeg


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file of mode 600 beside `path`, put in its place when all is written."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
