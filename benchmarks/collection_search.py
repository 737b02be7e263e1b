"""Collections of up to millions of images: the time of a search, its memory, its agreement, and who is found.

    .venv/bin/python benchmarks/collection_search.py speed
    .venv/bin/python benchmarks/collection_search.py speed --sizes 1000000 --shards 1 2 4
    .venv/bin/python benchmarks/collection_search.py found --data ../shared/data --cache /tmp/cache --pack embedded

`speed` is about the machine alone, with random templates; with `--shards` the same searches also go, in turns, to a
Ray cluster on this machine whose shards hold the same templates. `found` searches real people among synthetic
templates, and shows first how far strangers score with those as with real people.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from collection_found import SIZES, found_people
from local_cluster import local_cluster
from score_people import head, load_pack, portraits, row

from overt.biometrics import Contract
from overt.evaluation.protocols import cache_folder
from overt.gallery.collections import CollectionIndex, Found, best_of
from overt.gallery.shards import ShardedIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from score_people import Scores

CANDIDATES = 10
PART = 100_000
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


def sharded(sizes: list[int], dimension: int, searches: int, counts: list[int]) -> None:
    """Each search by one process with one thread and with two, and by so many shards of one thread, in turns."""
    contract = Contract(pack="random", version="1", dimension=dimension)
    probes = np.random.default_rng(SEED + 1).standard_normal((searches, dimension), np.float32)
    head(
        "images", "searched by", "p50, ms", "p99, ms", "p50 ÷ one thread", "p99 ÷ one thread", "same answers"
    )
    with local_cluster(max(counts)) as address:
        for size in sizes:
            asked: dict[str, CollectionIndex | ShardedIndex] = {
                f"one process, {threads} thread{'s' * (threads > 1)}": CollectionIndex(
                    contract, threads=threads
                )
                for threads in (1, 2)
            }
            afar = {
                f"{count} shard{'s' * (count > 1)}": ShardedIndex(contract, address=address, shards=count)
                for count in counts
            }
            asked |= afar
            for index in asked.values():
                for ids, templates in random_templates(size, dimension):
                    index.add(ids, templates)
                index.search(probes[:1], CANDIDATES)
            took: dict[str, list[float]] = {name: [] for name in asked}
            same = Counter[str]()
            for probe in probes:
                wanted: Found | None = None
                for name, index in asked.items():
                    start = time.perf_counter()
                    found = index.search(probe[None], CANDIDATES)
                    took[name].append(time.perf_counter() - start)
                    wanted = found if wanted is None else wanted
                    same[name] += bool(
                        np.array_equal(found.ids, wanted.ids) and np.array_equal(found.scores, wanted.scores)
                    )
            base = np.quantile(next(iter(took.values())), (0.5, 0.99))
            for name, times in took.items():
                p50, p99 = np.quantile(times, (0.5, 0.99))
                row(
                    f"{size:,}", name, f"{1e3 * p50:.1f}", f"{1e3 * p99:.1f}", f"{p50 / base[0]:.2f}",
                    f"{p99 / base[1]:.2f}", f"{same[name]} of {searches}",
                )  # fmt: skip
            for index in afar.values():
                index.close()


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
    parser.add_argument(
        "--shards", type=int, nargs="+", help="how many, on a Ray cluster that is started for it"
    )
    parser.add_argument("--pack", nargs="+", default=["embedded"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, default=cache_folder())
    chosen = parser.parse_args()
    if chosen.what == "speed" and chosen.shards:
        sharded(chosen.sizes or [100_000, 1_000_000], chosen.dimension, chosen.searches, chosen.shards)
        return
    if chosen.what == "speed":
        speed(
            chosen.sizes or [100_000, 1_000_000, 5_000_000], chosen.dimension, chosen.threads, chosen.searches
        )
        return
    with tempfile.TemporaryDirectory() as scratch:
        for name in chosen.pack:
            pack = load_pack(name, chosen.data, Path(scratch))
            people = portraits(pack, chosen.data, chosen.cache, threads=chosen.threads)
            found_people(name, people, pack.contract, chosen.sizes or SIZES, chosen.threads)


if __name__ == "__main__":
    main()
