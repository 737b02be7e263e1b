import subprocess
import sys
import time

import numpy as np
import pytest

from overt.errors import EvaluationError
from overt.evaluation.erasure.memory import Snapshot, frozen, take_snapshot
from overt.evaluation.erasure.needles import LENGTH, Needle, NeedleIndex
from overt.evaluation.erasure.traces import FileWatch, open_for_writing

CHILD = """
import mmap, sys, threading, time
seed = bytes.fromhex(sys.argv[1])
turn = lambda k: bytes(b ^ k for b in seed)
heap = bytearray(turn(1)) * 1
far = mmap.mmap(-1, 1 << 20)
far[5000:5000 + len(seed)] = turn(2)
ticks = [0]
def tick():
    while True:
        ticks[0] += 1
        time.sleep(0.001)
threading.Thread(target=tick, daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    if line == "forget\\n":
        heap[:] = b"\\0" * len(heap)
        far[:] = b"\\0" * len(far)
    print(ticks[0], flush=True)
"""


@pytest.fixture
def child():
    seed = np.random.default_rng(8).bytes(LENGTH)
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, seed.hex()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    process.seed = seed
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def index_of(seed):
    return NeedleIndex(
        [Needle("heap", 1, bytes(b ^ 1 for b in seed)), Needle("far", 2, bytes(b ^ 2 for b in seed))]
    )


def tell(child, word):
    child.stdin.write(word + "\n")
    child.stdin.flush()
    return int(child.stdout.readline())


def test_what_lies_in_a_process_is_found_until_it_is_overwritten(child):
    room, index = Snapshot(), index_of(child.seed)
    take_snapshot(child.pid, room)
    found = {hit.needle.form: room.where(hit.offset) for hit in index.search(room.memory)}
    assert set(found) == {"heap", "far"}
    assert found["far"].rights.startswith("rw")
    tell(child, "forget")
    take_snapshot(child.pid, room)
    assert [hit.needle.form for hit in index.search(room.memory) if hit.needle.form == "far"] == []
    assert len(room.memory) > 2**20
    assert room.unread_bytes == 0


def test_every_thread_stands_still_while_the_memory_is_read_and_runs_on_afterwards(child):
    before = tell(child, "count")
    with frozen(child.pid) as since:
        assert since <= time.monotonic_ns()
        room = Snapshot()
        room.fill(child.pid)
        first = room.memory.copy()
        room.fill(child.pid)
        assert (room.memory == first).all()
    deadline = time.monotonic() + 10
    while tell(child, "count") <= before:
        assert time.monotonic() < deadline


def test_a_process_that_may_not_be_read_is_an_error_with_the_remedy(child, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("overt.evaluation.erasure.memory.os.open", refuse)
    with pytest.raises(EvaluationError, match="Run the proof as root"):
        Snapshot().fill(child.pid)


def test_a_file_in_which_a_face_lies_is_found_and_others_are_not(tmp_path, child):
    place, own = tmp_path / "place", tmp_path / "place" / "own"
    own.mkdir(parents=True)
    (place / "old").write_bytes(bytes(b ^ 1 for b in child.seed))
    watch = FileWatch(own, places=(place,))
    (place / "new").write_bytes(b"ab" * 100)
    (place / "kept").write_bytes(b"12345" + bytes(b ^ 1 for b in child.seed) + b"6")
    (own / "film").write_bytes(bytes(b ^ 1 for b in child.seed))
    assert {path.name for path in watch.changed()} == {"new", "kept"}
    assert [path.name for path in watch.with_faces(index_of(child.seed))] == ["kept"]


def test_a_file_that_is_open_for_writing_is_named(tmp_path):
    code = f"import sys\nfile = open({str(tmp_path / 'log')!r}, 'w')\nprint(1, flush=True)\nsys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        assert str(tmp_path / "log") in open_for_writing(process.pid)
        process.stdin.close()
