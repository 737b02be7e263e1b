"""What `--source` says: an address, or NAME=ADDRESS."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from overt.engine import FeedSpec
from overt.errors import SourceError
from overt.video import parse_source

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["feed_specs"]

_NAMED = re.compile(r"(?P<name>[\w][\w .-]{0,63})=(?P<address>.+)", re.DOTALL)


def feed_specs(
    sources: Sequence[str], *, pace: Literal["live", "max"], transport: Literal["tcp", "udp"]
) -> tuple[FeedSpec, ...]:
    """The feeds that addresses name.

    `gate=rtsp://…` calls the feed `gate`. Without a name a feed is called after its file, host or camera; a name that
    is already taken gets a number.

    Raises:
        SourceError: there is no source, one is malformed, or two were given the same name.
    """
    if not sources:
        raise SourceError("No source was given", "Add --source with a file, an address or a camera number")
    specs: list[FeedSpec] = []
    given: set[str] = set()
    for source in sources:
        named = _NAMED.fullmatch(source)
        if named and not Path(source).exists():
            name, address = named["name"].strip(), named["address"]
            if name in given:
                raise SourceError(f"Two sources are both called {name!r}", "Give each a name of its own")
            given.add(name)
        else:
            name, address = "", source
        parsed = parse_source(address, transport)
        name = name or _free(_name_of(parsed.kind, address), {spec.name for spec in specs} | given)
        specs.append(FeedSpec(name=name, uri=address, pace=pace, transport=transport))
    return tuple(specs)


def _name_of(kind: str, address: str) -> str:
    """A name without any secret: the file's name, the host with the last part of the path, or the camera."""
    if kind == "usb":
        return f"camera {re.sub(r'[^0-9]', '', address)}"
    if kind in {"rtsp", "http"}:
        parts = urlsplit(address)
        last = parts.path.rstrip("/").rpartition("/")[2]
        return f"{parts.hostname}/{last}" if last else str(parts.hostname)
    path = Path(urlsplit(address).path if address.startswith("file:") else address)
    return path.stem or path.absolute().name


def _free(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return free
