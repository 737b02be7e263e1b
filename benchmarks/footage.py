"""Who alerts on the reference footage: `footage.py PACK [PACK …] [--data ../shared/data] [--json]`.

The people of `video/hamilton_gallery` are sought in `video/hamilton.mp4`, and in `video/crowd.mp4`, where nobody of
them is: once with one feed each, once with both at once, and once with a watchlist filled up to 10,000 entries, by
all the LFW people of the reference data and then by templates drawn from a Gaussian with the mean and covariance of
theirs. Every alert on a filler entry, and every alert in the crowd, is a false one.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from score_people import portraits

from overt.biometrics import DetectionSettings, FloatArray, ModelPack, OperatingPoint, packs
from overt.engine import Alert, Begin, Closed, Engine, EngineLimits, FeedSpec
from overt.evaluation.protocols import cache_folder
from overt.gallery import load_watchlist

if TYPE_CHECKING:
    from overt.gallery import Watchlist

ENTRIES = 10_000


def filler(pack: ModelPack, data: Path, n: int, cache: Path) -> FloatArray:
    """Templates of n people who are not in the footage, float32 [n, dimension]: LFW's first, then drawn ones."""
    known = portraits(pack, data, cache)
    rows = np.flatnonzero(known.found)
    _, first = np.unique(known.people[rows], return_index=True)
    real = known.vectors[rows[first]][:n]
    lot = np.random.default_rng(0)
    drawn = lot.multivariate_normal(real.mean(0), np.cov(real.T), n - len(real), method="cholesky")
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return np.concatenate([real, drawn]).astype(np.float32)


def begin(
    pack: ModelPack,
    people: Watchlist,
    others: FloatArray,
    feeds: dict[str, Path],
    point: OperatingPoint,
    long_side: int,
) -> Begin:
    """A run over feeds, as fast as they go, with the people and others on the watchlist."""
    templates = np.concatenate([people.templates, others])
    owners = [*people.entry_of_template.tolist(), *range(len(people), len(people) + len(others))]
    return Begin(
        pack=str(pack.folder.absolute()),
        contract=pack.contract,
        operating_point=point,
        feeds=tuple(FeedSpec(name=name, uri=str(path), pace="max") for name, path in feeds.items()),
        entries=(*people.references, *(f"filler-{i}" for i in range(len(others)))),
        templates=templates.astype("<f4").tobytes(),
        entry_of_template=tuple(owners),
        limits=EngineLimits(detection=DetectionSettings(long_side=long_side)),
    )


def alerts_of(plan: Begin) -> tuple[Counter[tuple[str, str]], dict[str, int]]:
    """How often each entry alerted on each feed, and the passages of each feed."""
    with Engine.start(plan) as engine:
        messages = list(engine.messages())
    found = Counter((m.feed, m.entry) for m in messages if isinstance(m, Alert))
    closed = messages[-1]
    if not isinstance(closed, Closed) or closed.telemetry is None:
        raise SystemExit("the engine ended without its last figures")
    return found, {feed.name: feed.passages for feed in closed.telemetry.feeds}


def main() -> None:
    """Run the trials and print who alerted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packs", nargs="+", help="names, or folders, of model packs")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--long-side", type=int, default=960, help="longer side of the picture in detection")
    parser.add_argument("--threshold", type=float, help="in place of the pack's own")
    parser.add_argument("--min-quality", type=float, help="in place of the pack's own")
    parser.add_argument("--cache", type=Path, default=cache_folder())
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    changed = {
        name: value
        for name, value in (("threshold", options.threshold), ("min_quality", options.min_quality))
        if value is not None
    }
    film, crowd = options.data / "video/hamilton.mp4", options.data / "video/crowd.mp4"
    rows = []
    for name in options.packs:
        pack = packs.load(name)
        point = msgspec.structs.replace(pack.manifest.operating_point, **changed)
        people = load_watchlist(options.data / "video/hamilton_gallery", pack)
        nobody = np.zeros((0, pack.contract.dimension), np.float32)
        many = filler(pack, options.data, ENTRIES - len(people), options.cache)
        for trial, feeds, others in (
            ("one feed", {"film": film}, nobody),
            ("two feeds", {"film": film, "crowd": crowd}, nobody),
            (f"two feeds, {ENTRIES:,} entries", {"film": film, "crowd": crowd}, many),
        ):
            found, passages = alerts_of(begin(pack, people, others, feeds, point, options.long_side))
            rows.append(
                {
                    "pack": pack.manifest.id,
                    "trial": trial,
                    "passages": passages,
                    "alerts": {f"{feed}: {entry}": n for (feed, entry), n in sorted(found.items())},
                }
            )
            if not options.json:
                print(f"{pack.manifest.id:24} {trial:28} passages {passages}  alerts {rows[-1]['alerts']}")
    if options.json:
        json.dump(rows, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
