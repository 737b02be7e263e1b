"""Take the screenshots of the console that the documentation shows, and of every page for a critical eye.

    python scripts/make_screenshots.py                      # those of the documentation, into docs/images/console
    python scripts/make_screenshots.py --all --out FOLDER   # every page, wide and narrow, light and dark

A simulated force does a day's work by the real commands: a deployment over the drawn street that is adjudicated,
closed and published, another that is live, one that waits for a signature, one that is planned. Its people are
invented, and the only faces are those of two public-domain portraits, and in the collection faces of nobody. Needs
Chromium (`apt-get install chromium`).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import argon2.profiles
import uvicorn
from drawn_custody import write_custody
from playwright.sync_api import Browser, Page, sync_playwright

from overt.api import create_app
from overt.casework import alerts, collections, deployments, duty, live, open_office, publication
from overt.casework.paging import Page as ListingPage
from overt.cli.demonstration import World, authorise, enrol, hire, plan_street
from overt.console import create_console
from overt.evaluation.scene import REFERENCE_NAMES, Scene, SceneSettings, write_reference
from overt.web import bind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from overt.casework import Office

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "amber-heron-inlet-2026"  # noqa: S105 - of people who do not exist
WIDE, NARROW = {"width": 1360, "height": 850}, {"width": 360, "height": 740}
SECONDS = 24.0
PATIENCE_SECONDS = 180.0


@dataclass(frozen=True)
class Shot:
    """A page, and who looks at it.

    Attributes:
        name: of the file.
        who: a username of the simulated force; nobody where empty.
        address: of the page; what stands in braces is filled in with an id out of `_work`.
        waits_for: what must be on the page first.
        documented: as it is shown in the documentation: `wide`, `narrow`, or not at all.
        reference: of a record to find by the page's form, since its reference stands in no address.
    """

    name: str
    who: str
    address: str
    waits_for: str = "main"
    documented: str = ""
    reference: str = ""


SHOTS = (
    Shot("sign-in", "", "/sign-in"),
    Shot("live", "operator", "/live/{live}/alerts/{waiting}", "[data-open]", "wide"),
    Shot("live-list", "operator", "/live"),
    Shot("officer", "officer", "/officer", documented="narrow"),
    Shot("officer-alert", "officer", "/officer/alerts/{engaged}", documented="narrow"),
    Shot("watchlists", "manager", "/watchlists"),
    Shot("watchlist", "manager", "/watchlists/{list}", documented="wide"),
    Shot("entry", "manager", "/entries/{entry}"),
    Shot("enrol", "manager", "/watchlists/{list}/enrol"),
    Shot("import", "manager", "/watchlists/{list}/imports"),
    Shot("look-alikes", "manager", "/watchlists/{list}/look-alikes"),
    Shot("deployments", "planner", "/deployments"),
    Shot("plan", "planner", "/deployments/new"),
    Shot("deployment", "planner", "/deployments/{live}", documented="wide"),
    Shot("sign", "inspector", "/deployments/{submitted}/sign", documented="wide"),
    Shot("records", "inspector", "/records"),
    Shot("record", "inspector", "/deployments/{published}/record", documented="wide"),
    Shot("audit", "auditor", "/audit", documented="wide"),
    Shot("alerts", "auditor", "/alerts"),
    Shot("alert", "auditor", "/alerts/{alert}"),
    Shot("people", "admin", "/people"),
    Shot("system", "admin", "/system", documented="wide"),
    Shot("policy", "admin", "/policy"),
    Shot("self", "admin", "/self"),
    Shot("password", "admin", "/self/password"),
    Shot("refused", "admin", "/deployments/{live}"),
    Shot("nothing", "admin", "/nothing-here"),
)
OF_COLLECTIONS = (
    Shot("collections", "manager", "/collections"),
    Shot("collection", "manager", "/collections/{collection}"),
    Shot("pairs", "manager", "/collections/{collection}/pairs", documented="wide"),
    Shot("pair", "manager", "/collections/{collection}/pairs/{pair}", ".looks svg image", "wide"),
    Shot("pairs-decided", "manager", "/collections/{collection}/pairs?which=decided"),
    Shot(
        "custody-record", "manager", "/collections/{collection}", documented="wide", reference="NT/2024/0291"
    ),
    Shot("due-records", "manager", "/collections/{collection}/due?within=quarter"),
    Shot("next-templates", "manager", "/collections/{collection}/templates"),
)
"""They need no street."""


def main() -> int:
    """Make the force, let it work, take the pictures; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="every page, wide and narrow, light and dark")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "console", help="the folder")
    parser.add_argument("--only", nargs="*", default=(), help="the names of some shots")
    asked = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("there is no chromium here: apt-get install chromium\n")
        return 1
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        data = folder / "data"
        with open_office(data, environment={}, password_cost=argon2.profiles.CHEAPEST) as office:
            supervisor = live.Supervisor(office)
            with _serving(office, supervisor) as address:
                world = World(office, hire(office, PASSWORD))
                wanted = [shot for shot in SHOTS if not asked.only or shot.name in asked.only]
                places = _work(world, folder) if wanted else {}
                wanted += [shot for shot in OF_COLLECTIONS if not asked.only or shot.name in asked.only]
                places |= _collect(world, folder)
                browser = playwright.chromium.launch(
                    executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
                )
                for shot in wanted:
                    _take(browser, address, shot, places, asked.out, every=asked.all)
                browser.close()
    return 0


