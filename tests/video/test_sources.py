"""Addresses: what is understood, what is refused, and what is never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overt.errors import SourceError
from overt.video import FeedLimits, parse_source, redact

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("uri", "kind", "address"),
    [
        ("0", "usb", "/dev/video0"),
        ("usb:2", "usb", "/dev/video2"),
        ("/dev/video11", "usb", "/dev/video11"),
        ("rtsp://10.0.0.8/main", "rtsp", "rtsp://10.0.0.8/main"),
        ("http://u:p@cam:8080/video.mjpg", "http", "http://u:p@cam:8080/video.mjpg"),
        ("/films/a.mp4", "file", "/films/a.mp4"),
        ("file:///films/a%20b.mp4", "file", "/films/a b.mp4"),
        ("/films/a.gif", "file", "/films/a.gif"),
        ("/photos/a.JPG", "images", "/photos/a.JPG"),
    ],
)
def test_an_address_is_understood(uri: str, kind: str, address: str) -> None:
    source = parse_source(uri)
    assert (source.kind, source.address) == (kind, address)


@pytest.mark.parametrize(
    "uri",
    ["", "  ", "a\0b", "ftp://host/a", "concat:a|b", "rtsp://", "rtsp://host:port/a", "http:/x", "srt://h:1"],
)
def test_an_address_is_refused(uri: str) -> None:
    with pytest.raises(SourceError, match=r"\w"):
        parse_source(uri)


def test_a_folder_is_a_folder_of_pictures(tmp_path: Path) -> None:
    assert parse_source(str(tmp_path)).kind == "images"


def test_a_camera_of_this_machine_is_read_without_blocking() -> None:
    source = parse_source("0")
    assert source.format == "v4l2"
    assert source.options(FeedLimits())["fflags"] == "nonblock"


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_rtsp_is_carried_as_asked(transport: str) -> None:
    assert parse_source("rtsp://h/a", transport).options(FeedLimits())["rtsp_transport"] == transport


def test_an_unknown_transport_is_refused() -> None:
    with pytest.raises(SourceError, match="carrier pigeon"):
        parse_source("rtsp://h/a", "carrier pigeon")


def test_a_source_may_not_name_other_files_or_hosts() -> None:
    options = parse_source("/films/a.mp4").options(FeedLimits())
    assert options["protocol_whitelist"] == "file"
    assert "hls" not in options["format_whitelist"]


secret = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=12, max_size=20)


@given(user=secret, password=secret, token=secret)
def test_no_secret_is_shown(user: str, password: str, token: str) -> None:
    uri = f"rtsp://{user}:{password}@10.0.0.8:554/main?token={token}"
    source = parse_source(uri)
    for shown in (redact(uri), source.shown, repr(source)):
        assert user not in shown
        assert password not in shown
        assert token not in shown
    assert source.shown == "rtsp://…@10.0.0.8:554/main?…"


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_limits_are_finite_and_positive(value: float) -> None:
    with pytest.raises(ValueError, match="stall_seconds"):
        FeedLimits(stall_seconds=value)
