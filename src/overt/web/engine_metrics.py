"""The live engines' figures, as their last telemetry and the database have them, asked for at each scrape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from overt.casework.figures import figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from overt.casework import Office
    from overt.casework.live import Supervisor

__all__ = ["EngineMetrics"]

_FEED: Final = ("deployment", "feed", "state")
_FRAMES: Final = {"frames_received": "received", "frames_processed": "processed", "frames_skipped": "skipped"}
_DURATIONS: Final = {
    "capture_to_alert_ms": ("overt_capture_to_alert_seconds", "From a frame's arrival to its alert."),
    "erasure_ms": ("overt_erasure_seconds", "From a buffer's capture to its being overwritten."),
    "erasure_after_use_ms": (
        "overt_erasure_after_use_seconds",
        "From a buffer's last use to its being overwritten.",
    ),
}
_QUANTILES: Final = {"p50": "0.5", "p95": "0.95", "p99": "0.99", "max": "1"}


class EngineMetrics(Collector):
    """Reads them; keeps nothing."""

    def __init__(self, office: Office, supervisor: Supervisor | None) -> None:
        self._office = office
        self._supervisor = supervisor

    def collect(self) -> Iterator[Metric]:
        """Every figure, now."""
        yield from self._of_database()
        telemetry = {} if self._supervisor is None else self._supervisor.telemetry()
        yield from _of_feeds(telemetry)
        yield from _of_durations(telemetry)
        memory = GaugeMetricFamily(
            "overt_engine_resident_bytes", "Memory of an engine.", labels=("deployment",)
        )
        for deployment, figure in telemetry.items():
            memory.add_metric((deployment,), figure.resident_mib * (1 << 20))
        yield memory

    def _of_database(self) -> Iterator[Metric]:
        counted = figures(self._office)
        for name, words, label, counts in (
            ("overt_alerts_decided", "Alerts that are decided.", "alert_class", counted.alerts_by_class),
            (
                "overt_alerts",
                "Alerts by what is due next: the people's queue.",
                "state",
                counted.alerts_by_state,
            ),
            ("overt_deployments", "Deployments.", "state", counted.deployments_by_state),
        ):
            gauge = GaugeMetricFamily(name, words, labels=(label,))
            for value, count in sorted(counts.items()):
                gauge.add_metric((value,), count)
            yield gauge
        yield CounterMetricFamily("overt_engine_runs", "Engines that were started.", value=counted.runs)
        yield CounterMetricFamily("overt_engine_restarts", "Engines started again.", value=counted.restarts)


def _of_feeds(telemetry: Mapping[str, Any]) -> Iterator[Metric]:
    frames = CounterMetricFamily("overt_frames", "Frames of a feed.", labels=(*_FEED, "fate"))
    waiting = GaugeMetricFamily(
        "overt_frames_waiting", "Frames received and neither searched nor skipped yet.", labels=_FEED
    )
    view = GaugeMetricFamily("overt_faces_in_view", "Faces in the picture now.", labels=_FEED)
    passages = CounterMetricFamily("overt_faces_seen", "Passages with a usable face.", labels=_FEED)
    alerts = CounterMetricFamily("overt_engine_alerts", "Alerts that the engine raised.", labels=_FEED)
    rate = GaugeMetricFamily("overt_frames_per_second", "Frames searched a second.", labels=_FEED)
    lost = CounterMetricFamily("overt_reconnections", "Times that a feed was lost and found.", labels=_FEED)
    for deployment, figure in telemetry.items():
        for feed in figure.feeds:
            labels = (deployment, feed.name, feed.state)
            for name, fate in _FRAMES.items():
                frames.add_metric((*labels, fate), getattr(feed, name))
            done = feed.frames_processed + feed.frames_skipped
            waiting.add_metric(labels, max(0, feed.frames_received - done))
            view.add_metric(labels, feed.faces_in_view)
            passages.add_metric(labels, feed.passages)
            alerts.add_metric(labels, feed.alerts)
            rate.add_metric(labels, feed.frames_per_second)
            lost.add_metric(labels, feed.reconnections)
    yield from (frames, waiting, view, passages, alerts, rate, lost)


def _of_durations(telemetry: Mapping[str, Any]) -> Iterator[Metric]:
    for name, (metric, words) in _DURATIONS.items():
        quantiles = GaugeMetricFamily(metric, words, labels=("deployment", "quantile"))
        measured = CounterMetricFamily(f"{metric}_measured", "How many that is of.", labels=("deployment",))
        for deployment, figure in telemetry.items():
            durations = getattr(figure, name)
            measured.add_metric((deployment,), durations.n)
            for attribute, quantile in _QUANTILES.items():
                value = getattr(durations, attribute)
                if value is not None:
                    quantiles.add_metric((deployment, quantile), value / 1000)
        yield from (quantiles, measured)
