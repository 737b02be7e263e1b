"""People, watchlists made row by row, and deployments brought to a state by the real commands."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from overt.biometrics import packs
from overt.casework import Actor, Office, Work, watchlists
from overt.casework import deployments as d
from overt.casework.deployments import DeploymentView
from overt.casework.people.passwords import digest_password
from overt.casework.watchlists._sealed import Personal, Source, about_image, seal_personal
from overt.records.tables import Person, ReferenceImage, Watchlist, WatchlistEntry, new_id
from tests.offices import Clock, Staff

CONTRACT = packs.load("embedded").contract

PASSWORD = "correct horse battery staple"
STATEMENT = "Necessary for the arrest of people who are wanted, and proportionate to it."
WHY = d.MoveReason(reason="the weather has turned")
ADDRESS = "rtsp://van:s3cret-camera@10.0.0.8/main?token=abcdef"


@dataclass
class Force:
    """A force: its office, its people, its clock."""

    office: Office
    staff: Staff
    clock: Clock
    _officers: dict[str, Actor] = field(default_factory=dict)

    @property
    def planner(self) -> Actor:
        """Who plans."""
        return self.staff("deployment-planner")

    @property
    def operator(self) -> Actor:
        """Who starts and stops."""
        return self.staff("lfr-operator")

    @property
    def software(self) -> Actor:
        """The server."""
        return Actor.software("server")

    def officer(self, name: str = "inspector") -> Actor:
        """An authorising officer with a password."""
        if name not in self._officers:
            actor = self.staff("authorising-officer", name=name)
            self.give_password(actor)
            self._officers[name] = actor
        return self._officers[name]

    def give_password(self, actor: Actor) -> None:
        """Let someone have the password of these tests."""
        with self.office.database.transaction() as session:
            person = session.get_one(Person, actor.id)
            person.password_digest = digest_password(PASSWORD, self.office.password_cost)

    def work(self, session: Any) -> Work:
        """What a command of the software would work with."""
        return Work(self.office, session, self.software, self.office.now())

    def watchlist(self, entries: int = 3, *, pack: str = "embedded", **of_each: Any) -> str:
        """A list with so many approved entries; returns its id."""
        with self.office.database.transaction() as session:
            row = Watchlist(
                id=new_id("watchlist"),
                title="Test list",
                purpose="For tests",
                key_id=self.office.vault.new_key(session, "watchlist", self.clock()),
                pack=pack,
                pack_version=CONTRACT.version,
                dimension=CONTRACT.dimension,
                look_alike_threshold=0.955,
                review_by=dt.date(2026, 7, 1),
                created_at=self.clock(),
                created_by="test",
            )
            session.add(row)
        for _ in range(entries):
            self.add_entry(row.id, **of_each)
        return row.id

    def add_entry(
        self,
        watchlist_id: str,
        *,
        status: str = "approved",
        born: dt.date | None = dt.date(1990, 1, 2),
        review_by: dt.date = dt.date(2026, 7, 1),
        expires_on: dt.date = dt.date(2026, 8, 1),
        taken_on: dt.date | None = dt.date(2025, 1, 1),
        quality: float = 0.8,
        images: int = 1,
        seed: bool = False,
    ) -> str:
        """An entry on a list; returns its id."""
        now, entry_id = self.clock(), new_id("entry")
        with self.office.database.transaction() as session:
            work = self.work(session)
            key_id = self.office.vault.new_key(session, "entry", now)
            personal = Personal(
                reference=f"R/{entry_id}",
                name="Sam Sought",
                lawful_basis="warrant",
                date_of_birth=born,
                instruction="detain",
            )
            session.add(
                WatchlistEntry(
                    id=entry_id,
                    watchlist_id=watchlist_id,
                    key_id=key_id,
                    reference_mac=entry_id.encode(),
                    status=status,
                    category="wanted for a serious offence",
                    seed=seed,
                    sealed=seal_personal(work, entry_id, key_id, personal),
                    review_by=review_by,
                    expires_on=expires_on,
                    added_at=now,
                    added_by="test",
                    changed_at=now,
                    changed_by="test",
                    approved_at=now,
                    approved_by="test",
                )
            )
            session.flush()
            for _ in range(images):
                self._add_image(work, entry_id, key_id, taken_on, quality)
        return entry_id

    def _add_image(
        self, work: Work, entry_id: str, key_id: str, taken_on: dt.date | None, quality: float
    ) -> None:
        image_id = new_id("image")
        template = np.random.default_rng(int(image_id[-8:], 16)).normal(size=CONTRACT.dimension).astype("<f4")
        template /= np.linalg.norm(template)
        vault, source = self.office.vault, msgspec.msgpack.encode(Source(source="custody photograph"))
        sealed = {
            part: vault.seal(work.session, key_id, content, about=about_image(image_id, part))
            for part, content in (("picture", b"jpeg"), ("template", template.tobytes()), ("source", source))
        }
        work.session.add(
            ReferenceImage(
                id=image_id,
                entry_id=entry_id,
                source_mac=image_id.encode(),
                sealed_picture=sealed["picture"],
                sealed_template=sealed["template"],
                sealed_source=sealed["source"],
                taken_on=taken_on,
                width=200,
                height=200,
                box=[0, 0, 1, 1],
                quality=quality,
                measures={},
                findings=[],
                added_at=work.now,
                added_by="test",
            )
        )

    @property
    def manager(self) -> Actor:
        """Who builds lists."""
        return self.staff("watchlist-manager")

    def withdraw_entry(self, entry_id: str) -> None:
        """Withdraw an entry."""
        why = watchlists.Withdrawal(reason="arrested elsewhere")
        watchlists.withdraw_entry(self.office, self.manager, entry_id, why)

    def alter_entry(self, entry_id: str, **values: Any) -> None:
        """Let an entry be otherwise, as no command would make it in one step."""
        with self.office.database.transaction() as session:
            entry = session.get_one(WatchlistEntry, entry_id)
            for name, value in values.items():
                setattr(entry, name, value)
            entry.revision += 1

    def change_entry(self, entry_id: str) -> None:
        """Change an entry, which takes its approval away."""
        change = watchlists.EntryChange(instruction="do not approach alone")
        watchlists.change_entry(self.office, self.manager, entry_id, change)

    def approve_entry(self, entry_id: str) -> None:
        """Have an entry approved."""
        watchlists.approve_entry(self.office, self.officer(), entry_id)

    def delete_entry(self, entry_id: str) -> None:
        """Delete an entry."""
        watchlists.delete_entry(self.office, self.manager, entry_id)

    def written(self, *lists: str, **other: Any) -> dict[str, Any]:
        """A plan as a person would write it, for a window from 10:00 to 14:00."""
        return {
            "title": "Saturday market",
            "use_case": "crime-hotspot",
            "purpose": "To find people who are wanted for serious offences.",
            "location": "High Street, Northtown",
            "zone": "Both pavements between the bank and the church",
            "signage": "Marked van; signs at both ends of the street, 20 m before the cameras",
            "window_start": "2026-06-01T10:00:00Z",
            "window_end": "2026-06-01T14:00:00Z",
            "feeds": [{"name": "north gate", "uri": ADDRESS}],
            "watchlists": list(lists) or [self.watchlist()],
            "expected_footfall": 25_000,
            **other,
        }

    def plan(self, *lists: str, **other: Any) -> d.Plan:
        """The same, as a plan."""
        return d.Plan.model_validate(self.written(*lists, **other))

    def draft(self, *lists: str, **other: Any) -> DeploymentView:
        """A draft."""
        return d.create_deployment(self.office, self.planner, self.plan(*lists, **other))

    def submitted(self, *lists: str, **other: Any) -> DeploymentView:
        """A submitted deployment."""
        draft = self.draft(*lists, **other)
        return d.submit_deployment(self.office, self.planner, draft.id).deployment

    def decision(self, deployment: DeploymentView, **other: Any) -> d.Decision:
        """A decision to authorise."""
        values = {"digest": deployment.digest, "statement": STATEMENT, "password": PASSWORD, **other}
        return d.Decision.model_validate(values)

    def authorised(self, *lists: str, **other: Any) -> DeploymentView:
        """An authorised deployment."""
        return self.authorise(self.submitted(*lists, **other))

    def authorise(self, deployment: DeploymentView, **other: Any) -> DeploymentView:
        """Have it authorised."""
        decision = self.decision(deployment, **other)
        return d.authorise_deployment(self.office, self.officer(), deployment.id, decision)

    def live(self, *lists: str, **other: Any) -> DeploymentView:
        """A live deployment; turns the clock into its window."""
        deployment = self.authorised(*lists, **other)
        self.clock.turn(hours=1, minutes=5)
        return d.start_deployment(self.office, self.operator, deployment.id)

    def may_run(self, deployment_id: str) -> d.RunnablePlan:
        """Ask whether it may run."""
        with self.office.database.transaction() as session:
            return d.may_run(self.work(session), deployment_id)
