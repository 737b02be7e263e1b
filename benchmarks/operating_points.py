"""Measure a pack's thresholds on the reference portraits: `operating_points.py PACK [--data ../shared/data]`.

One picture each of the people with two or more makes the watchlist, a second one of each is its mated probe, and the
people with a single picture are strangers (the roles in `lfw_manifest.csv`). Every probe is searched once; the terms
are those of ISO/IEC 19795. These are single portraits of public figures, so the figures are no forecast for a street.
With --toml the rows for the thresholds that were asked for follow as a pack's manifest holds them ([[measured]]).
"""

from __future__ import annotations

import argparse
import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from overt.biometrics import DetectionSettings, load_detector, load_embedder, packs
from overt.rates import exact_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics import ModelPack

MARGIN = 64
BATCH = 8


def templates_of(pack: ModelPack, pictures: Sequence[Path]) -> npt.NDArray[np.float32]:
    """One template a picture, float32 [n, dimension]; all zero where no face was found.

    The portraits are cut so tightly that their edges are repeated outwards before the detector sees them.
    """
    detector = load_detector(pack, DetectionSettings(long_side=320, score_threshold=0.2))
    embedder = load_embedder(pack, batch_sizes=(BATCH,))
    chips = np.zeros((len(pictures), embedder.chip_size, embedder.chip_size, 3), np.uint8)
    found = np.zeros(len(pictures), bool)
    for row, path in enumerate(pictures):
        image = cv2.imread(str(path))
        if image is None:
            raise SystemExit(f"{path} cannot be read")
        image = cv2.copyMakeBorder(image, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_REPLICATE)
        (faces,) = detector.detect([np.asarray(image, np.uint8)])
        if len(faces):
            away = faces.boxes.reshape(-1, 2, 2).mean(1) - np.array(image.shape[1::-1]) / 2
            best = int(np.argmax(faces.scores - 0.003 * np.hypot(away[:, 0], away[:, 1])))
            embedder.align(image, faces.landmarks[best : best + 1], chips[row : row + 1])
            found[row] = True
    templates = np.zeros((len(pictures), embedder.dimension), np.float32)
    embedder.embed(chips, templates)
    templates[~found] = 0
    return templates


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
    parser.add_argument("--toml", action="store_true")
    asked = parser.parse_args()
    with (asked.data / "faces/lfw_manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["role"] != "extra"]
    pack = packs.load(asked.pack)
    templates = templates_of(pack, [asked.data / "faces" / row["image"] for row in rows])
    found = np.linalg.norm(templates, axis=1) > 0
    role = np.array([row["role"] for row in rows])
    people = np.array([row["identity"] for row in rows])
    gallery = np.flatnonzero((role == "gallery") & found)
    mated, strangers = np.flatnonzero(role == "mated"), np.flatnonzero((role == "nonmated") & found)
    hits, misses = templates[mated] @ templates[gallery].T, templates[strangers] @ templates[gallery].T
    right = people[gallery][hits.argmax(1)] == people[mated]
    best, wrong = hits.max(1), misses.max(1)
    print(f"{pack.manifest.id}: N = {len(gallery)}, {len(mated)} mated probes, {len(strangers)} strangers")
    print(f"faces found in {found.sum()} of {len(found)} portraits; rank 1: {right.mean():.3f}")
    measured = [float(np.sort(wrong)[::-1][int(rate * len(wrong))]) for rate in (0.1, 0.01, 0.003, 0.0005)]
    print("threshold   FPIR (95% interval)          false matches a comparison   TPIR (95% interval)")
    for threshold in sorted({*asked.thresholds, *measured, pack.manifest.operating_point.threshold}):
        false, true = int((wrong >= threshold).sum()), int(((best >= threshold) & right).sum())
        print(
            f"{threshold:9.4f}   {false / len(wrong):6.2%} ({interval(false, len(wrong))})"
            f"   {(misses >= threshold).mean():.2e}   {true / len(mated):6.1%} ({interval(true, len(mated))})"
        )
    if asked.toml:
        for threshold in sorted({*asked.thresholds, pack.manifest.operating_point.threshold}):
            print("\n[[measured]]")
            print(f"threshold = {threshold:g}\nwatchlist = {len(gallery)}\ntrials = {len(wrong)}")
            print(f"false_positives = {int((wrong >= threshold).sum())}")
            print('data = "half of LFW, single grey portraits: benchmarks/operating_points.py"')
            print(f'date = "{datetime.now(UTC).date()}"')


if __name__ == "__main__":
    main()
