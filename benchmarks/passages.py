"""Fused passages against single shots: `passages.py [--pack NAME …] [--table NAME …] [--cache DIR]`.

A passage is three shots of one person, each spoilt as a street does it, by lot: 10 to 45 pixels between the eyes,
blur, motion, lean, turn, light, noise, compression. It is made in two ways. *One moment*: one portrait spoilt three
times; shots of one look, half a second apart, are about so much alike. *Other days*: three different portraits, which
are less alike than any look's. Everybody with two or more portraits is enrolled with one, unspoilt. Strangers are
people with a single portrait, spoilt three times, and everybody else with their own entry taken off the list.

- `fusion`: what a passage's shots add up to, by different rules, on the same trials.
- `shots`: how much each further shot adds.
- `quality`: the worst shots left out, by different measures of quality: how many of the rest are missed.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from street_looks import (
    Flags,
    Looks,
    Numbers,
    People,
    Portrait,
    Spoiling,
    Standing,
    bootstrapped,
    chosen_packs,
    common_options,
    look_at,
    read_people,
    strict_threshold,
    table_head,
    table_row,
)

from overt.biometrics import QUALITY_MEASURES

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from overt.biometrics import FloatArray, ModelPack

TABLES = ("fusion", "shots", "quality")
RATES = (0.1, 0.01)
QUALITY_FPIR = 0.1
"""At 1% nearly all single shots are missed, and no order can show."""
SHOTS = 3
STRANGERS = 350
MOST_PASSAGES = 3
"""Of one person, on other days: nobody's hundreds of portraits should speak for everybody."""


@dataclass(frozen=True)
class Passages:
    """Passages of one kind, and what a pack made of their shots.

    Attributes:
        kind: how the passages were made.
        looks: of all shots, passage after passage.
        owner: int64 [passages], the number of each one's person.
        entry: int64 [passages], the person's entry on the list; -1 for a stranger.
        gallery: float32 [entries, d].
        half: int64 by person: 0 chooses, 1 tests.
    """

    kind: str
    looks: Looks
    owner: npt.NDArray[np.int64]
    entry: npt.NDArray[np.int64]
    gallery: FloatArray
    half: npt.NDArray[np.int64]


def spoilings(rng: np.random.Generator, n: int) -> list[Spoiling]:
    """What a street does to n shots of one passage: one distance and light for all, about; the rest by lot."""
    eyes, light = float(np.exp(rng.uniform(np.log(12), np.log(36)))), float(rng.uniform(0.5, 1.15))
    return [
        Spoiling(
            eyes=eyes * float(np.exp(rng.uniform(-0.22, 0.22))),
            blur=float(rng.uniform(0, 0.07)),
            motion=float(rng.uniform(0, 0.3)),
            direction=float(rng.uniform(0, 180)),
            lean=float(rng.normal(0, 6)),
            turn=float(rng.uniform(0, 25)),
            light=light * float(rng.uniform(0.9, 1.1)),
            noise=float(rng.uniform(1, 7)),
            jpeg=int(rng.integers(40, 90)),
            seed=int(rng.integers(2**31)),
        )
        for _ in range(n)
    ]


def shots_of(people: People, kind: str, strangers: int) -> tuple[list[tuple[Portrait, Spoiling]], list[str]]:
    """Every shot of every passage of a kind, and whose passage each is."""
    rng = np.random.default_rng(20)
    jobs: list[tuple[Portrait, Spoiling]] = []
    owners = []
    if kind == "other days":
        others: dict[str, list[Portrait]] = {}
        for portrait in people.of_role("mated", "extra"):
            others.setdefault(portrait.identity, []).append(portrait)
        for identity, portraits in others.items():
            for start in range(0, min(len(portraits), SHOTS * MOST_PASSAGES) - SHOTS + 1, SHOTS):
                jobs += list(zip(portraits[start : start + SHOTS], spoilings(rng, SHOTS), strict=True))
                owners.append(identity)
        return jobs, owners
    role = "mated" if kind == "one moment" else "nonmated"
    for portrait in people.of_role(role)[: None if role == "mated" else strangers]:
        jobs += [(portrait, how) for how in spoilings(rng, SHOTS)]
        owners.append(portrait.identity)
    return jobs, owners


