"""The reference portraits as `benchmarks/scores.py` uses them: templates, roles, halves by lot, and tables."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from held_out import held_out, trained_here
from research_packs import RESEARCH_PACKS, make_research_pack

from overt.biometrics import packs
from overt.evaluation.metrics import Scored, resampled_tpir
from overt.evaluation.protocols import Preparation, TemplateCache, make_templates

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from overt.biometrics import ModelPack

__all__ = [
    "FPIRS",
    "People",
    "against",
    "halves",
    "head",
    "load_pack",
    "pictures_of",
    "portraits",
    "row",
    "searched",
]

FPIRS = (0.1, 0.01, 0.003)
Codes = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class People:
    """Portraits and their templates, picture after picture.

    Attributes:
        vectors: float32 [n, d], of unit length; zero where no face was found.
        found: bool [n].
        people: int64 [n], whose picture it is.
        roles: str [n], of the manifest.
        eye_distance: float32 [n], pixels.
        quality: float32 [n], the quality scalar.
    """

    vectors: Scores
    found: npt.NDArray[np.bool_]
    people: Codes
    roles: npt.NDArray[np.str_]
    eye_distance: Scores
    quality: Scores

    def rows(self, role: str) -> Codes:
        """The pictures of a role in which a face was found; mated probes without one stay, as misses."""
        usable = self.found if role != "mated" else np.ones(len(self.found), bool)
        return np.flatnonzero((self.roles == role) & usable)


def load_pack(name: str, data: Path, scratch: Path) -> ModelPack:
    """An installed pack, a pack's folder, or one put together from the reference weights."""
    return packs.load(make_research_pack(data, scratch, name) if name in RESEARCH_PACKS else name)


def pictures_of(data: Path, *, extra: bool = False) -> list[dict[str, str]]:
    """The manifest's rows; those that are passed over only where `extra`."""
    with (data / "faces/lfw_manifest.csv").open(encoding="utf-8", newline="") as file:
        return [line for line in csv.DictReader(file) if extra or line["role"] != "extra"]


def portraits(pack: ModelPack, data: Path, cache: Path, *, threads: int = 1, extra: bool = False) -> People:
    """Templates of the portraits, those that the cache holds not made again.

    For a recogniser that was trained on some of the people, those are the pictures of the others alone.
    """
    lines = pictures_of(data, extra=extra)
    if trained_here(pack):
        lines = [line for line in lines if held_out(line["identity"])]
    preparation = Preparation(seed=0)
    made = make_templates(
        pack,
        [(line["image"], data / "faces" / line["image"]) for line in lines],
        preparation,
        cache=TemplateCache(cache, pack, preparation),
        threads=threads,
    )
    _, people = np.unique([line["identity"] for line in lines], return_inverse=True)
    roles = np.array([line["role"] for line in lines])
    return People(made.vectors, made.found, people.astype(np.int64), roles, made.eye_distance, made.quality)


def halves(people: Codes, seed: int) -> npt.NDArray[np.bool_]:
    """Which pictures are of the half of the people that is tested; the others are calibrated on."""
    number = int(people.max()) + 1
    tested = np.random.default_rng(seed).permutation(number) % 2 == 0
    return np.asarray(tested[people], np.bool_)


def searched(
    hits: Scores,
    misses: Scores,
    of_entry: Codes,
    of_mated: Codes,
    of_stranger: Codes,
    found: npt.NDArray[np.bool_],
) -> Scored:
    """The outcome of searches whose every score is given.

    Args:
        hits: float [n, k], of mated probes with entries.
        misses: float [m, k], of strangers with entries.
        of_entry: whose each entry is.
        of_mated: whose each mated probe is.
        of_stranger: likewise.
        found: bool [n], whether the mated probe has a template.
    """
    first = of_entry[hits.argmax(axis=1)] == of_mated
    mates = np.where(first & found, hits.max(axis=1), -np.inf).astype(np.float64)
    return Scored(mates, misses.max(axis=1).astype(np.float64), of_mated, of_stranger)


def against(ours: Sequence[Scored], theirs: Sequence[Scored]) -> list[str]:
    """Mean TPIR at each FPIR, and by how many points it differs, with the difference's interval."""
    means = [float(np.mean([one.tpir(fpir) for one in ours])) for fpir in FPIRS]
    if all(a is b for a, b in zip(ours, theirs, strict=True)):
        return [f"{mean:.3f}" for mean in means]
    low, high = 100 * np.quantile(_resampled(tuple(ours)) - _resampled(tuple(theirs)), (0.025, 0.975), axis=1)
    base = [float(np.mean([one.tpir(fpir) for one in theirs])) for fpir in FPIRS]
    return [
        f"{mean:.3f} ({100 * (mean - other):+.1f}, {below:+.1f} to {above:+.1f})"
        for mean, other, below, above in zip(means, base, low, high, strict=True)
    ]


_KNOWN: dict[tuple[int, ...], tuple[tuple[Scored, ...], npt.NDArray[np.float64]]] = {}


def _resampled(tests: tuple[Scored, ...]) -> npt.NDArray[np.float64]:
    """What is compared with many others is resampled once; the tests are held so that their ids stay theirs."""
    key = tuple(id(one) for one in tests)
    if key not in _KNOWN:
        _KNOWN[key] = tests, resampled_tpir(tests, FPIRS, seed=1)
    return _KNOWN[key][1]


def row(*cells: object) -> None:
    """One row of a Markdown table, at once."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def head(*cells: str) -> None:
    """The head of a Markdown table."""
    print()
    row(*cells)
    row(*("---" for _ in cells))
