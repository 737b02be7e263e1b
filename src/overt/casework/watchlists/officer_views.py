"""What officers are shown of an entry."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["LookAlikeOnList", "OfficerEntry"]


class LookAlikeOnList(BaseModel):
    """Another entry of the same list that the alert could be about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry_id: str
    reference: str
    name: str
    kind: Annotated[str, Field(description="`look-alike` or `duplicate`.")]
    score: Annotated[float, Field(description="Cosine similarity of their most alike images.")]


class OfficerEntry(BaseModel):
    """An entry, for the officer who must decide on an alert."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry_id: str
    reference: str
    name: str
    category: str
    lawful_basis: str
    instruction: str
    warnings: tuple[str, ...]
    date_of_birth: dt.date | Literal["unknown"]
    age: Annotated[
        int | None, Field(description="Whole years today; null where the date of birth is unknown.")
    ]
    seed: bool
    image_ids: Annotated[tuple[str, ...], Field(description="Best quality first.")]
    look_alikes: Annotated[tuple[LookAlikeOnList, ...], Field(description="Most alike first.")]
