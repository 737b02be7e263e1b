"""How long a search takes beside one embedding, and whether eight bits give the answer of floats."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from overt.gallery.search import Gallery

if TYPE_CHECKING:
    from collections.abc import Callable

    from overt.biometrics import Contract, FloatArray
    from overt.gallery.search import Precision

__all__ = ["SearchMeasures", "measure_search"]


class SearchMeasures(msgspec.Struct, frozen=True, kw_only=True):
    """Medians of times taken by turns in one run, so that their ratios hold on a busy machine too.

    Attributes:
        entries: how many entries were searched, one template each.
        embedding_ms: one embedding.
        float32_ms: one search of one probe in float32.
        int8_ms: the same in eight bits.
        float32_ratio: `float32_ms ÷ embedding_ms`.
        int8_ratio: `int8_ms ÷ embedding_ms`.
        agreement: part of the probes for which both name the same best entry, or two that score the same in float32.
        largest_difference: the largest difference between the best scores of the two.
    """

    entries: int
    embedding_ms: float
    float32_ms: float
    int8_ms: float
    float32_ratio: float
    int8_ratio: float
    agreement: float
    largest_difference: float


def measure_search(
    contract: Contract,
    templates: FloatArray,
    probes: FloatArray,
    embed_one: Callable[[], object],
    *,
    rounds: int = 40,
) -> SearchMeasures:
    """Measure both precisions of the search against one embedding.

    Args:
        contract: of templates and probes.
        templates: float32 [m, dimension], one for each entry.
        probes: float32 [n, dimension], searched one at a time; all of them for the agreement.
        embed_one: makes one embedding.
        rounds: how often each is timed.

    Raises:
        ContractError: an array is not of the contract's dimension.
        WatchlistError: a template cannot be used.
    """
    names, owner = [str(i) for i in range(len(templates))], np.arange(len(templates))
    galleries: dict[Precision, Gallery] = {
        precision: Gallery(contract, precision).build(names, templates, owner)
        for precision in ("float32", "int8")
    }
    work: tuple[Callable[[int], object], ...] = (
        lambda _: embed_one(),
        lambda i: galleries["float32"].search(probes[i : i + 1]),
        lambda i: galleries["int8"].search(probes[i : i + 1]),
    )
    times = np.zeros((rounds + 2, len(work)))
    for turn in range(len(times)):
        for which, do in enumerate(work):
            start = time.perf_counter()
            do(turn % len(probes))
            times[turn, which] = time.perf_counter() - start
    embedding, exact, quantised = (float(value) for value in np.median(times[2:], axis=0) * 1e3)
    in_floats, in_bits = galleries["float32"].search(probes), galleries["int8"].search(probes)
    difference = np.abs(in_floats.scores - in_bits.scores)
    same = (in_floats.entries == in_bits.entries) | (difference < 1e-6)
    return SearchMeasures(
        entries=len(templates),
        embedding_ms=embedding,
        float32_ms=exact,
        int8_ms=quantised,
        float32_ratio=exact / embedding,
        int8_ratio=quantised / embedding,
        agreement=float(same.mean()),
        largest_difference=float(difference.max()),
    )
