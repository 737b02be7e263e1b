"""Scores measured against a cohort of other people, or against the list itself; and the list's length."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from score_people import FPIRS, against, halves, head, row, searched

from overt.evaluation.metrics import CohortScores, threshold_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from score_people import Codes, People, Scores

    from overt.evaluation.metrics import Scored

    Way = Callable[["Test"], Scores]
    Standing = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]

__all__ = ["VARIANTS", "list_sizes", "normalisation"]

SPLITS = 10
LISTS = (50, 100, 200, 400, 800)
DRAWS = 20
NOBODY = np.full(1, -1, np.int64)


@dataclass(frozen=True, eq=False)
class Test:
    """A list, who comes past it, and a cohort of other people: templates float32 [n, d] each."""

    entries: Scores
    probes: Scores
    cohort: Scores

    @cached_property
    def cosines(self) -> Scores:
        """Of probes with entries, float32 [probes, entries]."""
        return np.asarray(self.probes @ self.entries.T, np.float32)

    @cache  # noqa: B019 - a test lives as long as its table's row
    def entry_side(self, top: int | None, *, listed: bool = False) -> Standing:
        """Mean and deviation of each entry's highest scores against the cohort, or against the other entries."""
        against_whom = self.entries if listed else self.cohort
        own = np.arange(len(self.entries)) if listed else np.full(len(self.entries), -1)
        mean, spread = CohortScores(self.entries, own, against_whom, top).standing(NOBODY)
        return mean.T, spread.T

    @cache  # noqa: B019 - likewise
    def probe_side(self, top: int | None, *, listed: bool = False) -> Standing:
        """Of each probe's, against the cohort, or against the list without the candidate."""
        out = np.arange(len(self.entries)) if listed else NOBODY
        against_whom = self.entries if listed else self.cohort
        return CohortScores(self.probes, np.full(len(self.probes), -1), against_whom, top).standing(out)


def plain(test: Test) -> Scores:
    """Cosines."""
    return test.cosines


def normalised(top: int | None, *, sides: str = "both", listed: bool = False) -> Way:
    """Cosines less the mean, by the deviation: of the entry's side (Z), the probe's (T), or the mean of both (S)."""

    def scored(test: Test) -> Scores:
        standings = []
        if sides != "probe":
            standings.append(test.entry_side(top, listed=listed))
        if sides != "entry":
            standings.append(test.probe_side(top, listed=listed))
        parts = [(test.cosines - mean) / spread for mean, spread in standings]
        return np.asarray(sum(parts) / len(parts), np.float32)

    return scored


def centred(way: Way) -> Way:
    """Templates less the cohort's mean, at unit length again, and then another way."""

    def scored(test: Test) -> Scores:
        middle = test.cohort.mean(axis=0)
        moved = [faces - middle for faces in (test.entries, test.probes, test.cohort)]
        lengths = [np.maximum(np.linalg.norm(faces, axis=1, keepdims=True), 1e-6) for faces in moved]
        return way(Test(*(faces / length for faces, length in zip(moved, lengths, strict=True))))

    return scored


def fused(way: Way) -> Way:
    """Half of a normalised score, and half of the cosine in units of the deviation between entries."""

    def scored(test: Test) -> Scores:
        between = (test.entries @ test.entries.T)[np.triu_indices(len(test.entries), 1)]
        return np.asarray(((test.cosines - between.mean()) / between.std() + way(test)) / 2, np.float32)

    return scored


def lowered(part: float, top: int, *, listed: bool) -> Way:
    """Cosines less a part of the mean of both sides' highest cosines, their deviations left alone."""

    def scored(test: Test) -> Scores:
        both = test.entry_side(top, listed=listed)[0] + test.probe_side(top, listed=listed)[0]
        return np.asarray(test.cosines - part * both / 2, np.float32)

    return scored


VARIANTS: dict[str, Way] = {
    "plain": plain,
    "S-norm, cohort, top 50": normalised(50),
    "S-norm, cohort, top 100": normalised(100),
    "S-norm, cohort, top 200": normalised(200),
    "S-norm, cohort, top 400": normalised(400),
    "S-norm, whole cohort": normalised(None),
    "Z-norm, whole cohort": normalised(None, sides="entry"),
    "Z-norm, cohort, top 200": normalised(200, sides="entry"),
    "T-norm, whole cohort": normalised(None, sides="probe"),
    "T-norm, cohort, top 200": normalised(200, sides="probe"),
    "S-norm, the list, top 20": normalised(20, listed=True),
    "S-norm, the list, top 50": normalised(50, listed=True),
    "S-norm, the list, top 100": normalised(100, listed=True),
    "S-norm, the list, top 200": normalised(200, listed=True),
    "Z-norm, the list, top 100": normalised(100, sides="entry", listed=True),
    "T-norm, the list, top 100": normalised(100, sides="probe", listed=True),
    "plain and S-norm, cohort, top 50": fused(normalised(50)),
    "plain and S-norm, cohort, top 200": fused(normalised(200)),
    "plain and S-norm, the list, top 50": fused(normalised(50, listed=True)),
    "plain and S-norm, the list, top 100": fused(normalised(100, listed=True)),
    "plain and S-norm, the list, top 200": fused(normalised(200, listed=True)),
    "less half the means, cohort, top 200": lowered(0.5, 200, listed=False),
    "less half the means, the list, top 100": lowered(0.5, 100, listed=True),
    "centred on the cohort": centred(plain),
    "centred on the cohort, S-norm, top 200": centred(normalised(200)),
}


