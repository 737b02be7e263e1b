"""One live run: the feeds, the pipeline over them, and what is told of both."""

from __future__ import annotations

import gc
import threading
import time
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from overt.biometrics import load_detector, load_embedder, packs
from overt.engine.covered import CoveredSearch
from overt.engine.durations import DurationHistogram
from overt.engine.passages import LookPolicy
from overt.engine.pipeline import Pipeline, Zone, seeing
from overt.engine.pools import LeasePool
from overt.engine.running import FRAME_ERRORS, require_seals, resident_mib, scrubbed_seal, where_of
from overt.engine.scrubbing import Scrubber
from overt.engine.wire import Begin, Fault, FeedSpec, FeedTelemetry, Outward, Ready, SealState, Telemetry
from overt.errors import ContractError, OvertError
from overt.gallery import Gallery, apart_below, picture_groups
from overt.video import Feed, FeedFault, Frame, open_feed

if TYPE_CHECKING:
    from overt.engine.outbox import Outbox

__all__ = ["LiveRun"]

TELEMETRY_SECONDS: Final = 0.5

IDLE_SECONDS: Final = 0.02
"""How long the engine waits for a frame before it looks whether something has gone stale."""

QUIET_SECONDS: Final = 0.5
"""A feed without a frame for so long has its looks cleared: no template waits for a broken camera."""

BROKEN_FRAMES: Final = 50
"""Frames of one feed in a row on which the pipeline may fail before the feed is given up."""


class _Station:
    """A feed, its zone, and how it has fared."""

    def __init__(self, spec: FeedSpec) -> None:
        self.spec = spec
        self.zone = Zone(spec.name)
        self.feed: Feed | None = None
        self.failures = 0
        self.last_frame = time.monotonic()
        self.quiet = True
        self.over = False
        self.rate = 0.0
        self.rate_from = (time.monotonic(), 0)


