"""Folders of pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from overt.video import FeedLimits
from tests.video.films import street, watching

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Good pictures of several kinds, and bad ones among them."""
    for i, suffix in enumerate(["jpg", "png", "webp", "bmp", "tiff", "ppm"]):
        assert cv2.imwrite(str(tmp_path / f"{i + 1}.{suffix}"), street(i))
    assert cv2.imwrite(str(tmp_path / "10.jpg"), street(10, 400, 300))
    (tmp_path / "2.5.jpg").write_text("not a picture at all")
    whole = (tmp_path / "1.jpg").read_bytes()
    (tmp_path / "3.5.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "4.5.png").touch()
    (tmp_path / "notes.txt").write_text("not one of the pictures")
    return tmp_path


def test_good_pictures_are_shown_and_bad_ones_named(folder: Path) -> None:
    with watching(folder) as taker:
        count = taker.drain()
        status = taker.feed.status()
    assert count == 7
    assert (status.state, status.damaged) == ("ended", 3)
    assert [fault.kind for fault in taker.faults] == ["unsupported", "corrupt", "unsupported"]
    assert ["2.5.jpg" in taker.faults[0].detail, "3.5.jpg" in taker.faults[1].detail] == [True, True]
    assert taker.frames[-1][3] == (300, 400, 3), "in the order of the numbers in their names"


def test_pictures_keep_their_colours(folder: Path) -> None:
    with watching(folder) as taker:
        for i in range(6):
            frame = taker.take()
            assert frame is not None
            difference = np.abs(frame.image.astype(int) - street(i))
            frame.release()
            assert difference.mean() < 4, i
        taker.drain()


def test_at_live_pace_pictures_come_at_the_rate_that_is_set(folder: Path) -> None:
    with watching(folder, pace="live", limits=FeedLimits(image_rate=20)) as taker:
        taker.drain()
    assert [round(seconds, 3) for _, seconds, _, _ in taker.frames] == sorted(
        round(seconds, 3) for _, seconds, _, _ in taker.frames
    )
    arrived = [captured for _, _, captured, _ in taker.frames]
    assert 0.3 < (arrived[-1] - arrived[0]) / 1e9 < 1.0


def test_one_picture_alone(folder: Path) -> None:
    with watching(folder / "1.jpg") as taker:
        assert taker.drain() == 1
    assert taker.faults == []


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    with watching(tmp_path) as taker:
        assert taker.drain() == 0
        assert taker.feed.status().state == "failed"
    assert taker.kinds == ["unsupported"]


def test_a_picture_that_is_not_there(tmp_path: Path) -> None:
    with watching(tmp_path / "none.jpg") as taker:
        taker.drain()
    assert taker.kinds == ["unreachable"]


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_picture_of_a_hundred_million_pixels(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"large.{suffix}"
    cv2.imwrite(str(path), np.zeros((60, 80, 3), np.uint8))
    data = path.read_bytes()
    if suffix == "jpg":
        large = data.replace(bytes.fromhex("08003c0050"), bytes.fromhex("0828a028a0"))
    else:
        large = data.replace(bytes.fromhex("0000005000 00003c"), bytes.fromhex("000028a0000028a0"))
    assert large != data
    path.write_bytes(large)
    with watching(tmp_path) as taker:
        assert taker.drain() == 0
    assert taker.kinds in (["too-large"], ["corrupt"])
