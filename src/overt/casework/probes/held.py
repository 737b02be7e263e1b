"""Probes that are open: in this process's memory alone, for a time, and overwritten when they are closed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from overt.casework.per_office import PerOffice
from overt.errors import ConflictError, MissingError

if TYPE_CHECKING:
    from datetime import datetime

    import numpy.typing as npt

    from overt.biometrics import Contract, FloatArray, ImageArray
    from overt.casework.probes.models import ProbeVerdict, ProbeView
    from overt.gallery import Finding

__all__ = [
    "LASTS_MINUTES",
    "MOST_MIB",
    "MOST_PROBES",
    "HeldFace",
    "HeldProbe",
    "HeldShot",
    "ProbeDesk",
    "closes_at",
    "desk_of",
]

LASTS_MINUTES: Final = 60
"""How long a probe stays open."""
MOST_PROBES: Final = 4
"""Of one person at a time; another closes the oldest."""
MOST_MIB: Final = 512
"""What all open probes of an office may take together."""


@dataclass(eq=False)
class HeldShot:
    """One look at a face.

    Attributes:
        jpeg: uint8 [n], a JPEG file: the face and a margin, every other face masked.
        size: its width and height, pixels.
        box: float32 [4], of the face in it.
        landmarks: float32 [5, 2], in pixels of it.
        picture_box: float32 [4], of the face in the whole picture.
        measures: quality by measure, and `quality`.
        seconds: where in the clip; None of a still.
        templates: by contract, float32 [dimension], of unit length.
    """

    jpeg: npt.NDArray[np.uint8] = field(repr=False)
    size: tuple[int, int]
    box: FloatArray = field(repr=False)
    landmarks: FloatArray = field(repr=False)
    picture_box: FloatArray = field(repr=False)
    measures: dict[str, float]
    seconds: float | None
    templates: dict[Contract, FloatArray] = field(default_factory=dict, repr=False)

    @property
    def image(self) -> ImageArray:
        """Its pixels, uint8 [h, w, 3], blue, green, red."""
        return np.asarray(cv2.imdecode(self.jpeg, cv2.IMREAD_COLOR), np.uint8)


@dataclass(eq=False)
class HeldFace:
    """A face of a still, or a passage of a clip; its shots are the best first."""

    id: str
    shots: list[HeldShot]
    verdict: ProbeVerdict
    findings: tuple[Finding, ...]
    first_seconds: float | None = None
    last_seconds: float | None = None


@dataclass(eq=False)
class HeldProbe:
    """An open probe and whose it is.

    Attributes:
        view: as it is shown.
        reason: why it is looked at.
        actor_id: whose it is.
        faces: by id.
        together: what those share that were handed in at once; its own id where it was handed in alone.
        waits: others of them are still being looked at; its time begins when `ProbeDesk.begin_time` is called.
        timer: forgets it.
    """

    view: ProbeView
    reason: str
    actor_id: str
    faces: dict[str, HeldFace]
    together: str = ""
    waits: bool = False
    timer: threading.Timer | None = None

    def __post_init__(self) -> None:
        self.together = self.together or self.view.id

    @property
    def mib(self) -> float:
        """The memory of its pictures, MiB."""
        return sum(shot.jpeg.nbytes for face in self.faces.values() for shot in face.shots) / 2**20

    def overwrite(self) -> None:
        """Leave nothing of anybody's face."""
        for face in self.faces.values():
            for shot in face.shots:
                shot.jpeg.fill(0)
                for figures in (shot.box, shot.landmarks, shot.picture_box, *shot.templates.values()):
                    figures.fill(0)
        self.faces.clear()


class ProbeDesk:
    """The open probes of an office. Any thread may use it."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, HeldProbe] = OrderedDict()
        self.lock = threading.RLock()

    def put(self, probe: HeldProbe) -> None:
        """Hold a probe for its time; the oldest of the same person goes if they have too many.

        Those that were handed in together count as one, and go as one.

        Raises:
            ConflictError: the memory for open probes is full.
        """
        with self.lock:
            self.sweep(probe.view.opened_at)
            own = {
                name: held.together for name, held in self._held.items() if held.actor_id == probe.actor_id
            }
            others = [one for one in dict.fromkeys(own.values()) if one != probe.together]
            oldest = others[: max(0, len(others) + 1 - MOST_PROBES)]
            for name in [name for name, together in own.items() if together in oldest]:
                self._drop(name)
            if sum(held.mib for held in self._held.values()) + probe.mib > MOST_MIB:
                probe.overwrite()
                raise ConflictError(
                    f"The open pictures and clips would take more than {MOST_MIB} MiB",
                    "Close those that are done with, or hand in a shorter clip",
                )
            self._held[probe.view.id] = probe
            if not probe.waits:
                self._time(probe)

    def begin_time(self, together: str, now: datetime) -> list[ProbeView]:
        """Have the time of those that were handed in together begin now; as they are then."""
        with self.lock:
            held = [one for one in self._held.values() if one.together == together and one.waits]
            for one in held:
                one.waits = False
                one.view = one.view.model_copy(update={"opened_at": now, "closes_at": closes_at(now)})
                self._time(one)
            return [one.view for one in held]

    def find(self, probe_id: str, actor_id: str, now: datetime) -> HeldProbe:
        """An open probe of this person.

        Raises:
            MissingError: it is not there, is somebody else's, or its time is over.
        """
        with self.lock:
            self.sweep(now)
            held = self._held.get(probe_id)
        if held is None or held.actor_id != actor_id:
            raise MissingError(
                f"No picture or clip {probe_id} is open", "Open it again: it is held for an hour at most"
            )
        return held

    def of(self, actor_id: str, now: datetime) -> list[HeldProbe]:
        """The open probes of this person, the oldest first."""
        with self.lock:
            self.sweep(now)
            return [held for held in self._held.values() if held.actor_id == actor_id]

    def close(self, probe_id: str) -> None:
        """Forget one."""
        self._drop(probe_id)

    def sweep(self, now: datetime) -> None:
        """Forget those whose time is over."""
        with self.lock:
            over = [
                name for name, held in self._held.items() if not held.waits and held.view.closes_at <= now
            ]
            for name in over:
                self._drop(name)

    def _time(self, probe: HeldProbe) -> None:
        lasts = probe.view.closes_at - probe.view.opened_at
        probe.timer = threading.Timer(lasts.total_seconds(), self._drop, args=(probe.view.id,))
        probe.timer.daemon = True
        probe.timer.start()

    def _drop(self, probe_id: str) -> None:
        with self.lock:
            held = self._held.pop(probe_id, None)
            if held is None:
                return
            if held.timer is not None:
                held.timer.cancel()
            held.overwrite()


desk_of: Final = PerOffice(lambda _: ProbeDesk())
"""The desk of an office."""


def closes_at(opened_at: datetime) -> datetime:
    """When a probe that is opened now is forgotten."""
    return opened_at + timedelta(minutes=LASTS_MINUTES)
