"""Putting entries and images into the database, whether one by one or in bulk. The list is held by the caller."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
from sqlalchemy import func, select

from overt.casework.watchlists._sealed import (
    Personal,
    Source,
    about_image,
    mac_of_reference,
    mac_of_subject,
    open_personal,
    open_templates,
    pack_covered,
    seal_personal,
)
from overt.errors import ConflictError
from overt.gallery import judge_age, least_alike, unlike_others
from overt.records.tables import ReferenceImage, Watchlist, WatchlistEntry, new_id

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from overt.casework.commands import Work
    from overt.casework.policy import WatchlistPolicy
    from overt.casework.watchlists.entry_models import NewEntry
    from overt.gallery import Finding, Look

__all__ = [
    "OfferedImage",
    "age_findings",
    "differences",
    "enrol_image",
    "insert_entry",
    "mark_changed",
    "picture_key",
    "picture_mac",
    "require_not_withdrawn",
    "require_room",
    "write_changes",
]

_SEALED: Final = ("reference", "name", "lawful_basis", "date_of_birth", "instruction", "warnings", "notes")
_COLUMNS: Final = ("category", "seed", "review_by", "expires_on")


@dataclass(frozen=True, eq=False)
class OfferedImage:
    """A picture that was looked at and is offered for an entry.

    Attributes:
        look: what the desk made of it; its findings hold those about its age too.
        sha256: of the file.
        source: where it comes from.
        taken_on: when it was taken; None where that is unknown.
    """

    look: Look
    sha256: bytes
    source: str
    taken_on: dt.date | None

    @property
    def accepted(self) -> bool:
        """Whether nothing refuses it."""
        return self.look.accepted and not any(finding.refuses for finding in self.look.findings)


def age_findings(policy: WatchlistPolicy, taken_on: dt.date | None, today: dt.date) -> tuple[Finding, ...]:
    """What the policy says about the age of a picture."""
    return judge_age(
        taken_on, today, most_years=policy.image_years, most_years_unnoticed=policy.image_years_warn
    )


def picture_key(work: Work, watchlist: Watchlist) -> bytes:
    """The key of `picture_mac` for a list."""
    return work.office.vault.mac(work.session, watchlist.key_id, b"pictures", about="picture key")


def picture_mac(key: bytes, sha256: bytes) -> bytes:
    """By which a picture that is on the list already is found."""
    return hmac.digest(key, sha256, hashlib.sha256)


def require_room(work: Work, watchlist: Watchlist, more: int = 1) -> None:
    """Refuse a list that would grow too long.

    Raises:
        ConflictError: policy's longest list would be exceeded.
    """
    most = work.office.policy.watchlists.most_entries
    held = work.session.scalar(
        select(func.count())
        .select_from(WatchlistEntry)
        .where(WatchlistEntry.watchlist_id == watchlist.id, WatchlistEntry.status != "withdrawn")
    )
    if (held or 0) + more > most:
        raise ConflictError(
            f"The list has {held} entries, and policy allows {most}", "Withdraw what is not needed any more"
        )


def require_not_withdrawn(entry: WatchlistEntry) -> None:
    """Refuse to change a withdrawn entry.

    Raises:
        ConflictError: it was withdrawn.
    """
    if entry.status == "withdrawn":
        raise ConflictError(
            f"The entry {entry.id} was withdrawn", "Delete it and add the subject anew, if it is justified"
        )


def insert_entry(
    work: Work,
    watchlist: Watchlist,
    new: NewEntry,
    *,
    key_id: str,
    review_by: dt.date,
    entry_id: str | None = None,
) -> WatchlistEntry:
    """A new entry under a key of its own. Whether its reference is free was seen to."""
    entry_id = entry_id or new_id("entry")
    born = None if new.date_of_birth == "unknown" else new.date_of_birth
    personal = Personal(
        reference=new.reference,
        name=new.name,
        lawful_basis=new.lawful_basis,
        date_of_birth=born,
        instruction=new.instruction,
        warnings=new.warnings,
        notes=new.notes,
    )
    entry = WatchlistEntry(
        id=entry_id,
        watchlist_id=watchlist.id,
        key_id=key_id,
        reference_mac=mac_of_reference(work, watchlist, new.reference),
        subject_mac=mac_of_subject(work, watchlist, new.name, born),
        status="pending",
        category=new.category,
        seed=new.seed,
        sealed=seal_personal(work, entry_id, key_id, personal),
        revision=1,
        review_by=review_by,
        expires_on=new.expires_on,
        added_at=work.now,
        added_by=work.actor.id,
        changed_at=work.now,
        changed_by=work.actor.id,
    )
    work.session.add(entry)
    return entry


def differences(work: Work, entry: WatchlistEntry, given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the fields given that are different from the entry's, as they are kept; None is not given."""
    (personal,) = open_personal(work, [entry])
    found: dict[str, Any] = {}
    for name in _SEALED + _COLUMNS:
        if given.get(name) is None:
            continue
        value = None if given[name] == "unknown" and name == "date_of_birth" else given[name]
        if value != getattr(personal if name in _SEALED else entry, name):
            found[name] = value
    return found