def passages_of(pack: ModelPack, people: People, kind: str, asked: argparse.Namespace) -> Passages:
    """The passages of people on the list, made in this way, and those of strangers."""
    parts, owners = [], []
    for part in (kind, "strangers"):
        jobs, whose = shots_of(people, part, asked.strangers)
        parts.append(
            look_at(pack, jobs, data=asked.data, cache=asked.cache, title=f"{pack.manifest.id}, {part}")
        )
        owners += whose
    names = sorted(set(owners))
    number = {name: i for i, name in enumerate(names)}
    entry = {portrait.identity: i for i, portrait in enumerate(people.gallery)}
    return Passages(
        kind=kind,
        looks=parts[0].and_then(parts[1]),
        owner=np.array([number[name] for name in owners], np.int64),
        entry=np.array([entry.get(name, -1) for name in owners], np.int64),
        gallery=np.stack([portrait.template for portrait in people.gallery]),
        half=np.array([people.half[name] for name in names], np.int64),
    )


# -- rules -----------------------------------------------------------------------------------------------------------


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return np.asarray(vectors / lengths, np.float32)


def _weighted(weight: Callable[[Looks], Numbers]) -> Callable[[Looks, FloatArray], Numbers]:
    """The weighted mean of a passage's templates, brought to unit length and compared."""

    def rule(shots: Looks, gallery: FloatArray) -> Numbers:
        weights = np.where(shots.found, weight(shots), 0.0).reshape(-1, SHOTS, 1)
        templates = shots.templates.reshape(-1, SHOTS, shots.templates.shape[1])
        fused = _unit(np.asarray((templates * weights).sum(1), np.float32))
        return np.asarray(fused @ gallery.T, np.float64)

    return rule


def _one(choose: Callable[[Looks], Numbers]) -> Callable[[Looks, FloatArray], Numbers]:
    """The shot of the highest figure alone."""

    def rule(shots: Looks, gallery: FloatArray) -> Numbers:
        figure = np.where(shots.found, choose(shots), -np.inf).reshape(-1, SHOTS)
        rows = figure.argmax(1) + SHOTS * np.arange(len(figure))
        return np.asarray(shots.templates[rows] @ gallery.T, np.float64)

    return rule


def _scores(join: Callable[[Numbers], Numbers]) -> Callable[[Looks, FloatArray], Numbers]:
    """The scores of single shots, joined for each entry; float64 [passages, shots, entries] comes in."""

    def rule(shots: Looks, gallery: FloatArray) -> Numbers:
        scores = np.asarray(shots.templates @ gallery.T, np.float64)
        scores[~shots.found] = np.nan
        return join(scores.reshape(-1, SHOTS, scores.shape[1]))

    return rule


def _highest(scores: Numbers) -> Numbers:
    return np.asarray(np.where(np.isnan(scores), -2.0, scores).max(1), np.float64)


def _mean(scores: Numbers) -> Numbers:
    n = np.maximum((~np.isnan(scores)).sum(1), 1)
    return np.asarray(np.nansum(scores, 1) / n, np.float64)


def _quality(power: float) -> Callable[[Looks], Numbers]:
    return lambda shots: np.maximum(shots.scalar.astype(np.float64), 1e-3) ** power


ENGINE = "mean, weighed by quality (the engine's)"
RULES: dict[str, Callable[[Looks, FloatArray], Numbers]] = {
    "first shot": _one(lambda shots: -(np.arange(len(shots.scalar)) % SHOTS).astype(np.float64)),
    "best shot by quality": _one(lambda shots: shots.scalar.astype(np.float64)),
    "highest score of any shot": _scores(_highest),
    "mean of the scores": _scores(_mean),
    "mean, unweighted": _weighted(lambda shots: np.ones(len(shots.scalar))),
    "mean, weighed by √quality": _weighted(_quality(0.5)),
    ENGINE: _weighted(_quality(1.0)),
    "mean, weighed by quality²": _weighted(_quality(2.0)),
    "mean, weighed by quality⁴": _weighted(_quality(4.0)),
    "mean, weighed by eye distance": _weighted(lambda shots: shots.measures[:, 0].astype(np.float64)),
    "mean, weighed by the output's length": _weighted(lambda shots: shots.length.astype(np.float64)),
}


