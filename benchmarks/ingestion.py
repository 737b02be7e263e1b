"""How long an ingestion into a collection takes, against the networks alone on the same pictures, already decoded.

    python benchmarks/ingestion.py [--pictures FOLDER] [--images 400] [--blocks 4] [--threads 0] [--pack embedded]
    python benchmarks/ingestion.py --workers 1 2 4 [--pictures FOLDER] [--images 400] [--blocks 4] [--pack embedded]

Both take turns, block by block, within one run, so that whatever else the machine does falls on both. The pictures
are the first of each subfolder, as they are (`as they are`), and set into a picture of 960 by 1280 pixels the way a
custody image shows a face (`in 960 x 1280`). The collection is the same all the while, so that a block finds in it
what the blocks before have brought.

With `--workers` each block is ingested by one process, and by a Ray cluster on this machine with so many workers of
one thread each, in turns, each time into a collection of its own. `rate` counts from when networks are loaded, here
and in the workers; `begun_s` is what that takes. A block should have some tens of pictures for each worker.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
from imports import _DATA, Networks, _read, set_into_custody_image
from local_cluster import local_cluster

from overt.casework import Actor, Role, open_office
from overt.casework import collections as c
from overt.casework.collections import _looking_afar
from overt.gallery import shards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from overt.casework import Office


def measure(
    office: Office, networks: Networks, pictures: list[Path], blocks: int, pack: str
) -> dict[str, object]:
    """Ingest the pictures in blocks, each after the networks alone have seen it; the times and their ratios."""
    manager = Actor(id="benchmark", name="benchmark", roles=frozenset({Role.WATCHLIST_MANAGER}), via="cli")
    c.create_collection(office, manager, c.NewCollection(name="benchmark", purpose="Benchmark", pack=pack))
    folders = [pictures[int(part[0])].parent for part in np.array_split(np.arange(len(pictures)), blocks)]
    _ingest(office, manager, _alone(pictures[0]))  # what loading the pack costs is no part of either
    bare: list[float] = []
    whole: list[float] = []
    again: list[float] = []
    compared: list[float] = []
    processor = [0.0, 0.0]
    added = 0
    for folder in folders:
        images = [_read(path) for path in sorted(folder.glob("*.jpg"))]
        start, spent = time.perf_counter(), time.process_time()
        networks.run(images)
        bare.append(time.perf_counter() - start)
        processor[0] += time.process_time() - spent
        for times in (whole, again):
            start, spent = time.perf_counter(), time.process_time()
            added += _ingest(office, manager, folder).added
            times.append(time.perf_counter() - start)
            processor[1] += time.process_time() - spent if times is whole else 0
        start = time.perf_counter()
        c.compare_images(office, manager, "benchmark")
        compared.append(time.perf_counter() - start)
    return {
        "images": len(pictures),
        "added": added,
        "networks_alone_s": round(sum(bare), 2),
        "ingestion_s": round(sum(whole), 2),
        "ratio": round(sum(whole) / sum(bare), 3),
        "ratio_by_block": [round(one / other, 3) for one, other in zip(whole, bare, strict=True)],
        "processor_ratio": round(processor[1] / processor[0], 3),
        "again_to_first": round(sum(again) / sum(whole), 3),
        "comparison_to_first": round(sum(compared) / sum(whole), 3),
    }


def with_workers(
    office: Office, pictures: list[Path], blocks: int, pack: str, counts: list[int]
) -> Iterator[dict[str, object]]:
    """Ingest each block by one process and by so many workers, in turns; the rates and their ratios."""
    manager = Actor(id="benchmark", name="benchmark", roles=frozenset({Role.WATCHLIST_MANAGER}), via="cli")
    folders = [pictures[int(part[0])].parent for part in np.array_split(np.arange(len(pictures)), blocks)]
    ways = [0, *counts]
    for workers in ways:
        new = c.NewCollection(name=f"by-{workers}", purpose="Benchmark", pack=pack)
        c.create_collection(office, manager, new)
    rates: dict[int, list[float]] = {workers: [] for workers in ways}
    begun: dict[int, list[float]] = {workers: [] for workers in ways}
    taken: dict[int, list[tuple[int, int]]] = {workers: [] for workers in ways}
    with local_cluster(max(counts)) as address:
        _ingest(office, manager, _alone(pictures[0]), "by-0")
        for turn, folder in enumerate(folders):
            for workers in ways[turn % len(ways) :] + ways[: turn % len(ways)]:
                start = time.perf_counter()
                with by_workers(address, workers):
                    done = _ingest(office, manager, folder, f"by-{workers}")
                begun[workers].append(time.perf_counter() - start - done.seconds)
                rates[workers].append(done.done / done.seconds)
                taken[workers].append((done.added, done.refused))
    for workers in ways:
        ratios = [one / alone for one, alone in zip(rates[workers], rates[0], strict=True)]
        yield {
            "by": f"{workers} workers" if workers else "one process",
            "images": len(pictures),
            "same_as_one_process": taken[workers] == taken[0],
            "rate_by_block": [round(rate, 2) for rate in rates[workers]],
            "ratio_by_block": [round(ratio, 3) for ratio in ratios],
            "ratio": round(float(np.median(ratios)), 3),
            "begun_s": round(float(np.median(begun[workers])), 1),
        }


@contextmanager
def by_workers(address: str, workers: int) -> Iterator[None]:
    """Have so many workers of this cluster look at pictures; with none, this process."""
    crew = partial(shards.Crew, workers=workers)
    with (
        patch.object(shards, "Crew", crew),
        patch.object(_looking_afar, "cluster_of", lambda _: address if workers else None),
    ):
        yield


def _alone(picture: Path) -> Path:
    folder = picture.parent.parent / "alone"
    folder.mkdir()
    (folder / picture.name).write_bytes(picture.read_bytes() + b"\0")  # another file of the same picture
    return folder


def _ingest(office: Office, manager: Actor, folder: Path, name: str = "benchmark") -> c.IngestionView:
    source = c.open_pictures(folder)
    job = c.begin_ingestion(office, manager, name, source)
    return c.carry_out_ingestion(office, manager, job.id, source)


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=Path, default=_DATA)
    parser.add_argument("--images", type=int, default=400)
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--threads", type=int, default=0, help="of the networks alone")
    parser.add_argument("--pack", default="embedded")
    parser.add_argument("--workers", type=int, nargs="+", help="of a Ray cluster that is started for it")
    asked = parser.parse_args()
    faces = [sorted(one.glob("*.jpg"))[0] for one in sorted(asked.pictures.iterdir()) if one.is_dir()][
        : asked.images
    ]
    networks = Networks(asked.pack, asked.threads)
    with tempfile.TemporaryDirectory() as held:
        for name in ("as they are", "in 960 x 1280"):
            top = Path(held) / name.replace(" ", "-")
            pictures = []
            for block, part in enumerate(np.array_split(np.arange(len(faces)), asked.blocks)):
                folder = top / f"block-{block}"
                folder.mkdir(parents=True)
                for at in part.tolist():
                    out = folder / f"{at:06d}.jpg"
                    if name == "as they are":
                        out.write_bytes(faces[at].read_bytes())
                    else:
                        set_into_custody_image(faces[at], out, at)
                    pictures.append(out)
            with open_office(top / "office", environment={}) as office:
                if asked.workers:
                    for by in with_workers(office, pictures, asked.blocks, asked.pack, asked.workers):
                        print(json.dumps({"pictures": name} | by), flush=True)
                    continue
                networks.run([_read(pictures[0])])
                figures = measure(office, networks, pictures, asked.blocks, asked.pack)
            print(json.dumps({"pictures": name} | figures))


if __name__ == "__main__":
    main()
