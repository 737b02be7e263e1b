"""What the commands about pairs of images take and give."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["NewPairDecision", "PairDecision", "PairFinding", "PairKind", "PairSide", "PairView"]

PairKind = Literal["same-picture", "same-person", "two-people"]
PairFinding = Literal["same-person", "different-people", "left"]
_Found = Annotated[
    PairFinding,
    Field(
        description="`same-person` or `different-people`, as the two pictures show; `left`: it cannot be told, or "
        "need not be."
    ),
]


class PairSide(BaseModel):
    """One of two images that are reported."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    record_id: str
    reference: str
    image_id: str
    file: str
    taken_on: dt.date | None
    width: Annotated[int, Field(description="Of the picture as kept, pixels.")]
    height: Annotated[int, Field(description="Of the picture as kept, pixels.")]
    box: Annotated[tuple[float, ...], Field(description="Left, top, right, bottom of the face, pixels.")]
    landmarks: Annotated[
        tuple[tuple[float, float], ...], Field(description="Five points of the face, x and y, pixels.")
    ]


class NewPairDecision(BaseModel):
    """What a person found who looked at both pictures of a pair."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    found: _Found
    reason: Annotated[str, Field(min_length=1, max_length=2000, description="Why; sealed.")]


class PairDecision(BaseModel):
    """What somebody found, by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    found: _Found
    reason: str
    at: dt.datetime
    by: Annotated[str, Field(description="Id of the person.")]
    by_name: str


class PairView(BaseModel):
    """Two images of a collection that a person should look at. Nothing is done about them by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    collection_id: str
    kind: Annotated[
        PairKind,
        Field(
            description="`same-picture`: one file under two references; `same-person`: two references whose images "
            "score as one person; `two-people`: images of one record that score as two."
        ),
    ]
    first: PairSide
    second: PairSide
    score: Annotated[float, Field(description="Cosine similarity of the two, when the pair was found.")]
    threshold: Annotated[
        float,
        Field(description="From which two images were taken for one person's, when the pair was found."),
    ]
    stranger_rate: Annotated[
        float | None,
        Field(
            description="Of people who are not in the collection, the part that would score so against somebody in "
            "it; null where nothing is measured."
        ),
    ]
    found_at: dt.datetime
    decision: Annotated[PairDecision | None, Field(description="Null until somebody has decided.")]
