"""Answers that are no JSON: pictures and files. None of them is to be kept by whoever carries it."""

from typing import Any, Final

from fastapi import Response

__all__ = ["JPEG", "file_answer", "jpeg", "of_type"]

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
