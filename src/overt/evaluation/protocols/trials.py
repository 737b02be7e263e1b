"""The trials of an evaluation: how they are run, and a dataset with the templates of its pictures."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import numpy.typing as npt

from overt.evaluation.protocols.cache import TemplateCache
from overt.evaluation.protocols.preparation import Preparation
from overt.evaluation.protocols.results import DataName
from overt.evaluation.protocols.templates import make_templates
from overt.gallery import apart_below

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from overt.biometrics import CoveredScale, Covering, FloatArray, ModelPack, Provider
    from overt.evaluation.metrics import Normalisation
    from overt.evaluation.protocols.dataset import Dataset, Role

__all__ = ["FPIRS", "Plan", "Trials", "data_name", "make_trials"]

FPIRS: Final = (0.1, 0.01, 0.003, 0.001)
"""The false positive rates at which TPIR is told."""

Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Plan:
    """How an evaluation is run.

    Attributes:
        preparation: how pictures become templates; what it draws over faces is drawn over probes alone.
        normalisation: of scores; needs calibration data unless `none`.
        fpirs: the wanted false positive rates.
        seed: of bootstraps and folds.
        cache: folder for templates; None keeps none.
        provider: where the networks run.
        threads: threads of one inference; 0 takes every core.
        progress: is told what is being done, how far it is, and how much there is.
    """

    preparation: Preparation = field(default_factory=Preparation)
    normalisation: Normalisation = "none"
    fpirs: tuple[float, ...] = FPIRS
    seed: int = 1
    cache: Path | None = None
    provider: Provider = "cpu"
    threads: int = 0
    progress: Callable[[str, int, int], None] | None = None

    def told(self, title: str) -> Callable[[int, int], None] | None:
        """Who is told how far the part of this title is."""
        tell = self.progress
        return None if tell is None else lambda done, of: tell(title, done, of)


@dataclass(frozen=True, slots=True)
class Trials:
    """A dataset with its templates. Identities are numbers that hold across the datasets of one evaluation.

    Attributes:
        dataset: the pictures.
        vectors: float32 [n, d], all zero where no face was found.
        found: bool [n].
        identities: int64 [n].
        digests: SHA-256 of each picture's file.
        eye_distance: float32 [n], pixels between the eyes; 0 where no face was found.
        quality: float32 [n], the quality scalar; 0 likewise.
        coverings: [n], what of each face looks covered; empty where no face is judged.
        evened: float32 [n, d] by part, as in `Templates`.
        scales: by part, how scores of faces that are covered alike compare with those of bare ones.
        apart_below: enrolled pictures of a person that score less are not put together as one template.
    """

    dataset: Dataset
    vectors: FloatArray
    found: Flags
    identities: Codes
    digests: tuple[str, ...]
    eye_distance: FloatArray
    quality: FloatArray
    coverings: tuple[Covering | None, ...] = ()
    evened: Mapping[Covering, FloatArray] = field(default_factory=dict)
    scales: Mapping[Covering, CoveredScale] = field(default_factory=dict)
    apart_below: float = -1.0

    def templates(self, covering: Covering | None) -> FloatArray:
        """The templates as they are, or with a part made even, float32 [n, d]."""
        return self.vectors if covering is None else self.evened[covering]

    def looking(self, covering: Covering | None, rows: Codes) -> Codes:
        """Where, of these rows, a part looks covered; with None, where nothing does."""
        if not self.coverings:
            return np.arange(len(rows) if covering is None else 0)
        return np.flatnonzero([self.coverings[row] == covering for row in rows])

    def rows(self, role: Role) -> Codes:
        """Where the samples of a role are."""
        return np.flatnonzero([sample.role == role for sample in self.dataset.samples])


def make_trials(
    pack: ModelPack,
    dataset: Dataset,
    plan: Plan,
    *,
    numbers: dict[str, int],
    title: str = "data",
    cohort: bool = False,
) -> Trials:
    """The templates of a dataset, each picture prepared as its role asks.

    Args:
        pack: makes them.
        dataset: the pictures.
        plan: how.
        numbers: the number of each identity; new identities are added.
        title: of the data, for the progress.
        cohort: whether scores are normalised by these people: then faces that are covered are compared with all of
            them.
    """
    samples = dataset.samples
    parts = tuple(scale.covering for scale in pack.manifest.covered)
    coverings: list[Covering | None] = [None] * len(samples)
    evened = {part: np.zeros((len(samples), pack.contract.dimension), np.float32) for part in parts}
    vectors = np.zeros((len(samples), pack.contract.dimension), np.float32)
    found = np.zeros(len(samples), bool)
    digests = [""] * len(samples)
    eye_distance, quality = np.zeros(len(samples), np.float32), np.zeros(len(samples), np.float32)
    bare = msgspec.structs.replace(plan.preparation, occlusion=None)
    # a seed that draws nothing must not part the cache
    bare = msgspec.structs.replace(bare, seed=0)
    occluded = plan.preparation.occlusion is not None
    enrolled = np.array([sample.role == "gallery" for sample in samples], np.bool_)
    compared = enrolled | cohort if parts else np.zeros(len(samples), np.bool_)
    for preparation, references, chosen, words in (
        (bare, True, compared, ""),
        (bare, False, ~compared & (enrolled | (not occluded)), ""),
        (plan.preparation, False, ~compared & ~enrolled & occluded, f", {plan.preparation.occlusion}"),
    ):
        rows = np.flatnonzero(chosen)
        if not len(rows):
            continue
        made = make_templates(
            pack,
            [(f"{dataset.name}, {samples[i].place}", samples[i].path) for i in rows],
            preparation,
            references=references,
            cache=None if plan.cache is None else TemplateCache(plan.cache, pack, preparation),
            provider=plan.provider,
            threads=plan.threads,
            progress=plan.told(title + words),
        )
        vectors[rows], found[rows] = made.vectors, made.found
        eye_distance[rows], quality[rows] = made.eye_distance, made.quality
        for part in parts:
            evened[part][rows] = made.evened[part]
        for row, digest, covering in zip(rows, made.digests, made.coverings, strict=True):
            digests[row], coverings[row] = digest, covering
    identities = [numbers.setdefault(sample.identity, len(numbers)) for sample in samples]
    return Trials(
        dataset,
        vectors,
        found,
        np.array(identities, np.int64),
        tuple(digests),
        eye_distance,
        quality,
        tuple(coverings) if parts else (),
        evened,
        {scale.covering: scale for scale in pack.manifest.covered},
        apart_below(pack.manifest.operating_point),
    )


def data_name(trials: Trials) -> DataName:
    """The name and the digest of a dataset."""
    digest = hashlib.sha256()
    lines = [
        msgspec.json.encode((s.identity, s.role, sorted(s.groups.items()), picture))
        for s, picture in zip(trials.dataset.samples, trials.digests, strict=True)
    ]
    for line in sorted(lines):
        digest.update(line + b"\n")
    return DataName(
        name=trials.dataset.name,
        digest=digest.hexdigest(),
        images=len(trials.digests),
        identities=len(np.unique(trials.identities)),
    )
