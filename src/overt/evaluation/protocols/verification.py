"""One-to-one verification of pairs of pictures, as in view 2 of Labeled Faces in the Wild."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import numpy.typing as npt

from overt.biometrics import bare_equivalents
from overt.evaluation.metrics import (
    FEWEST_TRIALS,
    INSUFFICIENT,
    Insufficient,
    area_under_curve,
    difference_of,
    drawn,
    equal_error_rate,
    error_rates,
    estimate,
    folded_accuracy,
    stratified_folds,
    threshold_for,
)
from overt.evaluation.protocols.cache import TemplateCache
from overt.evaluation.protocols.preparation import code_version, pack_name
from overt.evaluation.protocols.results import (
    DataName,
    MatchRate,
    PairGroup,
    PairGroups,
    Provenance,
    VerificationResult,
)
from overt.evaluation.protocols.templates import make_templates
from overt.evaluation.protocols.trials import Plan
from overt.rates import trials_needed

if TYPE_CHECKING:
    from pathlib import Path

    from overt.biometrics import ModelPack
    from overt.evaluation.protocols.pairs import PairsFile
    from overt.evaluation.protocols.templates import Templates

Errors = dict[str, tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]]

__all__ = ["FMRS", "people_of", "verify"]

FMRS: Final = (0.1, 0.01, 0.001, 0.0001)
"""The false match rates at which FNMR is told."""

GROUP_FMR: Final = 0.01
"""The rate, over everybody, at whose threshold groups are compared."""

LEAST_PAIRS: Final = 100
NO_COMPARISON: Final = -2.0
"""Stands for the score of a pair without a face, below every cosine: it never matches."""


def verify(pack: ModelPack, pairs: PairsFile, plan: Plan | None = None) -> VerificationResult:
    """Run the protocol. With a covering, the second picture of each pair is covered.

    Where a second picture looks covered, by a drawing or in itself, and the pack has a scale for that, it is compared
    with the first one made alike, as an engine compares a face that comes with a reference.

    Args:
        pack: under test.
        pairs: what is compared.
        plan: how; scores are cosines.
    """
    plan = plan or Plan()
    first = _templates(pack, pairs, plan, second=False)
    second = _templates(pack, pairs, plan, second=True)
    same = np.array([pair.same for pair in pairs.pairs])
    scores = np.einsum("nd,nd->n", first.vectors, second.vectors).astype(np.float64)
    covered: dict[str, int] = {}
    for scale in pack.manifest.covered:
        # as an engine does it: what looks covered is the face that came, and the reference is made alike
        part = scale.covering
        alike = np.flatnonzero([covering == part for covering in second.coverings])
        cosines = np.einsum("nd,nd->n", first.evened[part][alike], second.evened[part][alike])
        scores[alike] = bare_equivalents(cosines, scale)
        covered[part] = len(alike)
    scores[~(first.found & second.found)] = NO_COMPARISON
    people = people_of(pairs)
    codes = np.array([people[pair.a] for pair in pairs.pairs], np.int64)
    own, others = scores[same], scores[~same]
    enough = min(len(own), len(others)) >= LEAST_PAIRS
    folds = (
        np.unique([pair.fold for pair in pairs.pairs], return_inverse=True)[1].astype(np.int64)
        if pairs.folded
        else stratified_folds(same, seed=plan.seed)
    )
    folded = folded_accuracy(scores, same, folds) if enough else None
    rates = error_rates(own, others) if enough else None
    return VerificationResult(
        accuracy=folded.mean if folded else INSUFFICIENT,
        accuracy_interval=None
        if folded is None
        else (
            max(0.0, folded.mean - 2 * folded.standard_error),
            min(1.0, folded.mean + 2 * folded.standard_error),
        ),
        folded=folded,
        balanced=folded_accuracy(scores, same, folds, balanced=True) if enough else None,
        auc=area_under_curve(own, others) if enough else INSUFFICIENT,
        eer=equal_error_rate(rates) if rates else INSUFFICIENT,
        fnmr={f"{fmr:g}": _match_rate(scores, same, codes, fmr=fmr, seed=plan.seed) for fmr in FMRS},
        n_same=len(own),
        n_different=len(others),
        failure_to_acquire=_failures(first, second),
        covered=covered,
        groups=_groups(pairs, scores, same, codes, plan.seed),
        roc=drawn(rates) if rates else None,
        notices=_notices(pairs, same),
        provenance=Provenance(
            pack=pack_name(pack),
            data=_data_name(pairs, first, second),
            calibration=None,
            preparation=plan.preparation,
            seed=plan.seed,
            code=code_version(),
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        ),
    )


def people_of(pairs: PairsFile) -> dict[Path, int]:
    """The number of each picture's person, as far as the file tells.

    Pictures of a pair of one person are one person's; and where pictures lie in several folders, so are those of each
    folder, as in most such sets.
    """
    pictures = list(dict.fromkeys(path for pair in pairs.pairs for path in (pair.a, pair.b)))
    root = {path: path for path in pictures}

    def find(path: Path) -> Path:
        while root[path] != path:
            root[path] = root[root[path]]
            path = root[path]
        return path

    for pair in pairs.pairs:
        if pair.same:
            root[find(pair.a)] = find(pair.b)
    folders = {path.parent for path in pictures}
    if len(folders) > 1:
        first: dict[Path, Path] = {}
        for path in pictures:
            root[find(path)] = find(first.setdefault(path.parent, path))
    numbers: dict[Path, int] = {}
    return {path: numbers.setdefault(find(path), len(numbers)) for path in pictures}


def _templates(pack: ModelPack, pairs: PairsFile, plan: Plan, *, second: bool) -> Templates:
    preparation = plan.preparation
    if not second or preparation.occlusion is None:
        preparation = msgspec.structs.replace(preparation, occlusion=None, seed=0)
    return make_templates(
        pack,
        [(f"{pairs.name}, {pair.place}", pair.b if second else pair.a) for pair in pairs.pairs],
        preparation,
        references=not second and bool(pack.manifest.covered),
        cache=None if plan.cache is None else TemplateCache(plan.cache, pack, preparation),
        provider=plan.provider,
        threads=plan.threads,
        progress=plan.told("second pictures" if second else "first pictures"),
    )


def _match_rate(
    scores: npt.NDArray[np.float64],
    same: npt.NDArray[np.bool_],
    people: npt.NDArray[np.int64],
    *,
    fmr: float,
    seed: int,
) -> MatchRate | Insufficient:
    """FNMR at a wanted FMR, or "insufficient data" by the rule of three."""
    others = scores[~same]
    if len(others) < trials_needed(fmr):
        return INSUFFICIENT
    threshold = threshold_for(others, fmr)
    fnmr = estimate(scores[same] < threshold, people[same], seed=seed)
    measured = estimate(others >= threshold, people[~same], seed=seed, fewest=1)
    if isinstance(fnmr, str) or isinstance(measured, str):
        return INSUFFICIENT
    return MatchRate(fnmr=fnmr, fmr=measured, threshold=threshold)


def _groups(
    pairs: PairsFile,
    scores: npt.NDArray[np.float64],
    same: npt.NDArray[np.bool_],
    people: npt.NDArray[np.int64],
    seed: int,
) -> dict[str, PairGroups] | Insufficient:
    """Pairs by group, at everybody's threshold for FMR 1%."""
    others, needed = scores[~same], trials_needed(GROUP_FMR)
    if len(others) < needed:
        return INSUFFICIENT
    threshold = threshold_for(others, GROUP_FMR)
    wrong = np.where(same, scores < threshold, scores >= threshold)
    columns = {}
    for column in pairs.group_columns:
        labels = np.array([pair.groups[column] for pair in pairs.pairs], np.str_)
        values: dict[str, PairGroup] = {}
        errors: tuple[Errors, Errors] = ({}, {})
        for value in (str(label) for label in np.unique(labels)):
            parts = [(labels == value) & kind for kind in (same, ~same)]
            own, other = (
                estimate(wrong[part], people[part], seed=seed, fewest=fewest)
                for part, fewest in zip(parts, (FEWEST_TRIALS, needed), strict=True)
            )
            n_same, n_different = (int(part.sum()) for part in parts)
            values[value] = PairGroup(n_same=n_same, n_different=n_different, fnmr=own, fmr=other)
            for known, part, rate in zip(errors, parts, (own, other), strict=True):
                if not isinstance(rate, str):
                    known[value] = wrong[part], people[part]
        fnmr, fmr = (difference_of(known, seed=seed) for known in errors)
        columns[column] = PairGroups(threshold=threshold, values=values, fnmr=fnmr, fmr=fmr)
    return columns or INSUFFICIENT


