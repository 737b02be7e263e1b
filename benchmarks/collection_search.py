"""Collections of up to millions of images: the time of a search, its memory, its agreement, and who is found.

    .venv/bin/python benchmarks/collection_search.py speed
    .venv/bin/python benchmarks/collection_search.py found --data ../shared/data --cache /tmp/cache --pack embedded

`speed` is about the machine alone, with random templates. `found` searches real people among synthetic templates, and
shows first how far strangers score with those as with real people.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from collection_filler import Filler, chosen_filler, normal
from score_people import halves, head, load_pack, portraits, row

from overt.biometrics import Contract
from overt.evaluation.metrics import choose_threshold
from overt.evaluation.protocols import cache_folder
from overt.gallery.collections import CollectionIndex, Found, best_of
from overt.rates import exact_interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    from score_people import People, Scores

CANDIDATES = 10
PART = 100_000
SIZES = (1_000, 10_000, 100_000, 1_000_000)
FPIRS = (0.1, 0.01, 0.003)
QUANTILES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
SEED = 1


def resident() -> int:
    """Bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def random_templates(size: int, dimension: int) -> Iterator[tuple[npt.NDArray[np.int64], Scores]]:
    """Ids and templates, part after part."""
    for first in range(0, size, PART):
        some = min(PART, size - first)
        drawn = np.random.default_rng((SEED, first)).standard_normal((some, dimension), np.float32)
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        yield np.arange(first, first + some), drawn


