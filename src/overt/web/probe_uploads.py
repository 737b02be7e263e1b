"""Pictures and clips on their way in, held in memory alone."""

from pathlib import Path
from typing import Any, Final

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from overt.casework.probes import NewProbe
from overt.errors import InputError
from overt.web.limits import CLIP_BYTES
from overt.web.uploads import content_type

__all__ = ["PROBE_FORM", "read_probe"]

_FIELDS: Final = frozenset({"name", "reason", "pack"})
_FORM: Final = {
    "type": "object",
    "required": ["file", "reason"],
    "additionalProperties": False,
    "properties": {
        "file": {
            "type": "string",
            "format": "binary",
            "description": "A JPEG, PNG, WebP, HEIC, TIFF or BMP picture, or a clip that FFmpeg reads.",
        },
        "reason": {
            "type": "string",
            "minLength": 3,
            "maxLength": 500,
            "description": "Why it is looked at: the case, and what is hoped for.",
        },
        "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "description": "What it is called; the file's name where it is not given.",
        },
        "pack": {"type": "string", "description": "The model pack; `embedded` where it is not given."},
    },
}
PROBE_FORM: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}
}
"""How the OpenAPI document tells of a probe that is sent."""


async def read_probe(request: Request) -> tuple[NewProbe, bytes]:
    """A picture or clip with its reason, out of a form. It is held in memory, never on a disk.

    Raises:
        HTTPException: 415 where it is no form, 400 where the form cannot be read.
        InputError: a field is missing, there twice, unknown, or cannot be taken.
    """
    if content_type(request) != "multipart/form-data":
        raise HTTPException(415)
    parser = MultiPartParser(
        request.headers, request.stream(), max_files=1, max_fields=len(_FIELDS), max_part_size=4096
    )
    parser.spool_max_size = CLIP_BYTES + 1
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise HTTPException(400) from error
    try:
        files = form.getlist("file")
        words = {name: form.getlist(name) for name in _FIELDS if name in form}
        if unknown := set(form) - _FIELDS - {"file"}:
            raise InputError(
                f"The form has {len(unknown)} fields that are not known here",
                "Send file, reason, name and pack",
                field="body",
            )
        if len(files) != 1 or not isinstance(files[0], UploadFile):
            raise InputError("The form must have one file", "Send it as file, once", field="body.file")
        if any(len(values) != 1 or isinstance(values[0], UploadFile) for values in words.values()):
            raise InputError("A field is there twice, or is a file", "Send each once, as text", field="body")
        given = Path((files[0].filename or "").replace("\\", "/").replace("\x00", "")).name[:255]
        new = _new({"name": given or "probe"} | {name: values[0] for name, values in words.items()})
        return new, await files[0].read()
    finally:
        await form.close()


def _new(fields: dict[str, Any]) -> NewProbe:
    try:
        return NewProbe.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise InputError(
            f"{first['loc'][0]}: {first['msg']}", "Correct it", field=f"body.{first['loc'][0]}"
        ) from None
