"""Fetching a pinned file over https."""

from __future__ import annotations

import ssl
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Protocol

from overt.errors import PackError

__all__ = ["Opener", "open_url"]

_SILENCE_SECONDS = 30.0
_PATIENCE_SECONDS = 1800.0
_PIECE = 1 << 18


class Opener(Protocol):
    """Gets what lies at a URL, at most so many bytes."""

    def __call__(self, url: str, size: int, /) -> bytes:
        """Fetch `url`, which holds `size` bytes."""


def open_url(
    url: str,
    size: int,
    /,
    *,
    context: ssl.SSLContext | None = None,
    silence: float = _SILENCE_SECONDS,
    patience: float = _PATIENCE_SECONDS,
) -> bytes:
    """Fetch a file of a known size over https; the caller checks its SHA-256.

    Args:
        url: where it lies; https alone.
        size: its size in bytes; reading stops beyond it.
        context: the certificates to trust, the system's unless given.
        silence: seconds without a byte after which to give up.
        patience: seconds for the whole after which to give up.

    Raises:
        PackError: it cannot be had, is of another size, or took too long.
    """
    offline = "Check the network and pull again; or put the file into a folder and add `--from FOLDER`"
    if not url.startswith("https://"):
        raise PackError(f"{url} is not https", "Weights are fetched over https alone")
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(context=context or ssl.create_default_context()),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),  # refuses what a redirection may lead to and is not https
    ):
        opener.add_handler(handler)
    end = time.monotonic() + patience
    content = bytearray()
    try:
        with opener.open(url, timeout=silence) as answer:
            while len(content) <= size and (piece := answer.read(_PIECE)):
                content += piece
                if time.monotonic() > end:
                    raise PackError(f"{url} did not arrive within {patience:.0f} seconds", offline)
    except urllib.error.HTTPError as error:
        error.close()
        raise PackError(
            f"{url} could not be fetched: the server said {error.code} {error.reason}", offline
        ) from error
    except urllib.error.URLError as error:
        raise PackError(f"{url} could not be fetched: {error.reason}", offline) from error
    except (OSError, HTTPException) as error:
        raise PackError(f"{url} could not be fetched: {error or type(error).__name__}", offline) from error
    if len(content) > size:
        raise PackError(f"{url} sends more than the {size} bytes of the pinned file", "Do not use it")
    if len(content) < size:
        raise PackError(f"{url} broke off after {len(content)} of {size} bytes", offline)
    return bytes(content)