def speed(sizes: list[int], dimension: int, threads: int, searches: int) -> None:
    """Time, memory and agreement at each size; the memory's own pace is taken between the searches."""
    contract = Contract(pack="random", version="1", dimension=dimension)
    probes = np.random.default_rng(SEED + 1).standard_normal((searches, dimension), np.float32)
    head(
        "images", "scan", "p50, ms", "p99, ms", "once through the codes, ms", "p50 ÷ that", "p99 ÷ that",
        "arrays, MB", "process grew by, MB", "bytes an image", "same candidates and scores as float32",
    )  # fmt: skip
    for size in sizes:
        before = resident()
        index = CollectionIndex(contract, threads=threads)
        for ids, templates in random_templates(size, dimension):
            index.add(ids, templates)
        grown = resident() - before
        codes = np.random.default_rng(0).integers(0, 255, size * dimension // 8, dtype=np.int64)
        index.search(probes[:1], CANDIDATES)
        took, bound = [], []
        found = []
        with ThreadPoolExecutor(threads) as readers:
            for probe in probes:
                bound.append(once_through(codes, readers, threads))
                start = time.perf_counter()
                found.append(index.search(probe[None], CANDIDATES))
                took.append(time.perf_counter() - start)
        del codes
        same = agreement(contract, size, probes, found)
        p50, p99 = np.quantile(took, (0.5, 0.99))
        least = float(np.median(bound))
        row(
            f"{size:,}", "int8", f"{1e3 * p50:.1f}", f"{1e3 * p99:.1f}", f"{1e3 * least:.1f}",
            f"{p50 / least:.2f}", f"{p99 / least:.2f}", f"{index.memory / 1e6:,.0f}", f"{grown / 1e6:,.0f}",
            f"{index.memory / size:.0f}", f"{same} of {searches}",
        )  # fmt: skip
        del index


def once_through(codes: npt.NDArray[np.int64], readers: ThreadPoolExecutor, threads: int) -> float:
    """Seconds in which the threads read all of it once: nothing that compares every code can take less."""
    start = time.perf_counter()
    list(readers.map(np.max, np.array_split(codes, threads)))
    return time.perf_counter() - start


def agreement(contract: Contract, size: int, probes: Scores, found: list[Found]) -> int:
    """How many searches of the eight-bit index gave exactly what a float32 scan of each part gives."""
    parts = []
    for ids, templates in random_templates(size, contract.dimension):
        plain = CollectionIndex(contract, precision="float32")
        plain.add(ids, templates)
        parts.append(plain.search(probes, CANDIDATES))
        parts = [best_of(parts, len(probes), CANDIDATES)]
    return sum(
        np.array_equal(one.ids[0], ids) and np.array_equal(one.scores[0], scores)
        for one, ids, scores in zip(found, parts[0].ids, parts[0].scores, strict=True)
    )


def found_people(name: str, people: People, contract: Contract, sizes: list[int], threads: int) -> None:
    """Both halves of the people in turn: one half makes the filler, and the other is searched among it."""
    halves_run = []
    for tested in (True, False):
        among = halves(people.people, SEED) == tested
        rows = {role: people.rows(role) for role in ("gallery", "mated", "nonmated")}
        mine = {role: at[among[at]] for role, at in rows.items()}
        pool = np.concatenate([at[~among[at]] for at in (rows["gallery"], rows["nonmated"])])
        filler = chosen_filler(people.vectors[pool], SEED)
        print(
            f"\n{name}, half {int(tested)}: {len(pool):,} people make the filler, a kind is {filler.kind:.0%}; "
            f"{len(mine['gallery']):,} enrolled, {len(mine['mated']):,} mated probes, "
            f"{len(mine['nonmated']):,} strangers"
        )
        tails(people.vectors[mine["nonmated"]], people.vectors[pool], filler)
        halves_run.append(grown(people, mine, contract, filler, sizes, threads))
    head("pack", "images", "rank-1 (95%)", *(f"FNIR at FPIR {fpir:.1%} (95%)" for fpir in FPIRS))
    for size in sizes:
        trials = sum(len(run[size][0]) for run in halves_run)
        first = sum(int((run[size][0]).sum()) for run in halves_run)
        cells = [rate(first, trials)]
        for f in range(len(FPIRS)):
            misses = [run[size][1][f] for run in halves_run]
            cells.append(
                "too few strangers"
                if None in misses
                else rate(sum(m for m in misses if m is not None), trials)
            )
        row(name, f"{size:,}", *cells)


def rate(hits: int, trials: int) -> str:
    """A rate with its exact interval and its counts."""
    low, high = exact_interval(hits, trials)
    return f"{hits / trials:.3f} ({low:.3f} to {high:.3f}; {hits}/{trials})"


def tails(strangers: Scores, pool: Scores, filler: Filler) -> None:
    """How often strangers score so with real people, and with the filler made after those."""
    real = (strangers @ pool.T).ravel()
    synthetic = (strangers @ filler.draw(PART, SEED + 2).T).ravel()
    plain = (strangers @ normal(pool, PART, SEED + 2).T).ravel()
    head(
        "1 in", "real people score", "comparisons of them so", "filler reaches that, 1 in", "filler ÷ real",
        "normal distribution ÷ real",
    )  # fmt: skip
    for quantile in QUANTILES:
        if len(real) * quantile < 5:
            continue
        score = np.quantile(real, 1 - quantile)
        share = float((synthetic >= score).mean())
        count = int((real >= score).sum())
        there = f"{1 / share:,.0f}" if share else "never"
        other = float((plain >= score).mean()) / quantile
        row(
            f"{1 / quantile:,.0f}", f"{score:.3f}", f"{count:,}", there, f"{share / quantile:.2f}",
            f"{other:.2f}",
        )  # fmt: skip


def grown(
    people: People,
    mine: dict[str, npt.NDArray[np.int64]],
    contract: Contract,
    filler: Filler,
    sizes: list[int],
    threads: int,
) -> dict[int, tuple[npt.NDArray[np.bool_], list[int | None]]]:
    """Searches in a collection that grows: who comes first, and how many are missed at each FPIR."""
    index = CollectionIndex(contract, threads=threads)
    index.add(mine["gallery"], people.vectors[mine["gallery"]])
    own = {int(people.people[at]): int(at) for at in mine["gallery"]}
    mated = np.array([at for at in mine["mated"] if int(people.people[at]) in own])
    wanted = np.array([own[int(people.people[at])] for at in mated])
    next_id = len(people.people)
    synthetic = filler.draw(max(sizes), SEED + 3)
    said: dict[int, tuple[npt.NDArray[np.bool_], list[int | None]]] = {}
    taken = 0
    for size in sizes:
        some = size - len(index)
        index.add(np.arange(next_id + taken, next_id + taken + some), synthetic[taken : taken + some])
        taken += some
        hits = index.search(people.vectors[mated], 1)
        misses = index.search(people.vectors[mine["nonmated"]], 1).scores[:, 0]
        first = (hits.ids[:, 0] == wanted) & people.found[mated]
        missed: list[int | None] = []
        for fpir in FPIRS:
            threshold = choose_threshold(misses.astype(np.float64), fpir)
            missed.append(
                None if threshold is None else int((~first | (hits.scores[:, 0] < threshold)).sum())
            )
        said[size] = first, missed
    return said


def main() -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["speed", "found"])
    parser.add_argument("--sizes", type=int, nargs="+")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dimension", type=int, default=128, help="of random templates")
    parser.add_argument("--searches", type=int, default=100)
    parser.add_argument("--pack", nargs="+", default=["embedded"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, default=cache_folder())
    chosen = parser.parse_args()
    if chosen.what == "speed":
        speed(
            chosen.sizes or [100_000, 1_000_000, 5_000_000], chosen.dimension, chosen.threads, chosen.searches
        )
        return
    with tempfile.TemporaryDirectory() as scratch:
        for name in chosen.pack:
            pack = load_pack(name, chosen.data, Path(scratch))
            people = portraits(pack, chosen.data, chosen.cache, threads=chosen.threads)
            found_people(name, people, pack.contract, chosen.sizes or list(SIZES), chosen.threads)


if __name__ == "__main__":
    main()
