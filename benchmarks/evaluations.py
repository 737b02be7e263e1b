"""The tables of docs/evaluation.md: `evaluations.py [--pack NAME …] [--table NAME …] [--cache DIR]`.

Every pack is evaluated by `overt.evaluation` on the reference portraits: all of them at once; each half of the people
with thresholds and cohort of the other half; and one half with something drawn over every probe. Packs named
`research-…` are put together from the reference weights. What was done once is kept in the cache.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from research_packs import RESEARCH_PACKS, make_research_pack

from overt.biometrics import packs
from overt.evaluation.protocols import (
    OCCLUSIONS,
    Plan,
    Preparation,
    cache_folder,
    identify,
    read_dataset,
    read_pairs,
    verify,
)
from overt.evaluation.report import percent, spoken

if TYPE_CHECKING:
    from overt.biometrics import ModelPack
    from overt.evaluation.metrics import Insufficient, OpenSetRate, Spread
    from overt.evaluation.protocols import IdentificationResult

TABLES = ("whole", "groups", "halves", "coverings", "borders")
KEYS = ("0.1", "0.01", "0.003")
PACKS = ("embedded", "research-yunet-retail", "research-yunet-mobile")


def told(rate: OpenSetRate | Insufficient) -> str:
    """TPIR and its interval."""
    if isinstance(rate, str):
        return rate
    low, high = rate.interval
    return f"{rate.value:.3f} ({low:.3f} to {high:.3f})"


def measured(rate: OpenSetRate | Insufficient) -> str:
    """TPIR, and the FPIR that came with it."""
    return rate if isinstance(rate, str) else f"{rate.value:.3f} at {percent(rate.fpir)}"


def row(*cells: object) -> None:
    """One row of a Markdown table, at once."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def head(*cells: str) -> None:
    """The head of a Markdown table."""
    print()
    row(*cells)
    row(*("---" for _ in cells))


def write_halves(manifest: Path, folder: Path) -> tuple[Path, Path]:
    """The manifest's people in two halves by lot, rows that are passed over left out."""
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = [line for line in csv.DictReader(file) if line["role"] != "extra"]
    people = sorted({line["identity"] for line in rows})
    lot = np.random.default_rng(1).permutation(np.arange(len(people)) % 2)
    half_of = dict(zip(people, lot.tolist(), strict=True))
    made = []
    for half in (0, 1):
        path = folder / f"half-{half}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            for line in rows:
                if half_of[line["identity"]] == half:
                    writer.writerow({**line, "image": str((manifest.parent / line["image"]).absolute())})
        made.append(path)
    return made[0], made[1]


def whole(chosen: list[ModelPack], data: Path, plan: Plan) -> None:
    """Everybody at once, thresholds chosen on the same trials; and the pairs."""
    head("pack", "rank 1", "TPIR at FPIR 10%", "1%", "0.3%", "0.1%", "pairs, ten parts", "both kinds alike")
    dataset = read_dataset(data / "faces/lfw_manifest.csv")
    pairs = read_pairs(data / "faces/lfw_pairs.csv")
    for pack in chosen:
        result, one_to_one = identify(pack, dataset, plan), verify(pack, pairs, plan)
        rank1 = result.rank1 if isinstance(result.rank1, str) else f"{result.rank1:.3f}"
        folded, balanced = one_to_one.folded, one_to_one.balanced
        row(
            pack.manifest.id,
            rank1,
            *(told(result.tpir[key]) for key in ("0.1", "0.01", "0.003", "0.001")),
            f"{folded.mean:.4f} ± {folded.standard_error:.4f}" if folded else one_to_one.accuracy,
            f"{balanced.mean:.4f}" if balanced else "",
        )


def groups(chosen: list[ModelPack], data: Path, plan: Plan) -> None:
    """Each group of the manifest, at everybody's threshold for FPIR 1%; and how far apart they lie."""
    head("pack", "group", "mated", "TPIR", "others", "FPIR", "misses: largest ÷ geometric mean", "Gini")
    dataset = read_dataset(data / "faces/lfw_manifest.csv")
    for pack in chosen:
        result = identify(pack, dataset, plan)
        columns = {} if isinstance(result.groups, str) else result.groups
        for column in columns.values():
            ratio, gini = (
                spread(figure) for figure in (column.fnir.max_over_geometric_mean, column.fnir.gini)
            )
            for name, rates in column.values.items():
                counts = f"{rates.n_mated:,}", f"{rates.n_nonmated:,}"
                row(
                    pack.manifest.id,
                    name,
                    counts[0],
                    spoken(rates.tpir),
                    counts[1],
                    spoken(rates.fpir),
                    ratio,
                    gini,
                )


