"""What the commands about entries take and give."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from overt.casework.moments import Day
from overt.casework.watchlists.image_models import ImageView

__all__ = [
    "Approval",
    "ApprovalOutcome",
    "EntryApproval",
    "EntryChange",
    "EntryFilter",
    "EntrySummary",
    "EntryView",
    "NewEntry",
    "NotApproved",
    "Status",
    "Withdrawal",
]

Status = Literal["pending", "approved", "withdrawn"]
Reference = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="What the force's records call the subject; unique in the list.",
    ),
]
Name = Annotated[str, Field(min_length=1, max_length=200, description="What officers are shown.")]
Category = Annotated[str, Field(min_length=1, max_length=200, description="One of the policy's categories.")]
LawfulBasis = Annotated[
    str,
    Field(
        min_length=1, max_length=2000, description="The warrant, order, condition or duty the entry rests on."
    ),
]
Born = Annotated[
    Day | Literal["unknown"],
    Field(description="The subject's date of birth, or `unknown`, said outright."),
]
Instruction = Annotated[str, Field(min_length=1, max_length=4000, description="What officers should do.")]
Warnings = Annotated[
    tuple[Annotated[str, StringConstraints(min_length=1, max_length=200)], ...],
    Field(max_length=20, description="Warning markers, such as `violent` or `needs medication`."),
]
ReviewBy = Annotated[Day, Field(description="The day by which the entry must be looked at again.")]
ExpiresOn = Annotated[Day, Field(description="The last day the entry may be used.")]
Notes = Annotated[str, Field(max_length=8000)]
Seed = Annotated[bool, Field(description="A consenting person placed on the list to walk past.")]


class NewEntry(BaseModel):
    """A subject to put on a list. Nothing about who is sought may be left out."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    reference: Reference
    name: Name
    category: Category
    lawful_basis: LawfulBasis
    date_of_birth: Born
    instruction: Instruction
    warnings: Warnings = ()
    review_by: Annotated[
        ReviewBy | None, Field(description="The next review; policy's time from today if null.")
    ] = None
    expires_on: ExpiresOn
    notes: Notes = ""
    seed: Seed = False


class EntryChange(BaseModel):
    """What is to be changed of an entry; what is null stays. Any change takes the approval away."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    reference: Reference | None = None
    name: Name | None = None
    category: Category | None = None
    lawful_basis: LawfulBasis | None = None
    date_of_birth: Born | None = None
    instruction: Instruction | None = None
    warnings: Warnings | None = None
    review_by: ReviewBy | None = None
    expires_on: ExpiresOn | None = None
    notes: Notes | None = None
    seed: Seed | None = None


class EntryFilter(BaseModel):
    """Which entries are wanted: those for which everything given holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    status: Status | None = None
    category: Annotated[str | None, Field(max_length=200)] = None
    seed: bool | None = None
    due_for_review: Annotated[
        bool, Field(description="Only those not withdrawn whose review is due today or before.")
    ] = False
    expires_within_days: Annotated[
        int | None,
        Field(ge=0, le=3660, description="Only those not withdrawn that expire within so many days."),
    ] = None
    without_image: Annotated[bool, Field(description="Only those that have no reference image.")] = False
    expired: Annotated[bool, Field(description="Only those not withdrawn whose last day has passed.")] = False
    warned: Annotated[
        bool, Field(description="Only those with a warning marker; opens all the others ask for.")
    ] = False
    text: Annotated[
        str,
        Field(
            max_length=200,
            description="Only those with this in the name or reference; opens all the others ask for.",
        ),
    ] = ""


class EntrySummary(BaseModel):
    """An entry in a listing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    watchlist_id: str
    reference: str
    name: str
    category: str
    status: Status
    seed: bool
    revision: int
    review_by: dt.date
    expires_on: dt.date
    due_for_review: bool
    expired: bool
    under_18: Annotated[bool | None, Field(description="Today; null where the date of birth is unknown.")]
    images: int
    best_quality: Annotated[float | None, Field(description="0 to 1; null without an image.")]
    warnings: tuple[str, ...]
    added_at: dt.datetime


class EntryView(EntrySummary):
    """An entry with everything that is known of it."""

    lawful_basis: str
    date_of_birth: Born
    age: Annotated[
        int | None, Field(description="Whole years today; null where the date of birth is unknown.")
    ]
    instruction: str
    notes: str
    reference_images: Annotated[tuple[ImageView, ...], Field(description="Best quality first.")]
    added_by: Annotated[str, Field(description="Id of the person.")]
    added_by_name: str
    changed_at: dt.datetime
    changed_by: Annotated[str, Field(description="Id of the person who changed a field or an image last.")]
    changed_by_name: str
    approved_at: dt.datetime | None
    approved_by: Annotated[str | None, Field(description="Id of the person.")]
    approved_by_name: str | None
    under_18_reason: Annotated[
        str, Field(description="The authorising officer's, of an approved entry that was under 18 then.")
    ]
    withdrawn_at: dt.datetime | None
    withdrawn_by: Annotated[str | None, Field(description="Id of the person.")]
    withdrawn_by_name: str | None
    withdrawn_reason: str


class EntryApproval(BaseModel):
    """What an authorising officer says when they approve an entry."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    revision: Annotated[
        int | None,
        Field(ge=1, le=2**31, description="An entry that has changed since is not approved. Any if null."),
    ] = None
    under_18_reason: Annotated[
        str,
        Field(max_length=2000, description="Why somebody under 18 is on the list; needed where they are."),
    ] = ""


class Approval(BaseModel):
    """Several entries of a list to approve."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry_ids: Annotated[tuple[str, ...], Field(min_length=1, max_length=500)]


class NotApproved(BaseModel):
    """An entry that was not approved, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry_id: str
    reason: str


class ApprovalOutcome(BaseModel):
    """What became of each entry that was to be approved."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    approved: tuple[str, ...]
    left: tuple[NotApproved, ...]


class Withdrawal(BaseModel):
    """Why an entry is withdrawn."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    reason: Annotated[str, Field(min_length=3, max_length=2000)]
