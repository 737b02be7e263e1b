"""What officers are shown of an entry."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["LookAlikeOnList", "OfficerEntry", "ReferenceFace"]


class ReferenceFace(BaseModel):
    """A reference image, and where the face is in it, so that faces can be shown at the same scale."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_id: str
    width: Annotated[int, Field(description="Pixels.")]
    height: int
    box: Annotated[
        tuple[float, float, float, float], Field(description="Left, top, right, bottom of the face, pixels.")
    ]
    taken_on: Annotated[dt.date | None, Field(description="When it was taken; null where unknown.")]


class LookAlikeOnList(BaseModel):
    """Another entry of the same list that the alert could be about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry_id: str
    reference: str
    name: str
    kind: Annotated[str, Field(description="`look-alike` or `duplicate`.")]
    score: Annotated[float, Field(description="Cosine similarity of their most alike images.")]
    image: Annotated[ReferenceFace | None, Field(description="Their best image; null where they have none.")]


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
    images: Annotated[tuple[ReferenceFace, ...], Field(description="The same, with where the face is.")]
    look_alikes: Annotated[tuple[LookAlikeOnList, ...], Field(description="Most alike first.")]
