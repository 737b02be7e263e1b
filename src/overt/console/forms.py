"""Forms: what a person wrote, checked, and shown to them again as they wrote it where it cannot be taken."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from overt.casework.repeating import RequestKey, once
from overt.errors import (
    AuthorityError,
    ConflictError,
    ContractError,
    EnrolmentError,
    ImageError,
    InputError,
    OvertError,
    PackError,
    RateError,
    SealError,
    SourceError,
)
from overt.web.limits import PICTURE_BYTES
from overt.web.problems import status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fastapi import Request

    from overt.casework import Office
    from overt.console.viewer import Viewer

__all__ = ["CSRF_FIELD", "REFUSALS", "FieldFault", "Form", "SentFile", "blank_form", "read_form"]

CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = "X-Overt-Csrf"
_ONCE_FIELD: Final = "once"
_MOST_FIELDS: Final = 400
_MOST_FILES: Final = 10
_PART_BYTES: Final = 1 << 20

REFUSALS: Final = (
    AuthorityError,
    ConflictError,
    ContractError,
    EnrolmentError,
    ImageError,
    InputError,
    PackError,
    RateError,
    SealError,
    SourceError,
    ValidationError,
)
"""What is shown at the form that was sent. Everything else is a page of its own."""

P = ParamSpec("P")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class FieldFault:
    """What is wrong with a field; with the form as a whole where `field` is empty."""

    field: str
    what: str
    remedy: str = ""


@dataclass(frozen=True)
class SentFile:
    """A file that came with a form, held in memory. `name` is empty where none was chosen."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Form:
    """A form as it was sent, or a blank one.

    Attributes:
        values: by field, what was written; several for a field that is there several times.
        files: by field, the files that came.
        faults: what is wrong.
        status: what the page with it is answered with.
        once: names this filling-in, so that a form that is sent twice is carried out once.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, tuple[SentFile, ...]] = field(default_factory=dict)
    faults: tuple[FieldFault, ...] = ()
    status: int = 200
    once: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    _target: bytes = b""

    def text(self, name: str, default: str = "") -> str:
        """What was written into a field, without spaces around it."""
        return self.values.get(name, (default,))[-1].strip()

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field, as of a group of check boxes."""
        return self.values.get(name, ())

    def has(self, name: str) -> bool:
        """Whether a box was ticked or a button of this name pressed."""
        return name in self.values

    def fault(self, name: str) -> FieldFault | None:
        """What is wrong with a field."""
        return next((fault for fault in self.faults if fault.field == name), None)

    def take(self, model: type[M], **values: Any) -> M:
        """A model out of the form's fields that the model has; `values` come first. An empty field is left out.

        Raises:
            ValidationError: something does not fit.
        """
        given: dict[str, Any] = {}
        for name, about in model.model_fields.items():
            if name in values:
                given[name] = values[name]
            elif name in self.values:
                if _is_many(about.annotation):
                    given[name] = [value for value in self.all(name) if value.strip()]
                elif self.text(name):
                    given[name] = self.text(name)
        return model.model_validate(given)

    def refused(self, error: Exception) -> Form:
        """The same form with what an error says at the field that it is about."""
        faults, status = _faults(error)
        known = set(self.values) | set(self.files)
        placed = tuple(
            fault if fault.field in known else FieldFault("", _named(fault), fault.remedy) for fault in faults
        )
        return Form(self.values, self.files, placed, status, self.once, self._target)

    def give(
        self,
        office: Office,
        viewer: Viewer,
        given: Callable[Concatenate[Office, Any, P], M],
        answer: type[M],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> M:
        """Carry a command out, once for this filling-in of the form; sent again it is answered as the first time."""
        key = RequestKey(f"console-{self.once}", self._target)
        written = once(office, viewer.actor, given, _written, key, *args, **kwargs)
        return answer.model_validate_json(written.content)


def blank_form(**values: str | tuple[str, ...]) -> Form:
    """A form to be filled in, with what stands in it already."""
    return Form({name: (value,) if isinstance(value, str) else value for name, value in values.items()})


async def read_form(request: Request, viewer: Viewer | None, *, picture_bytes: int = PICTURE_BYTES) -> Form:
    """The form of a request.

    Raises:
        HTTPException: 400 where it cannot be read, 403 where it does not come from a page of this viewer's.
    """
    try:
        data = await _parsed(request, picture_bytes)
    except (MultiPartException, KeyError, ValueError) as error:
        raise HTTPException(400) from error
    try:
        form = await _form_of(request, data)
    finally:
        await data.close()
    if any("\x00" in value for values in form.values.values() for value in values):
        raise HTTPException(400)
    if viewer is not None:
        token = request.headers.get(CSRF_HEADER) or form.text(CSRF_FIELD)
        if not hmac.compare_digest(token.encode(), viewer.csrf.encode()):
            raise HTTPException(403, "This form belongs to another sign-in")
    if any(len(file.content) > picture_bytes for files in form.files.values() for file in files):
        raise HTTPException(413)
    return form


async def _parsed(request: Request, picture_bytes: int) -> FormData:
    """Its parts, files too, in memory: the framework's own way would write large files to a disk in the clear."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return await request.form(max_fields=_MOST_FIELDS, max_part_size=_PART_BYTES)
    parser = MultiPartParser(
        request.headers,
        request.stream(),
        max_files=_MOST_FILES,
        max_fields=_MOST_FIELDS,
        max_part_size=_PART_BYTES,
    )
    parser.spool_max_size = picture_bytes * _MOST_FILES
    return await parser.parse()


async def _form_of(request: Request, data: FormData) -> Form:
    values: dict[str, tuple[str, ...]] = {}
    files: dict[str, tuple[SentFile, ...]] = {}
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            sent = SentFile(value.filename or "", await value.read())
            files[name] = (*files.get(name, ()), sent)
        else:
            values[name] = (*values.get(name, ()), value)
    written = "&".join(
        f"{name}={value}"
        for name, several in sorted(values.items())
        if name not in {CSRF_FIELD, _ONCE_FIELD}
        for value in several
    )
    key = request.headers.get("Idempotency-Key") or next(iter(values.get(_ONCE_FIELD, ())), "")
    usable = 8 <= len(key) <= 100 and key.isascii() and key.isprintable()
    return Form(
        values,
        files,
        once=key if usable else secrets.token_urlsafe(16),
        _target=f"{request.method} {request.url.path}\n{written}".encode(),
    )


def _faults(error: Exception) -> tuple[tuple[FieldFault, ...], int]:
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False, include_input=False, include_context=False)
        return tuple(
            FieldFault(
                str(one["loc"][0]) if one["loc"] else "",
                _plain("" if one["type"] == "missing" else str(one["msg"]).removeprefix("Value error, ")),
            )
            for one in found
        ), 422
    assert isinstance(error, OvertError)  # noqa: S101 - REFUSALS holds nothing else
    where = error.field.removeprefix("body.").split(".")[0] if isinstance(error, InputError) else ""
    return (FieldFault(where, error.what, error.remedy),), status_of(error)


def _plain(message: str) -> str:
    return message or "This is needed"


def _named(fault: FieldFault) -> str:
    return f"{fault.field.replace('_', ' ')}: {fault.what}" if fault.field else fault.what


def _is_many(annotation: Any) -> bool:
    """Whether a field takes several values: a tuple or a list, perhaps annotated, perhaps optional."""
    if annotation in {tuple, list} or get_origin(annotation) in {tuple, list}:
        return True
    return any(_is_many(part) for part in get_args(annotation) if isinstance(part, type) or get_origin(part))


def _written(made: BaseModel) -> bytes:
    return made.model_dump_json().encode()
