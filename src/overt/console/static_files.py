"""The console's own files: styles, scripts, signs. Nothing of a person is in them, so browsers may keep them."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

from overt.console.pages import STATIC, asset

__all__ = ["static"]

static = APIRouter()

_KINDS: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
_KEPT: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


@static.get("/static/{digest}/{name:path}")
def static_file(
    digest: Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")],
    name: Annotated[str, Path(pattern=r"^[a-z0-9_-]+(/[a-z0-9_-]+)*\.[a-z]+$")],
) -> FileResponse:
    """A file, under the digest of its content: an address that is out of date is not answered with other content."""
    kind = _KINDS.get(f".{name.rpartition('.')[2]}")
    if kind is None or not (STATIC / name).is_file() or asset(name) != f"/static/{digest}/{name}":
        raise HTTPException(404)
    return FileResponse(STATIC / name, media_type=kind, headers=_KEPT)
