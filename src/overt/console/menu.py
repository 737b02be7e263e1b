"""The menu: the pages that someone may open, in the order that work takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from overt.console.viewer import Viewer

__all__ = ["MENU", "MenuItem", "ShownItem", "menu_of"]


@dataclass(frozen=True)
class MenuItem:
    """A page in the menu.

    Attributes:
        name: as it is shown.
        address: of the page.
        icon: its sign.
        commands: it is shown to whoever may give one of these.
        others: beginnings of the addresses of other pages that belong to it.
    """

    name: str
    address: str
    icon: str
    commands: tuple[str, ...]
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShownItem:
    """A page in somebody's menu."""

    item: MenuItem
    here: bool


MENU: Final = (
    MenuItem("Live", "/live", "live", ("live.show-feed",)),
    MenuItem("On the street", "/officer", "street", ("alerts.record-engagement",)),
    MenuItem("Watchlists", "/watchlists", "list", ("watchlists.list",), ("/entries/", "/imports/")),
    MenuItem("Searches", "/searches", "search", ("searches.list",), ("/probes/",)),
    MenuItem("Collections", "/collections", "stack", ("collections.list",), ("/ingestions/",)),
    MenuItem("Deployments", "/deployments", "van", ("deployments.list",)),
    MenuItem("Alerts", "/alerts", "bell", ("alerts.list",)),
    MenuItem("Records", "/records", "chart", ("publication.list",)),
    MenuItem("Certificates", "/certificates", "shield", ("certificates.list",)),
    MenuItem("Audit", "/audit", "chain", ("audit.list",)),
    MenuItem("People", "/people", "people", ("people.list",)),
    MenuItem("System", "/system", "gear", ("system.show", "retention.show")),
    MenuItem("Policy", "/policy", "rule", ("policy.show",)),
)


def menu_of(viewer: Viewer, path: str) -> tuple[ShownItem, ...]:
    """What a viewer may open, and which of it they are at."""
    return tuple(
        ShownItem(item, here=_is_at(path, item))
        for item in MENU
        if any(viewer.may(command) for command in item.commands)
    )


def _is_at(path: str, item: MenuItem) -> bool:
    """A deployment's record has its address below the deployment's, and is a record all the same."""
    if path.startswith("/deployments/") and "/record" in path:
        return item.address == "/records"
    return path == item.address or path.startswith((f"{item.address}/", *item.others))
