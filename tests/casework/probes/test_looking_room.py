"""A clip looked at while whoever handed it in does something else: told of, stopped, and seen by nobody else."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from overt.biometrics import ModelPack
from overt.casework import Actor, Office
from overt.casework import probes as p
from overt.casework.probes import _clips
from overt.engine import Closed, FootageEngine, FootageProgress
from overt.errors import AuthorityError, MissingError, RateError
from overt.records.tables import AuditEntry
from tests.casework.probes.test_footage import passage
from tests.offices import Clock, Staff


@pytest.fixture
def database_kind() -> str:
    """SQLite: what is tested is in memory."""
    return "sqlite"


class Run:
    """A footage run that goes on as far as it is let."""

    def __init__(self, pack: ModelPack) -> None:
        self.pack = pack
        self.may_end, self.left = threading.Event(), threading.Event()

    def messages(self) -> Iterator[object]:
        seconds = 0.0
        while not self.may_end.wait(0.01):
            seconds += 0.5
            yield FootageProgress(
                seconds=seconds, of_seconds=600.0, looked_at=4, width=1280, height=720, passages=1
            )
        yield passage(self.pack)
        yield FootageProgress(seconds=600.0, of_seconds=600.0, looked_at=4800, width=1280, height=720)
        yield Closed(reason="the clip has ended")

    @contextlib.contextmanager
    def started(self, *_: object) -> Iterator[Run]:
        try:
            yield self
        finally:
            self.left.set()


@pytest.fixture
def run(pack: ModelPack, monkeypatch: pytest.MonkeyPatch) -> Run:
    """What every clip is looked at by."""
    made = Run(pack)
    monkeypatch.setattr(FootageEngine, "start", made.started)
    return made


def _start(office: Office, actor: Actor, pack: ModelPack) -> str:
    new = p.NewProbe(name="till camera", reason="Robbery at the till", pack=pack.manifest.id)
    return p.start_looking(office, actor, new, b"a clip, as far as anybody knows")


def until(true: object) -> None:
    for _ in range(1000):
        if true():  # type: ignore[operator]  # what is asked
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came about")


def _chain(office: Office) -> list[tuple[str, str]]:
    with office.database.reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
        return [(one.command, str(one.details)) for one in entries if one.command.startswith("probes.")]


def test_it_is_told_how_far_it_is_and_open_when_it_is_done(
    office: Office, investigator: Actor, staff: Staff, pack: ModelPack, run: Run
) -> None:
    probe_id = _start(office, investigator, pack)
    until(lambda: (p.looking_at(office, investigator, probe_id) or _nothing()).seconds > 1)
    looking = p.looking_at(office, investigator, probe_id)
    assert looking is not None
    assert (looking.state, looking.name, looking.of_seconds) == ("looking", "till camera", 600.0)
    assert [one.id for one in p.list_lookings(office, investigator)] == [probe_id]
    with pytest.raises(MissingError):
        p.show_probe(office, investigator, probe_id)
    other = staff("investigator", name="another")
    assert p.looking_at(office, other, probe_id) is None
    with pytest.raises(MissingError):
        p.close_probe(office, other, probe_id)
    with pytest.raises(AuthorityError):
        p.list_lookings(office, staff("auditor"))
    run.may_end.set()
    until(lambda: p.looking_at(office, investigator, probe_id) is None)
    assert len(p.show_probe(office, investigator, probe_id).faces) == 1
    # and not each time that somebody asked how far it is
    asked = ["probes.open", "probes.show", "probes.close", "probes.record-faces", "probes.show"]
    assert [name for name, _ in _chain(office)] == asked
    assert p.list_lookings(office, investigator) == []


def _nothing() -> p.LookingView:
    raise AssertionError("it is not being looked at")


def test_closing_it_stops_it(office: Office, investigator: Actor, pack: ModelPack, run: Run) -> None:
    probe_id = _start(office, investigator, pack)
    p.close_probe(office, investigator, probe_id)
    assert p.list_lookings(office, investigator) == []
    assert run.left.wait(10)
    turns = _clips.turns_of(office)
    until(lambda: turns._value == _clips.CLIPS_AT_ONCE)
    until(lambda: len(_chain(office)) == 3)
    assert "ClosedMeanwhileError" in _chain(office)[-1][1]
    run.may_end.set()
    assert p.list_probes(office, investigator) == ()


def test_it_ends_with_the_server(office: Office, investigator: Actor, pack: ModelPack, run: Run) -> None:
    _start(office, investigator, pack)
    room = p.looking_room(office)
    room.start()
    room.close()
    assert run.left.is_set()
    assert [thread for thread in threading.enumerate() if thread.name == "overt-looking"] == []


def test_more_than_the_machine_bears_are_refused_at_once(
    office: Office, investigator: Actor, pack: ModelPack, run: Run
) -> None:
    for _ in range(_clips.CLIPS_AT_ONCE):
        _start(office, investigator, pack)
    until(lambda: _clips.turns_of(office)._value == 0)
    with pytest.raises(RateError, match="are being looked at"):
        _start(office, investigator, pack)
    assert len(_chain(office)) == _clips.CLIPS_AT_ONCE
    p.looking_room(office).close()


def test_what_cannot_be_looked_at_is_said_for_a_while(
    office: Office, investigator: Actor, pack: ModelPack, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Nothing(Run):
        def messages(self) -> Iterator[object]:
            yield Closed(reason="the clip has ended")

    monkeypatch.setattr(FootageEngine, "start", Nothing(pack).started)
    probe_id = _start(office, investigator, pack)
    until(lambda: (p.looking_at(office, investigator, probe_id) or _nothing()).state == "refused")
    looking = p.looking_at(office, investigator, probe_id)
    assert looking is not None
    assert looking.refusal == "Nothing of till camera can be read"
    clock.turn(minutes=p.LASTS_MINUTES)
    assert p.looking_at(office, investigator, probe_id) is None


def test_a_picture_is_no_clip() -> None:
    assert not p.is_clip(b"\xff\xd8\xff\xe0" + bytes(20))
    assert p.is_clip(b"\0\0\0\x20ftypisom" + bytes(20))
