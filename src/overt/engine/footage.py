"""A clip that was handed in, turned into passages: the live pipeline, and the best shots of everybody in it.

What is kept of a passage lies in the pool, leaves when the passage ends, and is overwritten then. Nothing else in the
engine gives back somebody whom nobody looks for; so this runs in a process of its own, with a wire of its own
(`overt.engine.footage_wire`), and the engine of a live deployment loads none of it.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from overt.biometrics import load_detector, load_embedder, packs
from overt.engine.covered import CoveredSearch
from overt.engine.footage_passages import FootagePipeline
from overt.engine.footage_wire import FootageProgress
from overt.engine.pipeline import Zone, seeing
from overt.engine.pools import LeasePool
from overt.engine.running import FRAME_ERRORS, require_seals, scrubbed_seal, where_of
from overt.engine.scrubbing import Scrubber
from overt.engine.wire import Fault, Ready
from overt.errors import ContractError
from overt.gallery import Gallery
from overt.video import FeedFault, FeedLimits, Frame, open_clip

if TYPE_CHECKING:
    from overt.engine.footage_wire import BeginFootage, FootageOutward
    from overt.engine.outbox import Outbox
    from overt.engine.wire import SealState

__all__ = ["FootageRun"]

PROGRESS_SECONDS: Final = 0.5
IDLE_SECONDS: Final = 0.02
OPEN_SECONDS: Final = 60.0
"""How long it may take to find out what a clip is made of: an index can lie at the end of many gigabytes."""
BROKEN_FRAMES: Final = 200
"""Pictures in a row on which the pipeline may fail before the clip is given up."""


class FootageRun:
    """The work of one `BeginFootage`. Made, it is loaded and warm; `work` runs it; `close` overwrites everything.

    Args:
        begin: what to do.
        clip: the descriptor of the clip, open for reading.
        seals: the seals as they are.
        outbox: takes the messages.
        halt: set by others to end the run.
        overwrites: False only in the test that shows what a run would leave.

    Raises:
        SealError: a required seal is not held.
        PackError: the pack is missing or altered.
        ContractError: another pack is asked for.
        ProviderError: the inference provider is missing.
    """

    def __init__(
        self,
        begin: BeginFootage,
        clip: int,
        seals: dict[str, SealState],
        outbox: Outbox[FootageOutward],
        halt: threading.Event,
        *,
        overwrites: bool = True,
    ) -> None:
        limits = begin.limits
        require_seals(limits.required_seals, seals)
        cv2.setNumThreads(1)
        pack = packs.load(begin.pack)
        if pack.contract != begin.contract:
            raise ContractError(
                f"Templates of {begin.contract.pack} {begin.contract.version} were asked for, "
                f"and the pack to run is {pack.contract.pack} {pack.contract.version}",
                "Name the pack that is installed",
            )
        os.nice(5)  # a deployment that is live on this machine comes first
        self._begin, self._clip = begin, clip
        self._outbox, self._halt = outbox, halt
        self._began = time.monotonic()
        self._arrived = threading.Event()
        self._pool = LeasePool(overwrites=overwrites)
        allocate = self._pool.allocate
        detection, sure = seeing(limits.detection, pack.manifest.detector.score_threshold)
        detector = load_detector(
            pack, detection, provider=limits.provider, threads=limits.threads, allocate=allocate
        )
        embedder = load_embedder(pack, provider=limits.provider, threads=limits.threads, allocate=allocate)
        embedder.warm()
        nobody = Gallery(pack.contract, allocate=allocate)
        self._scrubber = Scrubber(detector, embedder, nobody, enabled=overwrites)
        self._zone = Zone(begin.clip)
        self._pipeline = FootagePipeline(
            detector=detector,
            embedder=embedder,
            gallery=CoveredSearch(pack, nobody, (), np.zeros(0, np.int64), allocate=allocate),
            point=begin.operating_point,
            pool=self._pool,
            scrubber=self._scrubber,
            send=outbox.put,
            sure_score=sure,
            most_shots=limits.shots,
        )
        gc.freeze()
        self._failures = 0
        self._feed = open_clip(
            clip,
            begin.clip,
            buffers=self._pool,
            on_frame=self._arrived.set,
            on_fault=self._tell,
            most_rate=limits.pictures_per_second,
            limits=FeedLimits(open_seconds=OPEN_SECONDS, stall_seconds=limits.stall_seconds),
        )
        self.ready = Ready(
            contract=pack.contract,
            provider=limits.provider,
            seals=seals | {"inference-memory-scrubbed": scrubbed_seal(overwrites=overwrites)},
            n_entries=0,
            n_templates=0,
        )

    def work(self) -> str:
        """Run to the clip's end, or until the run is halted; the reason why it ended."""
        self._feed.start()
        told = 0.0
        last_frame, received = time.monotonic(), 0
        opened = False
        while not self._halt.is_set():
            self._arrived.clear()
            status = self._feed.status()
            frame = self._feed.newest()
            now = time.monotonic()
            if frame is not None or status.received != received:
                last_frame, received, opened = now, status.received, True
            if frame is not None:
                self._step(frame)
            elif status.state in {"ended", "failed"}:
                return "the clip has ended"
            elif now - last_frame > (self._begin.limits.stall_seconds if opened else OPEN_SECONDS):
                self._tell(FeedFault(self._begin.clip, "stalled", "no further picture could be decoded"))
                return "the clip has stalled"
            self._scrubber.scrub_stale()
            if now - told >= PROGRESS_SECONDS:
                told = now
                self._outbox.put(self.progress())
            if self._pipeline.given >= self._begin.limits.most_passages:
                self._fault(
                    "too-many", f"more than {self._pipeline.given} passages were found", "Cut the clip"
                )
                return "too many passages"
            if self._failures >= BROKEN_FRAMES:
                return "the pipeline failed on every picture"
            if frame is None:
                self._arrived.wait(IDLE_SECONDS)
        return "stopped"

    def close(self) -> None:
        """Give what is still open, end the feed, and overwrite everything."""
        self._feed.close()
        if self._halt.is_set():
            self._pipeline.forget()
        self._pipeline.end_zone(self._zone)
        self._outbox.put(self.progress())
        self._scrubber.scrub_all()
        self._pool.wipe_all()
        os.close(self._clip)

    def progress(self) -> FootageProgress:
        """How far it is."""
        status = self._feed.status()
        return FootageProgress(
            seconds=self._pipeline.seconds,
            of_seconds=status.seconds,
            decoded=status.received,
            looked_at=self._zone.processed,
            damaged=status.damaged,
            passages=self._pipeline.given,
            width=self._pipeline.size[0],
            height=self._pipeline.size[1],
            working_seconds=time.monotonic() - self._began,
        )

    def _step(self, frame: Frame) -> None:
        try:
            self._pipeline.step([(self._zone, frame)])
        except FRAME_ERRORS as error:
            self._failures += 1
            self._pipeline.end_zone(self._zone)
            if self._failures in {1, BROKEN_FRAMES}:
                self._fault("bad-frame", where_of(error), "Report it as a bug")
        else:
            self._failures = 0

    def _tell(self, fault: FeedFault) -> None:
        self._fault(fault.kind, fault.detail, fault.remedy)

    def _fault(self, kind: str, detail: str, remedy: str) -> None:
        self._outbox.put(Fault(kind=kind, feed=self._begin.clip, detail=detail, remedy=remedy))
