"""Several reference images an entry, and the quality of the one that is enrolled."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from score_people import FPIRS, against, head, row, searched

from overt.evaluation.metrics import threshold_for
from overt.gallery import LENGTH_POWER, entry_of_group, fuse_references, picture_groups
from overt.rates import exact_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    from score_people import Codes, People, Scores

    from overt.evaluation.metrics import Scored

    Numbers = npt.NDArray[np.float64]
    Way = Callable[[Scores, list[Scores]], Scores]
    Drawn = tuple[Codes, list[Scores]]

__all__ = ["enrolment_quality", "mixed_list", "pictures_counted", "references"]

PARTS = 5
DRAWS = 10
"""Times that it is drawn by lot which picture of a person is enrolled first, and which one comes past."""

MOST = 3
POWERS = (0.0, 0.5, LENGTH_POWER, 0.7, 1.0)
"""How far the length of the mean counts; that of the engine is among them."""

COUNTED_AT = (0.1, 0.03, 0.01)
RESAMPLED = 500
ALL = -1.1
"""No two pictures score so little: all of an entry are put together."""


def references(name: str, people: People, apart: float) -> None:
    """One, two and three references for people with four pictures or more, the last of them the probe."""
    drawn = [_drawn(people, seed, least=MOST + 1) for seed in range(DRAWS)]
    head(
        "pack",
        "references",
        "an entry scores as",
        "TPIR at FPIR 10% (less one, points)",
        "1%",
        "0.3%",
    )
    one = [_outcome(people, probes, [own[:1] for own in rest], _best) for probes, rest in drawn]
    row(name, 1, "the one", *against(one, one))
    ways = _ways(apart)
    for count in range(2, MOST + 1):
        for words, way in ways.items():
            found = [_outcome(people, probes, [own[:count] for own in rest], way) for probes, rest in drawn]
            row(name, count, words, *against(found, one))
    _spoilt(name, people, drawn, ways)
    print(f"\n{len(drawn[0][0])} entries, {len(people.rows('nonmated')):,} strangers, {DRAWS} draws")


def _ways(apart: float) -> dict[str, Way]:
    return {
        "the best of them (before)": _best,
        "one template of all": _fused,
        "one template of those alike (after)": lambda seen, owned: _fused(seen, owned, apart=apart),
    }


def _spoilt(name: str, people: People, drawn: list[Drawn], ways: dict[str, Way]) -> None:
    """Every second one is enrolled, and a picture of the next, who is not, got among theirs by mistake."""
    pairs = [
        (probes[: len(rest) // 2 * 2 : 2], list(zip(rest[: len(rest) // 2 * 2 : 2], rest[1::2], strict=True)))
        for probes, rest in drawn
    ]
    one = [_outcome(people, probes, [own[:1] for own, _ in both], _best) for probes, both in pairs]
    row(name, "1 (every second entry)", "the one", *against(one, one))
    for words, way in ways.items():
        found = [
            _outcome(people, probes, [np.stack([own[0], other[0]]) for own, other in both], way)
            for probes, both in pairs
        ]
        row(name, "1, and somebody else's", words, *against(found, one))


def mixed_list(name: str, people: People, apart: float) -> None:
    """A list as they are: everybody on it with as many references as there are, up to three; one probe each."""
    drawn = [_drawn(people, seed, least=2) for seed in range(DRAWS)]
    ways = {
        "the first picture": [
            _outcome(people, probes, [own[:1] for own in rest], _best) for probes, rest in drawn
        ],
        "the best (before)": [_outcome(people, probes, rest, _best) for probes, rest in drawn],
    }
    for power, least, words in (
        (LENGTH_POWER, ALL, "one template of all, power 0.6"),
        *((power, apart, f"one template of those alike, power {power:g}{_after(power)}") for power in POWERS),
    ):
        way = partial(_fused, power=power, apart=least)
        ways[words] = [_outcome(people, probes, rest, way) for probes, rest in drawn]
    head(
        "pack",
        "an entry scores as",
        "TPIR at FPIR 10% (less the best, points)",
        "1%",
        "0.3%",
        "FPIR at the first pictures' threshold for 1%",
    )
    one = ways["the first picture"]
    for said, found in ways.items():
        reached = [
            (each.strangers >= threshold_for(base.strangers, FPIRS[1])).mean()
            for each, base in zip(found, one, strict=True)
        ]
        row(name, said, *against(found, ways["the best (before)"]), f"{np.mean(reached):.2%}")
    counts = np.bincount([len(own) for own in drawn[0][1]], minlength=MOST + 1)
    print(
        f"\n{counts[1]} entries with one reference, {counts[2]} with two, {counts[3]} with three, {DRAWS} draws"
    )


def pictures_counted(name: str, people: People, apart: float) -> None:
    """How much oftener strangers alert where every entry has several pictures, at the thresholds of one picture."""
    strangers = people.rows("nonmated")
    seen = people.vectors[strangers]
    _, who = np.unique(people.people[strangers], return_inverse=True)
    head(
        "pack",
        "entries",
        "pictures each",
        "an entry scores as",
        *(f"FPIR, for {rate:.0%} with one picture: times" for rate in COUNTED_AT),
    )
    for count in range(2, MOST + 1):
        drawn = [
            [own[:count] for own in _drawn(people, seed, least=count, probe=False)[1]]
            for seed in range(DRAWS)
        ]
        one = np.stack([_best(seen, [own[:1] for own in each]).max(axis=1) for each in drawn])
        ways = {"the best": np.stack([_best(seen, each).max(axis=1) for each in drawn])}
        for power in POWERS[1:-1]:
            ways[f"one template of those alike, power {power:g}{_after(power)}"] = np.stack(
                [_fused(seen, each, power, apart).max(axis=1) for each in drawn]
            )
        for said, scores in ways.items():
            cells = []
            for rate in COUNTED_AT:
                at = np.array(
                    [threshold_for(scores_of_one.astype(np.float64), rate) for scores_of_one in one]
                )
                before, after = ((each >= at[:, None]).mean(axis=0) for each in (one, scores))
                cells.append(_times(_of_each(who, before), _of_each(who, after)))
            row(name, len(drawn[0]), count, said, *cells)


def _after(power: float) -> str:
    return " (after)" if power == LENGTH_POWER else ""


def _times(before: Numbers, after: Numbers) -> str:
    """The ratio of two counts, with a 95% interval of a bootstrap over people."""
    lot = np.random.default_rng(1)
    ratios = []
    for _ in range(RESAMPLED):
        taken = lot.integers(0, len(before), len(before))
        if before[taken].sum() > 0:
            ratios.append(after[taken].sum() / before[taken].sum())
    low, high = np.quantile(ratios, (0.025, 0.975))
    return f"{after.sum() / before.sum():.2f} ({low:.2f} to {high:.2f})"


def _of_each(who: Codes, rates: Numbers) -> Numbers:
    return np.asarray(np.bincount(who, weights=rates), np.float64)


def _drawn(people: People, seed: int, *, least: int, probe: bool = True) -> Drawn:
    """A probe each, and up to three other pictures, of the people with so many or more, by lot."""
    usable = np.flatnonzero(people.found & (people.roles != "nonmated"))
    lot = np.random.default_rng(seed)
    owned = [
        lot.permutation(usable[people.people[usable] == who]) for who in np.unique(people.people[usable])
    ]
    owned = [own for own in owned if len(own) >= least]
    first = 1 if probe else 0
    return np.array([own[0] for own in owned]), [people.vectors[own[first : first + MOST]] for own in owned]


def _outcome(people: People, probes: Codes, rest: list[Scores], way: Way) -> Scored:
    strangers = people.rows("nonmated")
    scores = way(people.vectors[np.concatenate([probes, strangers])], rest)
    who = people.people[probes]
    n = len(probes)
    return searched(scores[:n], scores[n:], who, who, people.people[strangers], people.found[probes])


def _best(seen: Scores, owned: list[Scores]) -> Scores:
    """The highest score with any picture of an entry."""
    starts = np.cumsum([0, *(len(own) for own in owned)])[:-1]
    return np.asarray(np.maximum.reduceat(seen @ np.concatenate(owned).T, starts, axis=1), np.float32)


def _fused(seen: Scores, owned: list[Scores], power: float = LENGTH_POWER, apart: float = ALL) -> Scores:
    """The score with an entry's one template, or the best of several where pictures are kept apart."""
    owner = np.repeat(np.arange(len(owned)), [len(own) for own in owned])
    templates = np.concatenate(owned)
    groups = picture_groups(templates, owner, apart)
    starts = np.flatnonzero(np.diff(entry_of_group(groups, owner), prepend=-1))
    scores = seen @ fuse_references(templates, groups, power=power).T
    return np.asarray(np.maximum.reduceat(scores, starts, axis=1), np.float32)


