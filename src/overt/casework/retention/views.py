"""What the commands of retention show."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads the annotations
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["KindView", "PolicyFigure", "PolicyView", "RetentionRunView", "RetentionView"]

Value = float | bool | str | tuple[str, ...] | dict[str, str] | None


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RetentionRunView(_Model):
    """One run of retention."""

    id: str
    at: datetime
    counts: Annotated[
        dict[str, int],
        Field(
            description="How many were deleted, by kind; `alerts-unfinished` of the alerts had something still to be "
            "done, and `alerts-undecided` nobody had decided; `searches-unfinished` likewise."
        ),
    ]


class KindView(_Model):
    """One kind of data and its clock."""

    kind: str
    what: Annotated[str, Field(description="What is deleted.")]
    counts_from: Annotated[str, Field(description="When its clock begins to run.")]
    limit_hours: Annotated[float, Field(description="How long it may be kept, by the force's policy.")]
    longest_hours: Annotated[float, Field(description="How long any policy may let it be kept.")]
    held: Annotated[int, Field(description="How many there are.")]
    due: Annotated[int, Field(description="How many of them are due now.")]
    next_due: Annotated[
        datetime | None, Field(description="When the first is due, or was; null where none has a date.")
    ]


class RetentionView(_Model):
    """Every kind of data that has a clock, and what was done last."""

    kinds: tuple[KindView, ...]
    run_every_minutes: Annotated[float, Field(description="How often the server runs retention by itself.")]
    last_run: RetentionRunView | None


class PolicyFigure(_Model):
    """One figure of the policy."""

    name: Annotated[str, Field(description="Section and figure, as the policy file has them.")]
    value: Annotated[Value, Field(description="What the force has set.")]
    default: Annotated[Value, Field(description="What it is without a policy file.")]
    at_most: Annotated[
        float | None, Field(description="The most that may be set; null without such a limit.")
    ]
    at_least: Annotated[
        float | None, Field(description="The least that may be set; null without such a limit.")
    ]


class PolicyView(_Model):
    """The policy that is in force."""

    figures: tuple[PolicyFigure, ...]
