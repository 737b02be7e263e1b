"""How long a bulk import takes, measured against the networks alone on the same pictures, already decoded.

    python benchmarks/imports.py [--pictures FOLDER] [--rows 400] [--blocks 4] [--threads 0]

Both take turns, block by block, within one run, so that whatever else the machine does falls on both. The pictures
are the first of each subfolder, as they are (`as they are`), and set into a picture of 960 by 1280 pixels the way a
custody image shows a face (`in 960 x 1280`).
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from overt.biometrics import load_embedder, packs
from overt.casework import Actor, Role, open_office
from overt.casework import watchlists as w
from overt.casework.watchlists._import_rows import NEEDED_COLUMNS
from overt.gallery.face_finder import FaceFinder

if TYPE_CHECKING:
    from overt.biometrics import ImageArray
    from overt.casework import Office

_DATA: Final = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "faces" / "lfw_gray192"
_BATCH: Final = 8
_FACE: Final = 480


class Networks:
    """The detector and the recogniser as an enrolment uses them, and nothing else."""

    def __init__(self, pack_name: str, threads: int) -> None:
        pack = packs.load(pack_name)
        self._finder = FaceFinder(pack, threads=threads)
        self._embedder = load_embedder(pack, threads=threads, batch_sizes=(1, _BATCH))
        side = self._embedder.chip_size
        self._chips = np.zeros((_BATCH, side, side, 3), np.uint8)
        self._templates = np.zeros((_BATCH, self._embedder.dimension), np.float32)

    def run(self, images: list[ImageArray]) -> int:
        """Detect in each picture, and embed every largest face; how many there were."""
        found = waiting = 0
        for image in images:
            faces = self._finder.find(image)
            if len(faces):
                self._embedder.align(image, faces.landmarks[:1], self._chips[waiting : waiting + 1])
                waiting += 1
                found += 1
            if waiting == _BATCH:
                self._embedder.embed(self._chips, self._templates)
                waiting = 0
        if waiting:
            self._embedder.embed(self._chips[:waiting], self._templates[:waiting])
        return found


def _read(path: Path) -> ImageArray:
    image: ImageArray | None = cv2.imread(str(path))
    if image is None:
        raise SystemExit(f"{path} cannot be read")
    return image


def measure(
    office: Office, networks: Networks, pictures: list[Path], blocks: int, folder: Path
) -> dict[str, object]:
    """Import the pictures in blocks, each after the networks alone have seen it; the times and their ratios."""
    manager = Actor(id="benchmark", name="benchmark", roles=frozenset({Role.WATCHLIST_MANAGER}), via="cli")
    made = w.create_watchlist(office, manager, w.NewWatchlist(title="Benchmark", purpose="Benchmark"))
    # What loading the pack costs is no part of either.
    job = w.start_import(office, manager, made.id, dry_run=True)
    w.carry_out_import(office, manager, job.id, w.open_source(_table(office, pictures[:1], folder)))
    bare: list[float] = []
    whole: list[float] = []
    again: list[float] = []
    processor = [0.0, 0.0]
    added = 0
    for part in np.array_split(np.arange(len(pictures)), blocks):
        paths = [pictures[at] for at in part]
        images = [_read(path) for path in paths]
        start, spent = time.perf_counter(), time.process_time()
        networks.run(images)
        bare.append(time.perf_counter() - start)
        processor[0] += time.process_time() - spent
        table = _table(office, paths, folder)
        for times in (whole, again):
            start, spent = time.perf_counter(), time.process_time()
            job = w.start_import(office, manager, made.id)
            done = w.carry_out_import(office, manager, job.id, w.open_source(table))
            times.append(time.perf_counter() - start)
            processor[1] += time.process_time() - spent if times is whole else 0
            added += done.added
    return {
        "rows": len(pictures),
        "added": added,
        "networks_alone_s": round(sum(bare), 2),
        "import_s": round(sum(whole), 2),
        "ratio": round(sum(whole) / sum(bare), 3),
        "ratio_by_block": [round(one / other, 3) for one, other in zip(whole, bare, strict=True)],
        "processor_ratio": round(processor[1] / processor[0], 3),
        "import_again_to_first": round(sum(again) / sum(whole), 3),
    }


def _table(office: Office, paths: list[Path], folder: Path) -> Path:
    today = office.now().date()
    path = folder / "list.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(NEEDED_COLUMNS)
        for one in paths:
            name, expiry = str(one.relative_to(folder)), str(today + dt.timedelta(days=30))
            sought = ("missing or at risk of harm", "consent", "unknown", "none")
            fields = (name, name, *sought, expiry, name, "benchmark", "unknown")
            writer.writerow(fields)
    return path


def set_into_custody_image(path: Path, out: Path, seed: int) -> Path:
    """The face as large as a custody image shows it, before a plain wall with a camera's noise."""
    rng = np.random.default_rng(seed)
    wall = np.clip(rng.normal(150, 4, (1280, 960, 3)), 0, 255).astype(np.uint8)
    face = cv2.resize(cv2.imread(str(path)), (_FACE, _FACE), interpolation=cv2.INTER_CUBIC)
    wall[300 : 300 + _FACE, 240 : 240 + _FACE] = face
    cv2.imwrite(str(out), wall, [cv2.IMWRITE_JPEG_QUALITY, 92])
    return out


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=Path, default=_DATA)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--threads", type=int, default=0)
    asked = parser.parse_args()
    faces = [sorted(one.glob("*.jpg"))[0] for one in sorted(asked.pictures.iterdir()) if one.is_dir()][
        : asked.rows
    ]
    networks = Networks("embedded", asked.threads)
    with tempfile.TemporaryDirectory() as held:
        for name in ("as they are", "in 960 x 1280"):
            folder = Path(held) / name.replace(" ", "-")
            folder.mkdir()
            pictures = []
            for at, path in enumerate(faces):
                out = folder / f"{at}.jpg"
                if name == "as they are":
                    out.write_bytes(path.read_bytes())
                else:
                    set_into_custody_image(path, out, at)
                pictures.append(out)
            with open_office(folder / "office", environment={}) as office:
                networks.run([_read(pictures[0])])
                figures = measure(office, networks, pictures, asked.blocks, folder)
            print(json.dumps({"pictures": name} | figures))


if __name__ == "__main__":
    main()
