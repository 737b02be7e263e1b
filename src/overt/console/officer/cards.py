"""An officer's alerts as cards: who it is about, the warnings, where, and who is on it already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from overt.casework import alerts
from overt.casework.paging import Page

if TYPE_CHECKING:
    from datetime import datetime

    from overt.casework import Actor, Office
    from overt.casework.alerts import AlertView, RoutingView

__all__ = ["MOST_CARDS", "Card", "card_of", "cards_of"]

MOST_CARDS: Final = 20
"""On one page. Each is a look at an alert, and in the audit chain."""


@dataclass(frozen=True)
class Card:
    """An alert for one officer.

    Attributes:
        alert: the alert.
        own: how it came to them; None where it was not routed to them.
        others_on_it: the other officers who have said that they are on it.
        cleared_at: when it was decided that the person may be approached; None where that is not decided.
    """

    alert: AlertView
    own: RoutingView | None
    others_on_it: tuple[RoutingView, ...]
    cleared_at: datetime | None

    @property
    def on_it(self) -> bool:
        """Whether they have said so themselves."""
        return self.own is not None and self.own.acknowledged_at is not None

    @property
    def stopped(self) -> bool:
        """Whether it is closed though nobody was approached: whoever is on their way must turn round."""
        return self.alert.state == "closed" and not any(row.stands for row in self.alert.engagements)


def card_of(office: Office, actor: Actor, alert_id: str) -> Card:
    """One alert's.

    Raises:
        MissingError: there is no such alert.
    """
    alert = alerts.show_alert(office, actor, alert_id)
    decided = [row.at for row in alert.adjudications if row.stands and row.decision == "engage"]
    return Card(
        alert=alert,
        own=next((row for row in alert.routings if row.officer_id == actor.id), None),
        others_on_it=tuple(
            row for row in alert.routings if row.officer_id != actor.id and row.acknowledged_at is not None
        ),
        cleared_at=max(decided) if decided and alert.state != "second" else None,
    )


def cards_of(office: Office, actor: Actor, after: str | None) -> tuple[tuple[Card, ...], str | None, int]:
    """The alerts routed to an officer that are not closed, the newest first; where to go on, and how many in all.

    Raises:
        InputError: `after` is no alert's id.
    """
    listing = alerts.list_my_alerts(office, actor, Page(after=after, limit=MOST_CARDS))
    return tuple(card_of(office, actor, one.id) for one in listing.items), listing.next, listing.total