def write_changes(work: Work, watchlist: Watchlist, entry: WatchlistEntry, changes: dict[str, Any]) -> None:
    """Write what `differences` found, and take the approval away if that is anything.

    The caller has seen that a new reference is free, and looks for look-alikes if the subject is another.
    """
    if not changes:
        return
    sealed = {name: value for name, value in changes.items() if name in _SEALED}
    if sealed:
        (personal,) = open_personal(work, [entry])
        new = msgspec.structs.replace(personal, **sealed)
        entry.sealed = seal_personal(work, entry.id, entry.key_id, new)
        entry.reference_mac = mac_of_reference(work, watchlist, new.reference)
        entry.subject_mac = mac_of_subject(work, watchlist, new.name, new.date_of_birth)
    for name in _COLUMNS:
        if name in changes:
            setattr(entry, name, changes[name])
    mark_changed(work, entry)
    work.session.flush()


def mark_changed(work: Work, entry: WatchlistEntry) -> None:
    """Count a change of an entry, and take its approval away."""
    entry.revision += 1
    entry.status = "pending"
    entry.approved_at = entry.approved_by = None
    entry.changed_at, entry.changed_by = work.now, work.actor.id


def enrol_image(work: Work, watchlist: Watchlist, entry: WatchlistEntry, image: OfferedImage) -> str:
    """Add an accepted picture to an entry; returns the image's id.

    The caller has seen that the entry does not have it yet, marks the entry as changed, and looks for look-alikes.
    """
    look = image.look
    if look.kept is None or look.template is None:
        raise ValueError("only an accepted picture can be enrolled")
    image_id, vault = new_id("image"), work.office.vault

    def seal(part: str, content: bytes) -> bytes:
        return vault.seal(work.session, entry.key_id, content, about=about_image(image_id, part))

    kept = look.kept
    work.session.add(
        ReferenceImage(
            id=image_id,
            entry_id=entry.id,
            source_mac=picture_mac(picture_key(work, watchlist), image.sha256),
            sealed_picture=seal("picture", kept.jpeg),
            sealed_template=seal("template", look.template.astype("<f4").tobytes()),
            sealed_covered=seal("covered", pack_covered(look.covered)) if look.covered else None,
            sealed_source=seal("source", msgspec.msgpack.encode(Source(source=image.source, file=look.file))),
            taken_on=image.taken_on,
            width=kept.width,
            height=kept.height,
            box=list(kept.box),
            quality=kept.quality,
            measures=look.measures,
            findings=[_plain(finding) for finding in look.findings],
            added_at=work.now,
            added_by=work.actor.id,
        )
    )
    return image_id


def notice_unlike(
    work: Work, watchlist: Watchlist, entry: WatchlistEntry | None, images: Sequence[OfferedImage]
) -> None:
    """Notice, of accepted pictures, those that resemble the others of their entry too little.

    Args:
        work: the work.
        watchlist: the entry's list.
        entry: the entry; None where there is none yet.
        images: the pictures that it is about to get.
    """
    new = [(one, one.look.template) for one in images if one.look.template is not None]
    templates = [template for _, template in new]
    if entry is not None:
        own = work.session.execute(
            select(ReferenceImage.id, ReferenceImage.sealed_template).where(
                ReferenceImage.entry_id == entry.id
            )
        ).all()
        sealed = [(entry.key_id, image_id, content) for image_id, content in own]
        templates += list(open_templates(work, sealed, watchlist.dimension))
    if len(templates) < 2:
        return
    for (one, _), score in zip(new, least_alike(np.stack(templates)).tolist(), strict=False):
        if score < watchlist.look_alike_threshold:
            one.look.findings.append(unlike_others(score, watchlist.look_alike_threshold))


def _plain(finding: Finding) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(finding)
    return plain
