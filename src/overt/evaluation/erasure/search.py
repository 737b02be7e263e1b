"""Run an engine on a film, stop it at the set ages, and count what is left of the faces that have gone."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from overt.engine import Engine
from overt.evaluation.erasure.memory import Snapshot, take_snapshot
from overt.evaluation.erasure.traces import FileWatch, open_for_writing, written_bytes
from overt.evaluation.erasure.watch import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from overt.engine import Begin, SealState, Telemetry
    from overt.evaluation.erasure.film import Film, Showing
    from overt.evaluation.erasure.needles import NeedleIndex

__all__ = ["Findings", "Residue", "search_engine"]


@dataclass(frozen=True, slots=True)
class Residue:
    """Bytes of one face, in one form, found in one searching.

    Attributes:
        where: the mappings they lay in (`[heap]`, a library's name, `anonymous`), with how many needles lay in each.
    """

    form: str
    face: int
    age_ms: int
    where: dict[str, int]


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

    def count(self, form: str, age_ms: int) -> int:
        """Faces of which something was left in a form at an age."""
        return len({r.face for r in self.residues if r.form == form and r.age_ms == age_ms})


def search_engine(
    begin: Begin,
    film: Film,
    indexes: Sequence[NeedleIndex],
    module: str,
    *,
    overwrite_freed: bool,
    progress: Callable[[str], None],
) -> Findings:
    """Run an engine on a film and search it.

    Args:
        begin: what it is to do; its one feed is the film, live, with a masked frame of every frame.
        film: the film.
        indexes: the needles of each group.
        module: what runs as the engine.
        overwrite_freed: whether its allocator overwrites what is freed.
        progress: is told what is going on.

    Raises:
        EvaluationError: its memory may not be read, or the film was not shown as it should be.
        EngineError: the engine could not start, or died.
    """
    findings = Findings()
    files = FileWatch(film.path.parent)
    with Engine.start(begin, module=module, overwrite_freed=overwrite_freed) as engine:
        findings.seals = engine.ready.seals
        written_before = written_bytes(engine.pid)
        findings.room.fill(engine.pid)  # makes the room large enough, and is refused now if at all
        watcher = Watcher(engine, film)
        for showing in film.showings:
            _search_once(engine, watcher, showing, indexes[showing.group], findings)
            progress(f"group {showing.group + 1}, {showing.age_ms} ms after its last use")
        findings.writable = open_for_writing(engine.pid)
        findings.written = written_bytes(engine.pid) - written_before
        findings.telemetry = watcher.finish()
        findings.alerts = watcher.alerts
    findings.files_with_faces = [str(path) for path in files.with_faces(list(indexes))]
    return findings


def _search_once(
    engine: Engine, watcher: Watcher, showing: Showing, index: NeedleIndex, findings: Findings
) -> None:
    room = findings.room
    used = watcher.last_use(showing)
    time.sleep(max(0.0, used / 1e9 + showing.age_ms / 1e3 - time.monotonic()))
    stopped = take_snapshot(engine.pid, room)
    findings.measured_ms.setdefault(showing.age_ms, []).append((stopped - used) / 1e6)
    findings.searched_bytes += len(room.memory)
    findings.unread_bytes = max(findings.unread_bytes, room.unread_bytes)
    where: dict[tuple[str, int], Counter[str]] = {}
    for hit in index.search(room.memory):
        name = room.where(hit.offset).name or "anonymous"
        where.setdefault((hit.needle.form, hit.needle.face), Counter())[name] += 1
    findings.residues += [
        Residue(form, face, showing.age_ms, dict(places)) for (form, face), places in where.items()
    ]
