"""What was decoded is gone from the whole process once its use has ended."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from overt.video._pixels import Converter
from overt.video.frames import HeapBuffers
from tests.video.films import CODECS, street, write_film
from tests.video.memory import residues, telling

if TYPE_CHECKING:
    from collections.abc import Iterator

CHILD = Path(__file__).with_name("erasure_child.py")
SEALED = {
    "GLIBC_TUNABLES": "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0",
    "PYTHONMALLOC": "malloc",
}
SEEN_UNTIL = 8


@pytest.fixture(
    scope="module",
    params=[pytest.param(codec, marks=[] if codec == "h264" else [pytest.mark.slow]) for codec in CODECS],
)
def passage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A film in which a patch of noise, in the place of a face, is seen in the first frames and then never again."""
    codec = request.param
    chance = np.random.default_rng(7)
    patch = np.kron(chance.integers(0, 256, (32, 32, 3)), np.ones((3, 3, 1))).astype(np.uint8)
    pictures = [street(i) for i in range(48)]
    for i, picture in enumerate(pictures[:SEEN_UNTIL]):
        picture[100:196, 20 + 4 * i : 116 + 4 * i] = patch
    for picture in pictures:  # enough to read that no buffer of the reader could hold the whole film
        picture[200:240] = np.kron(chance.integers(0, 256, (20, 160, 3)), np.ones((2, 2, 1)))
    return write_film(
        tmp_path_factory.mktemp("passage") / f"{codec}{CODECS[codec][2]}", pictures, codec
    ), codec


def forms_of(path: Path, index: int) -> dict[str, list[bytes]]:
    """Pieces of one frame of a film in the forms that it takes: planes, converted, compressed."""
    forms: dict[str, list[bytes]] = {}
    with av.open(str(path)) as container:
        frame = next(frame for i, frame in enumerate(container.decode(video=0)) if i == index)
    for k, plane in enumerate(frame.planes):
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        deep = rows.shape[0] / frame.height
        wide = plane.width / frame.width * (4 if frame.format.name in {"bgra", "rgb32"} else 1)
        area = rows[
            int(102 * deep) : int(194 * deep) : 3,
            int((24 + 4 * index) * wide) : int((112 + 4 * index) * wide),
        ]
        forms[f"plane {k}"] = telling(area.tobytes(), 24, 4)
    image, lease = Converter().convert(frame, HeapBuffers(), 0)
    forms["bgr"] = telling(image[102:194:3, 24 + 4 * index : 112 + 4 * index].tobytes(), 36, 4)
    lease.release()
    if path.stem == "raw":  # its packets are its planes
        return forms
    with av.open(str(path)) as container:
        first = 0 if path.suffix in {".mp4", ".webm"} else index
        packet = next(packet for i, packet in enumerate(container.demux(video=0)) if i == first)
        forms["packet"] = telling(bytes(packet)[1400:], 32, 4)  # behind the tables that every packet repeats
    return forms


class Child:
    """A process that plays a film on command."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def does(self, command: str) -> list[str]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(command, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().split()
        assert answer[:1] == command.split()[:1], f"the child said {answer}"
        return answer[1:]

    def holds(self, forms: dict[str, list[bytes]]) -> dict[str, int]:
        return {form: n for form, n in residues(self.process.pid, forms).items() if n}


@contextmanager
def playing(address: str | Path, *, overwrites: bool) -> Iterator[Child]:
    command = [sys.executable, str(CHILD), str(address), "yes" if overwrites else "no"]
    with subprocess.Popen(
        command, env=os.environ | SEALED, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Child(process)
        finally:
            process.kill()


def test_a_passage_leaves_nothing(passage: tuple[Path, str]) -> None:
    path, _ = passage
    forms = forms_of(path, 5)
    assert all(len(needles) == 4 for needles in forms.values()), {form: len(n) for form, n in forms.items()}
    with playing(path, overwrites=True) as child:
        child.does("hold 5")
        held = child.holds(forms)
        assert held.get("bgr"), "the search finds a frame that is there"
        child.does("release")
        assert "bgr" not in child.holds(forms)
        child.does("play 30")
        assert child.holds(forms) == {}
        child.does("end")
        assert child.does("close")[0] == "0"
        assert child.holds(forms) == {}


def test_closing_in_the_middle_leaves_nothing(passage: tuple[Path, str]) -> None:
    path, _ = passage
    forms = forms_of(path, 5)
    with playing(path, overwrites=True) as child:
        child.does("hold 5")
        child.does("release")
        assert child.does("close")[0] == "0"
        assert child.holds(forms) == {}


@pytest.mark.parametrize(
    "passage", ["h264", pytest.param("hevc", marks=pytest.mark.slow)], indirect=True
)  # others reuse the same memory at once
def test_the_search_finds_what_is_not_overwritten(passage: tuple[Path, str]) -> None:
    path, _ = passage
    forms = forms_of(path, 5)
    with playing(path, overwrites=False) as child:
        child.does("hold 5")
        child.does("release")
        child.does("play 7")
        assert child.holds(forms), "with overwriting off, what was let go still stands"


@contextmanager
def stalling(blob: bytes) -> Iterator[str]:
    """A web server that sends some bytes of a film and then nothing more. Gives its address."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n" + blob)
                over.wait(60)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/film.ts"
        over.set()
        thread.join()


def test_a_stalled_feed_keeps_nothing(tmp_path: Path) -> None:
    patch = np.kron(np.random.default_rng(8).integers(0, 256, (32, 32, 3)), np.ones((3, 3, 1))).astype(
        np.uint8
    )
    pictures = [street(i) for i in range(36)]
    for picture in pictures:
        picture[100:196, 40:136] = patch
    path = write_film(tmp_path / "film.ts", pictures)
    with av.open(str(path)) as container:
        frame = next(frame for i, frame in enumerate(container.decode(video=0)) if i == 0)
    rows = np.frombuffer(frame.planes[0], np.uint8).reshape(-1, frame.planes[0].line_size)
    forms = {"plane 0": telling(rows[102:194:3, 44:132].tobytes(), 24, 4)}
    image, lease = Converter().convert(frame, HeapBuffers(), 0)
    forms["bgr"] = telling(image[102:194:3, 44:132].tobytes(), 36, 4)
    lease.release()
    with av.open(str(path)) as container:
        forms["packet"] = telling(bytes(next(container.demux(video=0)))[1400:], 32, 4)
    with (
        stalling(path.read_bytes()[: path.stat().st_size * 3 // 4]) as address,
        playing(address, overwrites=True) as child,
    ):
        child.does("hold 0")
        assert set(child.holds(forms)) >= {"plane 0", "bgr"}, "the search finds what is there"
        child.does("release")
        assert child.does("stalled")[0] == "0"
        assert child.holds(forms) == {}


def test_the_interpreter_may_end_while_a_feed_runs(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", [street(i) for i in range(24)])
    script = (
        "import sys, threading; from overt.video import HeapBuffers, open_feed; wake = threading.Event();"
        "feed = open_feed('gate', sys.argv[1], pace='max', loop=True, buffers=HeapBuffers(), on_frame=wake.set,"
        " on_fault=print); feed.start(); wake.wait(20); frame = feed.newest(); print(frame.index)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")
