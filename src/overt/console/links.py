"""From an id to the page about it, where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from overt.console.viewer import Viewer

__all__ = ["address_of"]

_PAGES: Final[Mapping[str, tuple[str, str]]] = {
    "alert": ("/alerts/{}", "alerts.show"),
    "collection": ("/collections/{}", "collections.show"),
    "deployment": ("/deployments/{}", "deployments.show"),
    "entry": ("/entries/{}", "entries.show"),
    "import": ("/imports/{}", "imports.show"),
    "search": ("/searches/{}", "searches.show"),
    "ingestion": ("/ingestions/{}", "collections.show-ingestion"),
    "person": ("/people/{}", "people.show"),
    "watchlist": ("/watchlists/{}", "watchlists.show"),
}
"""By what an id begins with: the address, and the command that whoever follows it must be able to give."""


def address_of(subject: str, viewer: Viewer) -> str:
    """The address of the page about an id, or nothing where there is none or it is not theirs to open."""
    kind, dash, rest = subject.partition("-")
    if not dash or kind not in _PAGES or not rest.isalnum():
        return ""
    shape, command = _PAGES[kind]
    return shape.format(subject) if viewer.may(command) else ""
