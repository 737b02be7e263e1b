"""Answers that are no JSON: pictures and files. None of them is to be kept by whoever carries it."""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import Response
from fastapi.responses import StreamingResponse

from overt.web.spool import SealedSpool

__all__ = ["JPEG", "file_answer", "jpeg", "of_type", "spooled_answer"]

_PART: Final = 1 << 18
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}


def of_type(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """How the OpenAPI document tells of an answer of these content types."""
    return {200: {"content": dict.fromkeys(kinds, _BINARY), "description": "The file."}}


JPEG: Final = of_type("image/jpeg")


def jpeg(picture: bytes) -> Response:
    """A picture."""
    return Response(picture, media_type="image/jpeg")


def file_answer(content: bytes | str, media_type: str, name: str) -> Response:
    """A file to be saved under a name of the server's choosing."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


def spooled_answer(spool: SealedSpool, media_type: str, name: str) -> Response:
    """A large file out of a spool, which is closed when it has been sent."""

    def parts() -> Iterator[bytes]:
        with spool:
            spool.seek(0)
            while part := spool.read(_PART):
                yield part

    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(parts(), media_type=media_type, headers=headers)
