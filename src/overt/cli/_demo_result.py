"""What the demo shows, held against the truth of its scene."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from overt.cli._summary import alert_record, fault_record, summary_record

if TYPE_CHECKING:
    from overt.cli._run_state import RaisedAlert, RunState
    from overt.evaluation.scene import SceneTruth

__all__ = ["DemoResult"]

USABLE_EYE_DISTANCE = 12.0
"""Pixels between the eyes from which a person of the scene counts as one who should be seen."""


class DemoResult:
    """The run of one simulated scene.

    Args:
        state: the run, over.
        truth: who was where.
        wanted: the identity in the scene of the one person on the watchlist.
    """

    def __init__(self, state: RunState, truth: SceneTruth, wanted: str) -> None:
        self.state, self.truth, self.wanted = state, truth, wanted
        self.shown: list[tuple[RaisedAlert, str | None]] = []
        for alert in state.alerts:
            face = truth.who(alert.media_seconds, alert.box)
            self.shown.append((alert, face.identity if face else None))

    @property
    def true_alerts(self) -> int:
        """Alerts whose box lies on the person on the watchlist."""
        return sum(identity == self.wanted for _, identity in self.shown)

    @property
    def false_alerts(self) -> int:
        """Alerts whose box lies on anybody else, or on nobody."""
        return len(self.shown) - self.true_alerts

    @property
    def erased(self) -> bool:
        """Whether the engine took something in, and said that all of it is overwritten."""
        telemetry = self.state.telemetry
        return self.state.erased and telemetry is not None and telemetry.erasure_ms.n > 0

    def worked(self) -> bool:
        """The person on the watchlist was alerted, nobody else was, and everything was erased."""
        return self.state.worked() and self.true_alerts > 0 and self.false_alerts == 0 and self.erased

    def people(self) -> Counter[str]:
        """How many passages of each identity came near enough to be recognised."""
        return Counter(
            one.identity for one in self.truth.passes if one.largest_eye_distance >= USABLE_EYE_DISTANCE
        )

    def ignored(self) -> int:
        """People who came near enough to be recognised and raised no alert."""
        alerted = {identity for _, identity in self.shown}
        return sum(identity not in alerted for identity in self.people())

    def record(self) -> dict[str, Any]:
        """One JSON object."""
        summary = summary_record(self.state)
        feeds = summary.pop("feeds")
        return summary | {
            "type": "demo",
            "simulated": True,
            "worked": self.worked(),
            "alerts": [alert_record(alert) | {"shows": identity} for alert, identity in self.shown],
            "true_alerts": self.true_alerts,
            "false_alerts": self.false_alerts,
            "wanted": self.wanted,
            "people_near": len(self.people()),
            "people_ignored": self.ignored(),
            "frames": sum(feed["frames_processed"] for feed in feeds),
            "frames_skipped": sum(feed["frames_skipped"] for feed in feeds),
            "feeds": feeds,
            "faults": [fault_record(fault) for fault in self.state.faults],
        }

    def words(self) -> list[str]:
        """The verdict in a few lines."""
        near = len(self.people())
        lines = [f"The scene: {near} people came near enough to be recognised; one is on the watchlist."]
        if self.true_alerts:
            times = "once" if self.true_alerts == 1 else f"{self.true_alerts} times"
            lines.append(
                f"That person was alerted {times}; {self.ignored()} of the {near - 1} others raised no alert."
            )
        else:
            lines.append("That person was not alerted.")
        lines += [
            f"False alert: {alert.media_seconds:.1f} s into the scene, on {identity or 'nobody'}."
            for alert, identity in self.shown
            if identity != self.wanted
        ]
        return lines
