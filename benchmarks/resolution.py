"""How many pixels a face needs, and how sharp: `resolution.py [--pack NAME …] [--table NAME …] [--cache DIR]`.

Probes are reduced by averaging, or blurred, and sought at a threshold for FPIR 1% that was chosen on other people's
unspoilt portraits with a list of the same size: two halves of the people by lot, each judged at the other's
threshold, both counted together. Strangers are the people with a single portrait, and everybody else with their own
entry taken off the list.

- `probes`: by pixels between the eyes; the detector sees the frame itself.
- `shrunk`: the same, and the detector sees a copy of half the frame's side.
- `blur`, `motion`: by the deviation of a Gaussian, or the length of the path, in distances between the eyes.
- `enrolled`: the reference images are reduced, and the probes are as they were.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec.structs import replace
from street_looks import (
    Flags,
    Looks,
    Numbers,
    People,
    Portrait,
    Spoiling,
    chosen_packs,
    common_options,
    look_at,
    read_people,
    strict_threshold,
    table_head,
    table_row,
)

from overt.rates import exact_interval

if TYPE_CHECKING:
    from overt.biometrics import FloatArray, ModelPack

TABLES = ("probes", "shrunk", "blur", "motion", "enrolled")
EYES: Final = (6, 8, 10, 12, 16, 20, 24, 32, 48)
SHRUNK: Final = (12, 16, 20, 24, 32)
ENROLLED: Final = (10, 16, 20, 24, 32, 48)
BLURS: Final = (0.03, 0.06, 0.09, 0.12)
PATHS: Final = (0.15, 0.3, 0.5)
SHARP_EYES: Final = 32
"""Pixels between the eyes of the blurred faces: with more, only the blur limits them."""
STRANGERS: Final = 100
FPIR: Final = 0.01


@dataclass(frozen=True)
class Trial:
    """Probes against a list, at another half's threshold.

    Attributes:
        found: bool [n], that the own entry is first and above the threshold; False for who is not listed.
        alarmed: bool [n], that another entry lies above it.
        listed, seen: bool [n], who is on the list, and whose face was found.
    """

    found: Flags
    alarmed: Flags
    listed: Flags
    seen: Flags


def percent(hits: int, of: int) -> str:
    """A rate with its exact interval."""
    if not of:
        return "none"
    low, high = exact_interval(hits, of)
    return f"{hits / of:.1%} ({low:.1%} to {high:.1%})"


def best_scores(templates: FloatArray, gallery: FloatArray, own: np.ndarray) -> tuple[Numbers, Numbers]:
    """The score of each one's own entry (-inf where there is none) and the best other one, float64 [n]."""
    scores = np.asarray(templates @ gallery.T, np.float64)
    rows = np.flatnonzero(own >= 0)
    mate = np.full(len(scores), -np.inf)
    mate[rows] = scores[rows, own[rows]]
    scores[rows, own[rows]] = -np.inf
    return mate, scores.max(1)


class Halves:
    """Two halves of the people, each with its list and the threshold that it gives the other.

    Args:
        people: all of them.
        strangers: how many of the people with a single portrait are searched for.
    """

    def __init__(self, people: People, strangers: int) -> None:
        self._people = people
        self.probes: tuple[Portrait, ...] = (
            *people.of_role("mated"),
            *people.of_role("nonmated")[:strangers],
        )
        self.gallery = people.gallery
        everybody = (*people.of_role("mated"), *people.of_role("nonmated"))
        given = []
        for half in (0, 1):
            chosen = tuple(p for p in everybody if people.half[p.identity] == half and p.template.any())
            _, best = self._scores(
                half, chosen, np.stack([p.template for p in chosen]), self._templates(self.gallery)
            )
            if len(best) * FPIR < 3:
                raise SystemExit(f"{len(best)} strangers support no FPIR of {FPIR:.0%}")
            given.append(strict_threshold(best, FPIR))
        self.thresholds = (given[1], given[0])

    @staticmethod
    def _templates(portraits: tuple[Portrait, ...]) -> FloatArray:
        return np.stack([p.template for p in portraits])

    def _scores(
        self, half: int, probes: tuple[Portrait, ...], templates: FloatArray, gallery: FloatArray
    ) -> tuple[Numbers, Numbers]:
        listed = [i for i, p in enumerate(self.gallery) if self._people.half[p.identity] == half]
        place = {self.gallery[i].identity: k for k, i in enumerate(listed)}
        own = np.array([place.get(p.identity, -1) for p in probes], np.int64)
        return best_scores(templates, gallery[listed], own)

    def judge(self, probes: FloatArray, seen: Flags, gallery: FloatArray | None = None) -> Trial:
        """Search for every probe in its own half's list.

        Args:
            probes: float32 [n, d], templates in the order of `probes`.
            seen: whose face was found.
            gallery: float32 [m, d], in the order of `gallery`; the unspoilt one without.
        """
        gallery = self._templates(self.gallery) if gallery is None else gallery
        n = len(self.probes)
        found, alarmed = np.zeros(n, bool), np.zeros(n, bool)
        for half, threshold in enumerate(self.thresholds):
            here = np.array([self._people.half[p.identity] == half for p in self.probes])
            chosen = tuple(p for p, inside in zip(self.probes, here, strict=True) if inside)
            mate, best = self._scores(half, chosen, probes[here], gallery)
            found[here] = (mate > best) & (mate > threshold)
            alarmed[here] = best > threshold
        listed = np.array([p.role == "mated" for p in self.probes])
        return Trial(found & seen & listed, alarmed & seen, listed, seen)


