"""What of an alert is personal: the crop and every word written about it, sealed under the alert's own key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from overt.errors import ConflictError, InputError

if TYPE_CHECKING:
    from overt.casework.commands import Work
    from overt.records.tables import Alert

__all__ = ["Words", "check_reason", "open_crop", "open_words", "seal_crop", "seal_words"]


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wrote: their reason or note, and why they corrected an earlier one."""

    text: str = ""
    correction: str = ""


def _about(kept_with: str, part: str) -> str:
    return f"{kept_with}.{part}"


def seal_crop(work: Work, alert_id: str, key_id: str, crop: bytes) -> bytes:
    """Seal an alert's picture."""
    return work.office.vault.seal(work.session, key_id, crop, about=_about(alert_id, "crop"))


def open_crop(work: Work, alert: Alert) -> bytes | None:
    """The picture, JPEG; None where its time was over and it has been deleted."""
    if alert.key_id is None or alert.sealed_crop is None:
        return None
    return work.office.vault.open_sealed(
        work.session, alert.key_id, alert.sealed_crop, about=_about(alert.id, "crop")
    )


def seal_words(work: Work, alert: Alert, row_id: str, words: Words) -> bytes | None:
    """Seal what was written, for the row of this id; None where nothing was.

    Raises:
        ConflictError: there are words, and the alert's personal data have been deleted.
    """
    if words == Words():
        return None
    if alert.key_id is None:
        raise ConflictError(
            f"The words about {alert.id} have been deleted, as their time was over, and no new ones can be kept",
            "Record it without a note or reason in words",
        )
    content = msgspec.msgpack.encode(words)
    return work.office.vault.seal(work.session, alert.key_id, content, about=_about(row_id, "words"))


def open_words(work: Work, alert: Alert, row_id: str, sealed: bytes | None) -> Words | None:
    """What was written; None once deleted."""
    if alert.key_id is None:
        return None
    if sealed is None:
        return Words()
    content = work.office.vault.open_sealed(work.session, alert.key_id, sealed, about=_about(row_id, "words"))
    return msgspec.msgpack.decode(content, type=Words)


def check_reason(work: Work, reason: str, field: str) -> str:
    """A reason in words, long enough to say something.

    Raises:
        InputError: it is shorter than the policy asks for.
    """
    words, least = " ".join(reason.split()), work.office.policy.alerts.reason_length
    if len(words) < least:
        raise InputError(f"The reason must be {least} characters or longer", "Say why, in words", field=field)
    return words
