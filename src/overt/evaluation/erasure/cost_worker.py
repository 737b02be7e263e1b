"""Does the engine's work for one frame over and over, sealed as it is told: for `overt.evaluation.erasure.costs`."""

from __future__ import annotations

import json
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from overt.biometrics import load_detector, load_embedder, measure_quality, packs
from overt.engine.launch import parse_arguments
from overt.engine.pools import LeasePool
from overt.engine.seal import SEALS, apply_seals
from overt.evaluation.erasure.forms import bgr_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__: list[str] = []


def main(arguments: Sequence[str]) -> None:
    """Read what to do from the wire, be sealed, and work each time a line comes."""
    told = parse_arguments(arguments)
    wire = socket.socket(fileno=told.wire)
    lines = wire.makefile("rb")
    order = json.loads(lines.readline())
    apply_seals(told.wire, told.parent, relaxed=frozenset(SEALS) - frozenset(order["seals"]))
    work = _work(order)
    work()
    wire.sendall(b'{"ready": true}\n')
    for _ in lines:
        started = time.perf_counter()
        for _ in range(order["frames"]):
            work()
        wire.sendall(json.dumps({"seconds": time.perf_counter() - started}).encode() + b"\n")


def _work(order: dict[str, Any]) -> Callable[[], None]:
    pack = packs.load(order["pack"])
    pool = LeasePool(overwrites=order["overwrites"])
    detector = load_detector(pack, threads=1, allocate=pool.allocate)
    embedder = load_embedder(pack, threads=1, allocate=pool.allocate)
    embedder.warm()
    _, image = next(bgr_frames(Path(order["clip"]), {0}))
    picture = image.copy()

    def work() -> None:
        now = time.monotonic_ns()
        frame = pool.take(picture.shape, np.uint8, "frame", now)
        np.copyto(frame.array, picture)
        faces = detector.detect([frame.array])[0]
        measure_quality(frame.array, faces)
        side = embedder.chip_size
        chips = pool.take((len(faces), side, side, 3), np.uint8, "chip", now)
        templates = pool.take((len(faces), embedder.dimension), np.float32, "template", now)
        embedder.align(frame.array, faces.landmarks, chips.array)
        embedder.embed(chips.array, templates.array)
        for lease in (frame, chips, templates):
            lease.release()

    return work


if __name__ == "__main__":
    main(sys.argv[1:])
