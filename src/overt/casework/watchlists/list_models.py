"""What the commands about lists take and give."""

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from overt.casework.moments import Day

__all__ = [
    "LookAlikeView",
    "NewWatchlist",
    "Renewal",
    "Subject",
    "SubjectImage",
    "WatchlistChange",
    "WatchlistReview",
    "WatchlistView",
]

Title = Annotated[str, Field(min_length=1, max_length=200, description="What the list is called.")]
Purpose = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        description="What it is for, in words that name nobody: it is not sealed.",
    ),
]


class NewWatchlist(BaseModel):
    """A list to make."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    title: Title
    purpose: Purpose
    pack: Annotated[
        str, Field(min_length=1, max_length=100, description="The model pack that makes its templates.")
    ] = "embedded"
    review_by: Annotated[
        Day | None,
        Field(description="When the list must be looked through; policy's time from today if null."),
    ] = None


class WatchlistChange(BaseModel):
    """What is to be changed of a list; what is null stays."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    title: Title | None = None
    purpose: Purpose | None = None


class WatchlistReview(BaseModel):
    """A review of the list, or of some of its entries: they were looked at and still belong there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry_ids: Annotated[
        tuple[str, ...] | None,
        Field(max_length=500, description="The entries looked at; all that are not withdrawn if null."),
    ] = None
    review_by: Annotated[
        Day | None, Field(description="The next review; policy's time from today if null.")
    ] = None


class WatchlistView(BaseModel):
    """A list, with counts of its entries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    purpose: str
    pack: Annotated[str, Field(description="Id of the model pack that the templates are bound to.")]
    pack_version: str
    dimension: int
    review_by: dt.date
    reviewed_at: dt.datetime | None
    reviewed_by: Annotated[str | None, Field(description="Id of the person.")]
    reviewed_by_name: str | None
    created_at: dt.datetime
    created_by: Annotated[str, Field(description="Id of the person.")]
    created_by_name: str
    pending: Annotated[int, Field(description="Entries that wait for approval.")]
    approved: Annotated[int, Field(description="Entries that are approved and not expired.")]
    expired: Annotated[int, Field(description="Entries, pending or approved, whose last day has passed.")]
    withdrawn: int
    due_for_review: Annotated[
        int, Field(description="Entries, not withdrawn, whose review is due today or before.")
    ]
    without_image: Annotated[int, Field(description="Entries, not withdrawn, that have no reference image.")]
    images: int
    without_covered: Annotated[
        int,
        Field(
            description="Reference images, of entries not withdrawn, without the template with which the list's pack "
            "compares covered faces. While there is one, covered faces are compared as they are, for the whole list."
        ),
    ]
    look_alikes: Annotated[int, Field(description="Pairs of entries that look alike or are duplicates.")]


class Renewal(BaseModel):
    """What came of making templates for covered faces, some images at a time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    made: Annotated[int, Field(description="Images that have one now.")]
    failed: Annotated[
        tuple[str, ...],
        Field(
            description="Entries with an image of which none can be made: put another picture in its place."
        ),
    ]
    next: Annotated[
        str | None, Field(description="Give it as `after` to go on; null where the list is through.")
    ]


class SubjectImage(BaseModel):
    """A reference image of one of two entries that look alike, without its pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    width: Annotated[int, Field(description="Of the picture as kept, pixels.")]
    height: Annotated[int, Field(description="Of the picture as kept, pixels.")]
    box: Annotated[
        tuple[float, ...],
        Field(description="Left, top, right, bottom of the face, pixels of the picture as kept."),
    ]


class Subject(BaseModel):
    """One of two entries that look alike."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry_id: str
    reference: str
    name: str
    status: str
    category: str
    images: Annotated[tuple[SubjectImage, ...], Field(description="Best quality first.")]


class LookAlikeView(BaseModel):
    """Two entries of a list that the software could take for each other, or that are one subject."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: Subject
    second: Subject
    kind: Annotated[
        str,
        Field(
            description="`look-alike`: they score as one person; `duplicate`: the same picture, or the same name and "
            "date of birth, is on both."
        ),
    ]
    score: Annotated[float, Field(description="Cosine similarity of their most alike images.")]
    threshold: Annotated[float, Field(description="From which two entries are look-alikes.")]
    found_at: dt.datetime
