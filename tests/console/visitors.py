"""Someone at the console: with an HTTP client, or in a browser that tells of everything that goes wrong in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response

from overt.casework import Actor
from overt.console.viewer import csrf_of
from tests.api.conftest import Client

COOKIE = "overt-session"
ORIGIN = "http://localhost"


@dataclass
class Visitor:
    """Someone without a browser: GETs pages and POSTs forms as a browser would."""

    client: Client
    actor: Actor | None
    secret: str | None

    def get(self, address: str, **more: Any) -> httpx.Response:
        """Open a page."""
        return self._send("GET", address, more.pop("headers", {}), **more)

    def post(
        self, address: str, form: dict[str, Any] | None = None, *, csrf: str | None = None, **more: Any
    ) -> httpx.Response:
        """Send a form, with what proves that it comes from a page of this visitor's."""
        fields = dict(form or {})
        if self.secret is not None:
            fields.setdefault("csrf", csrf_of(self.secret) if csrf is None else csrf)
        headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", **more.pop("headers", {})}
        if "files" in more:
            return self._send("POST", address, headers, data=fields, **more)
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return self._send("POST", address, headers, content=urlencode(fields, doseq=True), **more)

    def _send(self, method: str, address: str, headers: dict[str, str], **more: Any) -> httpx.Response:
        if self.secret is not None:
            headers["Cookie"] = "; ".join(
                [part for part in (headers.get("Cookie"), f"{COOKIE}={self.secret}") if part]
            )
        return self.client.request(method, address, headers=headers, follow_redirects=False, **more)


@dataclass
class Seat:
    """Someone at a browser of their own.

    Attributes:
        page: the page that they look at.
        address: of the console.
        faults: what the browser complained of: scripts' errors, and whatever the content security policy refused.
        answers: each answer that came: method, status, address, content type.
    """

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    @classmethod
    def at(cls, context: BrowserContext, address: str) -> Seat:
        """Sit down at a new page."""
        seat = cls(context.new_page(), address)
        seat.page.on("console", seat._hear)
        seat.page.on("pageerror", lambda error: seat.faults.append(str(error)))
        seat.page.on("response", seat._note)
        return seat

    def open(self, path: str) -> Page:
        """Open one of the console's pages."""
        self.page.goto(self.address + path)
        return self.page

    def _note(self, answer: Response) -> None:
        self.answers.append(answer)

    def _hear(self, message: ConsoleMessage) -> None:
        # An answer that is an error is told here too; tests look at answers themselves.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(message.text)
