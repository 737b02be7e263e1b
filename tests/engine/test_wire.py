"""What may cross the wire, and what may not."""

from __future__ import annotations

import socket
import struct
import threading
import typing

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overt.biometrics import Contract, OperatingPoint
from overt.engine import wire
from overt.engine.wire import (
    MAX_OUTWARD,
    Alert,
    Begin,
    Fault,
    FeedSpec,
    Inward,
    Outward,
    Stop,
    Telemetry,
    Wire,
    engine_wire,
    parent_wire,
)
from overt.errors import WireError

CONTRACT = Contract(pack="embedded", version="1", dimension=4)


def a_begin(templates: bytes = b"", references: tuple[str, ...] = ()) -> Begin:
    return Begin(
        pack="packs/embedded",
        contract=CONTRACT,
        operating_point=OperatingPoint(threshold=0.5),
        feeds=(FeedSpec(name="north", uri="north.mp4"),),
        entries=references,
        templates=templates,
        entry_of_template=tuple(range(len(references))),
    )


@pytest.fixture
def ends() -> typing.Iterator[
    tuple[Wire[Inward, Outward], Wire[Outward, Inward], socket.socket, socket.socket]
]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    parent, engine = parent_wire(ours), engine_wire(theirs)
    yield parent, engine, ours, theirs
    parent.close()
    engine.close()


@given(templates=st.binary(max_size=64), references=st.lists(st.text(max_size=12), max_size=4))
def test_a_message_arrives_as_it_was_sent(templates: bytes, references: list[str]) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    parent, engine = parent_wire(ours), engine_wire(theirs)
    begin = a_begin(templates, tuple(references))
    parent.send(begin)
    assert engine.receive() == begin
    parent.close()
    assert engine.receive() is None
    engine.close()


def test_a_message_larger_than_the_sockets_buffer_arrives_whole(ends: typing.Any) -> None:
    parent, engine, *_ = ends
    begin = a_begin(bytes(range(256)) * 40_000)
    sender = threading.Thread(target=parent.send, args=(begin,))
    sender.start()
    assert engine.receive() == begin
    sender.join()


def test_messages_from_several_threads_do_not_mix(ends: typing.Any) -> None:
    parent, engine, *_ = ends
    faults = [Fault(kind="stalled", feed=str(i), detail="x" * 3000) for i in range(40)]
    threads = [threading.Thread(target=engine.send, args=(fault,)) for fault in faults]
    for thread in threads:
        thread.start()
    got = [parent.receive() for _ in faults]
    assert sorted(f.feed for f in got) == sorted(f.feed for f in faults)
    for thread in threads:
        thread.join()


def test_a_message_for_the_other_direction_is_refused(ends: typing.Any) -> None:
    parent, engine, *_ = ends
    engine.send(Stop())
    with pytest.raises(WireError, match="may cross"):
        parent.receive()


def test_an_oversized_message_is_refused_before_it_is_read(ends: typing.Any) -> None:
    parent, _, _, theirs = ends
    theirs.sendall(struct.pack(">I", MAX_OUTWARD + 1))
    with pytest.raises(WireError, match="accepts"):
        parent.receive()


@given(body=st.binary(min_size=1, max_size=200))
def test_noise_on_the_wire_is_an_error_and_not_an_object(body: bytes) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    parent = parent_wire(ours)
    theirs.sendall(struct.pack(">I", len(body)) + body)
    with pytest.raises(WireError):
        parent.receive()
    parent.close()
    theirs.close()


def test_a_message_cut_short_by_death_is_the_end(ends: typing.Any) -> None:
    parent, engine, _, theirs = ends
    theirs.sendall(struct.pack(">I", 100) + b"half")
    engine.close()
    assert parent.receive() is None


def test_sending_to_a_dead_end_says_so(ends: typing.Any) -> None:
    parent, engine, *_ = ends
    parent.close()
    with pytest.raises(WireError, match="gone"):
        engine.send(Telemetry(seconds=0.0, feeds=(), **dict.fromkeys(_DURATIONS, wire.Durations())))


_DURATIONS = ("capture_to_alert_ms", "erasure_ms", "erasure_after_use_ms")


def test_nothing_outward_but_an_alerts_crop_and_a_masked_frame_can_carry_a_picture_or_a_template() -> None:
    carriers = set()

    def walk(kind: typing.Any, path: str) -> None:
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            for info in msgspec.structs.fields(kind):
                walk(info.type, f"{path}.{info.name}")
        elif kind in {bytes, bytearray, memoryview, typing.Any, list, dict, object}:
            carriers.add(path)
        else:
            for argument in typing.get_args(kind):
                walk(argument, path)
            if typing.get_origin(kind) is tuple and typing.get_args(kind)[-1:] == (...,):
                assert typing.get_args(kind)[0] is not float, f"{path} could carry a template"

    for message in typing.get_args(Outward):
        walk(message, message.__name__)
    assert carriers == {"Alert.crop", "MaskedFrame.jpeg"}


def test_an_alert_says_what_it_is_about() -> None:
    fields = {info.name for info in msgspec.structs.fields(Alert)}
    assert {"entry", "feed", "score", "threshold", "captured_at", "capture_to_alert_ms"} <= fields
