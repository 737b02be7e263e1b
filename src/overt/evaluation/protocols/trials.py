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

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from overt.biometrics import FloatArray, ModelPack, Provider
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
    """

    dataset: Dataset
    vectors: FloatArray
    found: Flags
    identities: Codes
    digests: tuple[str, ...]
    eye_distance: FloatArray
    quality: FloatArray

    def rows(self, role: Role) -> Codes:
        """Where the samples of a role are."""
        return np.flatnonzero([sample.role == role for sample in self.dataset.samples])


def make_trials(
    pack: ModelPack, dataset: Dataset, plan: Plan, *, numbers: dict[str, int], title: str = "data"
) -> Trials:
    """The templates of a dataset, each picture prepared as its role asks.

    Args:
        pack: makes them.
        dataset: the pictures.
        plan: how.
        numbers: the number of each identity; new identities are added.
        title: of the data, for the progress.
    """
    samples = dataset.samples
    vectors = np.zeros((len(samples), pack.contract.dimension), np.float32)
    found = np.zeros(len(samples), bool)
    digests = [""] * len(samples)
    eye_distance, quality = np.zeros(len(samples), np.float32), np.zeros(len(samples), np.float32)
    bare = msgspec.structs.replace(plan.preparation, occlusion=None)
    # a seed that draws nothing must not part the cache
    bare = msgspec.structs.replace(bare, seed=0)
    for preparation, chosen, words in (
        (bare, [s.role == "gallery" or plan.preparation.occlusion is None for s in samples], ""),
        (
            plan.preparation,
            [s.role != "gallery" and plan.preparation.occlusion is not None for s in samples],
            f", {plan.preparation.occlusion}",
        ),
    ):
        rows = np.flatnonzero(chosen)
        if not len(rows):
            continue
        made = make_templates(
            pack,
            [(f"{dataset.name}, {samples[i].place}", samples[i].path) for i in rows],
            preparation,
            cache=None if plan.cache is None else TemplateCache(plan.cache, pack, preparation),
            provider=plan.provider,
            threads=plan.threads,
            progress=plan.told(title + words),
        )
        vectors[rows], found[rows] = made.vectors, made.found
        eye_distance[rows], quality[rows] = made.eye_distance, made.quality
        for row, digest in zip(rows, made.digests, strict=True):
            digests[row] = digest
    identities = [numbers.setdefault(sample.identity, len(numbers)) for sample in samples]
    return Trials(
        dataset, vectors, found, np.array(identities, np.int64), tuple(digests), eye_distance, quality
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
