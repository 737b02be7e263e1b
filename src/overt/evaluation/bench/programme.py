"""One run of the benchmark: what is measured, on what, and for how long."""

from __future__ import annotations

import os
import platform
import tempfile
import time
import warnings
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import onnxruntime

from overt.evaluation.bench.comparison import Budget, compare
from overt.evaluation.bench.live import latency_words, measure_live, soak
from overt.evaluation.bench.micro import measure_gallery
from overt.evaluation.bench.peers import PEERS
from overt.evaluation.bench.ready import given_footage, ready_pack, reference_pack, simulated_footage
from overt.evaluation.bench.results import BenchReport, Machine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from overt.biometrics import ModelPack
    from overt.evaluation.bench.ready import Footage
    from overt.evaluation.bench.results import Comparison, LiveFigures, SoakFigures

__all__ = ["Plan", "run_benchmark", "run_soak"]

QUICK_SECONDS: Final = 85.0
"""What a quick run aims at; comparisons take what filming and the live run leave of it."""

LIVE_SECONDS: Final = 25.0
"""The quick live run with the engine's start, and the gallery."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure.

    Attributes:
        quick: fit into two minutes on two cores.
        peers: the peers' names.
        pack: name or folder of the pack; None for `embedded`.
        footage: a film; None for the simulated street.
        data: the reference data's folder, for a second comparison with its weights and film; None for none.
        profile: also take the time by stage.
    """

    quick: bool = False
    peers: tuple[str, ...] = PEERS
    pack: str | None = None
    footage: Path | None = None
    data: Path | None = None
    profile: bool = False


def run_benchmark(plan: Plan, progress: Callable[[str], None] | None = None) -> BenchReport:
    """Measure everything of a plan.

    Raises:
        OvertError: the pack or the footage cannot be used, or the engine failed.
    """
    tell = progress or (lambda _: None)
    end = time.monotonic() + QUICK_SECONDS - LIVE_SECONDS
    with tempfile.TemporaryDirectory(prefix="overt-bench-") as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peers' own, of their dependencies
        folder = Path(temporary)
        pack = ready_pack(plan.pack or "embedded")
        footage = _footage(plan.footage, folder, tell)
        reference = reference_pack(plan.data, folder) if plan.data is not None else None
        left = end - time.monotonic() if plan.quick else None
        comparisons = _compare(plan, (pack, footage), reference, left, tell)
        live = _live(plan, pack, footage, tell)
        tell("gallery")
        gallery = measure_gallery(pack, rounds=20 if plan.quick else 60)
    return _report(plan, comparisons, live, gallery=gallery)


def run_soak(
    plan: Plan, minutes: float, feeds: int = 1, progress: Callable[[str], None] | None = None
) -> SoakFigures:
    """The soak alone, on the plan's pack and footage.

    Raises:
        OvertError: the pack or the footage cannot be used, or the engine failed.
    """
    tell = progress or (lambda _: None)
    with tempfile.TemporaryDirectory(prefix="overt-bench-") as temporary:
        pack = ready_pack(plan.pack or "embedded")
        footage = _footage(plan.footage, Path(temporary), tell)
        return soak(pack, footage, minutes=minutes, feeds=feeds, progress=progress)


def this_machine() -> Machine:
    """What this runs on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(memory, 1),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        onnxruntime=onnxruntime.__version__,
        overt=version("overt"),
    )


def _footage(path: Path | None, folder: Path, tell: Callable[[str], None]) -> Footage:
    if path is not None:
        return given_footage(path)
    return simulated_footage(folder, lambda done, of: tell(f"filming the simulated street: {done} of {of}"))


def _compare(
    plan: Plan,
    own: tuple[ModelPack, Footage],
    reference: tuple[ModelPack, Footage] | None,
    left: float | None,
    tell: Callable[[str], None],
) -> tuple[Comparison, ...]:
    profile = 120 if plan.profile or not plan.quick else 0
    if reference is None:
        seconds = 180 if left is None else _within(left - 10, 45)
        budget = Budget(seconds=seconds, rounds=3, flow=not plan.quick, profile_frames=profile)
        return (compare(*own, plan.peers, budget, progress=tell),)
    seconds = 120 if left is None else _within((left - 20) / 2, 22)
    half = Budget(seconds=seconds, rounds=3, flow=not plan.quick, profile_frames=profile)
    # in a hurry each peer is measured once: on the reference weights, which it loads in its own classes
    first = () if plan.quick else plan.peers
    return compare(*own, first, half, progress=tell), compare(*reference, plan.peers, half, progress=tell)


def _within(seconds: float, most: float) -> float:
    return min(max(seconds, 2.0), most)


def _live(
    plan: Plan, pack: ModelPack, footage: Footage, tell: Callable[[str], None]
) -> tuple[LiveFigures, ...]:
    counts: Sequence[int] = (1,) if plan.quick else (1, 2, 4)
    seconds = 12 if plan.quick else 60
    return tuple(measure_live(pack, footage, feeds=count, seconds=seconds, progress=tell) for count in counts)


def _report(
    plan: Plan,
    comparisons: tuple[Comparison, ...],
    live: tuple[LiveFigures, ...],
    **rest: object,
) -> BenchReport:
    speedup: dict[str, float] = {}
    missing: dict[str, str] = {}
    for comparison in comparisons:  # the later one, on reference weights and street footage, is what counts
        speedup.update({peer.name: peer.speedup.value for peer in comparison.peers})
        missing.update(comparison.not_measured)
    overhead = comparisons[0].overhead
    return BenchReport(
        engine_overhead=overhead.decode_excluded.value,
        engine_overhead_interval=(overhead.decode_excluded.low, overhead.decode_excluded.high),
        engine_overhead_with_decode=overhead.decode_included.value,
        speedup=speedup,
        latency_ms=latency_words(live[0].latency_ms),
        not_measured={name: why for name, why in missing.items() if name not in speedup},
        quick=plan.quick,
        machine=this_machine(),
        comparisons=comparisons,
        live=live,
        **rest,  # type: ignore[arg-type]  # the optional parts, by their names
    )


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
