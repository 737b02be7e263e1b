"""Films from disk: good ones frame by frame, and every kind of bad one as a named fault."""

from __future__ import annotations

import time
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from overt.video import FeedLimits
from tests.video.films import CODECS, film, street, watching, write_film

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("codec", list(CODECS))
def test_at_most_pace_no_frame_is_left_out(codec: str, tmp_path: Path) -> None:
    with watching(film(tmp_path, codec)) as taker:
        count = taker.drain()
        status = taker.feed.status()
    assert count == 30
    assert [index for index, *_ in taker.frames] == list(range(30))
    assert taker.faults == []
    assert (status.state, status.received, status.skipped) == ("ended", 30, 0)
    assert taker.buffers.on_loan == 0


@pytest.mark.parametrize("codec", ["h264", "mjpeg", "vp9"])
def test_the_colours_are_right(codec: str, tmp_path: Path) -> None:
    with watching(film(tmp_path, codec)) as taker:
        frame = taker.take()
        assert frame is not None
        difference = np.abs(frame.image.astype(int) - street(0))
        frame.release()
    assert difference.mean() < 6
    assert np.abs(difference.mean((0, 1)) - difference.mean()).max() < 4, "no channel is swapped"


def test_a_released_frame_is_overwritten(tmp_path: Path) -> None:
    with watching(film(tmp_path)) as taker:
        frame = taker.take()
        assert frame is not None
        assert frame.image.max() > 150
        frame.release()
        assert frame.image.max() == 0


def test_at_live_pace_a_film_lasts_as_long_as_it_says(tmp_path: Path) -> None:
    with watching(film(tmp_path, n=13), pace="live") as taker:
        taker.drain()
    arrived = [captured for _, _, captured, _ in taker.frames]
    assert 0.9 < (arrived[-1] - arrived[0]) / 1e9 < 1.6, "13 frames at 12 a second are 1 s"


def test_a_late_taker_gets_the_newest_frame_and_the_others_are_counted(tmp_path: Path) -> None:
    with watching(film(tmp_path, n=24), pace="live") as taker:
        limit = time.monotonic() + 10
        while taker.feed.status().received < 12 and time.monotonic() < limit:
            taker.wake.wait(0.05)
            taker.wake.clear()
        frame = taker.take()
        assert frame is not None
        assert frame.index >= 11
        frame.release()
        assert taker.feed.status().skipped == frame.index
        taker.drain()
        status = taker.feed.status()
    assert status.received == 24 == len(taker.frames) + status.skipped


def test_a_film_can_begin_again(tmp_path: Path) -> None:
    with watching(film(tmp_path, n=5), loop=True) as taker:
        taker.wait_for(lambda: len(taker.frames) >= 12)
    times = [seconds for _, seconds, _, _ in taker.frames]
    assert times == sorted(set(times))
    assert np.allclose(np.diff(times), 1 / 12, atol=1e-3)
    assert taker.faults == []


def test_a_film_that_is_not_there(tmp_path: Path) -> None:
    with watching(tmp_path / "none.mp4") as taker:
        taker.drain()
        assert taker.feed.status().state == "failed"
    assert taker.kinds == ["unreachable"]