class LiveRun:
    """The work of one `Begin`. Made, it is loaded and warm; `work` runs it; `close` overwrites everything.

    Args:
        begin: what to do.
        seals: the seals as they are, for the `Ready` message and the required ones.
        outbox: takes the messages.
        halt: set by others to end the run.
        overwrites: False only in the proof of erasure's own build.

    Raises:
        SealError: a required seal is not held.
        PackError: the pack is missing or altered.
        ContractError: the templates are another pack's.
        ProviderError: the inference provider is missing.
    """

    def __init__(
        self,
        begin: Begin,
        seals: dict[str, SealState],
        outbox: Outbox[Outward],
        halt: threading.Event,
        *,
        overwrites: bool = True,
    ) -> None:
        require_seals(begin.limits.required_seals, seals)
        # Its calls here are small, and its threads would take the cores that the networks run on.
        cv2.setNumThreads(1)
        limits = begin.limits
        pack = packs.load(begin.pack)
        if pack.contract != begin.contract:
            raise ContractError(
                f"The watchlist's templates were made by {begin.contract.pack} {begin.contract.version}, "
                f"and the pack to run is {pack.contract.pack} {pack.contract.version}",
                "Enrol the watchlist again with the pack that is to run",
            )
        self._outbox = outbox
        self._halt = halt
        self._began = time.monotonic()
        self._arrived = threading.Event()
        self._pool = LeasePool(overwrites=overwrites)
        self._decoded_erasure = DurationHistogram()
        allocate = self._pool.allocate
        detection, sure = seeing(limits.detection, pack.manifest.detector.score_threshold)
        detector = load_detector(
            pack, detection, provider=limits.provider, threads=limits.threads, allocate=allocate
        )
        embedder = load_embedder(pack, provider=limits.provider, threads=limits.threads, allocate=allocate)
        embedder.warm()
        gallery = Gallery(pack.contract, allocate=allocate)
        templates = np.frombuffer(begin.templates, "<f4").reshape(-1, pack.contract.dimension)
        owners = np.asarray(begin.entry_of_template, np.int64)
        groups = picture_groups(templates, owners, apart_below(pack.manifest.operating_point))
        gallery.build_fused(begin.entries, templates, owners, groups)
        searched = CoveredSearch(pack, gallery, begin.covered, owners, groups=groups, allocate=allocate)
        self._scrubber = Scrubber(detector, embedder, *searched.galleries, enabled=overwrites)
        self._pipeline = Pipeline(
            detector=detector,
            embedder=embedder,
            gallery=searched,
            entries=begin.entries,
            point=begin.operating_point,
            pool=self._pool,
            scrubber=self._scrubber,
            send=outbox.put,
            policy=LookPolicy(max_shots=limits.max_shots, look_seconds=limits.look_seconds),
            sure_score=sure,
            masked_fps=limits.masked_fps,
        )
        # what is loaded by now stays: without this, each full collection walks every object of the libraries
        gc.freeze()
        self._stations = [_Station(spec) for spec in begin.feeds]
        self._suspects: set[str] = set()
        self.ready = Ready(
            contract=pack.contract,
            provider=limits.provider,
            seals=seals | {"inference-memory-scrubbed": scrubbed_seal(overwrites=overwrites)},
            n_entries=len(begin.entries),
            n_templates=len(templates),
            coverings=searched.coverings,
        )

    def work(self) -> str:
        """Run until the feeds end or the run is halted; the reason why it ended."""
        for station in self._stations:
            self._open(station)
        told = 0.0
        while not self._halt.is_set():
            self._arrived.clear()
            frames = self._gather()
            self._step(frames)
            self._scrubber.scrub_stale()
            now = time.monotonic()
            if now - told >= TELEMETRY_SECONDS:
                told = now
                self._outbox.put(self.telemetry())
            if not frames:
                if all(station.over for station in self._stations):
                    return "every feed has ended"
                self._arrived.wait(IDLE_SECONDS)
        return "stopped"

    def close(self) -> Telemetry:
        """End the feeds and overwrite everything; the last figures."""
        for station in self._stations:
            self._end(station)
        self._pipeline.passages.end_all()
        self._scrubber.scrub_all()
        last = self.telemetry()
        self._pool.wipe_all()
        return last

    def telemetry(self) -> Telemetry:
        """The figures of the run so far."""
        pipeline = self._pipeline
        return Telemetry(
            seconds=time.monotonic() - self._began,
            feeds=tuple(self._describe(station) for station in self._stations),
            capture_to_alert_ms=pipeline.capture_to_alert.summary(),
            erasure_ms=self._pool.erasure.summary(),
            erasure_after_use_ms=self._pool.after_use.summary(),
            decoded_erasure_ms=self._decoded_erasure.summary(),
            detections=pipeline.detections,
            embeddings=pipeline.embeddings,
            resident_mib=resident_mib(),
        )

    def _open(self, station: _Station) -> None:
        spec = station.spec
        try:
            station.feed = open_feed(
                spec.name,
                spec.uri,
                pace=spec.pace,
                transport=spec.transport,
                loop=spec.loop,
                buffers=self._pool,
                on_frame=self._arrived.set,
                on_fault=self._feed_fault,
                on_overwritten=self._decoded_overwritten,
            )
            station.feed.start()
        except OvertError as error:
            station.over = True
            self._outbox.put(
                Fault(kind="unsupported", feed=spec.name, detail=error.what, remedy=error.remedy)
            )

    def _decoded_overwritten(self, arrived_ns: int, overwritten_ns: int) -> None:
        self._decoded_erasure.add(overwritten_ns - arrived_ns)

    def _feed_fault(self, fault: FeedFault) -> None:
        self._outbox.put(Fault(kind=fault.kind, feed=fault.feed, detail=fault.detail, remedy=fault.remedy))

    def _gather(self) -> list[tuple[_Station, Frame]]:
        frames = []
        for station in self._stations:
            if station.feed is None or station.over:
                continue
            finished = station.feed.status().state in ("ended", "failed")
            frame = station.feed.newest()
            if frame is not None:
                station.last_frame = time.monotonic()
                station.quiet = False
                frames.append((station, frame))
            elif finished:
                self._end(station)
            elif not station.quiet and time.monotonic() - station.last_frame > QUIET_SECONDS:
                station.quiet = True
                self._pipeline.end_zone(station.zone)
        return frames

    def _step(self, frames: list[tuple[_Station, Frame]]) -> None:
        together = [(s, f) for s, f in frames if s.spec.name not in self._suspects]
        alone = [[(s, f)] for s, f in frames if s.spec.name in self._suspects]
        for group in [together, *alone]:
            if not group:
                continue
            try:
                self._pipeline.step([(station.zone, frame) for station, frame in group])
            except FRAME_ERRORS as error:
                self._suspect(group, error)
            else:
                for station, _ in group:
                    station.failures = 0
                    self._suspects.discard(station.spec.name)

    def _suspect(self, group: list[tuple[_Station, Frame]], error: Exception) -> None:
        """One of these frames broke the pipeline: step their feeds one by one; give up one that goes on."""
        for station, _ in group:
            self._suspects.add(station.spec.name)
            self._pipeline.end_zone(station.zone)
            if len(group) > 1:
                continue
            station.failures += 1
            if station.failures == 1 or station.failures >= BROKEN_FRAMES:
                self._outbox.put(Fault(kind="bad-frame", feed=station.spec.name, detail=where_of(error)))
            if station.failures >= BROKEN_FRAMES:
                self._end(station)

    def _end(self, station: _Station) -> None:
        station.over = True
        if station.feed is not None:
            station.feed.close()
        self._pipeline.end_zone(station.zone)

    def _describe(self, station: _Station) -> FeedTelemetry:
        zone, spec = station.zone, station.spec
        passages = self._pipeline.passages.seen(spec.name)
        if station.feed is None:
            return FeedTelemetry(name=spec.name, state="failed")
        now = time.monotonic()
        since, processed = station.rate_from
        if now - since >= 1.0:
            station.rate = (zone.processed - processed) / (now - since)
            station.rate_from = (now, zone.processed)
        status = station.feed.status()
        return FeedTelemetry(
            name=spec.name,
            state=status.state,
            width=status.width,
            height=status.height,
            frames_received=status.received,
            frames_processed=zone.processed,
            frames_skipped=status.skipped,
            faces_in_view=zone.faces_in_view,
            passages=passages,
            alerts=zone.alerts,
            reconnections=status.reconnections,
            frames_per_second=station.rate,
            codec=status.codec,
            capture_to_decision_ms=zone.decided_after.summary(),
        )
