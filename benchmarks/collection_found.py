"""Who is found as a collection grows: real people searched among synthetic templates, and what those are worth.

Half of the people make the filler (`collection_filler`), the other half are enrolled and searched for, and then the
other way round. Two tables show first whether strangers score with the filler as with real people:

- by comparisons: how often a score is reached, down to the one that ten real comparisons reach;
- by searches: the best score of each stranger among some real people and among as many synthetic ones. There the
  filler is made of a part of the pool alone and stands for the others, which it has never seen: so it is also seen
  what becomes of it where it makes many times as many as it was made of, as in a collection of a million it must.

Where it is off by more than `BORNE` at any of the scores, nothing more is printed for that pack. What is printed of a
collection of more images than there are people behind the filler is marked as a bound: the second table shows that
the filler then reaches high scores too seldom, so that rank-1 is at most (≤) that and FNIR at least (≥).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from collection_filler import Filler, chosen_filler, normal
from score_people import halves, head, row

from overt.evaluation.metrics import Scored, choose_threshold, resampled_tpir
from overt.gallery.collections import CollectionIndex
from overt.rates import exact_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from score_people import Codes, People, Scores

    from overt.biometrics import Contract

__all__ = ["BORNE", "SIZES", "found_people"]

SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
BORNE: Final = 2.0
"""How many times too often or too seldom the filler may reach a score: a collection as many times as large."""

FPIRS: Final = (0.1, 0.01)
"""Wanted rates. Below these the threshold hangs on a handful of the strangers there are."""

SEED: Final = 1
_DRAWN: Final = 100_000
_QUANTILES: Final = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
_FEWEST: Final = 10
_PARTS: Final = (1, 4, 16)
_TIMES: Final = 20
_RESAMPLES: Final = 1_000


@dataclass(frozen=True)
class _Half:
    """One half of the people, searched among what the other half makes.

    Attributes:
        name: first or second.
        pool: float32 [n, d], the other half, a template each.
        rows: the tested half's pictures by role.
        filler: after the pool.
    """

    name: str
    pool: Scores
    rows: dict[str, Codes]
    filler: Filler


def found_people(name: str, people: People, contract: Contract, sizes: Sequence[int], threads: int) -> None:
    """Print the tables of one pack."""
    both = _both_halves(people)
    for half in both:
        print(
            f"\n{name}, {half.name} half: {len(half.pool):,} people make the filler, a kind is "
            f"{half.filler.kind:.0%} of them; {len(half.rows['gallery']):,} enrolled, "
            f"{len(half.rows['mated']):,} mated probes, {len(half.rows['nonmated']):,} strangers"
        )
    ratios = _by_comparisons(name, people, both)
    _by_searches(name, people, both)
    worst = max((max(ratio, 1 / max(ratio, 1e-9)) for ratio in ratios), default=np.inf)
    if worst > BORNE:
        print(f"\n{name}: the filler is off by {worst:.1f} times, which bears no figures")
        return
    runs = [_grown(people, half, contract, sizes, threads) for half in both]
    head("pack", "images", "rank-1 (95%)", *(f"FNIR at FPIR {fpir:.0%} (95%)" for fpir in FPIRS))
    behind = min(len(half.pool) for half in both)
    for size in sizes:
        most, least = ("≤ ", "≥ ") if size > behind else ("", "")
        scored = _together([run[size][1] for run in runs])
        first = np.concatenate([run[size][0] for run in runs])
        row(
            name,
            f"{size:,}",
            most + _rate(int(first.sum()), len(first)),
            *(least + _missed(scored, fpir) for fpir in FPIRS),
        )
    strangers = sum(len(half.rows["nonmated"]) for half in both)
    for fpir in FPIRS:
        allowed = int(fpir * strangers)
        low, high = exact_interval(allowed, strangers)
        print(f"{name}: FPIR {fpir:.0%} is {allowed} of {strangers:,} strangers ({low:.2%} to {high:.2%})")


def _both_halves(people: People) -> list[_Half]:
    made = []
    for name, tested in (("first", True), ("second", False)):
        among = halves(people.people, SEED) == tested
        rows = {role: people.rows(role) for role in ("gallery", "mated", "nonmated")}
        pool = np.concatenate([at[~among[at]] for at in (rows["gallery"], rows["nonmated"])])
        mine = {role: at[among[at]] for role, at in rows.items()}
        vectors = people.vectors[pool]
        made.append(_Half(name, vectors, mine, chosen_filler(vectors, SEED)))
    return made


def _by_comparisons(name: str, people: People, both: Sequence[_Half]) -> list[float]:
    """How often strangers reach a score with real people and with the filler; gives how often ÷ how often."""
    ratios = []
    head(
        "pack", "half", "1 in", "real people score", "comparisons of them so", "filler reaches that, 1 in",
        "filler ÷ real (95%, strangers resampled)", "normal distribution ÷ real",
    )  # fmt: skip
    for half in both:
        strangers = people.vectors[half.rows["nonmated"]]
        real = strangers @ half.pool.T
        synthetic = strangers @ half.filler.draw(_DRAWN, SEED + 2).T
        plain = strangers @ normal(half.pool, _DRAWN, SEED + 2).T
        for quantile in _QUANTILES:
            if real.size * quantile < _FEWEST:
                continue
            score = np.quantile(real, 1 - quantile)
            share = (synthetic >= score).mean(axis=1)
            there = (real >= score).mean(axis=1)
            ratio = float(share.mean() / there.mean())
            ratios.append(ratio)
            low, high = _resampled_ratio(share, there)
            row(
                name, half.name, f"{1 / quantile:,.0f}", f"{score:.3f}", f"{int((real >= score).sum()):,}",
                f"{1 / share.mean():,.0f}" if share.any() else "never", f"{ratio:.2f} ({low:.2f} to {high:.2f})",
                f"{(plain >= score).mean() / there.mean():.2f}",
            )  # fmt: skip
    return ratios


def _resampled_ratio(ours: npt.NDArray[np.float64], theirs: npt.NDArray[np.float64]) -> tuple[float, float]:
    """95% interval of the one's mean ÷ the other's, the strangers drawn anew."""
    drawn = np.random.default_rng(SEED).multinomial(len(ours), [1 / len(ours)] * len(ours), _RESAMPLES)
    low, high = np.quantile((drawn @ ours) / np.maximum(drawn @ theirs, 1e-12), (0.025, 0.975))
    return float(low), float(high)


def _by_searches(name: str, people: People, both: Sequence[_Half]) -> None:
    """Each stranger's best score among real people, and among as many that the filler makes of others."""
    head(
        "pack", "half", "filler is made of", "stands for", "how many times as many", "KS distance",
        "by chance, 95%", *(f"FPIR with the filler where real people give {fpir:.0%}" for fpir in FPIRS),
    )  # fmt: skip
    for half in both:
        strangers = people.vectors[half.rows["nonmated"]]
        order = np.random.default_rng(SEED).permutation(len(half.pool))
        for parts in _PARTS:
            distances, rates = [], []
            for some in np.array_split(order, parts)[:4]:
                others = np.setdiff1d(order, some) if parts > 1 else order
                filler = chosen_filler(half.pool[some], SEED) if parts > 1 else half.filler
                real = (strangers @ half.pool[others].T).max(axis=1)
                drawn = filler.draw(_TIMES * len(others), SEED + 4)
                made = np.concatenate(
                    [(strangers @ each.T).max(axis=1) for each in np.array_split(drawn, _TIMES)]
                )
                distances.append(_distance(real, made))
                rates.append([float((made > np.quantile(real, 1 - fpir)).mean()) for fpir in FPIRS])
            row(
                name, half.name, f"{len(some):,}", f"{len(others):,}", f"{len(others) / len(some):.0f}",
                f"{np.mean(distances):.3f}", f"{1.36 / np.sqrt(len(strangers)):.3f}",
                *(f"{rate:.2%}" for rate in np.mean(rates, axis=0)),
            )  # fmt: skip


