"""One template for an entry with several reference images: what a live search compares faces with.

It is m ÷ |m|^(1 - p), with m the mean of its references' unit templates: as long as |m|^p, so that a face scores
the cosine with the mean, times |m|^p. The less alike the pictures are, the shorter is the mean, and the less the
entry can score; without that, entries with several pictures would draw more false alerts than others. The template
of a single picture is left as it is, to the bit.

Pictures so unlike that the software would clear a passer-by who scored so little are not put together: one of them
may show somebody else, and would spoil the others. The entry then has a template for each group, and the best counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from overt.errors import WatchlistError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from overt.biometrics import FloatArray, OperatingPoint

__all__ = [
    "COVERED_LENGTH_POWER",
    "LENGTH_POWER",
    "apart_below",
    "entry_numbers",
    "entry_of_group",
    "fuse_references",
    "picture_groups",
]

LENGTH_POWER: Final = 0.6
"""p: how far the length of the mean counts. At 0 strangers score too much with several pictures, at 1 too little."""

COVERED_LENGTH_POWER: Final = 0.4
"""The same of templates that are made with a part of the face even."""


def fuse_references(
    templates: FloatArray,
    entry_of_template: Sequence[int] | npt.NDArray[np.int64],
    *,
    power: float = LENGTH_POWER,
) -> FloatArray:
    """One template for each entry, in the order of the entries' numbers; its length is at most 1.

    Templates that say the opposite of each other cancel out: theirs is zero.

    Args:
        templates: float32 [m, dimension], of unit length, in any order.
        entry_of_template: [m]: for each template the number of its entry, or of its group (`picture_groups`); from 0
            without a gap.
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


def apart_below(point: OperatingPoint) -> float:
    """The score below which two pictures of an entry are not put together, by a pack's own operating point."""
    return point.threshold if point.clear_below is None else point.clear_below


def picture_groups(
    templates: FloatArray, entry_of_template: Sequence[int] | npt.NDArray[np.int64], apart: float
) -> npt.NDArray[np.int64]:
    """Which pictures of each entry are put together: those that a chain of scores of at least `apart` joins.

    Args:
        templates: float32 [m, dimension], of unit length, in any order, of bare faces.
        entry_of_template: [m]: for each template the number of its entry.
        apart: see `apart_below`.

    Returns:
        int64 [m]: for each template the number of its group; from 0 without a gap, in the order of the entries.

    Raises:
        WatchlistError: there are not as many numbers as templates.
    """
    owner = np.asarray(entry_of_template, np.int64).reshape(-1)
    if len(owner) != len(templates):
        raise WatchlistError(
            f"{len(templates)} templates and {len(owner)} entry numbers do not fit together",
            "Give each template the index of its entry",
        )
    groups = np.zeros(len(owner), np.int64)
    order = np.argsort(owner, kind="stable")
    known = 0
    for own in np.split(order, np.flatnonzero(np.diff(owner[order])) + 1):
        joined = (
            _joined(templates[own] @ templates[own].T >= apart)
            if len(own) > 1
            else np.zeros(len(own), np.int64)
        )
        groups[own] = known + joined
        known += int(joined.max(initial=-1)) + 1
    return groups


def entry_of_group(
    groups: npt.NDArray[np.int64], entry_of_template: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The number of each group's entry, int64 [groups]."""
    entries = np.zeros(int(groups.max(initial=-1)) + 1, np.int64)
    entries[groups] = entry_of_template
    return entries


def _joined(alike: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The parts of a graph, int64 [n], numbered from 0 by their first member."""
    parts = np.arange(len(alike))
    for row in range(len(alike)):
        for other in np.flatnonzero(alike[row, :row]).tolist():
            low, high = sorted((int(parts[row]), int(parts[other])))
            parts[parts == high] = low
    return np.asarray(np.unique(parts, return_inverse=True)[1], np.int64)


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