def normalisation(name: str, people: People) -> None:
    """Each way of scoring in ten splits by lot: tested on one half of the people, the cohort from the other."""
    head("pack", "scores", "TPIR at FPIR 10% (less plain, points)", "1%", "0.3%", "better in")
    outcomes: dict[str, list[Scored]] = {way: [] for way in VARIANTS}
    for seed in range(SPLITS):
        tested = halves(people.people, seed)
        entries, mated, strangers = (
            np.array([at for at in people.rows(role) if tested[at]])
            for role in ("gallery", "mated", "nonmated")
        )
        test = _test(people, entries, mated, strangers, _one_each(people, ~tested))
        for way, scores in VARIANTS.items():
            outcomes[way].append(_outcome(people, scores(test), entries, mated, strangers))
    base = outcomes["plain"]
    for way, ours in outcomes.items():
        better = sum(a.tpir(0.01) > b.tpir(0.01) for a, b in zip(ours, base, strict=True))
        row(name, way, *against(ours, base), "" if ours is base else f"{better} of {SPLITS} at 1%")


def list_sizes(name: str, people: People) -> None:
    """FPIR on lists of several lengths at one threshold, chosen for 1% at 200 entries on other strangers."""
    ways = {
        "plain": plain,
        "S-norm, cohort, top 200": normalised(200),
        "T-norm, cohort, top 200": normalised(200, sides="probe"),
        "S-norm, the list, top 20": normalised(20, listed=True),
        "S-norm, the list, top 40": normalised(40, listed=True),
        "T-norm, the list, top 20": normalised(20, sides="probe", listed=True),
        "plain and S-norm, cohort, top 200": fused(normalised(200)),
        "plain and S-norm, the list, top 40": fused(normalised(40, listed=True)),
    }
    head("pack", "scores", "at", *(f"N = {size}" for size in LISTS), "largest ÷ least FPIR")
    fpir = {way: np.zeros((DRAWS, len(LISTS))) for way in ways}
    tpir = {way: np.zeros((DRAWS, len(LISTS))) for way in ways}
    for seed in range(DRAWS):
        rng = np.random.default_rng(seed)
        choose, cohort, tried = np.array_split(rng.permutation(people.rows("nonmated")), 3)
        order = rng.permutation(people.rows("gallery"))
        chosen = _test(people, order[:200], order[:1], choose, cohort)
        thresholds = {
            way: threshold_for(
                _outcome(people, scores(chosen), order[:200], order[:1], choose).strangers, FPIRS[1]
            )
            for way, scores in ways.items()
        }
        for at, size in enumerate(LISTS):
            entries = order[:size]
            probes = np.flatnonzero(
                (people.roles == "mated") & np.isin(people.people, people.people[entries])
            )
            test = _test(people, entries, probes, tried, cohort)
            for way, scores in ways.items():
                outcome = _outcome(people, scores(test), entries, probes, tried)
                fpir[way][seed, at] = (outcome.strangers >= thresholds[way]).mean()
                tpir[way][seed, at] = (outcome.mates >= thresholds[way]).mean()
    for way in ways:
        means = fpir[way].mean(axis=0)
        row(
            name,
            way,
            "FPIR",
            *(f"{rate:.2%}" for rate in means),
            f"{means.max() / max(means.min(), 1e-6):.1f}",
        )
        row(name, way, "TPIR", *(f"{rate:.3f}" for rate in tpir[way].mean(axis=0)), "")
    print(
        f"\nMeans of {DRAWS} draws of the list, of the threshold's strangers, of the cohort and of those tried"
    )


def _one_each(people: People, among: npt.NDArray[np.bool_]) -> Codes:
    rows = np.flatnonzero(among & people.found & (people.roles != "extra"))
    _, first = np.unique(people.people[rows], return_index=True)
    return np.asarray(rows[first], np.int64)


def _test(people: People, entries: Codes, mated: Codes, strangers: Codes, cohort: Codes) -> Test:
    probes = people.vectors[np.concatenate([mated, strangers])]
    return Test(people.vectors[entries], probes, people.vectors[cohort])


def _outcome(people: People, scores: Scores, entries: Codes, mated: Codes, strangers: Codes) -> Scored:
    return searched(
        scores[: len(mated)],
        scores[len(mated) :],
        people.people[entries],
        people.people[mated],
        people.people[strangers],
        people.found[mated],
    )
