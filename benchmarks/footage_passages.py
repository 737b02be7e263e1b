"""How fast a clip that is handed in becomes passages, as a multiple of real time, and what of it is the models' time.

    python benchmarks/footage_passages.py [--pack embedded] [--clip FILE] [--minutes 10] [--rate 8]
    python benchmarks/footage_passages.py --cluster HEAD --workers 1 2 4 --clips 4 --minutes 0.4

Without `--clip` the simulated street is filmed. The clip is repeated, packet by packet, until it is long enough, and
looked at as `overt search` does: in the sealed process, out of memory, with one thread for the models. Two multiples
are told. That of the processor's time (clip seconds ÷ seconds of a core that the process used, decoding, seals and
overwriting included) holds on a busy machine too; that of the clock holds for an idle one.

With `--workers` so many workers of a Ray cluster look at several such clips, one number of workers after the other.
The clock's multiple is told for each: the seconds of all clips ÷ the time from the first part that is sent until the
last answer. The workers are there when the clock begins, as they are for all but the first clips of many.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np

from overt.biometrics import load_detector, load_embedder, packs
from overt.engine import (
    BeginFootage,
    Closed,
    Fault,
    FootageEngine,
    FootageLimits,
    FootagePassage,
    FootageProgress,
    clip_in_memory,
)
from overt.evaluation.scene import Scene, SceneSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from overt.biometrics import ModelPack

ROUNDS = 40


def repeated(film: Path, seconds: float) -> tuple[bytes, float]:
    """The film again and again, in one Matroska file in memory; its bytes and its length in seconds."""
    held = io.BytesIO()
    reached = 0.0
    with av.open(held, "w", format="matroska") as written:
        stream = None
        while reached < seconds:
            with av.open(str(film)) as read:
                source = read.streams.video[0]
                assert source.time_base is not None
                if stream is None:
                    stream = written.add_stream_from_template(source)
                shift = round(reached / source.time_base)
                length = 0.0
                for packet in read.demux(source):
                    if packet.dts is None or packet.pts is None or packet.duration is None:
                        continue
                    length = max(length, float((packet.pts + packet.duration) * source.time_base))
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = stream
                    written.mux(packet)
                reached += length
    return held.getvalue(), reached


def bare_seconds(pack: ModelPack, film: Path) -> tuple[float, float]:
    """Processor seconds of one detection in a picture of the film, and of one embedding: medians, one thread."""
    with av.open(str(film)) as read:
        picture = np.asarray(next(iter(read.decode(video=0))).to_ndarray(format="bgr24"), np.uint8)
    detector = load_detector(pack, threads=1)
    embedder = load_embedder(pack, threads=1, batch_sizes=(1,))
    chip = np.zeros((1, embedder.chip_size, embedder.chip_size, 3), np.uint8)
    out = np.zeros((1, embedder.dimension), np.float32)
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        began = time.thread_time()
        detector.detect([picture])
        between = time.thread_time()
        embedder.embed(chip, out)
        took[0].append(between - began)
        took[1].append(time.thread_time() - between)
    return statistics.median(took[0][3:]), statistics.median(took[1][3:])


def measure(pack: ModelPack, film: Path, minutes: float, rate: float) -> dict[str, object]:
    """One run, and what it took."""
    content, seconds = repeated(film, minutes * 60)
    detection, embedding = bare_seconds(pack, film)
    begin = _begin(pack, rate)
    clip = clip_in_memory(content)
    passages = shots = 0
    faults: list[str] = []
    last = FootageProgress(seconds=0.0)
    core = 0.0
    try:
        with FootageEngine.start(begin, clip) as engine:
            before, began = _core_seconds(engine.pid), time.monotonic()
            for message in engine.messages():
                if isinstance(message, FootagePassage):
                    passages += 1
                    shots += len(message.shots)
                elif isinstance(message, Fault):
                    faults.append(message.detail)
                elif isinstance(message, FootageProgress):
                    last = message
                if not isinstance(message, Closed):
                    core = max(core, _core_seconds(engine.pid) - before)
            clock = time.monotonic() - began
    finally:
        os.close(clip)
    return {
        "pack": f"{pack.contract.pack} {pack.contract.version}",
        "film": film.name,
        "size": f"{last.width}x{last.height}",
        "clip_seconds": round(seconds, 1),
        "clip_mib": round(len(content) / 2**20, 1),
        "decoded": last.decoded,
        "looked_at": last.looked_at,
        "passages": passages,
        "shots_given": shots,
        "core_seconds": round(core, 1),
        "clock_seconds": round(clock, 1),
        "times_real_time_one_core": round(seconds / core, 2),
        "times_real_time_clock": round(seconds / clock, 2),
        "detection_ms": round(detection * 1e3, 2),
        "embedding_ms": round(embedding * 1e3, 2),
        "detection_share": round(last.looked_at * detection / core, 3),
        "faults": faults,
    }


def measure_workers(pack: ModelPack, film: Path, given: argparse.Namespace) -> Iterator[dict[str, object]]:
    """The same clip several times, by each number of workers."""
    from overt.engine.footage_work import ClipWork, clip_parts, read_heard
    from overt.gallery.shards import Crew

    content, seconds = repeated(film, given.minutes * 60)
    begin = _begin(pack, given.rate)
    clip = clip_in_memory(content)
    try:
        for workers in given.workers:
            with Crew(ClipWork, address=given.cluster, label="benchmark", workers=workers) as crew:
                task = partial(clip_parts, begin, pack, clip, len(content))
                began = time.monotonic()
                heard = [read_heard(answer) for answer in crew.each([task] * given.clips)]
                clock = time.monotonic() - began
            yield {
                "workers": workers,
                "clips": given.clips,
                "clip_seconds": round(seconds, 1),
                "passages_of_each": sorted({len(one.passages) for one in heard}),
                "workers_lost": crew.losses,
                "clock_seconds": round(clock, 1),
                "times_real_time_clock": round(seconds * given.clips / clock, 2),
            }
    finally:
        os.close(clip)


def _begin(pack: ModelPack, rate: float) -> BeginFootage:
    return BeginFootage(
        pack=str(pack.folder),
        contract=pack.contract,
        operating_point=pack.manifest.operating_point,
        clip="the clip",
        handed_in_by="benchmark",
        reason="how fast it is",
        limits=FootageLimits(threads=1, pictures_per_second=rate, most_passages=100_000),
    )


def _core_seconds(pid: int) -> float:
    """Seconds of a core that a process has used, all its threads together; 0 once it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", default="embedded")
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=8.0, help="most pictures a second; 0 for every one")
    parser.add_argument("--cluster", help="the head of a Ray cluster, as machine:port")
    parser.add_argument("--workers", type=int, nargs="+", help="how many of its workers, one after the other")
    parser.add_argument("--clips", type=int, default=4, help="how many they look at")
    given = parser.parse_args()
    if (given.workers is None) != (given.cluster is None):
        parser.error("--cluster and --workers go together")
    pack = packs.load(given.pack)
    with tempfile.TemporaryDirectory() as folder:
        film = given.clip
        if film is None:
            film = Path(folder) / "street.mp4"
            Scene(SceneSettings(seconds=24)).write(film)
        if given.workers is None:
            print(json.dumps(measure(pack, film, given.minutes, given.rate), indent=2))
            return
        for one in measure_workers(pack, film, given):
            print(json.dumps(one), flush=True)


if __name__ == "__main__":
    main()