@contextmanager
def _serving(office: Office, supervisor: live.Supervisor) -> Iterator[str]:
    """The server in a thread of this process."""
    app = create_app(office, supervisor, pages=create_console)
    bound = bind("127.0.0.1", 0)
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, lifespan="on", ws="none", timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://localhost:{bound.getsockname()[1]}"
    supervisor.close()
    server.should_exit = True
    thread.join()
    bound.close()


def _work(world: World, folder: Path) -> dict[str, str]:
    """A day of the force; returns what the addresses name."""
    office, staff = world.office, world.staff
    references = folder / "references"
    references.mkdir()
    pictures = [(REFERENCE_NAMES[who], write_reference(who, references)) for who in REFERENCE_NAMES]
    film = folder / "street.mp4"
    Scene(SceneSettings(seconds=SECONDS, near=2)).write(film)
    listed = enrol(world, pictures, title="Northtown: wanted by the courts")
    published = plan_street(world, listed, film, loop=True, title="Friday: station forecourt")
    authorise(world, published)
    deployments.start_deployment(office, staff["operator"], published)
    decided = [
        _decided(world, alert, engage=not at) for at, alert in enumerate(_waiting(world, published, 2))
    ]
    deployments.close_deployment(office, staff["operator"], published)
    _until(lambda: all(run.ended_at for run in live.list_runs(office, staff["operator"], published)))
    publication.publish_record(office, staff["inspector"], published)
    draft = plan_street(world, listed, film, loop=True, title="Sunday: stadium approach")
    submitted = plan_street(world, listed, film, loop=True, title="Saturday: market and bus station")
    deployments.submit_deployment(office, staff["planner"], submitted)
    running = plan_street(world, listed, film, loop=True, title="Saturday: High Street")
    authorise(world, running)
    deployments.start_deployment(office, staff["operator"], running)
    duty.begin_duty(office, staff["officer"], running)
    engaged = _waiting(world, running, 1)[0]
    _adjudicated(world, engaged, engage=True)
    waiting = _waiting(world, running, 1)[0]
    entries = _entries(world, listed)
    return {
        "live": running,
        "published": published,
        "submitted": submitted,
        "draft": draft,
        "list": listed,
        "entry": entries[0],
        "alert": decided[0],
        "engaged": engaged,
        "waiting": waiting,
    }


