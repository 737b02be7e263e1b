"""What the commands about bulk imports take and give."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from overt.casework.watchlists.image_models import FindingView

__all__ = ["ImportState", "ImportView", "ImportedPicture", "ImportedRow", "RowResult"]

ImportState = Literal["running", "finished", "failed", "interrupted"]
RowResult = Literal["added", "changed", "unchanged", "refused"]


class ImportView(BaseModel):
    """How far an import is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    watchlist_id: str
    state: ImportState
    dry_run: Annotated[bool, Field(description="Whether it only judges, and writes nothing.")]
    rows: int
    done: int
    added: int
    changed: int
    unchanged: int
    refused: int
    failure: Annotated[str, Field(description="Why it failed, where it did.")]
    started_at: dt.datetime
    started_by: Annotated[str, Field(description="Id of the person.")]
    started_by_name: str
    finished_at: dt.datetime | None


class ImportedPicture(BaseModel):
    """What became of one picture of a row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    result: Literal["added", "unchanged", "refused"]
    findings: tuple[FindingView, ...]
    measures: dict[str, float]


class ImportedRow(BaseModel):
    """What became of one row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    place: Annotated[str, Field(description="Where it stands in the table, such as `line 3`.")]
    reference: str
    name: str
    result: RowResult
    entry_id: Annotated[str | None, Field(description="Of the entry; null where there is none.")]
    findings: tuple[FindingView, ...]
    images: tuple[ImportedPicture, ...]
