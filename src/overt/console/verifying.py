"""Verifying the audit chain in place: one verification at a time, in a thread of its own, whose progress is shown.

A long chain takes a while. Nobody's request waits for it, and whoever asks while one runs is shown that one.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from overt.casework import audit_room
from overt.casework.per_office import PerOffice
from overt.errors import OvertError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from overt.casework import Actor, Office
    from overt.casework.audit_room import AuditVerdict

__all__ = ["Asked", "VerifyingRoom", "verifying_room"]


@dataclass(frozen=True)
class Asked:
    """What a verification is to be held against: digests and a key that are known from elsewhere."""

    anchors: Mapping[int, bytes] = field(default_factory=dict)
    public_key: bytes | None = None


@dataclass(eq=False)
class Verification:
    """One verification.

    Attributes:
        by: the username of whoever asked.
        began: when.
        asked: what it is held against.
        length: entries of the chain when it began.
        read: entries read so far.
        verdict: what was found, once it is over.
        trouble: why it could not be carried out.
        ended: when it was over.
    """

    by: str
    began: datetime
    asked: Asked
    length: int
    read: int = 0
    verdict: AuditVerdict | None = None
    trouble: str = ""
    ended: datetime | None = None


class VerifyingRoom:
    """The verification that runs, or the last one that did."""

    def __init__(self, office: Office) -> None:
        self._office = weakref.ref(office)
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self.last: Verification | None = None

    @property
    def is_running(self) -> bool:
        """Whether one runs now."""
        return self.last is not None and self.last.ended is None

    def begin(self, actor: Actor, length: int, asked: Asked) -> bool:
        """Begin a verification; False where one runs already, which then goes on."""
        office = self._office()
        with self._guard:
            if self.is_running or office is None:
                return False
            self.last = Verification(actor.name, office.now(), asked, length)
            self._thread = threading.Thread(
                target=_verify, args=(office, actor, self.last), name="overt-verifying", daemon=True
            )
            self._thread.start()
        return True

    def wait(self) -> None:
        """Until the one that runs is over."""
        if self._thread is not None:
            self._thread.join()


def _verify(office: Office, actor: Actor, verification: Verification) -> None:
    def told(read: int) -> None:
        verification.read = read

    try:
        verdict = audit_room.verify_audit(
            office,
            actor,
            anchors=verification.asked.anchors,
            public_key=verification.asked.public_key,
            told=told,
        )
    except OvertError as error:
        verification.trouble = f"{error.what}. {error.remedy}"
    else:
        verification.read, verification.verdict = verdict.entries, verdict
    finally:
        if verification.verdict is None and not verification.trouble:
            verification.trouble = (
                "It was cut short by a fault of the server's. Ask an administrator, and try again"
            )
        verification.ended = office.now()


verifying_room: Final = PerOffice(VerifyingRoom)
"""The office's."""
