"""Pictures and clips that are handed in, one or many at once: looked at, and every face in them offered."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from overt.biometrics import packs
from overt.casework.actor import Actor
from overt.casework.probes._clips import Clip, looked_at
from overt.casework.probes._file import ProbeFile, opened_file
from overt.casework.probes._footage import ProbeProgress
from overt.casework.probes._looking import LIMITS, Looked, look_at_still
from overt.casework.probes._views import face_view
from overt.casework.probes.held import HeldProbe, closes_at, desk_of
from overt.casework.probes.models import ProbeView
from overt.casework.probes.opening import begin_probe, record_probe
from overt.errors import ConflictError, ImageError, InputError, OvertError, RateError
from overt.gallery import is_picture
from overt.records.tables import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from overt.biometrics import ModelPack
    from overt.casework.office import Office
    from overt.casework.probes.models import NewProbe

    Handed: TypeAlias = tuple[NewProbe, bytes | Path]

__all__ = ["HandedIn", "HandingIn", "open_probe", "open_probes"]

_HARMS_ONE: Final = (ImageError, InputError, ConflictError, RateError)
"""What is wrong with one file, and says nothing of the others."""


@dataclass(frozen=True)
class HandedIn:
    """What became of one of several files.

    Attributes:
        name: of the file.
        probe: with its faces, open; None where the file could not be used.
        error: why not.
    """

    name: str
    probe: ProbeView | None = None
    error: OvertError | None = None


@dataclass(frozen=True)
class HandingIn:
    """How far several files are.

    Attributes:
        done: files that have been looked at.
        files: how many there are.
        name: of the one that was told of last.
        clip: how far that one is.
        faces: found so far in all.
        seconds: of all clips that have been looked at.
    """

    done: int
    files: int
    name: str
    clip: ProbeProgress
    faces: int
    seconds: float


def open_probe(
    office: Office,
    actor: Actor,
    new: NewProbe,
    content: bytes | Path,
    progress: Callable[[ProbeProgress], None] = lambda _: None,
    *,
    begun: Callable[[str], None] = lambda _: None,
) -> ProbeView:
    """Look at a picture or clip that is handed in, and offer every face in it. Nothing of it is stored.

    A clip is looked at by a sealed process, about as fast as docs/retrospective.md says; this waits for it. Where the
    office uses a cluster, a node of it does that.

    Args:
        office: the office.
        actor: the investigator; what they open is theirs alone.
        new: its name, and why it is looked at.
        content: the file, or where it is; a clip's file is read where it lies, and never copied to a disk.
        progress: is told about twice a second how far a clip is; an error that it raises ends the looking.
        begun: is told the probe's id, once the chain knows that it is looked at.

    Raises:
        AuthorityError: they may not.
        ImageError: the file or picture cannot be read.
        InputError: nothing of the clip can be read, or it shows more faces than can be offered.
        PackError: the pack is missing or altered.
        ConflictError: too much is open already.
        RateError: other clips are being looked at.
        EngineError: the process that looks at clips could not begin.
        ClusterError: the cluster cannot be reached, or has no room.
    """

    def told(_: int, now: ProbeProgress, done: bool) -> None:
        if not done:
            progress(now)

    (one,) = _HandIn(office, actor, [(new, content)], told, begun).carry_out()
    if one.error is not None:
        raise one.error
    assert one.probe is not None  # noqa: S101 - it is the one or the other
    return one.probe


def open_probes(
    office: Office,
    actor: Actor,
    files: Sequence[tuple[NewProbe, bytes | Path]],
    told: Callable[[HandingIn], None] = lambda _: None,
) -> tuple[HandedIn, ...]:
    """Look at several pictures and clips that are handed in at once; see `open_probe`.

    A file that cannot be used harms no other. Each is a probe of its own, in the audit chain too; their time begins
    when the last has been looked at. Where this fails as a whole, or is broken off, all are closed.

    Args:
        office: the office.
        actor: the investigator.
        files: each with its name and why it is looked at.
        told: how far it is, about twice a second; called in any thread.

    Returns:
        What became of each, in their order.

    Raises:
        AuthorityError: they may not.
        PackError: the pack is missing or altered.
        EngineError: the process that looks at clips could not begin.
        ClusterError: the cluster cannot be reached, or has no room.
    """
    return _HandIn(office, actor, files, _Telling([new.name for new, _ in files], told)).carry_out()


class _Telling:
    """Adds up how far each file is."""

    def __init__(self, names: Sequence[str], told: Callable[[HandingIn], None]) -> None:
        self._names, self._told = names, told
        self._lock = threading.Lock()
        self._at: dict[int, ProbeProgress] = {}
        self._done: set[int] = set()

    def __call__(self, at: int, now: ProbeProgress, done: bool) -> None:
        with self._lock:
            self._at[at] = now
            if done:
                self._done.add(at)
            every = self._at.values()
            said = HandingIn(
                done=len(self._done),
                files=len(self._names),
                name=self._names[at],
                clip=now,
                faces=sum(one.faces for one in every),
                seconds=sum(one.seconds for one in every),
            )
        self._told(said)


@dataclass(eq=False)
class _HandIn:
    """Files that are handed in at once."""

    office: Office
    actor: Actor
    files: Sequence[Handed]
    told: Callable[[int, ProbeProgress, bool], None]
    """Given the place of a file, how far it is, and whether it is done."""
    begun: Callable[[str], None] = lambda _: None
    _together: str = field(default_factory=lambda: new_id("handing"))
    _became: dict[int, HandedIn] = field(default_factory=dict)
    _begun: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Those that the chain knows to be looked at, and not yet what came of it: id and digest."""

    def carry_out(self) -> tuple[HandedIn, ...]:
        """Look at all of them."""
        begin_probe.authorise(self.actor)
        found = {name: packs.load(name) for name in {new.pack for new, _ in self.files}}
        desk = desk_of(self.office)
        waiting: deque[tuple[int, contextlib.ExitStack]] = deque()
        try:
            outcomes = looked_at(self.office, self._clips(found, waiting), len(self.files))
            with contextlib.closing(outcomes):
                for outcome in outcomes:
                    at, opened = waiting.popleft()
                    with opened:
                        self._take(at, found, outcome)
        except BaseException as error:
            for _, opened in waiting:
                opened.close()
            for at in tuple(self._begun):
                self._record(at, None, type(error).__name__)
            for one in self._became.values():
                if one.probe is not None:
                    desk.close(one.probe.id)
            raise
        timed = {view.id: view for view in desk.begin_time(self._together, self.office.now())}
        became = [self._became[at] for at in range(len(self.files))]
        return tuple(
            HandedIn(one.name, timed.get(one.probe.id, one.probe)) if one.probe else one for one in became
        )

    def _clips(
        self, found: dict[str, ModelPack], waiting: deque[tuple[int, contextlib.ExitStack]]
    ) -> Iterator[Clip]:
        """The clips among the files, open and known to the chain; pictures are looked at on the way."""
        for at, (new, content) in enumerate(self.files):
            with contextlib.ExitStack() as this:
                try:
                    file = this.enter_context(opened_file(content, new.name))
                except ImageError as error:
                    self._refuse(at, error)
                    continue
                probe_id = begin_probe(self.office, self.actor, new, file.sha256, file.size)
                self._begun[at] = probe_id, file.sha256
                self.begun(probe_id)
                if is_picture(file.head):
                    self._take(at, found, self._still(found[new.pack], new, file))
                    continue
                descriptor = file.descriptor()
                waiting.append((at, this.pop_all()))
            yield Clip(
                found[new.pack],
                descriptor,
                file.size,
                new.name,
                self.actor.id,
                new.reason,
                partial(self._tell, at),
            )

    @staticmethod
    def _still(pack: ModelPack, new: NewProbe, file: ProbeFile) -> Looked | OvertError:
        try:
            return look_at_still(pack.contract, file.read(LIMITS.mib), new.name)
        except _HARMS_ONE as error:
            return error

    def _take(self, at: int, found: dict[str, ModelPack], outcome: Looked | OvertError) -> None:
        """Hold what was found in a file, or say why there is nothing."""
        if isinstance(outcome, OvertError):
            self._refuse(at, outcome)
            return
        new, _ = self.files[at]
        try:
            view = self._put(at, new, found[new.pack], outcome)
        except ConflictError as error:
            self._refuse(at, error)
            return
        self._record(at, outcome, "")
        self._became[at] = HandedIn(new.name, view)
        self.told(at, ProbeProgress(view.seconds or 0.0, view.seconds or 0.0, len(view.faces), 0.0), True)

    def _refuse(self, at: int, error: OvertError) -> None:
        if at in self._begun:
            self._record(at, None, type(error).__name__)
        self._became[at] = HandedIn(self.files[at][0].name, None, error)
        self.told(at, ProbeProgress(0.0, 0.0, 0, 0.0), True)

    def _tell(self, at: int, now: ProbeProgress) -> None:
        self.told(at, now, False)

    def _record(self, at: int, looked: Looked | None, error: str) -> None:
        record_probe(self.office, Actor.software("probes"), self._begun.pop(at)[0], looked, error)

    def _put(self, at: int, new: NewProbe, pack: ModelPack, looked: Looked) -> ProbeView:
        now = self.office.now()
        probe_id, sha256 = self._begun[at]
        view = ProbeView(
            id=probe_id,
            kind="still" if looked.seconds is None else "footage",
            name=new.name,
            sha256=sha256,
            width=looked.width,
            height=looked.height,
            seconds=looked.seconds,
            pictures=looked.pictures,
            faces=tuple(face_view(face) for face in looked.faces),
            troubles=looked.troubles,
            pack=pack.contract.pack,
            pack_version=pack.contract.version,
            opened_at=now,
            closes_at=closes_at(now),
        )
        held = HeldProbe(
            view,
            new.reason,
            self.actor.id,
            {face.id: face for face in looked.faces},
            self._together,
            waits=True,
        )
        desk_of(self.office).put(held)
        return view
