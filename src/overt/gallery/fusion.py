"""One template for an entry with several reference images: what a live search compares faces with.

It is m ÷ |m|^(1 - p), with m the mean of its references' unit templates: as long as |m|^p, so that a face scores
the cosine with the mean, times |m|^p. The less alike the pictures are, the shorter is the mean, and the less the
entry can score; without that, entries with several pictures would draw more false alerts than others. The template
of a single picture is left as it is, to the bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from overt.errors import WatchlistError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from overt.biometrics import FloatArray

__all__ = ["LENGTH_POWER", "entry_numbers", "fuse_references"]

LENGTH_POWER: Final = 0.6
"""p: how far the length of the mean counts. At 0 strangers score too much with several pictures, at 1 too little."""


def fuse_references(
    templates: FloatArray,
    entry_of_template: Sequence[int] | npt.NDArray[np.int64],
    *,
    power: float = LENGTH_POWER,
) -> FloatArray:
    """One template for each entry, in the order of the entries' numbers; its length is above 0 and at most 1.

    Pictures that say the opposite of each other cancel out, and the entry scores nothing: its template is zero.

    Args:
        templates: float32 [m, dimension], of unit length, in any order.
        entry_of_template: [m]: for each template the number of its entry; from 0 without a gap (`entry_numbers`).
        power: p.

    Returns:
        float32 [n, dimension].
    """
    owner = np.asarray(entry_of_template, np.int64).reshape(-1)
    counts = np.bincount(owner)
    order = np.argsort(owner, kind="stable")
    starts = np.cumsum([0, *counts])[:-1]
    fused = np.ascontiguousarray(templates[order[starts]])
    for entry in np.flatnonzero(counts > 1).tolist():
        own = order[starts[entry] : starts[entry] + counts[entry]]
        mean = templates[own].astype(np.float64).mean(axis=0)
        length = float(np.linalg.norm(mean))
        fused[entry] = mean * length ** (power - 1) if length > 0 else 0.0
    return fused


def entry_numbers(
    entries: Sequence[str], m: int, entry_of_template: Sequence[int] | npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The number of each template's entry, int64 [m], where every entry has a template and every template an entry.

    Args:
        entries: each entry's reference.
        m: how many templates there are.
        entry_of_template: [m], to be looked at.

    Raises:
        WatchlistError: entries and templates do not fit together.
    """
    owner = np.asarray(entry_of_template, np.int64).reshape(-1)
    if len(owner) != m or (m and (owner.min() < 0 or owner.max() >= len(entries))):
        raise WatchlistError(
            f"{m} templates and {len(owner)} entry numbers for {len(entries)} entries do not fit together",
            "Give each template the index of its entry",
        )
    counts = np.bincount(owner, minlength=len(entries))
    if len(entries) and counts.min() == 0:
        raise WatchlistError(
            f"the entry {entries[int(counts.argmin())]!r} has no template",
            "Enrol it again or leave it out",
        )
    return owner