def _distance(ours: Scores, theirs: Scores) -> float:
    """Kolmogorov and Smirnov's: the greatest difference between two distributions."""
    at = np.sort(np.concatenate([ours, theirs]))
    parts = [np.searchsorted(np.sort(one), at, side="right") / len(one) for one in (ours, theirs)]
    return float(np.abs(parts[0] - parts[1]).max())


def _grown(
    people: People, half: _Half, contract: Contract, sizes: Sequence[int], threads: int
) -> dict[int, tuple[npt.NDArray[np.bool_], Scored]]:
    """Searches in a collection that grows: who comes first, and every score, at each size."""
    index = CollectionIndex(contract, threads=threads)
    index.add(half.rows["gallery"], people.vectors[half.rows["gallery"]])
    own = {int(people.people[at]): int(at) for at in half.rows["gallery"]}
    mated = np.array([at for at in half.rows["mated"] if int(people.people[at]) in own])
    wanted = np.array([own[int(people.people[at])] for at in mated])
    strangers = half.rows["nonmated"]
    first_id = len(people.people) - len(index)
    synthetic = half.filler.draw(max(sizes), SEED + 3)
    said = {}
    for size in sizes:
        held = len(index)
        taken = slice(held - len(half.rows["gallery"]), size - len(half.rows["gallery"]))
        index.add(np.arange(first_id + held, first_id + size), synthetic[taken])
        hits = index.search(people.vectors[mated], 1)
        misses = index.search(people.vectors[strangers], 1).scores[:, 0]
        first = (hits.ids[:, 0] == wanted) & people.found[mated]
        mates = np.where(first, hits.scores[:, 0], -np.inf).astype(np.float64)
        said[size] = (
            first,
            Scored(mates, misses.astype(np.float64), people.people[mated], people.people[strangers]),
        )
    return said


def _together(tests: Sequence[Scored]) -> Scored:
    """The searches of both halves, which have nobody in common, at one threshold."""
    return Scored(
        np.concatenate([one.mates for one in tests]),
        np.concatenate([one.strangers for one in tests]),
        np.concatenate([one.mated_identities for one in tests]),
        np.concatenate([one.stranger_identities for one in tests]),
    )


def _rate(hits: int, trials: int) -> str:
    """A rate with its exact interval and its counts."""
    low, high = exact_interval(hits, trials)
    return f"{hits / trials:.3f} ({low:.3f} to {high:.3f}; {hits}/{trials})"


def _missed(scored: Scored, fpir: float) -> str:
    """FNIR, with the interval of a bootstrap over the people in which the threshold is chosen anew."""
    if choose_threshold(scored.strangers, fpir) is None:
        return "too few strangers"
    missed = len(scored.mates) - round(scored.tpir(fpir) * len(scored.mates))
    low, high = np.quantile(1 - resampled_tpir([scored], (fpir,), seed=SEED)[0], (0.025, 0.975))
    return f"{missed / len(scored.mates):.3f} ({low:.3f} to {high:.3f}; {missed}/{len(scored.mates)})"
