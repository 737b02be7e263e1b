r"""A whole deployment through Overt's API alone: from an empty server to the published record.

It signs in as the people that a deployment takes (and makes them, given an administrator), makes a watchlist from a
folder of pictures, has it approved, plans a deployment over a feed, submits it, has it authorised, starts it, follows
its alerts, and closes and publishes it. What an officer would decide about an alert is given by options: it is a
rehearsal, with people and pictures that agreed to it, and the reasons say so. It takes nothing of Overt but its
address: an HTTP client is all it is.

    overt serve --data data --port 8420
    overt users first --data data admin --full-name "First Administrator"
    OVERT_ADMINISTRATOR_PASSWORD=… python examples/deployment.py --base-url http://127.0.0.1:8420 \
        --administrator admin --gallery pictures/ --feed street.mp4 --json
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "data" / "video"
PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
ROLES = (
    "watchlist-manager",
    "deployment-planner",
    "authorising-officer",
    "lfr-operator",
    "engagement-officer",
)
OVER = {"closed", "published", "cancelled", "expired"}


class RefusedError(Exception):
    """The server refused a request; it says why."""


@dataclass
class Person:
    """Someone who is signed in."""

    client: httpx.Client
    username: str
    password: str
    token: str = ""

    def call(self, method: str, path: str, **more: Any) -> Any:
        """One request; its answer, if it is JSON."""
        answer = self.client.request(method, path, headers=self.headers(**more.pop("headers", {})), **more)
        if answer.is_error:
            raise RefusedError(f"{method} {path}: {explained(answer)}")
        return answer.json() if "json" in answer.headers.get("content-type", "") else answer.content

    def headers(self, **more: str) -> dict[str, str]:
        """Who they are, and, for what makes something, a key by which it is made once."""
        return {"Authorization": f"Bearer {self.token}", "Idempotency-Key": secrets.token_hex(16), **more}

    def sign_in(self) -> Person:
        """Begin a session. A one-time password is changed for one's own at once."""
        answer = self.client.post("sign-in", json={"username": self.username, "password": self.password})
        if answer.is_error:
            raise RefusedError(f"{self.username} cannot sign in: {explained(answer)}")
        self.token = answer.json()["token"]
        if answer.json()["must_change_password"]:
            own = os.environ.get("OVERT_NEW_PASSWORD") or secrets.token_urlsafe(24)
            self.call("POST", "self/password", json={"current": self.password, "new": own})
            self.password = own
        return self


def explained(answer: httpx.Response) -> str:
    """What a problem document says."""
    try:
        problem = answer.json()
    except ValueError:
        return f"status {answer.status_code}"
    parts = [problem.get("detail", ""), problem.get("remedy", "")]
    parts += [f"{one['field']}: {one['detail']}" for one in problem.get("errors", ())]
    return f"{answer.status_code} " + " · ".join(part for part in parts if part)


