"""One search of the watchlist beside one embedding, and int8 beside float32."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np

from overt.biometrics import load_embedder
from overt.evaluation.bench.nobody import random_watchlist
from overt.evaluation.bench.results import GalleryFigures
from overt.evaluation.bench.statistics import ratio_of_totals
from overt.gallery import Gallery

if TYPE_CHECKING:
    from collections.abc import Callable

    from overt.biometrics import FloatArray, ModelPack

__all__ = ["measure_gallery"]

PROBES: Final = 400


def measure_gallery(
    pack: ModelPack, *, entries: int = 20_000, rounds: int = 60, threads: int = 0
) -> GalleryFigures:
    """Time one search and one embedding turn by turn, and compare the two precisions over 400 probes.

    Half of the probes are entries with noise on them, half are nobody.

    Args:
        pack: whose recogniser and dimension are used.
        entries: size of the watchlist, one random template each.
        rounds: of one embedding, one float32 and one int8 search each.
        threads: of the inference; 0 takes every core.
    """
    embedder = load_embedder(pack, threads=threads, batch_sizes=(1,))
    dimension, side = embedder.dimension, embedder.chip_size
    templates = random_watchlist(entries, dimension)
    names = [f"nobody-{i}" for i in range(entries)]
    exact, small = Gallery(pack.contract), Gallery(pack.contract, "int8")
    for gallery in (exact, small):
        gallery.build(names, templates, np.arange(entries))
    probes = _probes(templates, dimension)
    one, two = exact.search(probes, k=1), small.search(probes, k=1)
    agreement = float((one.entries[:, 0] == two.entries[:, 0]).mean())
    difference = float(np.abs(one.scores[:, 0] - two.scores[:, 0]).max())
    rng = np.random.default_rng(3)
    chips = rng.integers(0, 255, (1, side, side, 3)).astype(np.uint8)
    out = np.empty((1, dimension), np.float32)
    calls: dict[str, Callable[[], object]] = {
        "embedding": lambda: embedder.embed(chips, out),
        "float32": lambda: exact.search(probes[:1], k=1),
        "int8": lambda: small.search(probes[:1], k=1),
    }
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 3):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if number >= 3:
                seconds[name].append(time.perf_counter() - start)
    times = {name: np.array(values) for name, values in seconds.items()}
    return GalleryFigures(
        entries=entries,
        dimension=dimension,
        embedding_ms=1000 * float(np.median(times["embedding"])),
        float32_ms=1000 * float(np.median(times["float32"])),
        int8_ms=1000 * float(np.median(times["int8"])),
        share_of_embedding=ratio_of_totals(times["float32"], times["embedding"]),
        int8_share=ratio_of_totals(times["int8"], times["embedding"]),
        agreement=agreement,
        largest_difference=difference,
    )


def _probes(templates: FloatArray, dimension: int) -> FloatArray:
    rng = np.random.default_rng(2)
    known = templates[rng.integers(0, len(templates), PROBES // 2)]
    noisy = known + rng.normal(0, 0.05, known.shape).astype(np.float32)
    both = np.concatenate([noisy, random_watchlist(PROBES // 2, dimension, seed=9)])
    return np.ascontiguousarray(both / np.linalg.norm(both, axis=1, keepdims=True), np.float32)
