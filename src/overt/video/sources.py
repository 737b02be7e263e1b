"""A feed's address: what kind of source it is, and how FFmpeg is asked to read it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import unquote, urlsplit, urlunsplit

from overt.errors import SourceError

if TYPE_CHECKING:
    from overt.video.faults import FeedLimits

__all__ = ["IMAGE_SUFFIXES", "Source", "clip_source", "parse_source", "redact"]

SourceKind = Literal["clip", "file", "http", "images", "rtsp", "usb"]
Transport = Literal["tcp", "udp"]

IMAGE_SUFFIXES: Final = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""Suffixes of the pictures that an image folder is searched for; a GIF is a film."""

_FILE_FORMATS: Final = (
    "avi,flv,gif,h264,hevc,ivf,m4v,matroska,mjpeg,mov,mp4,mpeg,mpegts,mpegvideo,mpjpeg,obu,ogg,webm,"
    "yuv4mpegpipe"
)
"""Demuxers that read what they are given and nothing else: no play lists, which can name other files and hosts."""

_CLIP_FORMATS: Final = (
    f"{_FILE_FORMATS},asf,dhav,dv,gxf,mpeg1video,mpeg2video,mxf,nsv,nut,pva,rm,swf,ty,vc1,wtv"
)
"""Of a clip that is handed in, also those of recorders and of days gone by; no play lists either."""

_PROTOCOLS: Final[dict[SourceKind, str]] = {
    "clip": "file",
    "file": "file",
    "images": "file",
    "http": "http,https,httpproxy,tcp,tls",
    "rtsp": "rtsp,rtsps,rtp,srtp,udp,tcp,tls",
    "usb": "file",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where frames come from.

    Attributes:
        kind: what kind of source it is.
        address: what FFmpeg opens; may hold a password, and is kept out of `repr`.
        shown: the same, fit to be read by anybody.
        transport: how RTSP carries its packets.
    """

    kind: SourceKind
    address: str = field(repr=False)
    shown: str
    transport: Transport = "tcp"

    @property
    def reconnects(self) -> bool:
        """Whether the source is opened again when it is lost."""
        return self.kind in {"http", "rtsp", "usb"}

    @property
    def format(self) -> str | None:
        """The FFmpeg demuxer that must be used, or None to find it by the content."""
        return "v4l2" if self.kind == "usb" else None

    def options(self, limits: FeedLimits) -> dict[str, str]:
        """FFmpeg's options for opening it."""
        options = {"protocol_whitelist": _PROTOCOLS[self.kind], "max_pixels": str(limits.max_pixels)}
        if self.kind in {"file", "http"}:
            options["format_whitelist"] = _FILE_FORMATS
        if self.kind == "clip":
            options["format_whitelist"] = _CLIP_FORMATS
        if self.kind == "rtsp":
            options |= {
                "rtsp_transport": self.transport,
                "timeout": str(int(limits.stall_seconds * 1e6)),
                "allowed_media_types": "video",
                "analyzeduration": "500000",
                "fflags": "nobuffer",
            }
            if self.transport == "udp":
                options |= {"buffer_size": str(2**21), "reorder_queue_size": "64", "max_delay": "200000"}
        if self.kind == "http":
            options |= {"analyzeduration": "2000000", "user_agent": "overt", "multiple_requests": "0"}
        if self.kind == "usb":
            options |= {"fflags": "nonblock"}
        return options


def clip_source(descriptor: int, name: str) -> Source:
    """A film that this process holds open as a file, in memory or on a disk.

    Args:
        descriptor: the open file's; it is opened once more by its number, so that its place in the file stays.
        name: what it is called, for messages.
    """
    return Source("clip", f"/proc/self/fd/{descriptor}", name)


def redact(address: str) -> str:
    """The address without what could be a secret: the user and password, and the values of a query.

    >>> redact("rtsp://van:s3cret@10.0.0.8:554/main?token=abc")
    'rtsp://…@10.0.0.8:554/main?…'
    """
    if "://" not in address:
        return address
    parts = urlsplit(address)
    where = parts.netloc.rpartition("@")[2]
    host = f"…@{where}" if "@" in parts.netloc else where
    return urlunsplit(
        (parts.scheme, host, parts.path, "…" if parts.query else "", "…" if parts.fragment else "")
    )


def parse_source(uri: str, transport: Transport = "tcp") -> Source:
    """Understand a feed's address.

    `rtsp://…`, `rtsps://…`, `http://…` and `https://…`; `0`, `usb:0` and `/dev/video0` for a camera of this machine;
    the path (or `file://…`) of a film, a GIF, a picture or a folder of pictures.

    Raises:
        SourceError: the address is empty or malformed, or of a kind that is not supported.
    """
    if not uri.strip() or "\0" in uri:
        raise SourceError(
            "A feed's address is empty or holds a NUL", "Give a path, an address or a camera number"
        )
    if transport not in {"tcp", "udp"}:
        raise SourceError(f"The transport {transport!r} is not known", "Use tcp or udp")
    camera = re.fullmatch(r"(?:usb:)?(\d{1,3})|/dev/video(\d{1,3})", uri)
    if camera:
        device = f"/dev/video{int(camera[1] or camera[2])}"
        return Source("usb", device, device)
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", uri)
    if scheme and not Path(uri).exists():
        return _of_scheme(scheme[1].lower(), uri, transport)
    return _of_path(Path(uri))


def _of_scheme(scheme: str, uri: str, transport: Transport) -> Source:
    shown = redact(uri)
    if scheme == "file" and uri[5:].startswith("//"):
        return _of_path(Path(unquote(urlsplit(uri).path)))
    if scheme not in {"rtsp", "rtsps", "http", "https"}:
        raise SourceError(
            f"The address {shown!r} is of a kind that is not supported",
            "Use rtsp, rtsps, http, https, a camera such as usb:0, or the path of a file or folder",
        )
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        raise SourceError(
            f"The address {shown!r} names no host, or a port that is no number", "Correct the address"
        )
    return Source("rtsp" if scheme.startswith("rtsp") else "http", uri, shown, transport)


def _of_path(path: Path) -> Source:
    kind: SourceKind = "images" if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES else "file"
    whole = path.absolute()
    return Source(kind, str(whole), str(path))