LEAST = (0.05, 0.1)
GATED = "the engine's, of shots within the pack's limits alone"


def within_limits(pack: ModelPack, looks: Looks) -> Flags:
    """Which shots the pack's own operating point lets pass."""
    point = pack.manifest.operating_point
    large = looks.measures[:, 0] >= point.min_eye_distance
    return np.asarray(looks.found & large & (looks.scalar >= point.min_quality), bool)


def with_found(passages: Passages, found: Flags) -> Passages:
    """The same passages, had only these shots been there."""
    return dataclasses.replace(passages, looks=dataclasses.replace(passages.looks, found=found))


def judged(passages: Passages, scores: Numbers) -> Standing:
    """Each passage's own entry and best other; what had no face at all is a miss, and no stranger's trial."""
    usable = passages.looks.found.reshape(-1, SHOTS).any(1)
    rows = np.arange(len(scores))
    listed = passages.entry >= 0
    own = np.where(listed, scores[rows, passages.entry], -np.inf)
    others = scores.copy()
    others[rows[listed], passages.entry[listed]] = -np.inf
    best = others.max(1)
    mated = np.where(usable & (own > best), own, -np.inf)
    return Standing(mated[listed], passages.owner[listed], best[usable], passages.owner[usable])


# -- tables ----------------------------------------------------------------------------------------------------------


def _interval(values: Numbers) -> str:
    low, high = np.quantile(values, (0.025, 0.975))
    return f"({low:.3f} to {high:.3f})"


def _difference(values: Numbers) -> str:
    low, high = np.quantile(100 * values, (0.025, 0.975))
    return f"{low:+.1f} to {high:+.1f}"


def rates_for(standing: Standing) -> tuple[float, ...]:
    """The wanted rates that the strangers' people support (rule of three)."""
    people = len(np.unique(standing.stranger_people))
    return tuple(rate for rate in RATES if people * rate >= 3)


def fusion(pack: ModelPack, every: list[Passages]) -> None:
    """TPIR by rule, its interval, and the paired difference from the engine's rule, by half at FPIR 1%."""
    names = [f"{rate:.1%}".replace(".0%", "%") for rate in RATES]
    table_head(
        "pack",
        "passages",
        "rule",
        *(f"TPIR at FPIR {name}" for name in names),
        "less the engine's at 1%, points",
        "in half 0",
        "in half 1",
    )
    for passages in every:
        standings = {
            name: judged(passages, rule(passages.looks, passages.gallery)) for name, rule in RULES.items()
        }
        gated = with_found(passages, within_limits(pack, passages.looks))
        standings[GATED] = judged(gated, RULES[ENGINE](gated.looks, gated.gallery))
        for least in LEAST:
            part = with_found(passages, passages.looks.found & (passages.looks.scalar >= least))
            standings[f"the engine's, of shots of quality {least:g} or more"] = judged(
                part, RULES[ENGINE](part.looks, part.gallery)
            )
        rates = rates_for(standings[ENGINE])
        reference = bootstrapped(standings[ENGINE], rates)
        at = rates.index(0.01)
        for name, standing in standings.items():
            drawn = reference if name == ENGINE else bootstrapped(standing, rates)
            cells = [f"{standing.tpir(rate):.3f} {_interval(drawn[:, i])}" for i, rate in enumerate(rates)]
            cells += ["insufficient data"] * (len(RATES) - len(rates))
            table_row(
                pack.manifest.id,
                passages.kind,
                name,
                *cells,
                "" if name == ENGINE else _difference(drawn[:, at] - reference[:, at]),
                *(
                    ""
                    if name == ENGINE
                    else f"{100 * _gain(standing, standings[ENGINE], passages.half == h):+.1f}"
                    for h in (0, 1)
                ),
            )
        standing = standings[ENGINE]
        print(
            f"\n{passages.kind}: N = {len(passages.gallery)}, {len(standing.mated)} passages of"
            f" {len(np.unique(standing.mated_people))} people on the list, {len(standing.strangers)} of"
            f" {len(np.unique(standing.stranger_people))} others;"
            f" a face in {passages.looks.found.mean():.1%} of the shots\n"
        )


