"""Several reference images of people who come masked: `covered_references.py [--pack NAME …] [--cache DIR]`.

A masked face is compared with references whose lower face is made even. Every entry has as many of these as there
are, up to three: one of them counts, or the best, or one template of all as the engine makes it of bare ones.
Thresholds are those of bare faces with one picture each. Scale and thresholds are of one half of the people, figures
of the other.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from covered_faces import covered_faces, people_of_half
from held_out import held_out, trained_here
from occlusion import half_of, percent, scales, scores, told
from score_people import head, load_pack, pictures_of, row

from overt.biometrics.covering import bare_equivalent
from overt.evaluation.metrics import choose_threshold
from overt.evaluation.protocols import cache_folder
from overt.gallery import (
    COVERED_LENGTH_POWER,
    apart_below,
    entry_of_group,
    fuse_references,
    picture_groups,
)

if TYPE_CHECKING:
    from overt.biometrics import FloatArray, ModelPack

MOST = 3
POWERS = (0.0, 0.2, COVERED_LENGTH_POWER, 0.5, 0.6)
FPIRS = (0.1, 0.01)


def measure(pack: ModelPack, data: Path, cache: Path, strangers: int) -> None:
    """Print the rows of one pack."""
    names = {line["identity"] for line in pictures_of(data)}
    keep = [name for name in names if held_out(name)] if trained_here(pack) else None
    first, second = (people_of_half(data, half, strangers, keep) for half in (0, 1))
    tuned = half_of(pack, first, ("bare", "mask"), ("nonmated",), cache)
    scale = scales(tuned, ("mask",))[0]
    bare = tuned.probes["nonmated", "bare"]
    plain = scores(tuned, bare, 0).max(axis=1)[bare.found].astype(np.float64)
    thresholds = [choose_threshold(plain, fpir) for fpir in FPIRS]
    tested = half_of(pack, second, ("mask",), ("mated", "nonmated"), cache)
    extras, taken = [], dict.fromkeys(tested.owners, 1)
    for line in pictures_of(data, extra=True):
        if line["role"] == "extra" and 0 < taken.get(line["identity"], 0) < MOST:
            taken[line["identity"]] += 1
            extras.append(line)
    more = covered_faces(pack, [data / "faces" / line["image"] for line in extras], "bare", cache)
    entries = list(tested.owners)
    templates = [tested.gallery.templates, more.templates]
    owners = np.array([*range(len(entries)), *(entries.index(line["identity"]) for line in extras)])
    usable = np.concatenate([tested.gallery.found, more.found])
    place = np.arange(len(owners))
    order = np.argsort(owners, kind="stable")
    rank = np.empty_like(place)
    counts = np.bincount(owners)
    rank[order] = np.arange(len(order)) - np.repeat(np.cumsum([0, *counts[:-1]]), counts)
    kept = np.flatnonzero(usable & (rank < MOST))
    kept = kept[np.argsort(owners[kept], kind="stable")]
    entered, owner = np.unique(owners[kept], return_inverse=True)
    every = np.concatenate(templates)[kept]
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    apart = apart_below(pack.manifest.operating_point)
    groups = picture_groups(np.ascontiguousarray(every[:, 0]), owner, apart)
    of_groups = np.flatnonzero(np.diff(entry_of_group(groups, owner), prepend=-1))
    mated, others = tested.probes["mated", "mask"], tested.probes["nonmated", "mask"]
    mates = np.array([entries.index(name) for name in tested.people["mated"]])
    seen = others.found & (others.judged > 0)
    sought = mated.judged > 0

    def ways(probes: FloatArray) -> dict[str, FloatArray]:
        each = probes @ every[:, 1].T
        made = {
            "one picture each": each[:, starts],
            "the best (before)": np.maximum.reduceat(each, starts, axis=1),
        }
        for power in POWERS:
            after = " (after)" if power == COVERED_LENGTH_POWER else ""
            templates = fuse_references(np.ascontiguousarray(every[:, 1]), groups, power=power)
            made[f"one template of those alike, power {power:g}{after}"] = np.maximum.reduceat(
                probes @ templates.T, of_groups, axis=1
            )
        return made

    equivalent = np.vectorize(lambda score: bare_equivalent(float(score), scale), otypes=[np.float32])
    ours, theirs = ways(mated.templates[:, 1]), ways(others.templates[seen, 1])
    for way in ours:
        found = ours[way]
        attained = equivalent(theirs[way].max(axis=1)).astype(np.float64)
        best = equivalent(found.max(axis=1))
        right = (entered[found.argmax(axis=1)] == mates) & mated.found & sought
        cells = []
        for threshold, fpir in zip(thresholds, FPIRS, strict=True):
            own = choose_threshold(attained, fpir)
            cells += [
                "insufficient data" if threshold is None else told(right & (best >= threshold)),
                "insufficient data" if threshold is None else percent(attained >= threshold),
                "insufficient data" if own is None else f"{(right & (best >= own)).mean():.3f}",
            ]
        row(pack.manifest.id, way, *cells)
    print(
        f"\n{len(entered)} entries, {len(kept)} references, {len(mates)} masked mates, {int(seen.sum())} strangers"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--pack", action="append")
    parser.add_argument("--cache", type=Path, default=cache_folder())
    parser.add_argument("--strangers", type=int, default=2000, help="most, of each half")
    asked = parser.parse_args()
    cells = []
    for fpir in FPIRS:
        cells += [f"TPIR at the {fpir:.0%} threshold", "FPIR there"]
        cells.append(f"TPIR at a measured FPIR of {fpir:.0%}")
    head("pack", "masked faces, references", *cells)
    with tempfile.TemporaryDirectory() as scratch:
        for name in asked.pack or ["dlib"]:
            measure(load_pack(name, asked.data, Path(scratch)), asked.data, asked.cache, asked.strangers)


if __name__ == "__main__":
    main()
