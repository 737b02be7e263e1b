"""Accuracy as a gate: `accuracy.py [--write] [--pack NAME …] [--optional]`, or `make accuracy`.

Every pack that is present is measured on the same people: those of the reference portraits whom nothing in the
project was trained on. `accuracy.json` beside this file holds what each pack did when the baseline was written:
which mated probes it missed at the fixed FPIR, which strangers alarmed, its threshold, and digests of its networks
and of the data. Trials are known there by their place in the order of their pictures' digests: no name, picture or
template.

A pack is `worse`, and the gate fails, where on these very trials

- it misses more than before at the fixed FPIR, its threshold chosen anew: FNIR is above the baseline's 95%
  interval, or by the exact McNemar test of the probes that differ, chance would do so in less than 1 of 100
  comparisons; or
- with the same networks, more strangers alarm at the baseline's threshold, by the same test: a change that lifts
  all scores is seen nowhere else, and would raise false alerts in every deployment that keeps its threshold.

The test is paired because the trials are the same: two runs then differ by what was changed, and not by whom was
drawn, and a few probes that change sides are seen where intervals still overlap. On other data than the baseline's
the interval alone decides. `--write` makes the baseline anew, and refuses where a pack is worse unless --even-worse
is given. Nothing else moves it: so no row of small steps, each of them within chance, goes unseen.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt
from held_out import held_out_manifest, is_there
from research_packs import RESEARCH_PACKS, make_research_pack

from overt.biometrics import packs
from overt.errors import OvertError
from overt.evaluation.metrics import choose_threshold, exact_mcnemar, missed
from overt.evaluation.protocols import (
    Plan,
    code_version,
    data_name,
    make_trials,
    pack_name,
    read_dataset,
    search_trials,
)
from overt.rates import exact_interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    from overt.biometrics import ModelPack
    from overt.evaluation.protocols import Dataset

FPIR: Final = 0.01
LEVEL: Final = 0.01
"""How seldom chance may do what is called a difference."""

BASELINE: Final = Path(__file__).with_name("accuracy.json")
PACKS: Final = (
    "embedded",
    "dlib",
    "open",
    *(name for name in RESEARCH_PACKS if name.startswith("research-yunet-")),
)

Flags = npt.NDArray[np.bool_]
Verdict = Literal["better", "same", "worse", "new", "missing"]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one pack did.

    Attributes:
        pack: digest of its networks and how they are fed.
        data: digest of the people, their roles and pictures.
        fpir: the rate that the threshold holds on these strangers.
        threshold: T.
        mated: probes of people on the list, those without a face included.
        misses: those of them that were missed.
        missed: which, a bit a probe in the order of the pictures' digests, hexadecimal.
        nonmated: probes of others, those without a face included.
        alarms: those of them with a candidate at the threshold.
        alarmed: which, likewise.
    """

    pack: str
    data: str
    fpir: float
    threshold: float
    mated: int
    misses: int
    missed: str
    nonmated: int
    alarms: int
    alarmed: str

    @property
    def fnir(self) -> float:
        """The part of mated probes that was missed."""
        return self.misses / self.mated


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """What every pack did when it was written."""

    made_at: str
    scoring: str
    packs: dict[str, Outcome]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A pack now and before."""

    verdict: Verdict
    now: Outcome | None
    before: Outcome | None
    said: str


@dataclass(frozen=True, slots=True)
class Measured:
    """An outcome, and the best score of each stranger in the order of the pictures' digests, for other thresholds."""

    outcome: Outcome
    strangers: npt.NDArray[np.float64]


def measure(pack: ModelPack, dataset: Dataset, plan: Plan) -> Measured:
    """Search every probe of the dataset, at the least threshold that holds the fixed FPIR on its strangers.

    Args:
        pack: under test.
        dataset: with enough strangers for the rate.
        plan: how.
    """
    trials = make_trials(pack, dataset, plan, numbers={})
    outcome = search_trials(trials)
    threshold = choose_threshold(outcome.strangers, FPIR)
    if threshold is None or not len(outcome.mated_rows):
        raise SystemExit(f"{pack.manifest.id} finds too few faces in {dataset.name} to hold FPIR {FPIR:g}")
    best = np.full(len(dataset.samples), -np.inf)
    best[outcome.stranger_rows] = outcome.strangers
    digests = np.array(trials.digests)
    strangers = trials.rows("nonmated")
    in_order = best[strangers[np.argsort(digests[strangers], kind="stable")]]
    misses = missed(outcome.mated, threshold)[np.argsort(digests[outcome.mated_rows], kind="stable")]
    alarms = in_order >= threshold
    return Measured(
        Outcome(
            pack=pack_name(pack).digest,
            data=data_name(trials).digest,
            fpir=FPIR,
            threshold=threshold,
            mated=len(misses),
            misses=int(misses.sum()),
            missed=to_hex(misses),
            nonmated=len(alarms),
            alarms=int(alarms.sum()),
            alarmed=to_hex(alarms),
        ),
        in_order,
    )


def to_hex(flags: Flags) -> str:
    """Flags as bits, hexadecimal."""
    return np.packbits(flags).tobytes().hex()


def of_hex(bits: str, n: int) -> Flags:
    """The first n bits as flags."""
    return np.unpackbits(np.frombuffer(bytes.fromhex(bits), np.uint8), count=n).astype(bool)


