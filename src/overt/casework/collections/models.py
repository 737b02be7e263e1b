"""What the commands about collections take and give."""

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

__all__ = ["CollectionChange", "CollectionView", "NewCollection", "NextTemplates"]


def _no_id(name: str) -> str:
    if name.startswith("collection-"):
        raise ValueError("a name does not begin as an id does, with `collection-`")
    return name


Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=60,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$",
        description="What the collection is called on the command line: letters, figures, dots and dashes.",
    ),
    AfterValidator(_no_id),
]
Purpose = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        description="What it is for, in words that name nobody: it is not sealed.",
    ),
]
ReviewDays = Annotated[
    int,
    Field(
        ge=1,
        description="After so many days a record without a review date of its own is due; policy's if null.",
    ),
]


class NewCollection(BaseModel):
    """A collection to make."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: Name
    purpose: Purpose
    pack: Annotated[
        str, Field(min_length=1, max_length=100, description="The model pack that makes its templates.")
    ] = "embedded"
    review_days: ReviewDays | None = None


class CollectionChange(BaseModel):
    """What is to be changed of a collection; what is null stays."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: Name | None = None
    purpose: Purpose | None = None
    review_days: ReviewDays | None = None


class NextTemplates(BaseModel):
    """Templates of another model pack that are made beside those in use, until the switch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pack: str
    pack_version: str
    dimension: int
    made: Annotated[int, Field(description="Images that have one.")]
    refused: Annotated[
        int, Field(description="Images of which this pack makes none: after the switch no search finds them.")
    ]
    left: Annotated[int, Field(description="Images whose turn has not come; the switch waits for them.")]


class CollectionView(BaseModel):
    """A collection, with counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    purpose: str
    pack: Annotated[str, Field(description="Id of the model pack whose templates are searched.")]
    pack_version: str
    dimension: int
    next: Annotated[
        NextTemplates | None, Field(description="Templates being made beside them; null if none.")
    ]
    review_days: int
    records: Annotated[int, Field(description="People, one for each reference.")]
    images: int
    searched: Annotated[int, Field(description="Images that a search goes through: those with a template.")]
    due_for_review: Annotated[int, Field(description="Records whose review date is today or has passed.")]
    pairs: Annotated[
        int, Field(description="Pairs of images that nobody has decided about: see the collection's report.")
    ]
    pairs_decided: Annotated[int, Field(description="Pairs that somebody has decided about.")]
    not_compared: Annotated[
        int, Field(description="Images that have not been compared with the others yet: see the report.")
    ]
    created_at: dt.datetime
    created_by: Annotated[str, Field(description="Id of the person.")]
    created_by_name: str
