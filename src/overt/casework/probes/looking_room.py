"""Clips that are looked at while whoever handed them in does something else: how far each is, and how one is stopped.

A clip takes minutes, and no request should. Each has a thread of its own, which ends with the server.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from overt.casework.per_office import PerOffice
from overt.casework.probes._clips import require_turn
from overt.casework.probes._footage import ProbeProgress
from overt.casework.probes.handing_in import open_probe
from overt.casework.probes.held import closes_at, desk_of
from overt.casework.probes.models import LookingView
from overt.casework.probes.opening import begin_probe
from overt.errors import ConflictError, EngineError, OvertError
from overt.gallery import is_picture

if TYPE_CHECKING:
    from datetime import datetime

    from overt.casework.actor import Actor
    from overt.casework.office import Office
    from overt.casework.probes.models import NewProbe

__all__ = ["LookingRoom", "is_clip", "list_lookings", "looking_at", "looking_room", "start_looking"]

_END_SECONDS: Final = 15.0


class ClosedMeanwhileError(ConflictError):
    """A probe was closed while it was looked at."""


@dataclass(eq=False)
class _Looking:
    """A clip that is being looked at, or why it could not be."""

    actor_id: str
    name: str
    began: datetime
    thread: threading.Thread
    progress: ProbeProgress = field(default_factory=lambda: ProbeProgress(0.0, 0.0, 0, 0.0))
    stopped: threading.Event = field(default_factory=threading.Event)
    refusal: OvertError | None = None


class LookingRoom:
    """The clips that are being looked at in an office. Any thread may use it; a part of a server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, _Looking] = {}

    def start(self) -> None:
        """Nothing runs before somebody hands a clip in."""

    def close(self) -> None:
        """Stop all, and wait until what they held is overwritten."""
        with self._lock:
            every = list(self._held.values())
            self._held.clear()
        for one in every:
            one.stopped.set()
        for one in every:
            one.thread.join(_END_SECONDS)

    def take(self, probe_id: str, looking: _Looking) -> None:
        """Another is being looked at."""
        with self._lock:
            self._held[probe_id] = looking

    def forget(self, probe_id: str) -> None:
        """It is over."""
        with self._lock:
            self._held.pop(probe_id, None)

    def stop(self, probe_id: str, actor_id: str) -> bool:
        """Stop looking at one and forget it; False where this person has none so."""
        with self._lock:
            held = self._held.get(probe_id)
            if held is None or held.actor_id != actor_id:
                return False
            del self._held[probe_id]
        held.stopped.set()
        return True

    def of(self, actor_id: str, now: datetime) -> list[LookingView]:
        """This person's, the oldest first; what could not be looked at is said for as long as a probe is open."""
        with self._lock:
            over = [
                name
                for name, one in self._held.items()
                if one.refusal is not None and closes_at(one.began) <= now
            ]
            for name in over:
                del self._held[name]
            return [_view(name, one) for name, one in self._held.items() if one.actor_id == actor_id]


looking_room: Final = PerOffice(lambda _: LookingRoom())
"""The room of an office."""


def is_clip(content: bytes) -> bool:
    """Whether it is no picture, so that it is looked at as a clip, and that takes its time."""
    return not is_picture(content[:16])


def start_looking(office: Office, actor: Actor, new: NewProbe, content: bytes) -> str:
    """Have a clip looked at; what `open_probe` does, without waiting for it.

    Args:
        office: the office.
        actor: the investigator.
        new: its name, and why it is looked at.
        content: the clip.

    Returns:
        The probe's id. `looking_at` says how far it is; from when that gives None, `show_probe` has it.

    Raises:
        AuthorityError: they may not.
        PackError: the pack is missing or altered.
        RateError: other clips are being looked at.
    """
    begin_probe.authorise(actor)
    require_turn(office)
    begun: queue.SimpleQueue[str | OvertError] = queue.SimpleQueue()
    looking = _Looking(actor.id, new.name, office.now(), threading.current_thread())
    looking.thread = threading.Thread(
        target=partial(_look, office, actor, new, content, looking, begun), name="overt-looking", daemon=True
    )
    looking.thread.start()
    first = begun.get()
    if isinstance(first, OvertError):
        raise first
    return first


def looking_at(office: Office, actor: Actor, probe_id: str) -> LookingView | None:
    """How far one is that this person handed in, for whoever asks again and again: not entered in the chain.

    Returns:
        None where nothing of that id is being looked at, or it is done.

    Raises:
        AuthorityError: they may not.
    """
    return next((one for one in list_lookings(office, actor) if one.id == probe_id), None)


def list_lookings(office: Office, actor: Actor) -> list[LookingView]:
    """Those that this person handed in, the oldest first.

    Raises:
        AuthorityError: they may not.
    """
    begin_probe.authorise(actor)
    return looking_room(office).of(actor.id, office.now())


def _look(  # noqa: PLR0917 - a thread's arguments
    office: Office,
    actor: Actor,
    new: NewProbe,
    content: bytes,
    looking: _Looking,
    begun: queue.SimpleQueue[str | OvertError],
) -> None:
    room = looking_room(office)
    known: list[str] = []

    def in_chain(probe_id: str) -> None:
        known.append(probe_id)
        room.take(probe_id, looking)
        begun.put(probe_id)

    def told(now: ProbeProgress) -> None:
        looking.progress = now
        if looking.stopped.is_set():
            raise ClosedMeanwhileError(f"{new.name} was closed while it was looked at", "Hand it in again")

    refusal: OvertError | None = EngineError(
        f"Looking at {new.name} was cut short by a fault of the server's",
        "Ask an administrator, and try again",
    )
    try:
        open_probe(office, actor, new, content, told, begun=in_chain)
        refusal = None
        if looking.stopped.is_set():
            desk_of(office).close(known[0])
        room.forget(known[0])
    except OvertError as error:
        refusal = error
    finally:
        if refusal is not None:  # by a fault too, so that nobody waits for ever
            looking.refusal = refusal
            begun.put(refusal)


def _view(probe_id: str, one: _Looking) -> LookingView:
    now, refusal = one.progress, one.refusal
    return LookingView(
        id=probe_id,
        name=one.name,
        state="looking" if refusal is None else "refused",
        began=one.began,
        seconds=now.seconds,
        of_seconds=now.of_seconds,
        faces=now.faces,
        working_seconds=now.working_seconds,
        refusal="" if refusal is None else refusal.what,
        remedy="" if refusal is None else refusal.remedy,
    )
