"""What policy and sense demand of an entry's fields, whether typed in or imported."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from overt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from overt.casework.policy import WatchlistPolicy
    from overt.gallery import FindingKind

__all__ = ["Fault", "canonical_category", "check", "faults", "next_review"]

_OLDEST_YEARS: Final = 130


@dataclass(frozen=True)
class Fault:
    """A field that cannot be taken.

    Attributes:
        field: its name.
        kind: of the finding, where it is a row's.
        detail: a sentence about it, without its subject and full stop.
        remedy: what to do.
    """

    field: str
    kind: FindingKind
    detail: str
    remedy: str


def next_review(policy: WatchlistPolicy, today: dt.date) -> dt.date:
    """When something that was added or reviewed today is due again."""
    return today + dt.timedelta(days=policy.review_days)


def canonical_category(policy: WatchlistPolicy, category: str) -> str:
    """The policy's own spelling of a category; as it is where the policy has none such."""
    wanted = " ".join(category.casefold().split())
    return next((one for one in policy.categories if one.casefold() == wanted), category)


def check(policy: WatchlistPolicy, today: dt.date, fields: dict[str, Any]) -> None:
    """Refuse the first field that cannot be taken.

    Raises:
        InputError: it names the field.
    """
    for fault in faults(policy, today, fields):
        raise InputError(f"The {fault.field} {fault.detail}", fault.remedy, field=fault.field)


def faults(policy: WatchlistPolicy, today: dt.date, fields: dict[str, Any]) -> Iterator[Fault]:
    """What is wrong with those of an entry's fields that are given and not None."""
    if (category := fields.get("category")) is not None and category not in policy.categories:
        yield Fault(
            "category",
            "outside-policy",
            "is none of the policy's",
            "Take one of: " + ", ".join(policy.categories),
        )
    if (expires_on := fields.get("expires_on")) is not None:
        last = today + dt.timedelta(days=policy.longest_days)
        if expires_on < today:
            yield Fault("expires_on", "expired", f"{expires_on} has passed", "Name a day to come")
        elif expires_on > last:
            yield Fault(
                "expires_on",
                "outside-policy",
                f"{expires_on} is more than {policy.longest_days} days ahead",
                f"Name {last} or an earlier day",
            )
    if (review_by := fields.get("review_by")) is not None:
        last = next_review(policy, today)
        if not today <= review_by <= last:
            yield Fault(
                "review_by",
                "outside-policy",
                f"{review_by} is not from today to {policy.review_days} days ahead",
                f"Name {last} or an earlier day to come",
            )
    if isinstance(born := fields.get("date_of_birth"), dt.date):
        if born > today:
            yield Fault("date_of_birth", "malformed", "lies ahead", "Correct it, or write unknown")
        elif born.year < today.year - _OLDEST_YEARS:
            yield Fault("date_of_birth", "malformed", "is too long ago", "Correct it, or write unknown")
    if isinstance(taken_on := fields.get("taken_on"), dt.date) and taken_on > today:
        yield Fault("taken_on", "malformed", "lies ahead", "Correct it, or write unknown")