@dataclass
class Rehearsal:
    """One deployment, from the first line of its plan."""

    options: argparse.Namespace
    client: httpx.Client
    people: dict[str, Person] = field(default_factory=dict)
    watchlist: str = ""
    deployment: str = ""
    decided: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Tell the one who runs this."""
        if not self.options.quiet:
            sys.stderr.write(f"{text}\n")

    def gather(self) -> None:
        """The people: those of a file, or new ones made by the administrator."""
        if self.options.people is not None:
            given = json.loads(Path(self.options.people).read_text(encoding="utf-8"))
            for role in ROLES:
                who = given[role]
                self.people[role] = Person(self.client, who["username"], who["password"]).sign_in()
            return
        password = os.environ.get("OVERT_ADMINISTRATOR_PASSWORD", "")
        if not password:
            raise RefusedError(
                f"it was not said who takes part: give the password of {self.options.administrator} in "
                "OVERT_ADMINISTRATOR_PASSWORD (`overt users first` prints one), or --people"
            )
        administrator = Person(self.client, self.options.administrator, password).sign_in()
        if administrator.password != password and "OVERT_NEW_PASSWORD" not in os.environ:
            sys.stderr.write(f"the password of {administrator.username} is now {administrator.password}\n")
        run = secrets.token_hex(3)
        for role in ROLES:
            made = administrator.call(
                "POST",
                "people",
                json={"username": f"{role}-{run}", "full_name": f"Rehearsal {role}", "roles": [role]},
            )
            person = Person(self.client, made["person"]["username"], made["one_time_password"])
            self.people[role] = person.sign_in()
        self.say(f"{len(ROLES)} people signed in, each in one role")

    def enrol(self) -> None:
        """The watchlist, an entry for each picture, approved by another than made them."""
        manager, officer = self.people["watchlist-manager"], self.people["authorising-officer"]
        made = manager.call(
            "POST",
            "watchlists",
            json={"title": "Rehearsal", "purpose": "A rehearsal", "pack": self.options.pack},
        )
        self.watchlist = made["id"]
        expires = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
        enrolled = []
        for picture in sorted(Path(self.options.gallery).rglob("*")):
            if picture.suffix.lower() not in PICTURES:
                continue
            entry = manager.call(
                "POST",
                f"watchlists/{self.watchlist}/entries",
                json={
                    "reference": str(picture.relative_to(self.options.gallery)),
                    "name": picture.stem.replace("_", " ").replace("-", " ").title(),
                    "category": self.options.category,
                    "lawful_basis": "Rehearsal: the person agreed to it",
                    "date_of_birth": "unknown",
                    "instruction": "Rehearsal: confirm who they are, and let them go",
                    "expires_on": expires,
                },
            )
            outcome = manager.call(
                "POST",
                f"entries/{entry['id']}/images",
                files={"picture": (picture.name, picture.read_bytes())},
                data={"source": "rehearsal", "taken_on": self.options.taken_on},
            )
            if outcome["result"] == "refused":
                found = ", ".join(one["kind"] for one in outcome["verdict"]["findings"] if one["refuses"])
                self.say(f"{picture.name} was refused: {found}")
                manager.call("DELETE", f"entries/{entry['id']}")
            else:
                enrolled.append(entry["id"])
        if not enrolled:
            raise RefusedError(f"no picture in {self.options.gallery} could be enrolled")
        for at in range(0, len(enrolled), 500):
            done = officer.call(
                "POST",
                f"watchlists/{self.watchlist}/approvals",
                json={"entry_ids": enrolled[at : at + 500]},
            )
            if done["left"]:
                raise RefusedError(f"not approved: {done['left'][0]['reason']}")
        self.say(f"{len(enrolled)} entries, each approved by an authorising officer")

    def plan(self) -> None:
        """Plan, submit, and have it authorised by somebody else, over the digest that was shown."""
        planner, officer = self.people["deployment-planner"], self.people["authorising-officer"]
        start = datetime.now(UTC)
        point: dict[str, Any] = {"pack": self.options.pack}
        if self.options.threshold is not None:
            point["threshold"] = self.options.threshold
        made = planner.call(
            "POST",
            "deployments",
            json={
                "title": "Rehearsal",
                "use_case": "other",
                "purpose": "A rehearsal of a whole deployment, through the API alone",
                "location": self.options.location,
                "zone": "What the feed shows",
                "signage": "A rehearsal: everybody who takes part was told",
                "window_start": start.isoformat(),
                "window_end": (start + timedelta(hours=1)).isoformat(),
                "watchlists": [self.watchlist],
                "operating_point": point,
                "expected_footfall": self.options.footfall,
                "feeds": [{"name": "feed", "uri": str(self.options.feed), "pace": self.options.pace}],
            },
        )
        self.deployment = made["id"]
        self.at("POST", "deployment-planner", "submit")
        review = self.at("GET", "authorising-officer", "review")
        self.say(f"the officer is shown: {review['entries']} entries. {review['false_alerts']['says']}.")
        self.at(
            "POST",
            "authorising-officer",
            "authorise",
            json={
                "digest": review["digest"],
                "statement": "A rehearsal with people who agreed to it: necessary to know that it works",
                "password": officer.password,
            },
        )

    def at(self, method: str, role: str, path: str, **more: Any) -> Any:
        """A request about the deployment, by someone in a role."""
        return self.people[role].call(method, f"deployments/{self.deployment}/{path}", **more)

    def show(self) -> Any:
        """The deployment as it is now."""
        return self.people["lfr-operator"].call("GET", f"deployments/{self.deployment}")

    def run(self) -> None:
        """Start it, follow what happens, and decide about each alert; until the feed or the time is over."""
        self.at("POST", "engagement-officer", "duty", json={"call_sign": "Rehearsal 1"})
        self.at("POST", "lfr-operator", "start")
        self.say("live, with an officer on duty")
        deadline = time.monotonic() + self.options.seconds
        for kind, what in self.events(deadline):
            if kind == "alert":
                self.decide(what["subject_id"])
            if kind == "move" and self.show()["state"] != "live":
                break
        if self.show()["state"] not in OVER:
            self.at("POST", "lfr-operator", "close", json={"reason": "The rehearsal is over"})
        for alert in self.waiting():
            self.decide(alert)

    def events(self, deadline: float) -> Iterator[tuple[str, dict[str, Any]]]:
        """The deployment's events, by Server-Sent Events; taken up where it broke off."""
        seen = "0"
        while time.monotonic() < deadline:
            headers = self.people["lfr-operator"].headers(**{"Last-Event-ID": seen})
            address = f"deployments/{self.deployment}/events"
            try:
                with self.client.stream("GET", address, headers=headers, timeout=30) as stream:
                    if stream.is_error:
                        stream.read()
                        raise RefusedError(explained(stream))
                    name, event_id, data = "", "", ""
                    for line in stream.iter_lines():
                        key, _, value = line.partition(":")
                        value = value.removeprefix(" ")
                        if key == "event":
                            name = value
                        elif key == "id":
                            event_id = value
                        elif key == "data":
                            data += value
                        elif not line and name:
                            if name in {"end", "signed-out"}:
                                return
                            seen = event_id or seen
                            yield name, json.loads(data)
                            name, event_id, data = "", "", ""
                        if time.monotonic() >= deadline:
                            return
            except httpx.TransportError:
                time.sleep(0.5)

    def waiting(self) -> list[str]:
        """Alerts that are not closed."""
        found, after = [], None
        while True:
            query = {"deployment_id": self.deployment} | ({"after": after} if after else {})
            page = self.people["engagement-officer"].call("GET", "alerts", params=query)
            found += [one["id"] for one in page["items"] if one["state"] != "closed"]
            after = page["next"]
            if after is None:
                return found

    def decide(self, alert_id: str) -> None:
        """What officers do with an alert: look, adjudicate, acknowledge, engage, and record what came of it."""
        operator, officer = self.people["lfr-operator"], self.people["engagement-officer"]
        alert = operator.call("GET", f"alerts/{alert_id}")
        if alert["state"] == "closed":
            return
        if alert["has_crop"]:
            operator.call("GET", f"alerts/{alert_id}/crop")
        reason = {"reason_code": self.options.reason_code, "reason": self.options.reason}
        for person in (operator, officer):
            if alert["state"] in {"open", "second"}:
                person.call("GET", f"alerts/{alert_id}")
                alert = person.call(
                    "POST",
                    f"alerts/{alert_id}/adjudications",
                    json={"decision": self.options.adjudicate, **reason},
                )
        if alert["state"] == "engage":
            self.acknowledge(alert_id)
            # By the server's clock: from the decision to engage on. A rehearsal's contact lasts no time.
            begun = datetime.fromisoformat(alert["adjudications"][-1]["at"])
            times = {
                "started_at": begun.isoformat(),
                "ended_at": (begun + timedelta(milliseconds=1)).isoformat(),
            }
            alert = officer.call(
                "POST",
                f"alerts/{alert_id}/engagements",
                json={"identity": self.options.identity, **times},
            )
        if alert["state"] == "engaged":
            alert = officer.call(
                "POST", f"alerts/{alert_id}/outcomes", json={"outcome": self.options.outcome}
            )
        self.decided.append(alert_id)
        self.say(f"an alert, score {alert['score']:.3f}: {alert['alert_class']}")

    def acknowledge(self, alert_id: str) -> None:
        """The officer says that they are on it, if it was routed to them: they are on duty until it is closed."""
        officer = self.people["engagement-officer"]
        mine = officer.call("GET", "self/alerts", params={"limit": 500})
        if any(one["id"] == alert_id and not one["acknowledged_by_you"] for one in mine["items"]):
            said = officer.call("POST", f"alerts/{alert_id}/acknowledgements")
            self.say(f"an officer is on it, {said['seconds_to_acknowledge']:.1f} s after its routing")

    def publish(self) -> dict[str, Any]:
        """The published record."""
        made: dict[str, Any] = self.at("POST", "authorising-officer", "records")["record"]
        return made


