"""Measure a pack's thresholds on the reference portraits: `operating_points.py PACK [--data ../shared/data]`.

One picture each of the people with two or more makes the watchlist, a second one of each is its mated probe, and the
people with a single picture are strangers (the roles in `lfw_manifest.csv`). Every probe is searched once; the terms
are those of ISO/IEC 19795. These are single portraits of public figures, so the figures are no forecast for a street.
With --toml the rows for the thresholds that were asked for follow as a pack's manifest holds them ([[measured]]), and
with --grid those of a grid of thresholds of three decimals from where nearly everybody alerts to where nobody does.
Templates are made as `overt evaluate` makes them, and kept in the same cache.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from held_out import trained_here
from score_people import load_pack, portraits

from overt.evaluation.protocols import cache_folder
from overt.rates import exact_interval

if TYPE_CHECKING:
    import numpy.typing as npt

COUNTS = (0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.003, 0.002, 0.001, 0.0)
"""The parts of strangers who alert, about, at the grid's thresholds."""


def grid(wrong: npt.NDArray[np.float32]) -> set[float]:
    """Thresholds of three decimals, the least at which no more than each of these parts alerts.

    Args:
        wrong: float32 [n], the best score of each stranger.
    """
    ordered = np.sort(wrong)[::-1]
    edges = [float(ordered[min(int(part * len(ordered)), len(ordered) - 1)]) for part in COUNTS]
    return {round(float(np.floor(edge * 1000) + 1) / 1000, 3) for edge in edges}


def interval(hits: int, trials: int) -> str:
    """The exact 95% interval of a rate (Clopper and Pearson, 1934)."""
    low, high = exact_interval(hits, trials)
    return f"{low:.2%} to {high:.2%}"


def main() -> None:
    """Measure, and print a row for each threshold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", help="a pack's name, or a folder with a slash in it")
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared/data")
    parser.add_argument("--thresholds", type=float, nargs="*", default=[])
    parser.add_argument("--grid", action="store_true")
    parser.add_argument("--toml", action="store_true")
    parser.add_argument("--cache", type=Path, default=cache_folder())
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        pack = load_pack(asked.pack, asked.data, Path(scratch))
        found = portraits(pack, asked.data, asked.cache)
    templates, people = found.vectors, found.people
    gallery, mated, strangers = (found.rows(role) for role in ("gallery", "mated", "nonmated"))
    hits, misses = templates[mated] @ templates[gallery].T, templates[strangers] @ templates[gallery].T
    right = people[gallery][hits.argmax(1)] == people[mated]
    best, wrong = hits.max(1), misses.max(1)
    print(f"{pack.manifest.id}: N = {len(gallery)}, {len(mated)} mated probes, {len(strangers)} strangers")
    print(f"faces found in {found.found.sum()} of {len(people)} portraits; rank 1: {right.mean():.3f}")
    told = {*asked.thresholds, pack.manifest.operating_point.threshold} | (
        grid(wrong) if asked.grid else set()
    )
    measured = [float(np.sort(wrong)[::-1][int(rate * len(wrong))]) for rate in (0.1, 0.01, 0.003, 0.0005)]
    print("threshold   FPIR (95% interval)          false matches a comparison   TPIR (95% interval)")
    for threshold in sorted({*told, *measured}):
        false, true = int((wrong >= threshold).sum()), int(((best >= threshold) & right).sum())
        print(
            f"{threshold:9.4f}   {false / len(wrong):6.2%} ({interval(false, len(wrong))})"
            f"   {(misses >= threshold).mean():.2e}   {true / len(mated):6.1%} ({interval(true, len(mated))})"
        )
    if asked.toml:
        for threshold in sorted(told):
            print("\n[[measured]]")
            print(f"threshold = {threshold:g}\nwatchlist = {len(gallery)}\ntrials = {len(wrong)}")
            print(f"false_positives = {int((wrong >= threshold).sum())}")
            whom = "people kept from training, of half of LFW" if trained_here(pack) else "half of LFW"
            print(f'data = "{whom}, single grey portraits: benchmarks/operating_points.py"')
            print(f'date = "{datetime.now(UTC).date()}"')


if __name__ == "__main__":
    main()