def enrolment_quality(name: str, people: People) -> None:
    """TPIR of entries by the quality of their reference, at the thresholds that everybody meets."""
    entries, mated, strangers = (people.rows(role) for role in ("gallery", "mated", "nonmated"))
    hits = people.vectors[mated] @ people.vectors[entries].T
    misses = people.vectors[strangers] @ people.vectors[entries].T
    everybody = searched(
        hits,
        misses,
        people.people[entries],
        people.people[mated],
        people.people[strangers],
        people.found[mated],
    )
    thresholds = [threshold_for(everybody.strangers, rate) for rate in FPIRS]
    place = {int(people.people[at]): at for at in entries}
    reference = np.array([place.get(int(people.people[at]), -1) for at in mated])
    # false alerts fall on the entry that the stranger scored highest with
    accused = entries[misses.argmax(axis=1)]
    head(
        "pack",
        "measure of the reference",
        "from",
        "to",
        "entries",
        "TPIR at FPIR 10%",
        "1% (95% interval)",
        "0.3%",
        "of the false alerts at 1%",
    )
    for measure, values in (("quality", people.quality), ("pixels between the eyes", people.eye_distance)):
        order = np.argsort(values[reference], kind="stable")
        for part in np.array_split(order, PARTS):
            found = [everybody.mates[part] >= threshold for threshold in thresholds]
            low, high = exact_interval(int(found[1].sum()), len(part))
            alarms = accused[everybody.strangers >= thresholds[1]]
            edges = values[reference[part]]
            share = np.isin(alarms, reference[part]).sum()
            row(
                name,
                measure,
                f"{edges.min():.3g}",
                f"{edges.max():.3g}",
                len(part),
                f"{found[0].mean():.3f}",
                f"{found[1].mean():.3f} ({low:.3f} to {high:.3f})",
                f"{found[2].mean():.3f}",
                f"{share} of {len(alarms)}",
            )