def options() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--base-url", required=True, help="where Overt answers, such as http://127.0.0.1:8420"
    )
    there = REFERENCE.is_dir()
    parser.add_argument(
        "--gallery",
        required=not there,
        default=REFERENCE / "hamilton_gallery",
        help="a folder of pictures: whom to look for; where the reference data lie beside the checkout, theirs",
    )
    parser.add_argument(
        "--feed",
        required=not there,
        default=REFERENCE / "hamilton.mp4",
        help="what to watch: an address, or a path on the server; likewise",
    )
    parser.add_argument("--json", action="store_true", help="print the published record as JSON")
    parser.add_argument("--quiet", action="store_true", help="say nothing on the way")
    parser.add_argument(
        "--administrator",
        default="admin",
        help="who makes the people; password in OVERT_ADMINISTRATOR_PASSWORD",
    )
    parser.add_argument("--people", help='a JSON file instead: {"lfr-operator": {"username", "password"}, …}')
    parser.add_argument("--pack", default="embedded", help="the model pack")
    parser.add_argument(
        "--threshold", type=float, help="least similarity that alerts; the pack's own by default"
    )
    parser.add_argument("--pace", choices=("live", "max"), default="live", help="how a film is played")
    parser.add_argument("--seconds", type=float, default=300, help="close it after so long, at the latest")
    parser.add_argument("--footfall", type=int, default=1000, help="faces expected to pass")
    parser.add_argument("--location", default="A rehearsal", help="where; it is published")
    parser.add_argument("--category", default="wanted for a serious offence", help="one of the policy's")
    parser.add_argument(
        "--taken-on", default="unknown", help="when the pictures were taken: a date, or unknown"
    )
    parser.add_argument(
        "--adjudicate",
        choices=("engage", "do-not-engage"),
        default="do-not-engage",
        help="what officers decide",
    )
    parser.add_argument("--reason-code", default="other", help="why, from Overt's list")
    parser.add_argument("--reason", default="A rehearsal: decided beforehand", help="why, in words")
    parser.add_argument("--identity", default="sought", help="who was met: sought, other or not-contacted")
    parser.add_argument("--outcome", default="no-further-action", help="what came of it")
    return parser.parse_args()


def main() -> int:
    """Run it; returns the exit status."""
    asked = options()
    base = asked.base_url.rstrip("/") + "/api/v1/"
    try:
        with httpx.Client(base_url=base, timeout=120) as client:
            rehearsal = Rehearsal(asked, client)
            rehearsal.gather()
            rehearsal.enrol()
            rehearsal.plan()
            rehearsal.run()
            record = rehearsal.publish()
    except (RefusedError, httpx.HTTPError, OSError) as error:
        sys.stderr.write(f"deployment: {error}\n")
        return 1
    if asked.json:
        sys.stdout.write(json.dumps(record, indent=2) + "\n")
    else:
        sys.stdout.write(f"{rehearsal.deployment} is published: {len(rehearsal.decided)} alerts decided\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
