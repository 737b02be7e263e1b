"""Run an engine on a film, stop it at the set ages, and count what is left of the faces that have gone."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from overt.engine import Engine, FeedSpec
from overt.engine.launch import ENGINE_MODULE
from overt.errors import EvaluationError
from overt.evaluation.erasure.camera import Camera
from overt.evaluation.erasure.memory import Snapshot, take_snapshot
from overt.evaluation.erasure.needles import NeedleIndex
from overt.evaluation.erasure.traces import FileWatch, open_for_writing, written_bytes
from overt.evaluation.erasure.watch import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from overt.engine import Begin, SealState, Telemetry
    from overt.evaluation.erasure.film import Clip, Footage

__all__ = ["Build", "Findings", "Residue", "Showing", "search_engine"]

EVERY_FRAME: Final = 1000.0
"""Masked frames a second that are asked for: more than there are frames."""

LEAVING_MS: Final = 250
"""By this age a picture without the faces has come, or the showing is repeated."""

LATE_MS: Final = 60.0
"""A search that begins later than this after its age says too little about that age, and is repeated."""

TRIES: Final = 3
"""How often a group is shown until the engine has seen it: on a busy machine a stream can break."""


@dataclass(frozen=True, slots=True)
class Residue:
    """Bytes of one face, in one form, found in one searching.

    Attributes:
        where: the mappings they lay in (`[heap]`, a library's name, `anonymous`), with how many needles lay in each.
    """

    form: str
    face: int
    age_ms: int
    silent: bool
    where: dict[str, int]


@dataclass(frozen=True, slots=True)
class Build:
    """Which engine is run.

    Attributes:
        module: the engine's own, or one of this folder's.
        overwrite_freed: whether its allocator overwrites what is freed.
    """

    module: str = ENGINE_MODULE
    overwrite_freed: bool = True


@dataclass(frozen=True, slots=True)
class Showing:
    """One appearance of a group of faces.

    Attributes:
        group: its number.
        age_ms: how long after their last use the memory is searched.
        silent: whether the camera falls silent after them, so that no later frame overwrites anything by chance.
    """

    group: int
    age_ms: int
    silent: bool = False


@dataclass
class Findings:
    """What one run of an engine showed.

    Attributes:
        residues: one for each face, form and age of which anything was left.
        measured_ms: for each nominal age, the ages at which the engine really stood still.
        searched_bytes: memory read in all searchings together.
        unread_bytes: most memory that could not be read in one of them.
        alerts: alerts, of which there should be none.
        written: bytes that the engine caused to be written to storage since it was ready.
        writable: files that it held open for writing.
        files_with_faces: new or changed files in which a face lies.
        seals: as the engine reported them.
        telemetry: its last figures.
    """

    residues: list[Residue] = field(default_factory=list)
    measured_ms: dict[int, list[float]] = field(default_factory=dict)
    searched_bytes: int = 0
    unread_bytes: int = 0
    alerts: int = 0
    written: int = 0
    writable: list[str] = field(default_factory=list)
    files_with_faces: list[str] = field(default_factory=list)
    seals: dict[str, SealState] = field(default_factory=dict)
    telemetry: Telemetry | None = None
    room: Snapshot = field(default_factory=Snapshot, repr=False)

    def look(self, pid: int, showing: Showing, used: int) -> int:
        """Take the engine's memory when the faces have reached their age.

        Args:
            pid: the engine's process.
            showing: what was shown.
            used: `time.monotonic_ns` of the faces' last use.

        Returns:
            `time.monotonic_ns` at which the engine stood still.
        """
        time.sleep(max(0.0, used / 1e9 + showing.age_ms / 1e3 - time.monotonic()))
        stopped = take_snapshot(pid, self.room)
        self.searched_bytes += len(self.room.memory)
        self.unread_bytes = max(self.unread_bytes, self.room.unread_bytes)
        return stopped

    def note_age(self, showing: Showing, milliseconds: float) -> None:
        """Note the age at which a searching really took place."""
        self.measured_ms.setdefault(showing.age_ms, []).append(milliseconds)

    def search(self, showing: Showing, index: NeedleIndex) -> None:
        """Search the memory that was taken last, and note what is in it."""
        where: dict[tuple[str, int], Counter[str]] = {}
        for hit in index.search(self.room.memory):
            name = self.room.where(hit.offset).name or "anonymous"
            where.setdefault((hit.needle.form, hit.needle.face), Counter())[name] += 1
        self.residues += [
            Residue(form, face, showing.age_ms, showing.silent, dict(places))
            for (form, face), places in where.items()
        ]

    def count(self, form: str, age_ms: int, *, silent: bool = False) -> int:
        """Faces of which something was left in a form at an age."""
        wanted = (form, age_ms, silent)
        return len({r.face for r in self.residues if (r.form, r.age_ms, r.silent) == wanted})


def search_engine(
    begin: Begin,
    footage: Footage,
    indexes: Sequence[NeedleIndex],
    showings: Sequence[Showing],
    *,
    build: Build,
    progress: Callable[[str], None],
) -> Findings:
    """Run an engine before the proof's camera and search it.

    Args:
        begin: what it is to do; its feeds are replaced by the camera, and a masked frame asked for of every frame.
        footage: what the camera shows.
        indexes: the needles of each group.
        showings: which groups, and when to search.
        build: which engine.
        progress: is told what is going on.

    Raises:
        EvaluationError: its memory may not be read, or the faces were not seen as they should be.
        EngineError: the engine could not start, or died.
    """
    findings = Findings()
    files = FileWatch(footage.empty.path.parent)
    with Camera(footage) as camera:
        begin = msgspec.structs.replace(
            begin,
            feeds=(FeedSpec(name="proof", uri=camera.uri),),
            limits=msgspec.structs.replace(begin.limits, masked_fps=EVERY_FRAME),
        )
        with Engine.start(begin, module=build.module, overwrite_freed=build.overwrite_freed) as engine:
            findings.seals = engine.ready.seals
            written = written_bytes(engine.pid)
            findings.room.fill(engine.pid)  # makes the room large enough, and is refused now if at all
            watcher = Watcher(engine)
            watcher.wait_until_seen()
            for showing in showings:
                progress(f"group {showing.group + 1}, {showing.age_ms} ms after its last use")
                _show_and_look(showing, footage.groups[showing.group], camera, watcher, findings)
                findings.search(showing, indexes[showing.group])
                watcher.wait_until_seen(time.time_ns())
            findings.writable = open_for_writing(engine.pid)
            findings.written = written_bytes(engine.pid) - written
            watcher.finish()
            findings.telemetry, findings.alerts = watcher.telemetry, watcher.alerts
    every = NeedleIndex([needle for index in indexes for needle in index.needles])
    findings.files_with_faces = [str(path) for path in files.with_faces(every)]
    return findings


def _show_and_look(
    showing: Showing, group: Clip, camera: Camera, watcher: Watcher, findings: Findings
) -> None:
    """Show a group and take the engine's memory at the showing's age; again if the camera or the engine was held up.

    A face has left the picture when a picture without it has come. Until then the decoder still needs the last one.
    """
    for last_try in (False,) * (TRIES - 1) + (True,):
        try:
            used = watcher.last_use(camera.show(group))
        except EvaluationError:
            camera.go_on()
            if last_try:
                raise
            watcher.wait_until_seen(time.time_ns())
            continue
        went_on = time.time_ns()
        if not showing.silent:
            camera.go_on()
        stopped = findings.look(watcher.pid, showing, used)
        camera.go_on()
        age_ms = (stopped - used) / 1e6
        left = showing.silent or showing.age_ms < LEAVING_MS or watcher.saw_since(went_on, stopped)
        if last_try or (left and age_ms < showing.age_ms + LATE_MS):
            findings.note_age(showing, age_ms)
            return
        watcher.wait_until_seen(time.time_ns())
