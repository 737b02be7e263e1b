"""The officer's page, for a phone: whose alerts are whose, what is told as it happens, what the browser may keep."""

from overt.console.officer.cards import MOST_CARDS, Card, card_of, cards_of
from overt.console.officer.installing import ICONS, manifest, worker
from overt.console.officer.news import OfficerWatcher, told_to

__all__ = [
    "ICONS",
    "MOST_CARDS",
    "Card",
    "OfficerWatcher",
    "card_of",
    "cards_of",
    "manifest",
    "told_to",
    "worker",
]
