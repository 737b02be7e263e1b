"""What shuts people out of a page, as axe-core finds it."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

__all__ = ["no_barriers"]


def no_barriers(page: Page) -> None:
    """Fail if axe-core finds anything serious or critical (WCAG 2.2 A and AA, contrast among it)."""
    found = Axe().run(page).response["violations"]
    told = [
        f"{one['impact']} {one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]
    assert not told, "\n".join(told)
