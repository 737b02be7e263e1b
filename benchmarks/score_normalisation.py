"""Scores measured against a cohort of other people, or against the list itself; and the list's length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from score_people import FPIRS, against, halves, head, row, searched

from overt.evaluation.metrics import CohortScores, threshold_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from score_people import Codes, People, Scores

    from overt.evaluation.metrics import Scored

__all__ = ["VARIANTS", "list_sizes", "normalisation"]

SPLITS = 10
LISTS = (50, 100, 200, 400, 800)
DRAWS = 20


def standing(faces: Scores, cohort: Scores, top: int | None) -> tuple[Scores, Scores]:
    """Mean and deviation of each face's highest scores against a cohort of other people."""
    nobody = np.full(1, -1, np.int64)
    mean, spread = CohortScores(faces, np.full(len(faces), -1), cohort, top).standing(nobody)
    return mean.astype(np.float32), spread.astype(np.float32)


def plain(probes: Scores, entries: Scores, cohort: Scores) -> Scores:  # noqa: ARG001 - a way of scoring
    """Cosines."""
    return probes @ entries.T


def z_norm(top: int | None) -> Callable[[Scores, Scores, Scores], Scores]:
    """The entry's side alone."""

    def scored(probes: Scores, entries: Scores, cohort: Scores) -> Scores:
        mean, spread = standing(entries, cohort, top)
        return np.asarray((probes @ entries.T - mean.T) / spread.T, np.float32)

    return scored


def t_norm(top: int | None) -> Callable[[Scores, Scores, Scores], Scores]:
    """The probe's side alone."""

    def scored(probes: Scores, entries: Scores, cohort: Scores) -> Scores:
        mean, spread = standing(probes, cohort, top)
        return np.asarray((probes @ entries.T - mean) / spread, np.float32)

    return scored


def s_norm(top: int | None) -> Callable[[Scores, Scores, Scores], Scores]:
    """The mean of both sides."""

    def scored(probes: Scores, entries: Scores, cohort: Scores) -> Scores:
        return np.asarray(
            (z_norm(top)(probes, entries, cohort) + t_norm(top)(probes, entries, cohort)) / 2, np.float32
        )

    return scored


def by_list(
    top: int, *, of_probe: bool = True, of_entry: bool = True
) -> Callable[[Scores, Scores, Scores], Scores]:
    """The list itself as the cohort: an entry is measured by the other entries, a probe by all but the candidate."""

    def scored(probes: Scores, entries: Scores, cohort: Scores) -> Scores:  # noqa: ARG001 - a way of scoring
        cosines, sides = probes @ entries.T, []
        own = np.arange(len(entries))
        if of_entry:
            mean, spread = CohortScores(entries, own, entries, top).standing(np.full(1, -1, np.int64))
            sides.append((cosines - mean.T) / spread.T)
        if of_probe:
            mean, spread = CohortScores(probes, np.full(len(probes), -1), entries, top).standing(own)
            sides.append((cosines - mean) / spread)
        return np.asarray(sum(sides) / len(sides), np.float32)

    return scored


def centred(
    way: Callable[[Scores, Scores, Scores], Scores],
) -> Callable[[Scores, Scores, Scores], Scores]:
    """Templates less the cohort's mean, at unit length again, and then another way."""

    def scored(probes: Scores, entries: Scores, cohort: Scores) -> Scores:
        middle = cohort.mean(axis=0)
        moved = [faces - middle for faces in (probes, entries, cohort)]
        return way(*(faces / np.linalg.norm(faces, axis=1, keepdims=True) for faces in moved))

    return scored


def fused(way: Callable[[Scores, Scores, Scores], Scores]) -> Callable[[Scores, Scores, Scores], Scores]:
    """Half of a normalised score, and half of the cosine in units of its deviation between entries."""

    def scored(probes: Scores, entries: Scores, cohort: Scores) -> Scores:
        between = (entries @ entries.T)[np.triu_indices(len(entries), 1)]
        cosines = (probes @ entries.T - between.mean()) / between.std()
        return np.asarray((cosines + way(probes, entries, cohort)) / 2, np.float32)

    return scored


def lowered(part: float, top: int, *, listed: bool) -> Callable[[Scores, Scores, Scores], Scores]:
    """Cosines less a part of the mean of both sides' highest cosines, their deviations left alone."""

    def scored(probes: Scores, entries: Scores, cohort: Scores) -> Scores:
        cosines, own = probes @ entries.T, np.arange(len(entries))
        if listed:
            entry_mean = CohortScores(entries, own, entries, top).standing(np.full(1, -1, np.int64))[0]
            probe_mean = CohortScores(probes, np.full(len(probes), -1), entries, top).standing(own)[0]
            return np.asarray(cosines - part * (entry_mean.T + probe_mean) / 2, np.float32)
        of_entry, of_probe = standing(entries, cohort, top)[0], standing(probes, cohort, top)[0]
        return np.asarray(cosines - part * (of_entry.T + of_probe) / 2, np.float32)

    return scored