def _collect(world: World, folder: Path) -> dict[str, str]:
    """A collection with pairs to look at, one of them decided, and templates of another pack beside those in use."""
    office, manager = world.office, world.staff["manager"]
    new = collections.NewCollection(name="custody", purpose="Custody images, held under PACE section 64A")
    made = collections.create_collection(office, manager, new)
    soon = (office.now() + timedelta(days=20)).date()
    source = collections.open_pictures(write_custody(folder / "custody", soon.isoformat()))
    job = collections.begin_ingestion(office, manager, made.id, source)
    collections.carry_out_ingestion(office, manager, job.id, source)
    collections.compare_images(office, manager, made.id)
    first, *_, last = collections.report_pairs(office, manager, made.id, ListingPage()).items
    collections.decide_pair(
        office,
        manager,
        made.id,
        last.id,
        collections.NewPairDecision(
            found="left", reason="Asked the custody suite for the second visit's form"
        ),
    )
    collections.begin_re_embedding(office, manager, made.id, "dlib")
    collections.carry_out_re_embedding(office, manager, made.id)
    return {"collection": made.id, "pair": first.id}


def _entries(world: World, watchlist_id: str) -> list[str]:
    """The ids of a list's entries."""
    from overt.casework.watchlists import EntryFilter, list_entries

    manager = world.staff["manager"]
    return [
        entry.id
        for entry in list_entries(world.office, manager, watchlist_id, EntryFilter(), ListingPage()).items
    ]


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("the simulated street raised no alert in time")
        time.sleep(0.2)


def _waiting(world: World, deployment_id: str, least: int) -> list[str]:
    """Alerts that nobody has adjudicated, once there are so many; the oldest first."""
    wanted = alerts.AlertFilter(deployment_id=deployment_id, state="open")

    def listed() -> list[str]:
        found = alerts.list_alerts(world.office, world.staff["operator"], wanted, ListingPage())
        return [one.id for one in reversed(found.items)]

    _until(lambda: len(listed()) >= least)
    return listed()


def _adjudicated(world: World, alert_id: str, *, engage: bool) -> None:
    operator = world.staff["operator"]
    alerts.show_alert(world.office, operator, alert_id)
    alerts.adjudicate_alert(
        world.office,
        operator,
        alert_id,
        alerts.NewAdjudication(
            decision="engage" if engage else "do-not-engage",
            reason_code="same-person" if engage else "poor-image",
            reason="Hairline, brow and jaw agree" if engage else "Too far away to tell, and turned aside",
        ),
    )


def _decided(world: World, alert_id: str, *, engage: bool) -> str:
    """An alert that has gone its whole way."""
    _adjudicated(world, alert_id, engage=engage)
    if engage:
        now = world.office.now()
        officer = world.staff["officer"]
        alerts.record_engagement(
            world.office,
            officer,
            alert_id,
            alerts.NewEngagement(started_at=now, ended_at=world.office.now(), identity="sought"),
        )
        alerts.record_outcome(
            world.office, officer, alert_id, alerts.NewOutcome(outcome="voluntary-interview")
        )
    return alert_id


def _take(
    browser: Browser, address: str, shot: Shot, places: dict[str, str], out: Path, *, every: bool
) -> None:
    kinds = [
        (wide, dark)
        for wide in (True, False)
        for dark in (False, True)
        if every or (shot.documented and not dark and wide == (shot.documented == "wide"))
    ]
    for wide, dark in kinds:
        context = browser.new_context(
            viewport=WIDE if wide else NARROW,  # type: ignore[arg-type] # two numbers, as it wants them
            color_scheme="dark" if dark else "light",
            device_scale_factor=1 if wide else 2,
        )
        page = context.new_page()
        if shot.who:
            _sign_in(page, address, shot.who)
        page.goto(address + shot.address.format(**places))
        if shot.reference:
            page.get_by_label("Reference").fill(shot.reference)
            page.get_by_role("button", name="Show it").click()
            page.get_by_role("heading", name=shot.reference).wait_for()
        page.wait_for_selector(shot.waits_for)
        page.wait_for_timeout(1500)  # what is live needs a moment to look as it does
        suffix = f"-{'wide' if wide else 'narrow'}-{'dark' if dark else 'light'}" if every else ""
        page.screenshot(path=out / f"{shot.name}{suffix}.png", full_page=every or not wide)
        sys.stderr.write(f"{shot.name}{suffix}\n")
        context.close()


def _sign_in(page: Page, address: str, username: str) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("nav[aria-label=Pages]", state="attached")


if __name__ == "__main__":
    sys.exit(main())
