"""What the commands about ingestions take and give."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from overt.casework.watchlists import FindingView

__all__ = ["IngestedRow", "IngestionKind", "IngestionState", "IngestionView", "RowOutcome"]

IngestionKind = Literal["folder", "archive", "manifest"]
IngestionState = Literal["running", "finished", "failed", "interrupted"]
RowOutcome = Literal["added", "changed", "unchanged", "refused"]


class IngestionView(BaseModel):
    """How far an ingestion is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    collection_id: str
    source: Annotated[str, Field(description="The name of the folder, ZIP or table.")]
    kind: IngestionKind
    state: IngestionState
    rows: int
    done: int
    added: Annotated[int, Field(description="Rows whose picture is in the collection now.")]
    changed: Annotated[
        int, Field(description="Rows whose picture was there, and whose record says something else now.")
    ]
    unchanged: Annotated[int, Field(description="Rows that were there already.")]
    refused: int
    refused_by: Annotated[
        dict[str, int], Field(description="Refused rows by finding; a row may have several.")
    ]
    seconds: Annotated[float, Field(description="Spent on the rows that are done.")]
    rate: Annotated[float | None, Field(description="Rows in a second; null before any is done.")]
    workers_replaced: Annotated[
        int, Field(description="Workers of a cluster that were lost; others did what they had.")
    ]
    failure: Annotated[str, Field(description="Why it failed, where it did.")]
    started_at: dt.datetime
    started_by: Annotated[str, Field(description="Id of the person.")]
    started_by_name: str
    finished_at: dt.datetime | None


class IngestedRow(BaseModel):
    """What became of one row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    place: Annotated[int, Field(description="Where it stands in the source, from 1.")]
    reference: str
    image: Annotated[str, Field(description="The picture's name in the source.")]
    result: RowOutcome
    record_id: Annotated[str | None, Field(description="Of its record; null where there is none.")]
    findings: tuple[FindingView, ...]
    measures: Annotated[dict[str, float], Field(description="The face's quality, by measure.")]