def _gain(standing: Standing, other: Standing, people: npt.NDArray[np.bool_]) -> float:
    """By how much TPIR at FPIR 1% is better than another's, with these people alone."""
    return standing.of(people).tpir(0.01) - other.of(people).tpir(0.01)


def shots(pack: ModelPack, every: list[Passages]) -> None:
    """TPIR of the engine's mean over one, two and three shots."""
    table_head("pack", "passages", "shots", "TPIR at FPIR 10%", "1%", "1%, more than one shot fewer, points")
    for passages in every:
        before: Numbers | None = None
        for n in range(1, SHOTS + 1):
            kept = passages.looks.found & (np.arange(len(passages.looks.found)) % SHOTS < n)
            part = with_found(passages, kept)
            standing = judged(part, RULES[ENGINE](part.looks, part.gallery))
            drawn = bootstrapped(standing, (0.1, 0.01))
            table_row(
                pack.manifest.id,
                passages.kind,
                n,
                *(
                    f"{standing.tpir(rate):.3f} {_interval(drawn[:, i])}"
                    for i, rate in enumerate((0.1, 0.01))
                ),
                "" if before is None else _difference(drawn[:, 1] - before),
            )
            before = drawn[:, 1]


def _parts(looks: Looks) -> dict[str, Numbers]:
    """The parts of the quality scalar, each 0 to 1."""
    named = {name: looks.measures[:, i].astype(np.float64) for i, name in enumerate(QUALITY_MEASURES)}
    return {
        "size": np.sqrt(np.clip(named["eye_distance"] / 40.0, 0, 1)),
        "sharpness": np.sqrt(np.clip(named["sharpness"] / 0.08, 0, 1)),
        "pose": np.cos(np.radians(np.minimum(np.abs(named["yaw"]), 90))) ** 2
        * np.cos(np.radians(np.minimum(np.abs(named["pitch"]), 90))) ** 2,
        "exposure": named["exposure"],
        "detector": np.sqrt(named["detector_score"]),
        "occlusion": 1 - named["occlusion"] / 2,
    }


def measures_of(looks: Looks) -> dict[str, Numbers]:
    """Figures that might order shots by their chance of being found, each float64 [n]."""
    parts = _parts(looks)
    figures: dict[str, Numbers] = {"the quality scalar": looks.scalar.astype(np.float64)}
    for left_out in parts:
        figures[f"without {left_out}"] = np.prod([p for name, p in parts.items() if name != left_out], axis=0)
    figures |= {
        "eye distance alone": looks.measures[:, 0].astype(np.float64),
        "sharpness alone": looks.measures[:, 1].astype(np.float64),
        "eye distance and sharpness": parts["size"] * parts["sharpness"],
        "detector score alone": looks.measures[:, 6].astype(np.float64),
        "length of the output": looks.length.astype(np.float64),
        "by lot": np.random.default_rng(3).random(len(looks.scalar)),
    }
    if not np.isnan(looks.network[looks.found]).any():
        figures["LightQNet"] = np.nan_to_num(looks.network.astype(np.float64))
    return figures


