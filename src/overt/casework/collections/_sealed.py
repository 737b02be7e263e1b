"""What of a record and its images is personal: sealed under the record's own key, each part about one thing."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from typing import TYPE_CHECKING

import msgspec
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from overt.biometrics import Contract, FloatArray
    from overt.casework.office import Office
    from overt.records.tables import Collection, CollectionRecord

__all__ = [
    "Personal",
    "about_part",
    "about_template",
    "mac_of_reference",
    "open_personal",
    "open_templates",
    "picture_key",
    "picture_mac",
    "plain",
    "seal_personal",
    "seal_template",
]


class Personal(msgspec.Struct, frozen=True, kw_only=True):
    """The sealed part of a record: its reference, and what the table said besides."""

    reference: str
    columns: dict[str, str] = {}


def about_part(owner_id: str, part: str) -> str:
    """What the vault is told that a part of something is: `IMAGE.picture`, `RECORD.sealed`, and the like."""
    return f"{owner_id}.{part}"


def about_template(image_id: str, contract: Contract) -> str:
    """The same for an image's template of one model pack."""
    return f"{image_id}.template.{contract.pack}.{contract.version}"


def seal_personal(office: Office, session: Session, record_id: str, key_id: str, personal: Personal) -> bytes:
    """A record's sealed part."""
    content = msgspec.msgpack.encode(personal)
    return office.vault.seal(session, key_id, content, about=about_part(record_id, "sealed"))


def open_personal(office: Office, session: Session, records: Sequence[CollectionRecord]) -> list[Personal]:
    """The sealed parts of records, in their order."""
    sealed = [(record.key_id, record.sealed, about_part(record.id, "sealed")) for record in records]
    decoder = msgspec.msgpack.Decoder(Personal)
    return [decoder.decode(content) for content in office.vault.open_many(session, sealed)]


def seal_template(
    office: Office, session: Session, contract: Contract, template: FloatArray, *, key_id: str, image_id: str
) -> bytes:
    """A template, float32 [dimension]."""
    about = about_template(image_id, contract)
    return office.vault.seal(session, key_id, template.astype("<f4").tobytes(), about=about)


def open_templates(
    office: Office, session: Session, sealed: Sequence[tuple[str, str, bytes]], contract: Contract
) -> FloatArray:
    """Templates, float32 [m, dimension], of (key id, image id, sealed template)."""
    contents = office.vault.open_many(
        session,
        [(key_id, content, about_template(image_id, contract)) for key_id, image_id, content in sealed],
    )
    return np.frombuffer(b"".join(contents), "<f4").astype(np.float32).reshape(-1, contract.dimension)


def mac_of_reference(office: Office, session: Session, collection: Collection, reference: str) -> bytes:
    """By which a repeated reference is found; case and spacing do not tell two apart."""
    return office.vault.mac(session, collection.key_id, plain(reference), about="reference")


def picture_key(office: Office, session: Session, collection: Collection) -> bytes:
    """The key of `picture_mac` for a collection."""
    return office.vault.mac(session, collection.key_id, b"pictures", about="picture key")


def picture_mac(key: bytes, sha256: bytes) -> bytes:
    """By which a picture that is there already is found."""
    return hmac.digest(key, sha256, hashlib.sha256)


def plain(text: str) -> bytes:
    """A reference as it is compared."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).encode()
