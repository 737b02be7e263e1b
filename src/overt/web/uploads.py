"""Pictures and archives on their way in. Read only once the sender is known, and never onto a disk in the clear."""

from pathlib import Path
from typing import Any, Final

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from overt.casework.watchlists import NewImage
from overt.errors import InputError, RecordsError
from overt.web.limits import PICTURE_BYTES
from overt.web.spool import SealedSpool

__all__ = ["PICTURE_FORM", "content_type", "read_picture", "spool_body"]

_FIELDS: Final = frozenset({"source", "taken_on"})
_PICTURE: Final = {
    "type": "object",
    "required": ["picture", "source", "taken_on"],
    "additionalProperties": False,
    "properties": {
        "picture": {
            "type": "string",
            "format": "binary",
            "description": "The JPEG, PNG, WebP or BMP file.",
        },
        "source": {
            "type": "string",
            "minLength": 1,
            "maxLength": 500,
            "description": "Where it comes from.",
        },
        "taken_on": {
            "description": "The day it was taken, or `unknown`, said outright.",
            "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "const": "unknown"}],
        },
    },
}
PICTURE_FORM: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _PICTURE}}}
}
"""How the OpenAPI document tells of a picture that is sent."""


def content_type(request: Request) -> str:
    """The request's content type, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_picture(request: Request) -> NewImage:
    """A picture with its source and date, out of a form. It is held in memory.

    Raises:
        HTTPException: 415 where it is no form, 400 where the form cannot be read.
        InputError: a field is missing, there twice, unknown, or cannot be taken.
    """
    if content_type(request) != "multipart/form-data":
        raise HTTPException(415)
    parser = MultiPartParser(
        request.headers, request.stream(), max_files=1, max_fields=len(_FIELDS), max_part_size=4096
    )
    parser.spool_max_size = PICTURE_BYTES + 1
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise HTTPException(400) from error
    try:
        return await _picture_of(form)
    finally:
        await form.close()


async def _picture_of(form: FormData) -> NewImage:
    pictures, words = form.getlist("picture"), {name: form.getlist(name) for name in _FIELDS}
    if unknown := set(form) - _FIELDS - {"picture"}:
        raise InputError(
            f"The form has {len(unknown)} fields that are not known here",
            "Send picture, source and taken_on",
            field="body",
        )
    for name, values in (("picture", pictures), *words.items()):
        if len(values) != 1 or isinstance(values[0], UploadFile) != (name == "picture"):
            kind = "file" if name == "picture" else "text"
            raise InputError(f"The form must have one {kind} {name}", "Send it once", field=f"body.{name}")
    (picture,) = pictures
    assert isinstance(picture, UploadFile)  # noqa: S101 - checked above
    file = Path((picture.filename or "").replace("\\", "/").replace("\x00", "")).name[:255]
    try:
        return NewImage.model_validate(
            {"content": await picture.read(), "file": file}
            | {name: values[0] for name, values in words.items()}
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise InputError(
            f"{first['loc'][0]}: {first['msg']}", "Correct it", field=f"body.{first['loc'][0]}"
        ) from None


async def spool_body(request: Request, folder: Path) -> SealedSpool:
    """The whole body, sealed. The caller closes it.

    Raises:
        RecordsError: the disk cannot take it.
    """
    try:
        spool = SealedSpool(folder)
    except OSError as error:
        raise _full(error) from error
    try:
        async for part in request.stream():
            spool.write(part)
    except OSError as error:
        spool.close()
        raise _full(error) from error
    except BaseException:
        spool.close()
        raise
    spool.seek(0)
    return spool


def _full(error: OSError) -> RecordsError:
    return RecordsError(f"An upload cannot be kept: {error.strerror}", "See to the data folder's disk")