def quality(pack: ModelPack, every: list[Passages]) -> None:
    """Single shots, the worst left out by each figure: FNIR of the rest at the threshold of all strangers' shots."""
    table_head(
        "pack",
        "shots",
        "left out by",
        "FNIR, none left out",
        "worst 10%",
        "20%",
        "30%",
        "area, 0 to 50%",
        "less the scalar's, 95%",
        "in half 1",
        "rank correlation with the own entry's score",
    )
    for passages in every:
        found = passages.looks.found
        scores = np.asarray(passages.looks.templates @ passages.gallery.T, np.float64)
        entry, owner = np.repeat(passages.entry, SHOTS), np.repeat(passages.owner, SHOTS)
        rows, listed = np.arange(len(scores)), entry >= 0
        own = np.where(listed, scores[rows, entry], -np.inf)
        scores[rows[listed], entry[listed]] = -np.inf
        best = scores.max(1)
        strangers = best[found]
        threshold = strict_threshold(strangers, QUALITY_FPIR)
        tried = found & listed
        missed = ~((own > best) & (own > threshold))[tried]
        people = owner[tried]
        looks, score = passages.looks.take(tried), own[tried]
        figures = measures_of(looks)
        figures["parts weighed by a fit to half 0"] = _fitted(looks, score, passages.half[people] == 0)
        areas = {name: _area(missed, figure, people, passages.half) for name, figure in figures.items()}
        scalar = areas["the quality scalar"]
        for name, figure in figures.items():
            order = np.argsort(figure, kind="stable")
            left = [missed[order[int(part * len(order)) :]].mean() for part in (0, 0.1, 0.2, 0.3)]
            everybody, half_1 = (
                areas[name][part] - scalar[part] for part in (slice(1, 301), slice(301, None))
            )
            same = name == "the quality scalar"
            table_row(
                pack.manifest.id,
                passages.kind,
                name,
                *(f"{rate:.3f}" for rate in left),
                f"{areas[name][0]:.4f}",
                "" if same or "fit" in name else _spread(everybody),
                "" if same else _spread(half_1),
                f"{_rank_correlation(figure, score):.2f}",
            )
        print(
            f"\n{passages.kind}: {tried.sum()} shots of {len(np.unique(people))} people,"
            f" threshold {threshold:.4f}\n"
        )


def _spread(values: Numbers) -> str:
    low, high = np.quantile(values, (0.025, 0.975))
    return f"{low:+.4f} to {high:+.4f}"


def _rank_correlation(a: Numbers, b: Numbers) -> float:
    ranks = np.stack([np.argsort(np.argsort(values, kind="stable"), kind="stable") for values in (a, b)])
    return float(np.asarray(np.corrcoef(ranks))[0, 1])


def _fitted(looks: Looks, score: Numbers, chosen: Flags) -> Numbers:
    """A product of the scalar's parts, each to the power that best foretells the own entry's score of some shots."""
    logarithms = np.stack([np.log(np.maximum(part, 1e-3)) for part in _parts(looks).values()], axis=1)
    columns = np.concatenate([logarithms, np.ones((len(score), 1))], axis=1)
    powers = np.linalg.lstsq(columns[chosen], score[chosen], rcond=None)[0]
    return np.asarray(columns @ powers, np.float64)


def _area(
    missed: Flags, figure: Numbers, people: npt.NDArray[np.int64], half: npt.NDArray[np.int64]
) -> Numbers:
    """Mean FNIR while 0 to 50% are left out: of all, of 300 resamples of the people, of 300 of half 1's."""
    order = np.argsort(figure, kind="stable")
    wrong, owner = missed[order].astype(np.float64), people[order]
    rng = np.random.default_rng(6)
    draws = [np.ones(len(half))]
    for drawn in (np.arange(len(half)), np.flatnonzero(half == 1)):
        draws += [
            np.bincount(rng.choice(drawn, len(drawn)), minlength=len(half)).astype(float) for _ in range(300)
        ]
    areas = []
    for draw in draws:
        weights = draw[owner]
        kept = np.cumsum(weights[::-1])[::-1]
        left = np.cumsum((weights * wrong)[::-1])[::-1] / np.maximum(kept, 1e-9)
        inside = (kept >= 0.5 * kept[0]) & (weights > 0)
        areas.append(float(np.average(left[inside], weights=weights[inside])))
    return np.array(areas)


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    common_options(parser, TABLES)
    parser.add_argument("--strangers", type=int, default=STRANGERS, help="people with a single portrait")
    asked = parser.parse_args()
    tables = asked.table or list(TABLES)
    with tempfile.TemporaryDirectory() as scratch:
        for pack in chosen_packs(asked.pack or ("embedded",), asked.data, Path(scratch)):
            people = read_people(pack, asked.data, asked.cache, everybody=asked.everybody)
            every = [passages_of(pack, people, kind, asked) for kind in ("one moment", "other days")]
            if "fusion" in tables:
                fusion(pack, every)
            if "shots" in tables:
                shots(pack, every)
            if "quality" in tables:
                quality(pack, every)


if __name__ == "__main__":
    main()