def test_an_empty_film(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    with watching(path) as taker:
        taker.drain()
    assert taker.kinds == ["truncated"]


def test_something_that_is_no_film(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("a shopping list\n" * 200)
    with watching(path) as taker:
        taker.drain()
    assert taker.kinds == ["unsupported"]


def test_a_play_list_that_names_other_files_is_not_followed(tmp_path: Path) -> None:
    inner = film(tmp_path)
    path = tmp_path / "list.mp4"
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{inner}\n#EXT-X-ENDLIST\n")
    with watching(path) as taker:
        assert taker.drain() == 0
    assert taker.kinds == ["unsupported"]


def test_a_film_with_sound_alone(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.rate, frame.pts = 8000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with watching(path) as taker:
        taker.drain()
    assert taker.kinds == ["unsupported"]


@pytest.mark.parametrize("kept", [0.3, 0.6])
def test_a_film_cut_short_before_its_index(kept: float, tmp_path: Path) -> None:
    path = film(tmp_path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with watching(path) as taker:
        taker.drain()
    assert taker.kinds == ["truncated"]


@pytest.mark.parametrize("codec", ["vp9", "mjpeg"])
def test_a_film_cut_short_behind_its_index_is_shown_up_to_the_cut(codec: str, tmp_path: Path) -> None:
    path = film(tmp_path, codec, n=60)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with watching(path) as taker:
        count = taker.drain()
        assert taker.feed.status().state == "ended"
    assert 10 < count < 50
    assert taker.kinds == ["truncated"]


@pytest.mark.parametrize("codec", ["h264", "hevc", "vp9", "mjpeg"])
def test_flipped_bits_are_survived_and_named(codec: str, tmp_path: Path) -> None:
    source = film(tmp_path, codec, n=120)
    path = tmp_path / f"flipped{source.suffix}"
    chance = np.random.default_rng(3)
    with av.open(str(source)) as whole, av.open(str(path), "w") as hurt:
        stream = hurt.add_stream_from_template(whole.streams.video[0])
        for i, packet in enumerate(whole.demux(video=0)):
            if packet.size == 0:
                continue
            if 30 <= i < 80 and i % 2:
                blob = bytearray(packet)
                for _ in range(max(4, len(blob) // 20)):
                    blob[chance.integers(len(blob))] ^= 1 << int(chance.integers(8))
                packet.update(bytes(blob))
            packet.stream = stream
            hurt.mux(packet)
    with watching(path) as taker:
        count = taker.drain()
        status = taker.feed.status()
    assert "corrupt" in taker.kinds
    assert status.damaged >= 5
    assert count >= 60, "what can be decoded is still shown"
    assert taker.frames[-1][1] > 9.5, "to the end"


def test_a_picture_that_changes_size(tmp_path: Path) -> None:
    parts = []
    for i, (width, height) in enumerate([(320, 240), (480, 272), (320, 240)]):
        pictures = [street(k, width, height) for k in range(12)]
        ticks = partial(int.__add__, 16 * i)
        parts.append(write_film(tmp_path / f"{i}.ts", pictures, ticks=ticks).read_bytes())
    path = tmp_path / "joined.ts"
    path.write_bytes(b"".join(parts))
    with watching(path) as taker:
        count = taker.drain()
    assert count >= 33
    assert {shape for *_, shape in taker.frames} == {(240, 320, 3), (272, 480, 3)}
    assert taker.kinds == ["resolution-changed", "resolution-changed"], taker.faults
    assert "320 by 240 to 480 by 272" in taker.faults[0].detail


@pytest.mark.parametrize("codec", list(CODECS))
def test_a_picture_that_is_too_large(codec: str, tmp_path: Path) -> None:
    with watching(film(tmp_path, codec), limits=FeedLimits(max_pixels=320 * 200)) as taker:
        assert taker.drain() == 0
    assert taker.kinds == ["too-large"]


def test_pictures_that_claim_a_hundred_million_pixels_are_refused_unread(tmp_path: Path) -> None:
    path = film(tmp_path, "mjpeg", n=12)
    small, large = bytes.fromhex("ffc0 0011 08 00f0 0140"), bytes.fromhex("ffc0 0011 08 28a0 28a0")
    data = path.read_bytes()
    assert data.count(small) == 12
    path.write_bytes(data.replace(small, large))
    with watching(path) as taker:
        taker.drain()
    assert taker.kinds in (["too-large"], ["corrupt"])
    assert taker.feed.status().received == 0


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (lambda i: i if i < 10 else i + 12 * 3600, "leapt"),
        (lambda i: i * 1000 if i > 5 else i, "leapt"),
    ],
)
def test_timestamps_that_leap(lie: object, words: str, tmp_path: Path) -> None:
    path = write_film(tmp_path / "leap.mkv", [street(i) for i in range(20)], ticks=lie)
    with watching(path) as taker:
        assert taker.drain() == 20
    assert taker.kinds[0] == "wrong-time"
    assert words in taker.faults[0].detail
    steps = np.diff([seconds for _, seconds, _, _ in taker.frames])
    assert steps.min() > 0
    assert steps.max() <= 10


def rewrite(source: Path, path: Path, ticks: object) -> Path:
    """Copy a film packet by packet with other timestamps."""
    with av.open(str(source)) as good, av.open(str(path), "w") as bad:
        stream = bad.add_stream_from_template(good.streams.video[0])
        for i, packet in enumerate(packet for packet in good.demux(video=0) if packet.size):
            packet.time_base = Fraction(1, 12)
            packet.pts = packet.dts = ticks(i)
            packet.stream = stream
            bad.mux(packet)
    return path


def test_timestamps_that_stand_still(tmp_path: Path) -> None:
    path = rewrite(film(tmp_path, "mjpeg", n=20), tmp_path / "still.mkv", lambda i: min(i, 5))
    with watching(path) as taker:
        assert taker.drain() == 20
    assert taker.kinds == ["wrong-time"]


def test_timestamps_that_go_back(tmp_path: Path) -> None:
    first = film(tmp_path, n=12)
    parts = [rewrite(first, tmp_path / f"{i}.ts", lambda i: i + 60).read_bytes() for i in range(3)]
    path = tmp_path / "back.ts"
    path.write_bytes(b"".join(parts))
    with watching(path) as taker:
        assert taker.drain() >= 30
    assert taker.kinds == ["wrong-time"]
    assert "back" in taker.faults[0].detail
    steps = np.diff([seconds for _, seconds, _, _ in taker.frames])
    assert steps.min() > 0


def test_a_film_held_sideways_is_shown_upright(tmp_path: Path) -> None:
    source = film(tmp_path, n=3)
    path = tmp_path / "phone.mp4"
    data = source.read_bytes()
    unturned = b"".join(
        n.to_bytes(4, "big", signed=True) for n in (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    )
    turned = b"".join(
        n.to_bytes(4, "big", signed=True) for n in (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    )
    track = data.index(b"tkhd")
    at = data.index(unturned, track)
    path.write_bytes(data[:at] + turned + data[at + len(turned) :])
    with watching(path) as taker:
        frame = taker.take()
        assert frame is not None
        expected = np.rot90(street(0), k=-1)
        assert frame.image.shape == expected.shape
        assert np.abs(frame.image.astype(int) - expected).mean() < 8
        frame.release()
        taker.drain()
    assert taker.buffers.on_loan == 0


def test_a_bad_feed_leaves_the_others_alone(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"\0" * 5000)
    with watching(film(tmp_path)) as good, watching(bad) as worse:
        worse.drain()
        assert good.drain() == 30
    assert good.faults == []
    assert worse.kinds == ["unsupported"]


def test_closing_a_feed_whose_frame_nobody_takes(tmp_path: Path) -> None:
    with watching(film(tmp_path)) as taker:
        limit = time.monotonic() + 10
        while taker.feed.status().received == 0 and time.monotonic() < limit:
            taker.wake.wait(0.05)
        started = time.monotonic()
        taker.feed.close()
        assert time.monotonic() - started < 1


@pytest.mark.shared
def test_a_busy_street_to_its_end(shared_data: Path) -> None:
    with watching(shared_data / "video" / "crowd.mp4") as taker:
        assert taker.drain(120) == 411
    assert taker.faults == []
    assert taker.frames[-1][1] == pytest.approx(410 * 1001 / 30000, abs=0.05)
