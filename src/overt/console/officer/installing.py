"""The page as an app on a phone: its manifest, its signs, and the worker that says so when there is no connection.

What the worker keeps on the phone is files of the console's own and a few words, the same for everybody. Nothing that
a page, a picture or a form holds goes through it.
"""

from __future__ import annotations

from typing import Any, Final

from overt.console.pages import asset, environment

__all__ = ["ICONS", "manifest", "worker"]

ICONS: Final = (
    ("officer-192.png", 192, "any"),
    ("officer-512.png", 512, "any"),
    ("officer-maskable-512.png", 512, "maskable"),
)
"""File, pixels of a side, and what it is for; `scripts/officer_icons.py` draws them."""

_KEPT: Final = ("overt.css", "officer.css", "icon.svg", "officer-192.png")


def manifest() -> dict[str, Any]:
    """The web app manifest. Its scope is the whole console, so that signing in does not leave the app."""
    return {
        "id": "/officer",
        "name": "Overt: on the street",
        "short_name": "Overt",
        "description": "Alerts for engagement officers",
        "lang": "en",
        "start_url": "/officer",
        "scope": "/",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#f5f6f8",
        "theme_color": "#0b5563",
        "icons": [
            {"src": asset(name), "sizes": f"{side}x{side}", "type": "image/png", "purpose": purpose}
            for name, side, purpose in ICONS
        ],
    }


def worker() -> str:
    """The service worker's script."""
    kept = [asset(name) for name in _KEPT]
    page = environment().get_template("officer/offline.html").render()
    return environment().get_template("officer/worker.js").render(kept=kept, page=page)
