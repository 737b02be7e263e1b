"""Rows of a case, made directly: what the commands of other rooms make through models and an engine."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from overt.casework import Office
from overt.records.tables import (
    Adjudication,
    Alert,
    AlertRouting,
    Authorisation,
    Base,
    Deployment,
    DeploymentMove,
    Engagement,
    EngineRun,
    FrozenEntry,
    ImportJob,
    LookAlikePair,
    Outcome,
    ReferenceImage,
    RunFault,
    VaultKey,
    Watchlist,
    WatchlistEntry,
    new_id,
)
from tests.offices import START, Staff

PLAN: dict[str, Any] = {
    "title": "High Street, Saturday",
    "use_case": "crime-hotspot",
    "purpose": "Find people wanted for robbery",
    "location": "High Street, Anytown",
    "zone": "The pavement north of the van",
    "signage": "Marked van; signs at both ends",
    "operating_point": {"pack": "embedded", "threshold": None, "min_eye_distance": None,
                        "min_quality": None, "confirmations": None},
    "expected_footfall": 5000,
    "urgent": False,
    "masked_fps": 1.0,
    "staff": 12,
    "cost": 3400.0,
    "currency": "GBP",
    "feeds": [{"name": "van", "transport": "tcp", "pace": "live", "loop": False}],
}  # fmt: skip


@dataclass
class Rows:
    """Makes rows, and remembers what was put in: plaintexts, and the ciphertexts that stand for them."""

    office: Office
    staff: Staff
    plain: list[bytes] = field(default_factory=list)
    sealed: list[bytes] = field(default_factory=list)
    number: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def now(self) -> datetime:
        return self.office.now()

    def add(self, *rows: Base) -> None:
        with self.office.database.transaction() as session:
            for row in rows:
                session.add(row)
                session.flush()

    def _key(self, session: Session, kind: str, parent: str | None) -> str:
        key_id = self.office.vault.new_key(session, kind, self.now, parent=parent)
        self.sealed.append(session.get_one(VaultKey, key_id).wrapped)
        return key_id

    def _seal(self, session: Session, key_id: str, content: bytes, about: str) -> bytes:
        self.plain.append(content)
        self.sealed.append(self.office.vault.seal(session, key_id, content, about=about))
        return self.sealed[-1]

    def watchlist(self) -> str:
        with self.office.database.transaction() as session:
            watchlist = Watchlist(
                id=new_id("watchlist"), title="Robbery", purpose="Find them",
                key_id=self.office.vault.new_key(session, "watchlist", self.now), pack="embedded",
                pack_version="1", dimension=128, look_alike_threshold=0.6, review_by=START.date() + timedelta(7),
                created_at=self.now, created_by="x",
            )  # fmt: skip
            session.add(watchlist)
        return watchlist.id

    def entry(
        self, watchlist: str, personal: bytes = b"Jane Example", picture: bytes = b"a picture",
        template: bytes = b"a template", *, expires_on: date = date(2027, 1, 1), seed: bool = False,
        withdrawn_at: datetime | None = None,
    ) -> str:  # fmt: skip
        with self.office.database.transaction() as session:
            parent = session.get_one(Watchlist, watchlist).key_id
            entry_id, image_id = new_id("entry"), new_id("image")
            key_id = self._key(session, "entry", parent)
            session.add(
                WatchlistEntry(
                    id=entry_id, watchlist_id=watchlist, key_id=key_id,
                    reference_mac=self.office.vault.mac(session, parent, entry_id.encode(), about="reference"),
                    status="approved" if withdrawn_at is None else "withdrawn", category="seed" if seed else "wanted",
                    seed=seed, sealed=self._seal(session, key_id, personal, f"{entry_id}.sealed"),
                    review_by=expires_on, expires_on=expires_on, added_at=self.now, added_by="x",
                    changed_at=self.now, changed_by="x", withdrawn_at=withdrawn_at,
                )
            )  # fmt: skip
            session.flush()
            session.add(
                ReferenceImage(
                    id=image_id, entry_id=entry_id,
                    source_mac=self.office.vault.mac(session, parent, image_id.encode(), about="source"),
                    sealed_picture=self._seal(session, key_id, picture, f"{image_id}.picture"),
                    sealed_template=self._seal(session, key_id, template, f"{image_id}.template"),
                    sealed_source=self._seal(session, key_id, b"custody suite 7", f"{image_id}.source"),
                    width=100, height=100, box=[1, 2, 3, 4], quality=0.9, measures={}, findings=[],
                    added_at=self.now, added_by="x",
                )
            )  # fmt: skip
        return entry_id

    def look_alikes(self, watchlist: str, first: str, second: str) -> None:
        first, second = sorted((first, second))
        self.add(LookAlikePair(id=new_id("pair"), watchlist_id=watchlist, first_id=first, second_id=second,
                               kind="look-alike", score=0.7, found_at=self.now))  # fmt: skip

    def report(self, watchlist: str, content: bytes = b"row 1: Ann Refused") -> str:
        with self.office.database.transaction() as session:
            key_id = session.get_one(Watchlist, watchlist).key_id
            job = ImportJob(id=new_id("import"), watchlist_id=watchlist, state="finished", dry_run=False, refused=1,
                            sealed_report=self._seal(session, key_id, content, "report"),
                            started_at=self.now, started_by="x", finished_at=self.now)  # fmt: skip
            session.add(job)
        return job.id

    def deployment(
        self, *watchlists: str, state: str = "closed", entries: tuple[str, ...] = (), seeds: tuple[str, ...] = (),
        hours: float = 4, plan: dict[str, Any] | None = None, urgent: bool = False,
    ) -> str:  # fmt: skip
        planner, officer = self.staff("deployment-planner"), self.staff("authorising-officer")
        over = state in {"closed", "published"}
        with self.office.database.transaction() as session:
            deployment_id = new_id("deployment")
            key_id = self._key(session, "deployment", None)
            start, end = self.now - timedelta(hours=hours), self.now
            session.add(
                Deployment(
                    id=deployment_id, title=PLAN["title"], state=state, planner_id=planner.id, key_id=key_id,
                    urgent=urgent,
                    plan=PLAN
                    | {"watchlists": list(watchlists)}
                    | {"window_start": start.isoformat(), "window_end": end.isoformat()}
                    | (plan or {}),
                    sealed_feeds=self._seal(session, key_id, b"rtsp://user:pass@camera", "feeds"),
                    window_start=start, window_end=end, digest="d" * 64, created_at=start, changed_at=end,
                    submitted_at=start, live_at=start if over or state == "live" else None,
                    closed_at=end if over else None,
                )
            )  # fmt: skip
            session.flush()
            session.add(DeploymentMove(deployment_id=deployment_id, move="x", from_state="live", to_state=state,
                                       actor_id=planner.id, at=end,
                                       sealed_reason=self._seal(session, key_id, b"because of X", "r")))  # fmt: skip
            session.add(
                Authorisation(
                    id=new_id("authorisation"), deployment_id=deployment_id, officer_id=officer.id,
                    decision="authorised", digest="d" * 64,
                    sealed_statement=self._seal(session, key_id, b"necessary and proportionate", "s"),
                    shown={}, signature=b"s", at=start, valid_until=end, urgent=urgent,
                )
            )  # fmt: skip
            for entry in (*entries, *seeds):
                session.add(FrozenEntry(deployment_id=deployment_id, entry_id=entry, entry_digest=b"d" * 32,
                                        category="seed" if entry in seeds else "wanted",
                                        seed=entry in seeds))  # fmt: skip
        return deployment_id

    def run(self, deployment: str, telemetry: dict[str, Any] | None = None, **fields: Any) -> str:
        number = next(self.number)
        values: dict[str, Any] = {
            "id": new_id("run"), "deployment_id": deployment, "number": number, "started_at": self.now,
            "ended_at": self.now, "in_order": True, "pack": "embedded", "pack_version": "1",
            "seals": {"no-core-dump": {"held": True, "detail": ""}}, "telemetry": telemetry or {}, "passages": 0,
        }  # fmt: skip
        row = EngineRun(**(values | fields))
        self.add(row)
        return row.id

    def fault(self, run: str, kind: str) -> None:
        self.add(RunFault(run_id=run, at=self.now, feed="van", kind=kind, detail="d", fatal=False))

    def alert(
        self, deployment: str, run: str, entry: str | None, *, state: str = "closed",
        alert_class: str | None = "false-unconfirmed", crop: bytes = b"a crop", seed: bool = False,
        ms: float = 300.0,
    ) -> str:  # fmt: skip
        with self.office.database.transaction() as session:
            alert_id = new_id("alert")
            key_id = self._key(session, "alert", session.get_one(Deployment, deployment).key_id)
            session.add(
                Alert(
                    id=alert_id, deployment_id=deployment, run_id=run, entry_id=entry, key_id=key_id, feed="van",
                    passage=next(self.number), score=0.8, threshold=0.6, observations=3, quality=0.9, box=[1, 2],
                    sealed_crop=self._seal(session, key_id, crop, f"{alert_id}.crop"), category="wanted", seed=seed,
                    captured_at=self.now, received_at=self.now, capture_to_alert_ms=ms, state=state,
                    alert_class=alert_class,
                )
            )  # fmt: skip
        return alert_id

    def adjudication(
        self, alert: str, decision: str = "do-not-engage", code: str = "different-person", *, place: int = 1,
        seconds: float = 5.0, corrects: str | None = None, reason: bytes = b"his ears differ",
    ) -> str:  # fmt: skip
        person = self.staff("lfr-operator") if place == 1 else self.staff("engagement-officer")
        with self.office.database.transaction() as session:
            key_id = session.get_one(Alert, alert).key_id
            assert key_id is not None
            row = Adjudication(
                id=new_id("adjudication"), alert_id=alert, place=place, person_id=person.id, decision=decision,
                reason_code=code, sealed_reason=self._seal(session, key_id, reason, "r"), seconds_taken=seconds,
                at=self.now, corrects_id=corrects, correction_code=None if corrects is None else "learned-later",
            )  # fmt: skip
            session.add(row)
        return row.id

    def routing(
        self, alert: str, name: str = "", *, after: float = 0.0, acknowledged: float | None = None
    ) -> str:
        """Routed so many seconds after now, and acknowledged so many after that."""
        officer = self.staff("engagement-officer", name=name)
        at = self.now + timedelta(seconds=after)
        said = None if acknowledged is None else at + timedelta(seconds=acknowledged)
        row = AlertRouting(id=new_id("routing"), alert_id=alert, officer_id=officer.id,
                           routed_by="software-routing", at=at, acknowledged_at=said)  # fmt: skip
        self.add(row)
        return row.id

    def engagement(
        self, alert: str, identity: str = "sought", *, minutes: float = 6.0, self_defined: str | None = None,
        officer_defined: str | None = None, corrects: str | None = None, note: bytes = b"gave his name as Jo",
    ) -> str:  # fmt: skip
        officer = self.staff("engagement-officer")
        with self.office.database.transaction() as session:
            key_id = session.get_one(Alert, alert).key_id
            assert key_id is not None
            row = Engagement(
                id=new_id("engagement"), alert_id=alert, officer_id=officer.id,
                started_at=self.now - timedelta(minutes=minutes), ended_at=self.now, identity=identity,
                self_defined_group=self_defined, officer_defined_group=officer_defined,
                sealed_note=self._seal(session, key_id, note, "n"), at=self.now, corrects_id=corrects,
                correction_code=None if corrects is None else "learned-later",
            )  # fmt: skip
            session.add(row)
        return row.id

    def outcome(self, alert: str, outcome: str = "arrest", *, corrects: str | None = None) -> str:
        officer = self.staff("engagement-officer")
        with self.office.database.transaction() as session:
            key_id = session.get_one(Alert, alert).key_id
            assert key_id is not None
            row = Outcome(
                id=new_id("outcome"), alert_id=alert, person_id=officer.id, outcome=outcome,
                sealed_note=self._seal(session, key_id, b"taken to the station", "o"), at=self.now,
                corrects_id=corrects, correction_code=None if corrects is None else "learned-later",
            )  # fmt: skip
            session.add(row)
        return row.id