def spread(figure: Spread | Insufficient) -> str:
    """A figure of how far apart groups lie, and its interval."""
    if isinstance(figure, str):
        return figure
    return f"{figure.value:.2f} ({figure.interval[0]:.2f} to {figure.interval[1]:.2f})"


def halves(chosen: list[ModelPack], parts: tuple[Path, Path], plan: Plan) -> None:
    """Each half with the cohort and the thresholds of the other."""
    head("pack", "half", "thresholds from", "plain, FPIR 10%", "1%", "0.3%", "s-norm, FPIR 10%", "1%", "0.3%")
    first, second = (read_dataset(part) for part in parts)
    for pack in chosen:
        for name, tested, other in (("0", first, second), ("1", second, first)):
            normalised = Plan(
                preparation=plan.preparation, normalisation="s-norm", cache=plan.cache, threads=plan.threads
            )
            result = identify(pack, tested, normalised, calibration=other)
            for threshold, plain, normal in (
                ("the other half", result.plain and result.plain.tpir, result.tpir),
                ("itself", result.plain and result.plain.attainable, result.attainable),
            ):
                rates = [
                    measured(given[key])
                    for given in (plain or {}, normal or {})
                    for key in KEYS
                    if key in given
                ]
                row(pack.manifest.id, name, threshold, *rates)


def coverings(chosen: list[ModelPack], part: Path, plan: Plan) -> None:
    """One half, with something over every probe, at the thresholds of bare faces."""
    head("pack", "over the face", "no face found", "rank 1", "TPIR at the 10% threshold", "1%", "0.3%")
    dataset = read_dataset(part)
    for pack in chosen:
        for kind in (None, *OCCLUSIONS):
            covered = Plan(preparation=Preparation(occlusion=kind), cache=plan.cache, threads=plan.threads)
            result = identify(pack, dataset, covered)
            row(pack.manifest.id, kind or "nothing", *_covered(result))


def _covered(result: IdentificationResult) -> list[str]:
    rank1 = result.rank1 if isinstance(result.rank1, str) else f"{result.rank1:.3f}"
    rates = [measured(result.tpir[key]) for key in KEYS]
    return [percent(result.failure_to_acquire), rank1, *rates]


def borders(chosen: list[ModelPack], part: Path, plan: Plan) -> None:
    """One half, with each way of putting a border around the pictures."""
    head("pack", "border", "no face found", "rank 1", "TPIR at FPIR 10%", "1%", "0.3%")
    dataset = read_dataset(part)
    for pack in chosen:
        for pad in ("never", "auto", "always"):
            bordered = Plan(preparation=Preparation(pad=pad), cache=plan.cache, threads=plan.threads)
            row(pack.manifest.id, pad, *_covered(identify(pack, dataset, bordered)))


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument(
        "--pack", action="append", help=f"one of {', '.join(RESEARCH_PACKS)}, or a pack's name or folder"
    )
    parser.add_argument("--table", action="append", choices=TABLES)
    parser.add_argument("--cache", type=Path, default=cache_folder())
    parser.add_argument("--threads", type=int, default=0)
    asked = parser.parse_args()
    tables = asked.table or list(TABLES)

    def progress(title: str, done: int, of: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{title}: {done} of {of}   ", end="", file=sys.stderr)

    plan = Plan(cache=asked.cache, threads=asked.threads, progress=progress)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        chosen = [
            packs.load(make_research_pack(asked.data, folder, name) if name in RESEARCH_PACKS else name)
            for name in asked.pack or PACKS
        ]
        parts = write_halves(asked.data / "faces/lfw_manifest.csv", folder)
        if "whole" in tables:
            whole(chosen, asked.data, plan)
        if "groups" in tables:
            groups(chosen, asked.data, plan)
        if "halves" in tables:
            halves(chosen, parts, plan)
        if "coverings" in tables:
            coverings(chosen, parts[0], plan)
        if "borders" in tables:
            borders(chosen, parts[0], plan)


if __name__ == "__main__":
    main()
