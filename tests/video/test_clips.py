"""Clips that are handed in: whatever state they are in, a clip ends in pictures or in a message, and soon."""

from __future__ import annotations

import os
import random
import time
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from overt.video import open_clip
from tests.video.films import CODECS, Taker, film, repacked, street, write_film

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KINDS = {"h264.mp4": "h264", "h264.ts": "h264", "hevc.mp4": "hevc", "vp9.webm": "vp9", "mjpeg.avi": "mjpeg"}
LONGEST_SECONDS = 20.0


@contextmanager
def opened(content: bytes, **options: Any) -> Iterator[Taker]:
    """A started clip and its taker; closed at the end, after which nothing may be held."""
    taker = Taker()
    clip = os.memfd_create("clip")
    try:
        os.write(clip, content)
        taker.feed = open_clip(
            clip,
            "the clip",
            buffers=taker.buffers,
            on_frame=taker.wake.set,
            on_fault=taker.faults.append,
            **options,
        )
        taker.feed.start()
        yield taker
    finally:
        taker.feed.close()
        os.close(clip)
        assert taker.feed.planes_held == 0
        assert taker.buffers.on_loan == 0


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One small whole clip of each kind."""
    folder = tmp_path_factory.mktemp("corpus")
    whole = {}
    for name, codec in KINDS.items():
        path = film(folder, codec, n=24, width=160, height=120)
        if name.endswith(".ts"):
            path = repacked(path, folder / name)
        whole[name] = path.read_bytes()
    return whole


def _damaged(content: bytes, seed: int) -> bytes:
    """Cut short, bits flipped, a part missing, or a part of it twice; by lot."""
    chance = random.Random(seed)  # noqa: S311 - damage by lot, the same each time
    how = seed % 4
    if how == 0:
        return content[: chance.randrange(1, len(content))]
    hurt = bytearray(content)
    if how == 1:
        for _ in range(chance.choice([1, 10, 100, 1000])):
            hurt[chance.randrange(len(hurt))] ^= 1 << chance.randrange(8)
        return bytes(hurt)
    first = chance.randrange(len(hurt))
    last = min(len(hurt), first + chance.randrange(1, 1 + len(hurt) // 4))
    return bytes(hurt[:first] + hurt[last:]) if how == 2 else bytes(hurt[:last] + hurt[first:])


@pytest.mark.parametrize("name", list(KINDS))
def test_a_damaged_clip_ends_in_pictures_or_in_a_message(corpus: dict[str, bytes], name: str) -> None:
    outcomes = {"whole": 0, "in part": 0, "refused": 0}
    for seed in range(32):
        began = time.monotonic()
        with opened(_damaged(corpus[name], seed)) as taker:
            count = taker.drain(LONGEST_SECONDS)
            status = taker.feed.status()
        assert status.state in {"ended", "failed"}, f"{name}, seed {seed}: {status}"
        assert time.monotonic() - began < LONGEST_SECONDS
        assert count or taker.faults, f"{name}, seed {seed}: neither a picture nor a word"
        for fault in taker.faults:
            assert fault.kind != "failed", f"{name}, seed {seed}: {fault}"
            assert "/proc" not in fault.detail
            assert len(fault.detail) > 10
        outcomes["refused" if not count else "in part" if taker.faults or status.damaged else "whole"] += 1
    assert outcomes["in part"]
    assert outcomes["refused"] < 32


@pytest.mark.parametrize("name", list(KINDS))
def test_a_whole_clip_is_read_whole(corpus: dict[str, bytes], name: str) -> None:
    with opened(corpus[name]) as taker:
        assert taker.drain() == 24
        assert taker.faults == []
        assert taker.feed.status().seconds == pytest.approx(0 if name.endswith(".ts") else 2, abs=0.2)


@pytest.mark.parametrize(("rate", "taken"), [(0.0, 24), (24.0, 24), (8.0, 16), (6.0, 12), (1.0, 2)])
def test_so_many_pictures_a_second_are_taken(corpus: dict[str, bytes], rate: float, taken: int) -> None:
    with opened(corpus["h264.mp4"], most_rate=rate) as taker:
        assert taker.drain() == taken
        status = taker.feed.status()
    assert (status.received, status.skipped) == (24, 24 - taken)


def test_of_a_varying_rate_the_time_decides(tmp_path: Path) -> None:
    """A burst of pictures, then one every second: of the burst few are taken, of the rest all."""
    varying = write_film(
        tmp_path / "v.mkv",
        [street(i) for i in range(30)],
        rate=100,
        ticks=lambda i: i if i < 20 else 20 + 100 * (i - 19),
    )
    with opened(varying.read_bytes(), most_rate=10.0) as taker:
        assert taker.drain() == 2 + 10
    times = [seconds for _, seconds, *_ in taker.frames]
    assert times[-1] == pytest.approx(10.2, abs=0.05)


def test_of_interlaced_pictures_one_field_is_taken(tmp_path: Path) -> None:
    """A bright bar that stands elsewhere in every other line: as a whole it is a comb, one field is not."""
    picture = np.full((240, 320, 3), 40, np.uint8)
    picture[0::2, 100:140] = 220
    picture[1::2, 160:200] = 220
    path = tmp_path / "tape.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "12", "x264-params": "tff=1"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for i in range(5):
            frame = av.VideoFrame.from_ndarray(picture, "bgr24").reformat(format="yuv420p")
            frame.pts, frame.time_base = i, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with opened(path.read_bytes()) as taker:
        frame = taker.take()
        assert frame is not None
        shown = frame.image.astype(int)
        assert shown.shape == (240, 320, 3)
        assert shown[60:180, 105:135].min() > 150
        assert shown[60:180, 165:195].max() < 100
        frame.release()


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 4096, b"no film " * 600, b"#EXTM3U\nhttp://example.com/a.ts\n"]
)
def test_what_is_no_film_is_said(content: bytes) -> None:
    with opened(content) as taker:
        assert taker.drain() == 0
        assert [fault.kind for fault in taker.faults][:1] in (["unsupported"], ["truncated"])
        assert "the clip" in taker.faults[0].detail


def test_every_kind_of_film_that_the_tests_can_make_is_read(tmp_path: Path) -> None:
    for codec in CODECS:
        with opened(film(tmp_path, codec, n=6).read_bytes()) as taker:
            assert taker.drain() == 6, codec
