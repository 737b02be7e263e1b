"""What the commands about records take and give."""

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from overt.casework.moments import Day
from overt.casework.watchlists import FindingView

__all__ = [
    "DeletedRecord",
    "DueRecord",
    "NamedRecord",
    "RecordImage",
    "RecordReview",
    "RecordView",
]


class RecordImage(BaseModel):
    """A picture of a record, without its pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    number: int
    file: Annotated[str, Field(description="The picture's name in the source it came from.")]
    taken_on: dt.date | None
    width: Annotated[int, Field(description="Of the picture as kept, pixels.")]
    height: Annotated[int, Field(description="Of the picture as kept, pixels.")]
    box: Annotated[tuple[float, ...], Field(description="Left, top, right, bottom of the face, pixels.")]
    quality: Annotated[float, Field(description="The face's, 0 to 1.")]
    measures: dict[str, float]
    findings: tuple[FindingView, ...]
    searched: Annotated[bool, Field(description="Whether it has a template of the model pack in use.")]
    added_at: dt.datetime


class RecordView(BaseModel):
    """A person under one reference."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    collection_id: str
    reference: str
    columns: Annotated[dict[str, str], Field(description="What else the table said.")]
    review_by: dt.date
    reviewed_at: dt.datetime | None
    added_at: dt.datetime
    images: tuple[RecordImage, ...]


class NamedRecord(BaseModel):
    """Which record is meant: by its reference, which stands in no address."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    reference: Annotated[str, Field(min_length=1, max_length=200)]


class RecordReview(BaseModel):
    """A review of a record: it was looked at and still belongs there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review_by: Annotated[
        Day | None, Field(description="The next review; the collection's time from today if null.")
    ] = None


class DeletedRecord(BaseModel):
    """What was deleted with a record."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    record_id: Annotated[str | None, Field(description="Null where only reports named the reference.")]
    images: int
    keys: Annotated[int, Field(description="Keys that were destroyed.")]
    rows: Annotated[int, Field(description="Rows of ingestions' reports that named it.")]


class DueRecord(BaseModel):
    """A record whose review is due, today or soon."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    reference: str
    review_by: dt.date
    goes_on: Annotated[
        dt.date, Field(description="From this day on retention deletes it, unless it is reviewed before.")
    ]
    images: int
