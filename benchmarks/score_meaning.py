"""Likelihood ratios on people that the calibration has not seen, and a pack's figures on a finer grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from score_people import halves, head, row

from overt.evaluation.metrics import cllr, fit_isotonic, fit_logistic, least_cllr, reliability

if TYPE_CHECKING:
    import numpy.typing as npt
    from score_people import People

__all__ = ["likelihood_ratios"]

MOST = 200_000


def likelihood_ratios(name: str, people: People) -> None:
    """Calibrated on one half of the people and tested on the other: cost, and whether ratios keep their word."""
    head("pack", "calibration", "tested half", "Cllr, bits", "least possible", "nothing said")
    rows = []
    for half in (True, False):
        tested = halves(people.people, 1) == half
        same, different = _comparisons(people, tested)
        known_same, known_different = _comparisons(people, ~tested)
        least = least_cllr(same, different)
        for kind, fitted in (
            ("logistic", fit_logistic(known_same, known_different)),
            ("isotonic", fit_isotonic(known_same, known_different)),
        ):
            row(
                name, kind, int(half), f"{cllr(fitted(same), fitted(different)):.3f}", f"{least:.3f}", "1.000"
            )
            rows.append((kind, int(half), reliability(fitted(same), fitted(different))))
    head("pack", "calibration", "tested half", "ratio told, from", "of one person", "of two", "told", "came")
    for kind, tested_half, table in rows:
        for line in table:
            start = "below" if line.above is None else f"10^{line.above:g}"
            told, came = (("" if ratio is None else f"{ratio:,.3g}") for ratio in (line.told, line.came))
            row(name, kind, tested_half, start, f"{line.same:,}", f"{line.different:,}", told, came)


def _comparisons(
    people: People, among: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Scores of mated probes with their own entries, and of strangers with entries, as many as are drawn."""
    entries, mated, strangers = (
        np.array([at for at in people.rows(role) if among[at] and people.found[at]])
        for role in ("gallery", "mated", "nonmated")
    )
    own = {int(people.people[at]): at for at in entries}
    pairs = [(at, own[int(people.people[at])]) for at in mated if int(people.people[at]) in own]
    same = np.array([people.vectors[a] @ people.vectors[b] for a, b in pairs], np.float64)
    different = (people.vectors[strangers] @ people.vectors[entries].T).ravel().astype(np.float64)
    drawn = np.random.default_rng(1).permutation(len(different))[:MOST]
    return same, different[drawn]
