"""How soon an alert is painted in browsers that watch, and whether any is lost or repeated. Prints a table and JSON.

    python benchmarks/console.py [--browsers 10] [--rate 20] [--seconds 60] [--alone 20]

A server process of its own takes alerts by the real command, as the engine's messages come to it, while that many
Chromium pages have the live page open, each in a browser context of its own. First alerts come one by one, then so
many a second. Measured in each page: from the engine's message, whose time the card carries, until after the frame
in which the card is there; and from a key's being pressed until the page begins to handle it. Needs Chromium, and
the pages of Overt's own server; browsers, server and measuring share this machine.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import argon2
import cv2
import numpy as np
import uvicorn
from playwright.sync_api import sync_playwright

from api import Staff, live_run
from overt.api import create_app
from overt.casework import Actor, Role, alerts, open_office
from overt.console import create_console
from overt.engine import Alert
from overt.web import bind

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from playwright.sync_api import Browser, Page

_PROBE: Final = """
addEventListener("DOMContentLoaded", () => {
  const seen = new Map();
  const found = window.found = { painted: {}, repeated: [], keys: [] };
  addEventListener("keydown", (event) => found.keys.push(performance.now() - event.timeStamp), { capture: true });
  new MutationObserver((changes) => {
    for (const change of changes) for (const card of change.addedNodes) {
      const id = card.dataset?.alert;
      if (!id) continue;
      if (document.querySelectorAll(`[data-alert="${id}"]`).length > 1) found.repeated.push(id);
      if (seen.has(id)) continue;
      seen.set(id, true);
      const said = Date.parse(card.querySelector("time").dateTime);
      requestAnimationFrame(() => setTimeout(() => {
        found.painted[id] = performance.timeOrigin + performance.now() - said;
      }, 0));
    }
  }).observe(document.getElementById("waiting"), { childList: true });
});
"""
_SETTLE_SECONDS: Final = 20


def serve(folder: str, given: Connection) -> None:
    """The server's process: an office with a live deployment, its pages, and alerts when they are asked for."""
    with open_office(
        Path(folder) / "office", environment={}, password_cost=argon2.profiles.CHEAPEST
    ) as office:
        staff = Staff(office)
        run_id, entry_id = live_run(office, staff, Path(folder))
        token = staff.token(Role.LFR_OPERATOR)
        bound = bind("127.0.0.1", 0)
        app = create_app(office, pages=create_console)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, http="h11", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        given.send((f"http://127.0.0.1:{bound.getsockname()[1]}", token))
        crop = cv2.imencode(".jpg", np.random.default_rng(1).integers(0, 255, (240, 200, 3), np.uint8))[1]
        passage = 0
        while (asked := given.recv()) is not None:
            count, rate = asked
            taken, began, late = [], time.monotonic(), 0.0
            for number in range(count):
                wait = began + number / rate - time.monotonic()
                late = max(late, -wait)
                time.sleep(max(0.0, wait))
                passage += 1
                message = Alert(
                    feed="feed",
                    entry=entry_id,
                    passage=passage,
                    score=0.97,
                    threshold=0.955,
                    observations=2,
                    quality=0.6,
                    captured_at=time.time_ns(),
                    media_seconds=1.0,
                    capture_to_alert_ms=200.0,
                    box=(1.0, 2.0, 30.0, 40.0),
                    crop=crop.tobytes(),
                )
                taken.append(alerts.take_alert(office, Actor.software("engine"), run_id, message).alert_id)
            given.send((taken, late))
        server.should_exit = True
        thread.join()
        bound.close()


def open_pages(browser: Browser, address: str, token: str, count: int) -> list[Page]:
    """So many live pages, each connected."""
    pages = []
    for _ in range(count):
        context = browser.new_context(viewport={"width": 1360, "height": 850})
        context.add_cookies([{"name": "overt-session", "value": token, "url": address}])
        context.add_init_script(_PROBE)
        page = context.new_page()
        page.goto(f"{address}/live")
        page.wait_for_selector("#connection[data-state=on]")
        pages.append(page)
    return pages


def told(pages: list[Page], given: Connection, count: int, rate: float) -> dict[str, Any]:
    """Have so many alerts taken at this rate, press a key in each page in turn meanwhile, and gather."""
    for page in pages:
        page.evaluate("() => { found.keys.length = 0; }")
    before = len(pages[0].evaluate("() => Object.keys(found.painted)"))
    given.send((count, rate))
    turn = 0
    while not given.poll(1 / len(pages)):
        pages[turn % len(pages)].keyboard.press("x")
        turn += 1
    taken, late = given.recv()
    deadline = time.monotonic() + _SETTLE_SECONDS
    for page in pages:
        while time.monotonic() < deadline:
            if page.evaluate("() => Object.keys(found.painted).length") >= before + count:
                break
            page.wait_for_timeout(100)
    found = [page.evaluate("() => found") for page in pages]
    there = [
        page.evaluate("() => [...document.querySelectorAll('[data-alert]')].map((one) => one.dataset.alert)")
        for page in pages
    ]
    painted = [one["painted"][name] for one in found for name in taken if name in one["painted"]]
    return {
        "alerts": count,
        "a second": rate,
        "browsers": len(pages),
        "lost": sum(name not in one["painted"] for one in found for name in taken),
        "repeated": sum(len(one["repeated"]) for one in found)
        + sum(len(ids) - len(set(ids)) for ids in there),
        "server behind at most, ms": round(late * 1000),
        "message to painted card": quantiles(painted),
        "key to its handling": quantiles([delay for one in found for delay in one["keys"]]),
    }


def quantiles(took: list[float]) -> dict[str, float]:
    """How many, p50, p95, max."""
    p50, p95 = np.percentile(took, (50, 95)) if took else (float("nan"), float("nan"))
    return {
        "n": len(took),
        "p50_ms": round(float(p50), 1),
        "p95_ms": round(float(p95), 1),
        "max_ms": round(max(took, default=float("nan")), 1),
    }


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--browsers", type=int, default=10)
    parser.add_argument("--rate", type=float, default=20.0, help="alerts a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--alone", type=int, default=20, help="alerts that come one by one first")
    asked = parser.parse_args()
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = multiprocessing.get_context("spawn").Process(target=serve, args=(folder, theirs))
        server.start()
        try:
            address, token = ours.recv()
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            pages = open_pages(browser, address, token, asked.browsers)
            measured = {
                "one by one": told(pages, ours, asked.alone, 1.0),
                "many": told(pages, ours, round(asked.rate * asked.seconds), asked.rate),
            }
            browser.close()
        finally:
            ours.send(None)
            server.join()
    show(measured)


def show(measured: dict[str, dict[str, Any]]) -> None:
    """As a table, and as JSON."""
    print(f"{'':34}{'n':>8}{'p50 ms':>10}{'p95 ms':>10}{'max ms':>10}")
    for name, figures in measured.items():
        plain = ", ".join(f"{key}: {value}" for key, value in figures.items() if not isinstance(value, dict))
        print(f"{name}: {plain}")
        for what, found in figures.items():
            if isinstance(found, dict):
                print(
                    f"  {what:32}{found['n']:8}{found['p50_ms']:10.1f}{found['p95_ms']:10.1f}{found['max_ms']:10.1f}"
                )
    print("\n" + json.dumps(measured))


if __name__ == "__main__":
    main()
