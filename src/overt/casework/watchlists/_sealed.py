"""What of an entry and its images is personal: sealed under the entry's own key, each part about one thing."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from overt.biometrics import Covering

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from overt.biometrics import FloatArray
    from overt.casework.commands import Work
    from overt.records.tables import ReferenceImage, Watchlist, WatchlistEntry

__all__ = [
    "Personal",
    "Source",
    "mac_of_reference",
    "mac_of_subject",
    "open_covered",
    "open_personal",
    "open_picture",
    "open_sources",
    "open_templates",
    "pack_covered",
    "plain",
    "seal_personal",
]


class Personal(msgspec.Struct, frozen=True, kw_only=True):
    """The sealed part of an entry. `date_of_birth` is None where it is unknown."""

    reference: str
    name: str
    lawful_basis: str
    date_of_birth: dt.date | None
    instruction: str
    warnings: tuple[str, ...] = ()
    notes: str = ""
    withdrawn_reason: str = ""
    under_18_reason: str = ""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The sealed origin of an image: in words, and the file's name."""

    source: str
    file: str = ""


def about_personal(entry_id: str) -> str:
    """What the vault is told that an entry's sealed part is."""
    return f"{entry_id}.sealed"


def about_image(image_id: str, part: str) -> str:
    """The same for a part of an image: `picture`, `template`, `covered` or `source`."""
    return f"{image_id}.{part}"


def seal_personal(work: Work, entry_id: str, key_id: str, personal: Personal) -> bytes:
    """An entry's sealed part."""
    content = msgspec.msgpack.encode(personal)
    return work.office.vault.seal(work.session, key_id, content, about=about_personal(entry_id))


def open_personal(work: Work, entries: Sequence[WatchlistEntry]) -> list[Personal]:
    """The sealed parts of entries, in their order."""
    sealed = [(entry.key_id, entry.sealed, about_personal(entry.id)) for entry in entries]
    decoder = msgspec.msgpack.Decoder(Personal)
    return [decoder.decode(content) for content in work.office.vault.open_many(work.session, sealed)]


def open_sources(work: Work, images: Sequence[tuple[str, ReferenceImage]]) -> list[Source]:
    """The origins of images, each with the id of its entry's key."""
    sealed = [(key_id, image.sealed_source, about_image(image.id, "source")) for key_id, image in images]
    decoder = msgspec.msgpack.Decoder(Source)
    return [decoder.decode(content) for content in work.office.vault.open_many(work.session, sealed)]


def open_templates(work: Work, sealed: Sequence[tuple[str, str, bytes]], dimension: int) -> FloatArray:
    """Templates, float32 [m, dimension], of (key id, image id, sealed template)."""
    contents = work.office.vault.open_many(
        work.session,
        [(key_id, content, about_image(image_id, "template")) for key_id, image_id, content in sealed],
    )
    return np.frombuffer(b"".join(contents), "<f4").astype(np.float32).reshape(-1, dimension)


def pack_covered(covered: Mapping[Covering, FloatArray]) -> bytes:
    """Templates with a part of the face even, float32 [dimension], by that part, as they are sealed."""
    return msgspec.msgpack.encode({part: each.astype("<f4").tobytes() for part, each in covered.items()})


def open_covered(
    work: Work, sealed: Sequence[tuple[str, str, bytes | None]], dimension: int
) -> dict[Covering, FloatArray]:
    """The same for many images, float32 [m, dimension] by part, of (key id, image id, sealed covered templates).

    Only the parts that every image has: an entry without one could never be found among those that have it.
    """
    about = [
        (key_id, content, about_image(image_id, "covered"))
        for key_id, image_id, content in sealed
        if content is not None
    ]
    if not sealed or len(about) < len(sealed):
        return {}
    decoder = msgspec.msgpack.Decoder(dict[Covering, bytes])
    opened = [decoder.decode(content) for content in work.office.vault.open_many(work.session, about)]
    return {
        part: np.frombuffer(b"".join(each[part] for each in opened), "<f4")
        .astype(np.float32)
        .reshape(-1, dimension)
        for part in opened[0]
        if all(part in each for each in opened)
    }


def open_picture(work: Work, key_id: str, image: ReferenceImage) -> bytes:
    """The picture of an image as it is kept: a JPEG."""
    return work.office.vault.open_sealed(
        work.session, key_id, image.sealed_picture, about=about_image(image.id, "picture")
    )


def mac_of_reference(work: Work, watchlist: Watchlist, reference: str) -> bytes:
    """By which a repeated reference is found; case and spacing do not tell two apart."""
    return work.office.vault.mac(work.session, watchlist.key_id, plain(reference), about="reference")


def mac_of_subject(work: Work, watchlist: Watchlist, name: str, born: dt.date | None) -> bytes | None:
    """By which one subject under two references is found; None where the date of birth is unknown."""
    if born is None or not name:
        return None
    content = plain(name) + b"\0" + born.isoformat().encode()
    return work.office.vault.mac(work.session, watchlist.key_id, content, about="subject")


def plain(text: str) -> bytes:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).encode()
