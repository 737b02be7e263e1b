"""A live deployment with a run, alerts of its engine, and people to judge them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from overt.casework import Actor, Office
from overt.casework import alerts as a
from overt.casework.live import prepare_run
from overt.engine import Alert as EngineAlert
from tests.casework.deployments.force import Force

CROP = b"\xff\xd8 the picture of one face"
SOFTWARE = Actor.software("engine")
WHY = a.Correction(code="entered-wrongly", reason="a slip of the finger")


@dataclass
class Case:
    """A deployment that is live, with a run; alerts are taken as they are asked for."""

    force: Force
    watchlist_id: str = ""
    entries: list[str] = field(default_factory=list)
    deployment_id: str = ""
    run_id: str = ""
    passages: int = 0

    def __post_init__(self) -> None:
        self.watchlist_id = self.force.watchlist(0)
        self.entries = [self.force.add_entry(self.watchlist_id) for _ in range(2)]
        self.entries.append(self.force.add_entry(self.watchlist_id, seed=True))
        self.deployment_id = self.force.live(self.watchlist_id).id
        self.run_id = prepare_run(self.office, SOFTWARE, self.deployment_id).run_id

    @property
    def office(self) -> Office:
        return self.force.office

    @property
    def operator(self) -> Actor:
        return self.force.staff("lfr-operator")

    @property
    def officer(self) -> Actor:
        return self.force.staff("engagement-officer")

    @property
    def auditor(self) -> Actor:
        return self.force.staff("auditor")

    def message(self, entry: int = 0, passage: int | None = None) -> EngineAlert:
        """What the engine would say."""
        self.passages += 1
        now = self.office.now()
        return EngineAlert(
            feed="north gate",
            entry=self.entries[entry],
            passage=self.passages if passage is None else passage,
            score=0.97,
            threshold=0.955,
            observations=2,
            quality=0.6,
            captured_at=int(now.timestamp() * 1e9),
            media_seconds=1.5,
            capture_to_alert_ms=210.0,
            box=(1.0, 2.0, 30.0, 40.0),
            crop=CROP,
        )

    def take(self, entry: int = 0) -> str:
        """Take an alert in; returns its id."""
        taken = a.take_alert(self.office, SOFTWARE, self.run_id, self.message(entry))
        assert taken.alert_id is not None
        return taken.alert_id

    def adjudicate(
        self,
        alert_id: str,
        actor: Actor | None = None,
        *,
        engage: bool = True,
        code: str = "",
        look_seconds: float = 8,
    ) -> a.AlertView:
        """Look at an alert, think, and adjudicate."""
        who = actor or self.operator
        a.show_alert(self.office, who, alert_id)
        self.force.clock.turn(seconds=look_seconds)
        return a.adjudicate_alert(self.office, who, alert_id, judgement(engage, code))

    def engagement(self, identity: str = "sought", **values: object) -> a.NewEngagement:
        """An engagement of the last two minutes."""
        now = self.force.clock.turn(minutes=3)
        return a.NewEngagement.model_validate(
            {
                "started_at": now - timedelta(minutes=2),
                "ended_at": now,
                "identity": identity,
                "note": "said they were on their way home",
                **values,
            }
        )

    def engage(self, alert_id: str, identity: str = "sought") -> a.AlertView:
        """Adjudicate with engage, and record an engagement."""
        self.adjudicate(alert_id)
        return a.record_engagement(self.office, self.officer, alert_id, self.engagement(identity))


def judgement(engage: bool, code: str = "") -> a.NewAdjudication:
    """A judgement with words."""
    return a.NewAdjudication.model_validate(
        {
            "decision": "engage" if engage else "do-not-engage",
            "reason_code": code or ("same-person" if engage else "different-person"),
            "reason": "ears and hairline agree" if engage else "the ears differ",
        }
    )


def ask_for_two(office: Office) -> None:
    """From now on the policy asks for two adjudications."""
    two = msgspec.structs.replace(office.policy.deployments, second_adjudication=True)
    office.policy = msgspec.structs.replace(office.policy, deployments=two)