def _failures(first: Templates, second: Templates) -> float:
    found: dict[str, bool] = dict(zip(first.digests, first.found.tolist(), strict=True))
    for digest, seen in zip(second.digests, second.found.tolist(), strict=True):
        found[digest] = found.get(digest, True) and seen
    return 1 - sum(found.values()) / len(found)


def _notices(pairs: PairsFile, same: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    notices = list(pairs.notices)
    if not pairs.folded:
        notices.append("The pairs are parted into ten by lot: the file has no column fold")
    share = float(same.mean())
    if abs(share - 0.5) > 0.05:
        notices.append(
            f"{share:.0%} of the pairs are of one person: accuracy leans towards them; "
            "the balanced one weighs both kinds alike"
        )
    return tuple(notices)


def _data_name(pairs: PairsFile, first: Templates, second: Templates) -> DataName:
    digest = hashlib.sha256()
    lines = [
        msgspec.json.encode((a, b, pair.same, pair.fold))
        for pair, a, b in zip(pairs.pairs, first.digests, second.digests, strict=True)
    ]
    for line in sorted(lines):
        digest.update(line + b"\n")
    return DataName(
        name=pairs.name,
        digest=digest.hexdigest(),
        images=len({*first.digests, *second.digests}),
        identities=len(set(people_of(pairs).values())),
    )