VARIANTS: dict[str, Callable[[Scores, Scores, Scores], Scores]] = {
    "plain": plain,
    "S-norm, cohort, top 50": s_norm(50),
    "S-norm, cohort, top 100": s_norm(100),
    "S-norm, cohort, top 200": s_norm(200),
    "S-norm, cohort, top 400": s_norm(400),
    "S-norm, whole cohort": s_norm(None),
    "Z-norm, whole cohort": z_norm(None),
    "Z-norm, cohort, top 200": z_norm(200),
    "T-norm, whole cohort": t_norm(None),
    "T-norm, cohort, top 200": t_norm(200),
    "S-norm, the list, top 20": by_list(20),
    "S-norm, the list, top 50": by_list(50),
    "S-norm, the list, top 100": by_list(100),
    "S-norm, the list, top 200": by_list(200),
    "Z-norm, the list, top 100": by_list(100, of_probe=False),
    "T-norm, the list, top 100": by_list(100, of_entry=False),
    "plain and S-norm, cohort, top 50": fused(s_norm(50)),
    "plain and S-norm, cohort, top 200": fused(s_norm(200)),
    "plain and S-norm, the list, top 50": fused(by_list(50)),
    "plain and S-norm, the list, top 100": fused(by_list(100)),
    "plain and S-norm, the list, top 200": fused(by_list(200)),
    "less half the means, cohort, top 200": lowered(0.5, 200, listed=False),
    "less half the means, the list, top 100": lowered(0.5, 100, listed=True),
    "less a quarter of the means, the list, top 100": lowered(0.25, 100, listed=True),
    "centred on the cohort": centred(plain),
    "centred on the cohort, S-norm, top 200": centred(s_norm(200)),
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
        cohort = _one_each(people, ~tested)
        for way, scores in VARIANTS.items():
            outcomes[way].append(_tested(people, scores, entries, mated, strangers, cohort))
    base = outcomes["plain"]
    for way, ours in outcomes.items():
        better = sum(a.tpir(0.01) > b.tpir(0.01) for a, b in zip(ours, base, strict=True))
        row(name, way, *against(ours, base), "" if ours is base else f"{better} of {SPLITS} at 1%")


def _one_each(people: People, among: npt.NDArray[np.bool_]) -> Codes:
    rows = np.flatnonzero(among & people.found & (people.roles != "extra"))
    _, first = np.unique(people.people[rows], return_index=True)
    return np.asarray(rows[first], np.int64)


def _tested(
    people: People,
    way: Callable[[Scores, Scores, Scores], Scores],
    entries: Codes,
    mated: Codes,
    strangers: Codes,
    cohort: Codes,
) -> Scored:
    both = way(
        people.vectors[np.concatenate([mated, strangers])], people.vectors[entries], people.vectors[cohort]
    )
    return searched(
        both[: len(mated)],
        both[len(mated) :],
        people.people[entries],
        people.people[mated],
        people.people[strangers],
        people.found[mated],
    )


def list_sizes(name: str, people: People) -> None:
    """FPIR on lists of several lengths at one threshold, chosen for 1% at 200 entries on other strangers."""
    ways = (
        "plain",
        "S-norm, cohort, top 200",
        "T-norm, cohort, top 200",
        "S-norm, the list, top 20",
        "T-norm, the list, top 20",
        "S-norm, the list, top 40",
    )
    head("pack", "scores", "at", *(f"N = {size}" for size in LISTS), "largest ÷ least FPIR")
    known = {
        **VARIANTS,
        "T-norm, the list, top 20": by_list(20, of_entry=False),
        "S-norm, the list, top 40": by_list(40),
    }
    everybody = people.rows("gallery")
    for way in ways:
        scored = known[way]
        fpir, tpir = np.zeros((DRAWS, len(LISTS))), np.zeros((DRAWS, len(LISTS)))
        for seed in range(DRAWS):
            rng = np.random.default_rng(seed)
            strangers = rng.permutation(people.rows("nonmated"))
            choose, cohort, test = np.array_split(strangers, 3)
            order = rng.permutation(everybody)
            chosen = _tested(people, scored, order[:200], order[:1], choose, cohort)
            threshold = threshold_for(chosen.strangers, 0.01)
            for at, size in enumerate(LISTS):
                entries = order[:size]
                probes = np.flatnonzero(
                    (people.roles == "mated") & np.isin(people.people, people.people[entries])
                )
                outcome = _tested(people, scored, entries, probes, test, cohort)
                fpir[seed, at] = (outcome.strangers >= threshold).mean()
                tpir[seed, at] = (outcome.mates >= threshold).mean()
        means = fpir.mean(axis=0)
        row(
            name,
            way,
            "FPIR",
            *(f"{rate:.2%}" for rate in means),
            f"{means.max() / max(means.min(), 1e-6):.1f}",
        )
        row(name, way, "TPIR", *(f"{rate:.3f}" for rate in tpir.mean(axis=0)), "")
    print(
        f"\nMeans of {DRAWS} draws of list, threshold's strangers, cohort and tested strangers; FPIR {FPIRS[1]:.0%}"
    )