def cells(trial: Trial) -> tuple[str, str, str]:
    """No face found, TPIR, FPIR."""
    return (
        percent(int((~trial.seen).sum()), len(trial.seen)),
        percent(int(trial.found.sum()), int(trial.listed.sum())),
        percent(int(trial.alarmed.sum()), int(trial.seen.sum())),
    )


def within_limits(pack: ModelPack, looks: Looks) -> Flags:
    """Which faces the pack's own operating point lets pass."""
    point = pack.manifest.operating_point
    large = looks.measures[:, 0] >= point.min_eye_distance
    return np.asarray(looks.found & large & (looks.scalar >= point.min_quality), bool)


def with_least(pack: ModelPack, eyes: float) -> ModelPack:
    """The pack, had it this least distance between the eyes."""
    point = replace(pack.manifest.operating_point, min_eye_distance=eyes)
    return replace(pack, manifest=replace(pack.manifest, operating_point=point))


def levels(
    pack: ModelPack, halves: Halves, title: str, spoilings: dict[str, Spoiling], asked: argparse.Namespace
) -> None:
    """One row for each way of spoiling the probes."""
    point = pack.manifest.operating_point
    table_head(
        "pack",
        title,
        "no face found",
        "TPIR",
        "FPIR",
        f"TPIR within the pack's limits ({point.min_eye_distance:g} px, quality {point.min_quality:g})",
        "median quality",
        "median sharpness",
    )
    bare = np.stack([p.template for p in halves.probes])
    table_row(
        pack.manifest.id, "as they are", *cells(halves.judge(bare, np.asarray(bare.any(1), bool))), "", ""
    )
    for name, how in spoilings.items():
        looks = look_at(
            pack,
            [(portrait, how) for portrait in halves.probes],
            data=asked.data,
            cache=asked.cache,
            title=f"{pack.manifest.id}, {title} {name}",
        )
        medians = [
            f"{np.median(figure[looks.found]):.3f}" if looks.found.any() else "none"
            for figure in (looks.scalar, looks.measures[:, 1])
        ]
        trial = halves.judge(looks.templates, looks.found)
        limited = halves.judge(looks.templates, within_limits(pack, looks))
        table_row(pack.manifest.id, name, *cells(trial), cells(limited)[1], *medians)


def enrolled(pack: ModelPack, halves: Halves, asked: argparse.Namespace) -> None:
    """The list's pictures reduced; what no face was found in is not on the list, and its people are missed."""
    table_head("pack", "pixels between the eyes, enrolled", "not enrolled", "TPIR", "FPIR")
    bare = np.stack([p.template for p in halves.probes])
    for eyes in ENROLLED:
        looks = look_at(
            pack,
            [(portrait, Spoiling(eyes=eyes)) for portrait in halves.gallery],
            data=asked.data,
            cache=asked.cache,
            title=f"{pack.manifest.id}, enrolled {eyes}",
        )
        trial = halves.judge(bare, np.asarray(bare.any(1), bool), looks.templates)
        table_row(
            pack.manifest.id,
            eyes,
            percent(int((~looks.found).sum()), len(looks.found)),
            *cells(trial)[1:],
        )


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    common_options(parser, TABLES)
    parser.add_argument("--min-eye-distance", type=float, help="in place of the pack's own, pixels")
    parser.add_argument("--strangers", type=int, default=STRANGERS, help="people with a single portrait")
    asked = parser.parse_args()
    tables = asked.table or list(TABLES)
    spoilings: dict[str, tuple[str, dict[str, Spoiling]]] = {
        "probes": ("pixels between the eyes", {str(e): Spoiling(eyes=e) for e in EYES}),
        "shrunk": (
            "pixels between the eyes, detector at half the side",
            {str(e): Spoiling(eyes=e, shrink=2) for e in SHRUNK},
        ),
        "blur": (
            "Gaussian blur, deviation in eye distances",
            {f"{b:.0%}": Spoiling(eyes=SHARP_EYES, blur=b) for b in BLURS},
        ),
        "motion": (
            "motion blur, length in eye distances",
            {f"{m:.0%}": Spoiling(eyes=SHARP_EYES, motion=m, direction=20) for m in PATHS},
        ),
    }
    with tempfile.TemporaryDirectory() as scratch:
        for own in chosen_packs(asked.pack or ("embedded",), asked.data, Path(scratch)):
            pack = own if asked.min_eye_distance is None else with_least(own, asked.min_eye_distance)
            people = read_people(pack, asked.data, asked.cache, everybody=asked.everybody)
            halves = Halves(people, asked.strangers)
            sizes = [sum(people.half[p.identity] == half for p in halves.gallery) for half in (0, 1)]
            print(
                f"\n{pack.manifest.id}: N = {sizes[0]} and {sizes[1]}; {len(people.of_role('mated'))} probes of the"
                f" listed, {len(halves.probes)} of others; thresholds {halves.thresholds[0]:.4f} and"
                f" {halves.thresholds[1]:.4f}"
            )
            for name, (title, ways) in spoilings.items():
                if name in tables:
                    levels(pack, halves, title, ways, asked)
            if "enrolled" in tables:
                enrolled(pack, halves, asked)


if __name__ == "__main__":
    main()