def compare(measured: Measured, before: Outcome | None) -> Comparison:
    """Is a pack better, the same or worse than it was?

    Args:
        measured: now.
        before: the baseline's; None for a pack that it does not know.
    """
    now = measured.outcome
    if before is None:
        return Comparison("new", now, None, "not in the baseline: --write adds it")
    low, high = exact_interval(before.misses, before.mated)
    same_trials = (now.data, now.mated, now.nonmated, now.fpir) == (
        before.data,
        before.mated,
        before.nonmated,
        before.fpir,
    )
    if not same_trials:
        verdict: Verdict = "worse" if now.fnir > high else "better" if now.fnir < low else "same"
        return Comparison(verdict, now, before, "other trials than the baseline's: by its interval alone")
    ours, theirs = of_hex(now.missed, now.mated), of_hex(before.missed, before.mated)
    lost, won = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    said = f"{lost} newly missed, {won} newly found"
    if now.pack == before.pack:
        alarms, known = measured.strangers >= before.threshold, of_hex(before.alarmed, before.nonmated)
        more, fewer = int((alarms & ~known).sum()), int((known & ~alarms).sum())
        said += f"; at the baseline's threshold {more} strangers newly alarm, {fewer} no longer"
        if exact_mcnemar(fewer, more) < LEVEL:
            return Comparison("worse", now, before, said)
    else:
        said += "; other networks than the baseline's"
    if now.fnir > high or exact_mcnemar(won, lost) < LEVEL:
        return Comparison("worse", now, before, said)
    if now.fnir < low or exact_mcnemar(lost, won) < LEVEL:
        return Comparison("better", now, before, said)
    return Comparison("same", now, before, said)


def present(names: list[str], data: Path, folder: Path) -> Iterator[tuple[str, ModelPack | None]]:
    """Each pack by its name; None for one that is not here."""
    for name in names:
        if name in RESEARCH_PACKS:
            _, _, recogniser = RESEARCH_PACKS[name]
            there = (data / "weights/rec" / recogniser.file).is_file()
            yield name, packs.load(make_research_pack(data, folder, name)) if there else None
        elif "/" in name or name == "embedded" or name in packs.installed():
            yield name, packs.load(name)
        else:
            yield name, None


def read_baseline(path: Path) -> Baseline | None:
    """The baseline; None where there is none."""
    return msgspec.json.decode(path.read_bytes(), type=Baseline) if path.is_file() else None


def row(*cells: str) -> None:
    """One line of the table, at once."""
    print(
        "".join(f"{cell:<{width}}" for cell, width in zip(cells, (30, 9, 25, 25, 0), strict=True)), flush=True
    )


def told(outcome: Outcome | None) -> str:
    """FNIR with its counts."""
    return "" if outcome is None else f"{outcome.fnir:.3f} ({outcome.misses} of {outcome.mated})"


def main() -> int:
    """Measure, compare, and say so; 1 where a pack is worse."""
    parser = argparse.ArgumentParser(description="Compare every pack's accuracy with the baseline.")
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared/data")
    parser.add_argument(
        "--pack", action="append", help="only these; a pack's name, or a folder with a slash in it"
    )
    parser.add_argument("--baseline", type=Path, default=BASELINE)
    parser.add_argument("--write", action="store_true", help="make the baseline anew")
    parser.add_argument("--even-worse", action="store_true", help="with --write: also where a pack is worse")
    parser.add_argument("--optional", action="store_true", help="without reference data, say so and succeed")
    parser.add_argument("--cache", type=Path, help="folder for templates; none are kept unless it is named")
    parser.add_argument("--threads", type=int, default=0)
    asked = parser.parse_args()
    if not is_there(asked.data):
        said = "the reference data is not beside the checkout (../shared/data)"
        print(f"accuracy: {'skipped' if asked.optional else 'not measured'}, {said}")
        return 0 if asked.optional else 2
    began = time.monotonic()
    baseline = read_baseline(asked.baseline)
    known = {} if baseline is None else baseline.packs
    row("pack", "verdict", f"FNIR at FPIR {FPIR:.0%}", "baseline", "")
    comparisons: dict[str, Comparison] = {}
    plan = Plan(cache=asked.cache, threads=asked.threads)
    with tempfile.TemporaryDirectory() as scratch:
        dataset = read_dataset(held_out_manifest(asked.data, Path(scratch)))
        for name, pack in present(asked.pack or list(PACKS), asked.data, Path(scratch)):
            named = name if pack is None else pack.manifest.id
            if pack is None:
                one = Comparison("missing", None, known.get(named), "not on this machine")
            else:
                one = compare(measure(pack, dataset, plan), known.get(named))
            comparisons[named] = one
            row(named, one.verdict, told(one.now), told(one.before), one.said)
    worse = [name for name, one in comparisons.items() if one.verdict == "worse"]
    print(
        f"{len(dataset.samples):,} pictures of people nothing was trained on; {time.monotonic() - began:.0f} s"
    )
    if asked.write and (asked.even_worse or not worse):
        measured = {name: one.now for name, one in comparisons.items() if one.now is not None}
        write(asked.baseline, {**known, **measured})
        return 0
    if worse:
        print(
            f"Worse than the baseline: {', '.join(worse)}. Find the change that did it; or, where it is meant, "
            "write the baseline anew with --write --even-worse and say why in the commit.",
            file=sys.stderr,
        )
    return 1 if worse else 0


def write(path: Path, outcomes: dict[str, Outcome]) -> None:
    """Write the baseline."""
    baseline = Baseline(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        scoring=code_version().scoring,
        packs=dict(sorted(outcomes.items())),
    )
    path.write_text(json.dumps(msgspec.to_builtins(baseline), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OvertError as error:
        sys.exit(f"accuracy: {error}")
