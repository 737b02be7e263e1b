"""Watchlists: entries, reference images, bulk import, look-alikes; and what the rest of casework asks of them."""

from overt.casework.watchlists.deletion import delete_entries, delete_watchlist_rows
from overt.casework.watchlists.facts import (
    EntryFacts,
    Templates,
    frozen_facts,
    is_current,
    look_alikes_among,
    shown_to_officers,
    templates_of,
)
from overt.casework.watchlists.look_alikes import LookAlike
from overt.casework.watchlists.officer_views import LookAlikeOnList, OfficerEntry

__all__ = [
    "EntryFacts",
    "LookAlike",
    "LookAlikeOnList",
    "OfficerEntry",
    "Templates",
    "delete_entries",
    "delete_watchlist_rows",
    "frozen_facts",
    "is_current",
    "look_alikes_among",
    "shown_to_officers",
    "templates_of",
]
