"""A clip that is handed in: everybody in it is given back, to whoever gave a name and a reason, and nowhere else."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import msgspec
import numpy as np
import psutil
import pytest

from overt.biometrics import FloatArray, ModelPack
from overt.engine import (
    Begin,
    BeginFootage,
    Closed,
    Engine,
    Fault,
    FootageEngine,
    FootageLimits,
    FootageOutward,
    FootagePassage,
    FootageProgress,
    clip_in_memory,
)
from overt.engine.footage_wire import footage_engine_wire, footage_parent_wire
from overt.engine.launch import start_process
from overt.engine.wire import engine_wire, parent_wire
from overt.errors import EngineError, WireError
from tests.engine.conftest import WANTED, Street

Make = Callable[..., BeginFootage]


@pytest.fixture(scope="module")
def handed_in(pack: ModelPack) -> Make:
    """A `BeginFootage`, as somebody gives it."""

    def make(**changes: object) -> BeginFootage:
        settings: dict[str, object] = {
            "pack": str(pack.folder),
            "contract": pack.contract,
            "operating_point": pack.manifest.operating_point,
            "clip": "exhibit 2",
            "handed_in_by": "person-1",
            "reason": "Robbery, till camera",
            "limits": FootageLimits(threads=1),
        }
        return BeginFootage(**(settings | changes))  # type: ignore[arg-type]  # names are checked by msgspec

    return make


@contextlib.contextmanager
def running(begin: BeginFootage, content: bytes) -> Iterator[FootageEngine]:
    clip = clip_in_memory(content)
    try:
        with FootageEngine.start(begin, clip) as engine:
            yield engine
    finally:
        os.close(clip)


@pytest.fixture(scope="module")
def whole_run(handed_in: Make, street: Street) -> list[FootageOutward]:
    """Every message of one run over the street."""
    with running(handed_in(), street.film.read_bytes()) as engine:
        return list(engine.messages())


def _of(messages: list[FootageOutward], kind: type) -> list:  # type: ignore[type-arg]
    return [message for message in messages if isinstance(message, kind)]


def test_every_passage_comes_back_with_its_best_shots(
    whole_run: list[FootageOutward], street: Street, template: FloatArray, pack: ModelPack
) -> None:
    passages = _of(whole_run, FootagePassage)
    assert isinstance(whole_run[-1], Closed)
    assert not _of(whole_run, Fault)
    shown = set()
    for passage in passages:
        assert 1 <= len(passage.shots) <= 3
        qualities = [shot.measures["quality"] for shot in passage.shots]
        assert qualities == sorted(qualities, reverse=True)
        for shot in passage.shots:
            assert passage.first_seconds <= shot.seconds <= passage.last_seconds
            cut = cv2.imdecode(np.frombuffer(shot.cut, np.uint8), cv2.IMREAD_COLOR)
            left, top, right, bottom = shot.box
            assert -1 <= left < right <= cut.shape[1] + 1
            assert all(left < x < right and top < y < bottom for x, y in shot.landmarks)
            assert np.linalg.norm(np.frombuffer(shot.template, "<f4")) == pytest.approx(1.0, abs=1e-4)
            who = street.truth.who(shot.seconds, shot.picture_box)
            shown.add(None if who is None else who.identity)
    assert WANTED in shown
    assert len(shown - {None}) >= 2
    best = max(
        (float(np.frombuffer(shot.template, "<f4") @ template[0]), passage.number, shot)
        for passage in passages
        for shot in passage.shots
    )
    who = street.truth.who(best[2].seconds, best[2].picture_box)
    assert who is not None
    assert who.identity == WANTED
    assert best[0] > pack.manifest.operating_point.threshold


def test_progress_is_told(whole_run: list[FootageOutward], street: Street) -> None:
    told = _of(whole_run, FootageProgress)
    last = told[-1]
    assert [one.seconds for one in told] == sorted(one.seconds for one in told)
    assert last.of_seconds == pytest.approx(8, abs=0.5)
    assert last.decoded == len(street.truth.faces)
    assert last.passages == len(_of(whole_run, FootagePassage))
    assert 0 < last.looked_at <= last.decoded
    assert last.width > last.height > 0


def test_without_a_name_and_a_reason_it_is_no_message(handed_in: Make) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    parent, engine = footage_parent_wire(ours), footage_engine_wire(theirs)
    parent.send(handed_in())
    assert engine.receive() == handed_in()
    for lacking in ({"handed_in_by": ""}, {"reason": ""}, {"reason": "no"}):
        parent.send(handed_in(**lacking))
        with pytest.raises(WireError, match="may cross"):
            engine.receive()
    parent.close()
    engine.close()


def test_a_live_deployments_wire_refuses_footage_both_ways(
    handed_in: Make, whole_run: list[FootageOutward]
) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.sendall(_framed(handed_in()))
    with pytest.raises(WireError, match="may cross"):
        engine_wire(theirs).receive()
    theirs.sendall(_framed(_of(whole_run, FootagePassage)[0]))
    with pytest.raises(WireError, match="may cross"):
        parent_wire(ours).receive()
    ours.close()
    theirs.close()


def test_a_live_engine_that_is_told_of_footage_does_nothing(handed_in: Make) -> None:
    process, end = start_process()
    end.sendall(_framed(handed_in()))
    assert end.recv(1) == b""
    end.close()
    assert process.wait(60) != 0


def test_a_footage_run_takes_no_watchlist(begin: Callable[..., Begin], street: Street) -> None:
    clip = os.open(street.film, os.O_RDONLY)
    try:
        with pytest.raises(EngineError):
            FootageEngine.start(begin(), clip)  # type: ignore[arg-type]  # the message of another wire
    finally:
        os.close(clip)
    with pytest.raises(EngineError):
        Engine.start(begin(), module="overt.engine.footage_process")


def test_its_seals_hold_and_it_stops_when_told(handed_in: Make, street: Street) -> None:
    content = street.film.read_bytes()
    with running(handed_in(), content) as engine:
        not_held = {name for name, seal in engine.ready.seals.items() if not seal.held}
        assert not_held <= {"memory-locked"}
        messages = engine.messages()
        next(message for message in messages if isinstance(message, FootageProgress))
        engine.stop("enough")
        rest = list(messages)
    assert isinstance(rest[-1], Closed)
    assert rest[-1].reason == "enough"


def test_a_clip_in_memory_cannot_be_changed() -> None:
    clip = clip_in_memory(b"exhibit")
    try:
        with pytest.raises(PermissionError):
            os.pwrite(clip, b"x", 0)
        with pytest.raises(PermissionError):
            os.ftruncate(clip, 0)
        assert os.pread(clip, 100, 0) == b"exhibit"
    finally:
        os.close(clip)


def test_another_packs_templates_are_refused(handed_in: Make, pack: ModelPack, street: Street) -> None:
    other = msgspec.structs.replace(pack.contract, version="0")
    with pytest.raises(EngineError, match="were asked for"), running(handed_in(contract=other), b"x"):
        pass


def test_the_dead_and_the_hanging_are_said(handed_in: Make, street: Street) -> None:
    with running(handed_in(), street.film.read_bytes()) as engine:
        psutil.Process(engine.pid).kill()
        with pytest.raises(EngineError, match="died on this clip"):
            list(engine.messages())
    clip = clip_in_memory(street.film.read_bytes())
    try:
        with FootageEngine.start(handed_in(), clip, silent_seconds=1.0) as engine:
            psutil.Process(engine.pid).suspend()
            with pytest.raises(EngineError, match="hangs on this clip"):
                list(engine.messages())
    finally:
        os.close(clip)


def test_a_path_is_read_where_it_lies(handed_in: Make, street: Street, tmp_path: Path) -> None:
    film = tmp_path / "a film.mkv"
    film.write_bytes(street.film.read_bytes())
    clip = os.open(film, os.O_RDONLY)
    try:
        with FootageEngine.start(handed_in(limits=FootageLimits(most_passages=1, threads=1)), clip) as engine:
            messages = list(engine.messages())
    finally:
        os.close(clip)
    assert _of(messages, FootagePassage)
    assert [fault.kind for fault in _of(messages, Fault)] == ["too-many"]


def _framed(message: object) -> bytes:
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(4, "big") + body
