"""Entries of the audit chain as a page shows them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from overt.console.links import address_of
from overt.console.wording import LOCAL
from overt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from overt.console.viewer import Viewer

__all__ = ["Detail", "details_of", "times_of"]


@dataclass(frozen=True)
class Detail:
    """One fact of an entry: what it is, its value in words, and the page about it where it is an id with one."""

    name: str
    said: str
    address: str


def details_of(details: Mapping[str, Any], viewer: Viewer) -> tuple[Detail, ...]:
    """An entry's facts, those in lists one by one."""
    found = []
    for name, value in details.items():
        for one in value if isinstance(value, list) else [value]:
            said = one if isinstance(one, str) else json.dumps(one, ensure_ascii=False, sort_keys=True)
            address = address_of(one, viewer) if isinstance(one, str) else ""
            found.append(Detail(name.replace("_", " "), said, address))
    return tuple(found)


def times_of(given: Mapping[str, str]) -> dict[str, datetime]:
    """`since` and `until` out of what was written; without a zone they are the force's own time.

    Raises:
        InputError: one is no time.
    """
    times = {}
    for name in ("since", "until"):
        if written := given.get(name):
            try:
                at = datetime.fromisoformat(written)
            except ValueError:
                raise InputError("This is no time", "Write it like 2026-06-01T14:05", field=name) from None
            times[name] = at.replace(tzinfo=LOCAL) if at.tzinfo is None else at
    return times
