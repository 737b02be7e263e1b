"""A run in JSON and in words, for when it is over and for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from overt.engine import Durations, Fault, FeedTelemetry

if TYPE_CHECKING:
    from overt.cli._run_state import RaisedAlert, RunState

__all__ = [
    "alert_record",
    "alert_words",
    "durations_record",
    "fault_record",
    "fault_words",
    "summary_record",
    "summary_words",
]


def alert_record(alert: RaisedAlert) -> dict[str, Any]:
    """An alert as a JSON object; without a picture."""
    return {
        "type": "alert",
        "entry": alert.entry,
        "name": alert.title,
        "feed": alert.feed,
        "score": round(alert.score, 4),
        "threshold": round(alert.threshold, 4),
        "strangers": alert.strangers or None,
        "strangers_at_most": None
        if alert.strangers_at_most is None
        else float(f"{alert.strangers_at_most:.3g}"),
        "covering": alert.covering,
        "passage": alert.passage,
        "observations": alert.observations,
        "quality": round(alert.quality, 3),
        "captured_at": alert.captured_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "capture_to_alert_ms": round(alert.capture_to_alert_ms, 1),
        "media_seconds": round(alert.media_seconds, 3),
        "box": [round(edge, 1) for edge in alert.box],
        "instruction": alert.instruction,
    }


def fault_record(fault: Fault) -> dict[str, Any]:
    """A fault as a JSON object."""
    return {
        "type": "fault",
        "feed": fault.feed,
        "kind": fault.kind,
        "detail": fault.detail,
        "remedy": fault.remedy,
        "fatal": fault.fatal,
    }


def durations_record(durations: Durations | None) -> dict[str, float | None]:
    """p50, p95, p99 and max in milliseconds; null where there were none."""
    given = durations or Durations()
    values = {"p50": given.p50, "p95": given.p95, "p99": given.p99, "max": given.max}
    return {name: None if value is None else round(value, 2) for name, value in values.items()}


def summary_record(state: RunState) -> dict[str, Any]:
    """The whole run as a JSON object, of type `summary`. Figures of the run, never of a person."""
    telemetry, ready = state.telemetry, state.ready
    return {
        "type": "summary",
        "worked": state.worked(),
        "reason": _reason(state),
        "erased": state.erased,
        "seconds": round(telemetry.seconds, 2) if telemetry else 0.0,
        "entries": ready.n_entries if ready else 0,
        "pack": ready.contract.pack if ready else "",
        "provider": ready.provider if ready else "",
        "threshold": round(state.threshold, 4),
        "passages": state.passages,
        "alerts": len(state.alerts),
        "faults": len(state.faults),
        "latency_ms": durations_record(telemetry.capture_to_alert_ms if telemetry else None),
        "erasure_ms": durations_record(telemetry.erasure_ms if telemetry else None),
        "erasure_after_use_ms": durations_record(telemetry.erasure_after_use_ms if telemetry else None),
        "buffers_erased": telemetry.erasure_ms.n if telemetry else 0,
        "seals": state.seals(),
        "feeds": [_feed_record(feed) for feed in state.feed_rows()],
        "detections": telemetry.detections if telemetry else 0,
        "embeddings": telemetry.embeddings if telemetry else 0,
        "resident_mib": round(telemetry.resident_mib, 1) if telemetry else 0.0,
    }


def _reason(state: RunState) -> str:
    if state.closed is None:
        return "the engine ended without a last word"
    return state.stopping or state.closed.reason


def _feed_record(feed: FeedTelemetry) -> dict[str, Any]:
    values = msgspec.structs.asdict(feed) | {
        "capture_to_decision_ms": durations_record(feed.capture_to_decision_ms)
    }
    return {name: round(value, 2) if isinstance(value, float) else value for name, value in values.items()}


def fault_words(fault: Fault) -> str:
    """A fault in one line of words."""
    where = f"feed {fault.feed}" if fault.feed else "engine"
    remedy = f" {_sentence(fault.remedy)}" if fault.remedy else ""
    return f"{where}: {fault.kind}: {_sentence(fault.detail)}{remedy}"


def _sentence(words: str) -> str:
    return words if words.endswith(".") else f"{words}."


def alert_words(alert: RaisedAlert) -> str:
    """An alert in one line of words."""
    who = alert.title if alert.title == alert.entry else f"{alert.title} ({alert.entry})"
    line = (
        f"{alert.captured_at:%H:%M:%S} UTC: feed {alert.feed}: resembles {who}, score {alert.score:.3f} "
        f"(threshold {alert.threshold:.3f}), {alert.capture_to_alert_ms:.0f} ms after capture."
    )
    if alert.covering == "lower":
        line += " The lower face looks covered: this is a match on the upper face alone."
    if alert.strangers:
        strangers = f"{alert.strangers[0].upper()}{alert.strangers[1:]}"
        line += f" {strangers} would score so; whether it is them, no score says."
    return f"{line} Instruction: {_sentence(alert.instruction)}" if alert.instruction else line


def summary_words(state: RunState, *, news: bool = True) -> list[str]:
    """The run in a few lines: what was seen, alerted and erased.

    Args:
        state: the run, over.
        news: whether to repeat each alert and fault; False where they were printed as they came.
    """
    telemetry = state.telemetry
    lines = []
    if telemetry is not None:
        feeds = state.feed_rows()
        searched = sum(feed.frames_processed for feed in feeds)
        skipped = sum(feed.frames_skipped for feed in feeds)
        lines.append(
            f"Seen: {_count(state.passages, 'passage')} with a usable face, in {searched:,} frames "
            f"({skipped:,} skipped) over {telemetry.seconds:.0f} s."
        )
    if news:
        lines += [f"Fault: {fault_words(fault)}" for fault in state.faults]
    lines.append(
        f"Alerts: {len(state.alerts) or 'none'}.{' A person decides on each.' if state.alerts else ''}"
    )
    if news:
        lines += [f"  {alert_words(alert)}" for alert in state.alerts]
    if telemetry is not None:
        lines.append(_erasure_words(state, telemetry.erasure_ms, telemetry.erasure_after_use_ms))
    held = state.seals()
    missing = [name for name, holds in held.items() if not holds]
    if held:
        open_ones = f"; not held: {', '.join(missing)}" if missing else ""
        lines.append(f"Seals: {len(held) - len(missing)} of {len(held)} held{open_ones}.")
    return lines


def _erasure_words(state: RunState, erasure: Durations, after_use: Durations) -> str:
    if not state.erased:
        return "Erased: the engine ended without confirming; its memory ended with its process."
    if not erasure.n:
        return "Erased: nothing had been taken in."
    parts = [f"Erased: everything; {_count(erasure.n, 'buffer')} overwritten"]
    if erasure.p50 is not None and erasure.max is not None:
        parts.append(
            f", half of them within {erasure.p50:.0f} ms of capture, the last after {erasure.max:.0f} ms"
        )
    if after_use.max is not None:
        parts.append(f"; at most {after_use.max:.0f} ms after last use")
    return "".join(parts) + "."


def _count(n: int, word: str) -> str:
    return f"{n:,} {word}{'' if n == 1 else 's'}"
