"""What a benchmark found, in the words of its JSON."""

from __future__ import annotations

import msgspec

from overt.engine import Durations
from overt.evaluation.bench.statistics import Ratio, Slope

__all__ = [
    "BenchReport",
    "Comparison",
    "GalleryFigures",
    "LiveFigures",
    "Machine",
    "Overhead",
    "PeerFigures",
    "SoakFigures",
    "Stage",
]


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What it ran on."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    onnxruntime: str
    overt: str


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds a frame in one part of the engine, without the parts within it."""

    name: str
    ms_per_frame: float


class Overhead(msgspec.Struct, frozen=True, kw_only=True):
    """The engine's time a frame over the bare inference of the same tensors by the same sessions, less one.

    Attributes:
        decode_excluded: the engine's steps alone: the median over the frames, each step beside its own replay.
        decode_included: with the decoding and conversion of the frame added, as if they ran one after the other.
        of_totals: decode excluded, of all frames' time together: it holds rare costs, and bursts of other work too.
        as_it_runs: from frame to frame with decoding in the feed's own thread beside it, over the rounds' next frames
            and what their inferences would take bare; None in a quick run.
        engine_ms: milliseconds a frame of the engine's steps.
        bare_ms: of the bare inference.
        decode_ms: of decoding and converting a frame, alone.
        frames: how many.
        inferences: runs of a network a frame.
    """

    decode_excluded: Ratio
    decode_included: Ratio
    of_totals: Ratio
    as_it_runs: Ratio | None
    engine_ms: float
    bare_ms: float
    decode_ms: float
    frames: int
    inferences: float


class PeerFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One peer on the same footage, turn by turn with the engine, decoding excluded on both sides.

    Attributes:
        speedup: its time a frame over the engine's: frames, and so passages, a second.
        frames: frames it was given.
        faces_per_frame: faces it embedded in each.
        frames_per_second: its own.
        passages_per_second: the footage's passages in the time that the peer takes for its frames.
        engine_frames_per_second: the engine's in the same rounds.
        engine_passages_per_second: the engine's.
    """

    name: str
    version: str
    models: str
    speedup: Ratio
    frames: int
    faces_per_frame: float
    frames_per_second: float
    passages_per_second: float
    engine_frames_per_second: float
    engine_passages_per_second: float


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One pack on one film.

    Attributes:
        watchlist: entries of nobody that every look was searched against.
        faces_per_frame: faces that the engine's detector found.
        embeddings_per_frame: faces that it embedded.
        not_measured: the peers that could not be measured, and why.
    """

    pack: str
    footage: str
    watchlist: int
    detection: tuple[int, int]
    faces_per_frame: float
    embeddings_per_frame: float
    passages: int
    overhead: Overhead
    stages: tuple[Stage, ...]
    peers: tuple[PeerFigures, ...]
    not_measured: dict[str, str]


class LiveFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The sealed process at live pace.

    Attributes:
        latency_ms: capture to alert.
        erasure_ms: capture to overwritten.
        skipped_share: frames skipped of those received.
    """

    feeds: int
    seconds: float
    latency_ms: Durations
    erasure_ms: Durations
    erasure_after_use_ms: Durations
    received: int
    processed: int
    skipped: int
    skipped_share: float
    passages: int
    alerts: int
    resident_mib: float


class GalleryFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Search in memory beside one embedding.

    Attributes:
        share_of_embedding: time of one float32 search over the time of embedding one face.
        int8_share: the same of int8.
        agreement: share of probes whose best entry is the same in both.
        largest_difference: of the best score between them.
    """

    entries: int
    dimension: int
    embedding_ms: float
    float32_ms: float
    int8_ms: float
    share_of_embedding: Ratio
    int8_share: Ratio
    agreement: float
    largest_difference: float


class SoakFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Memory of the sealed process over a long run.

    Attributes:
        slope: MiB an hour after the warm-up.
        flat: the interval of the slope reaches no further than `limit` above nothing.
    """

    minutes: float
    feeds: int
    samples: int
    first_mib: float
    last_mib: float
    largest_mib: float
    slope: Slope
    limit: float
    flat: bool
    frames: int
    passages: int


class BenchReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that one run measured; what it did not is named in `not_measured` with the reason.

    Attributes:
        engine_overhead: of the first comparison, decode excluded.
        engine_overhead_interval: its 95% interval; where that is wide the figure says little.
        engine_overhead_with_decode: the same, decode included.
        speedup: peer → ratio of its time a frame to the engine's, of the last comparison.
        latency_ms: capture to alert with one feed: p50, p95, p99, max.
    """

    engine_overhead: float | None
    engine_overhead_interval: tuple[float, float]
    engine_overhead_with_decode: float | None
    speedup: dict[str, float]
    latency_ms: dict[str, float | None]
    not_measured: dict[str, str]
    quick: bool
    machine: Machine
    comparisons: tuple[Comparison, ...]
    live: tuple[LiveFigures, ...]
    gallery: GalleryFigures | None = None
    soak: SoakFigures | None = None
