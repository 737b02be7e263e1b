"""What of a search is personal: the face and every word, sealed under the search's own key."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from overt.errors import ConflictError, InputError, MissingError

if TYPE_CHECKING:
    from overt.casework.commands import Work
    from overt.records.tables import Search

__all__ = [
    "CaseWords",
    "ExaminerWords",
    "Said",
    "check_reason",
    "open_face",
    "open_words",
    "seal_face",
    "seal_words",
]


class CaseWords(msgspec.Struct, frozen=True, kw_only=True):
    """What was said when it was searched."""

    reason: str
    authority: str
    requested_by: str
    probe: str
    whose: str
    """Which face of the probe, so that another reason is asked for with another face."""


class ExaminerWords(msgspec.Struct, frozen=True, kw_only=True):
    """What an examiner found, feature by feature, and why they decided so."""

    features: dict[str, str]
    notes: dict[str, str]
    reason: str


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A reviewer's reason, or a note with an outcome."""

    text: str


W = TypeVar("W", CaseWords, ExaminerWords, Said)


def seal_face(work: Work, search_id: str, key_id: str, crop: bytes) -> bytes:
    """Seal the searched face, a JPEG."""
    return work.office.vault.seal(work.session, key_id, crop, about=f"{search_id}.face")


def open_face(work: Work, search: Search) -> bytes:
    """The searched face, a JPEG.

    Raises:
        MissingError: its time was over.
    """
    if search.key_id is None or search.sealed_face is None:
        raise MissingError(f"The face of {search.id} has been deleted, as its time was over")
    return work.office.vault.open_sealed(
        work.session, search.key_id, search.sealed_face, about=f"{search.id}.face"
    )


def seal_words(work: Work, search: Search, row_id: str, words: W) -> bytes:
    """Seal what was said in the row of this id.

    Raises:
        ConflictError: the search's personal data have been deleted.
    """
    if search.key_id is None:
        raise ConflictError(
            f"The face and the words of {search.id} have been deleted, as their time was over",
            "Nothing more can be recorded of it",
        )
    content = msgspec.msgpack.encode(words)
    return work.office.vault.seal(work.session, search.key_id, content, about=f"{row_id}.words")


def open_words(work: Work, search: Search, row_id: str, sealed: bytes | None, kind: type[W]) -> W | None:
    """What was said; None once deleted, and where nothing was."""
    if search.key_id is None or not sealed:
        return None
    content = work.office.vault.open_sealed(work.session, search.key_id, sealed, about=f"{row_id}.words")
    return msgspec.msgpack.decode(content, type=kind)


def check_reason(work: Work, reason: str, field: str = "reason") -> str:
    """A reason of enough words to say something.

    Raises:
        InputError: it has fewer than the policy asks for.
    """
    words, least = reason.split(), work.office.policy.searches.reason_words
    if len(words) < least:
        raise InputError(f"The reason must have {least} words or more", "Say why, in words", field=field)
    return " ".join(words)
