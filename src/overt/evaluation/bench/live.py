"""The sealed process at live pace: how long from capture to alert, what is skipped, and what memory it takes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from overt.engine import Begin, Durations, Engine, EngineLimits, Fault, FeedSpec, Telemetry
from overt.errors import EvaluationError
from overt.evaluation.bench.nobody import random_watchlist
from overt.evaluation.bench.results import LiveFigures, SoakFigures
from overt.evaluation.bench.statistics import slope_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from overt.biometrics import ModelPack
    from overt.evaluation.bench.ready import Footage

__all__ = ["latency_words", "measure_live", "soak"]

ALWAYS: Final = -1.0
"""A threshold that every passage reaches, so that there are alerts enough to measure."""

WARM_SHARE: Final = 0.15
FLAT_MIB_AN_HOUR: Final = 6.0
"""Growth that a day's deployment would not notice: 48 MiB in eight hours."""

MIN_SAMPLES: Final = 60


def measure_live(
    pack: ModelPack,
    footage: Footage,
    *,
    feeds: int,
    seconds: float,
    entries: int = 10_000,
    threads: int = 0,
    progress: Callable[[str], None] | None = None,
) -> LiveFigures:
    """Run the sealed engine on feeds at live pace, and let every passage alert.

    Args:
        pack: the models.
        footage: the film of every feed, looped.
        feeds: how many.
        seconds: how long, from the first frame.
        entries: size of the watchlist of nobody.
        threads: of one inference; 0 takes every core.
        progress: is told what is going on.

    Raises:
        EvaluationError: no frame could be processed.
        EngineError: the engine could not begin, or died.
    """
    tell = progress or (lambda _: None)
    last: Telemetry | None = None
    for telemetry in _run(
        _begin(pack, footage, feeds=feeds, entries=entries, threads=threads, threshold=ALWAYS), seconds
    ):
        last = telemetry
        tell(f"{feeds} live: {telemetry.seconds:.0f} of {seconds:.0f} s")
    if last is None or not any(feed.frames_processed for feed in last.feeds):
        raise EvaluationError("The engine processed no frame of the footage", "Name another film")
    received = sum(feed.frames_received for feed in last.feeds)
    skipped = sum(feed.frames_skipped for feed in last.feeds)
    return LiveFigures(
        feeds=feeds,
        seconds=last.seconds,
        latency_ms=last.capture_to_alert_ms,
        erasure_ms=last.erasure_ms,
        erasure_after_use_ms=last.erasure_after_use_ms,
        received=received,
        processed=sum(feed.frames_processed for feed in last.feeds),
        skipped=skipped,
        skipped_share=skipped / max(1, received),
        passages=sum(feed.passages for feed in last.feeds),
        alerts=sum(feed.alerts for feed in last.feeds),
        resident_mib=last.resident_mib,
    )


def soak(
    pack: ModelPack,
    footage: Footage,
    *,
    minutes: float,
    feeds: int = 1,
    entries: int = 10_000,
    threads: int = 0,
    progress: Callable[[str], None] | None = None,
) -> SoakFigures:
    """Run the sealed engine for a long time and fit a line to its memory, after a warm-up.

    Args:
        pack: the models.
        footage: the film of every feed, looped.
        minutes: how long.
        feeds: how many.
        entries: size of the watchlist of nobody.
        threads: of one inference.
        progress: is told what is going on.

    Raises:
        EvaluationError: too short to fit a line.
        EngineError: the engine could not begin, or died.
    """
    tell = progress or (lambda _: None)
    times: list[float] = []
    sizes: list[float] = []
    last: Telemetry | None = None
    threshold = pack.manifest.operating_point.threshold
    for telemetry in _run(
        _begin(pack, footage, feeds=feeds, entries=entries, threads=threads, threshold=threshold),
        60 * minutes,
    ):
        last = telemetry
        times.append(telemetry.seconds)
        sizes.append(telemetry.resident_mib)
        tell(f"soak: {telemetry.seconds / 60:.1f} of {minutes:g} min, {telemetry.resident_mib:.0f} MiB")
    warm = int(WARM_SHARE * len(times))
    if last is None or len(times) - warm < MIN_SAMPLES:
        raise EvaluationError(
            f"A soak of {minutes:g} minutes gave {len(times)} samples", "Ask for at least one minute"
        )
    slope = slope_of(np.array(times[warm:]), np.array(sizes[warm:]))
    return SoakFigures(
        minutes=last.seconds / 60,
        feeds=feeds,
        samples=len(times) - warm,
        first_mib=sizes[warm],
        last_mib=sizes[-1],
        largest_mib=max(sizes[warm:]),
        slope=slope,
        limit=FLAT_MIB_AN_HOUR,
        flat=slope.low <= 0 or slope.high <= FLAT_MIB_AN_HOUR,
        frames=sum(feed.frames_processed for feed in last.feeds),
        passages=sum(feed.passages for feed in last.feeds),
    )


def latency_words(durations: Durations) -> dict[str, float | None]:
    """The four figures of a summary, by name."""
    return {"p50": durations.p50, "p95": durations.p95, "p99": durations.p99, "max": durations.max}


def _begin(
    pack: ModelPack, footage: Footage, *, feeds: int, entries: int, threads: int, threshold: float
) -> Begin:
    point = msgspec.structs.replace(
        pack.manifest.operating_point,
        threshold=threshold,
        clear_below=None,
        confirmations=1,
        min_eye_distance=4.0,
        min_quality=0.0,
    )
    return Begin(
        pack=str(pack.folder),
        contract=pack.contract,
        operating_point=point,
        feeds=tuple(
            FeedSpec(name=f"feed-{i + 1}", uri=str(footage.path), pace="live", loop=True)
            for i in range(feeds)
        ),
        entries=tuple(f"nobody-{i}" for i in range(entries)),
        templates=random_watchlist(entries, pack.contract.dimension).astype("<f4").tobytes(),
        entry_of_template=tuple(range(entries)),
        limits=EngineLimits(threads=threads),
    )


def _run(begin: Begin, seconds: float) -> Iterator[Telemetry]:
    """The engine's telemetry for so long, and its last one after it has closed."""
    with Engine.start(begin) as engine:
        end = time.monotonic() + seconds
        for message in engine.messages():
            if isinstance(message, Telemetry):
                yield message
            elif isinstance(message, Fault) and message.fatal:
                raise EvaluationError(f"The engine failed: {message.detail}", message.remedy)
            if time.monotonic() >= end:
                break
