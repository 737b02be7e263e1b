"""Closed-set and open-set identification on pictures: who is enrolled is found, who is not is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import numpy.typing as npt

from overt.errors import EvaluationError
from overt.evaluation.metrics import (
    INSUFFICIENT,
    GroupTrials,
    Insufficient,
    Normalisation,
    OpenSetRate,
    Origin,
    choose_threshold,
    cumulative_matches,
    drawn,
    error_rates,
    estimate,
    group_column,
    likelihoods,
    missed,
    rate_at,
)
from overt.evaluation.protocols.preparation import code_version, pack_name
from overt.evaluation.protocols.results import (
    IdentificationResult,
    LikelihoodFit,
    Plain,
    Provenance,
    WorstCase,
)
from overt.evaluation.protocols.searching import compare_all, search_trials
from overt.evaluation.protocols.trials import Plan, Trials, data_name, make_trials
from overt.rates import rate_for_list, trials_needed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from overt.biometrics import ModelPack
    from overt.evaluation.metrics import Curve, GroupColumn, Likelihoods, Ranged, Searches
    from overt.evaluation.protocols.dataset import Dataset
    from overt.evaluation.protocols.searching import Outcome

__all__ = [
    "GROUP_FPIR",
    "group_columns",
    "identify",
    "refuse_overlap",
    "score_trials",
]

GROUP_FPIR: Final = 0.01
"""The rate, over everybody, at whose threshold groups are compared."""

RANKS: Final = 50
WORST: Final = 10

Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]


def identify(
    pack: ModelPack, dataset: Dataset, plan: Plan | None = None, *, calibration: Dataset | None = None
) -> IdentificationResult:
    """Run the protocol.

    Where faces are covered, the thresholds are those of the bare ones: an operating point is chosen once, and then
    people come as they are.

    Args:
        pack: under test.
        dataset: with gallery, mated and non-mated probes.
        plan: how.
        calibration: other people, from whom the cohort and the thresholds are taken.

    Raises:
        EvaluationError: the calibration data shares identities with the test data, or is too small for a cohort.
    """
    plan = plan or Plan()
    if plan.normalisation != "none" and calibration is None:
        raise EvaluationError(
            "Normalised scores need a cohort of other people",
            "Name calibration data, or leave scores as they are",
        )
    if calibration is not None:
        refuse_overlap(dataset, calibration)
    numbers: dict[str, int] = {}
    bare_plan = replace(plan, preparation=msgspec.structs.replace(plan.preparation, occlusion=None))
    bare = make_trials(pack, dataset, bare_plan, numbers=numbers)
    trials, other = bare, None
    if plan.preparation.occlusion is not None:
        trials = make_trials(pack, dataset, plan, numbers=numbers)
    if calibration is not None:
        other = make_trials(
            pack,
            calibration,
            bare_plan,
            numbers=numbers,
            title="calibration data",
            cohort=plan.normalisation != "none",
        )
    return score_trials(pack, trials, plan, calibration=other, bare=None if trials is bare else bare)


def refuse_overlap(dataset: Dataset, calibration: Dataset) -> None:
    """Refuse calibration data that holds people of the test data.

    Raises:
        EvaluationError: it does; says how many.
    """
    shared = {s.identity for s in dataset.samples} & {s.identity for s in calibration.samples}
    if shared:
        raise EvaluationError(
            f"{len(shared)} identities are in {dataset.name} and in {calibration.name}",
            "Calibrate on other people: thresholds and cohorts that know the tested people flatter the result",
        )


def score_trials(
    pack: ModelPack,
    trials: Trials,
    plan: Plan,
    *,
    calibration: Trials | None = None,
    bare: Trials | None = None,
) -> IdentificationResult:
    """The figures of trials whose templates are made.

    Args:
        pack: that made them.
        trials: to be scored.
        plan: how.
        calibration: other people's, numbered together with these.
        bare: the same people's with nothing over their faces, where thresholds come from if not from others.
    """
    samples = trials.dataset.samples
    outcome = search_trials(trials, plan.normalisation, calibration)
    chooser = _chooser(plan.normalisation, calibration, bare)
    tpir = _rates(trials, outcome, plan, chooser)
    plain = None
    if plan.normalisation != "none":
        raw = search_trials(trials, "none", None)
        plain = Plain(
            rank1=_rank1(trials, raw, plan.seed)[0],
            tpir=_rates(trials, raw, plan, _chooser("none", calibration, bare)),
            attainable=_rates(trials, raw, plan, None),
        )
    rank1, interval = _rank1(trials, outcome, plan.seed)
    probes = np.flatnonzero([sample.role != "gallery" for sample in samples])
    failures = {
        role: int((~trials.found[trials.rows(role)]).sum()) for role in ("gallery", "mated", "nonmated")
    }
    told, fit = _likelihoods(trials, plan, tpir, calibration)
    det = None
    if len(outcome.mated_rows) and len(outcome.strangers):
        first = np.where(outcome.mated.rank == 1, outcome.mated.mate, -np.inf)
        det = _finite(drawn(error_rates(first, outcome.strangers)))
    lowest = np.argsort(outcome.mated.mate, kind="stable")[:WORST]
    highest = np.argsort(-outcome.strangers, kind="stable")[:WORST]
    return IdentificationResult(
        rank1=rank1,
        rank1_interval=interval,
        tpir=tpir,
        attainable=None if chooser is None else _rates(trials, outcome, plan, None),
        n_gallery=outcome.n_gallery,
        n_mated=len(outcome.mated_rows),
        n_nonmated=len(trials.rows("nonmated")),
        n_extra=trials.dataset.extra,
        failure_to_acquire=float((~trials.found[probes]).mean()) if len(probes) else 0.0,
        failures=failures,
        covered=_covered(trials, probes),
        groups=_groups(trials, outcome, tpir, plan.seed),
        normalisation=plan.normalisation,
        plain=plain,
        cllr=told if told is None or isinstance(told, str) else told.cllr,
        min_cllr=told if told is None or isinstance(told, str) else told.least,
        likelihood_ratios=_ratios(tpir, told),
        likelihood_fit=fit,
        cmc=tuple(cumulative_matches(_ranks(outcome.mated), min(RANKS, max(outcome.n_gallery, 1))).tolist()),
        det=det,
        lowest_mates=tuple(
            WorstCase(
                place=samples[outcome.mated_rows[i]].place,
                score=_told_score(outcome.mated.mate[i]),
                rank=int(outcome.mated.rank[i]),
            )
            for i in lowest
        ),
        highest_strangers=tuple(
            WorstCase(
                place=samples[outcome.stranger_rows[i]].place, score=_told_score(outcome.strangers[i]), rank=0
            )
            for i in highest
        ),
        notices=(
            *trials.dataset.notices,
            *_notices(trials, outcome),
            *_without_threshold(plan, outcome, chooser),
        ),
        provenance=Provenance(
            pack=pack_name(pack),
            data=data_name(trials),
            calibration=None if calibration is None else data_name(calibration),
            preparation=plan.preparation,
            seed=plan.seed,
            code=code_version(),
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        ),
    )


def _likelihoods(
    trials: Trials,
    plan: Plan,
    tpir: Mapping[str, OpenSetRate | Insufficient],
    calibration: Trials | None,
) -> tuple[Likelihoods | Insufficient | None, LikelihoodFit | None]:
    """What scores are worth as evidence, by calibration people; None without any."""
    if calibration is None:
        return None, None
    tested, known = (
        compare_all(some, plan.normalisation, calibration, seed=plan.seed) for some in (trials, calibration)
    )
    told = likelihoods(
        tested,
        known,
        {name: rate.threshold for name, rate in tpir.items() if not isinstance(rate, str)},
        seed=plan.seed,
    )
    if isinstance(told, str):
        return told, None
    line = told.line
    return told, LikelihoodFit(
        slope=line.slope, offset=line.offset, n_same=told.same, n_different=told.different
    )


def _ratios(
    tpir: Mapping[str, OpenSetRate | Insufficient], told: Likelihoods | Insufficient | None
) -> dict[str, Ranged | Insufficient] | None:
    if told is None:
        return None
    return {name: INSUFFICIENT if isinstance(told, str) else told.at.get(name, INSUFFICIENT) for name in tpir}


def _covered(trials: Trials, probes: Codes) -> dict[str, int]:
    """How many probes look covered, by the part."""
    return {part: int(trials.found[probes[trials.looking(part, probes)]].sum()) for part in trials.scales}


def _told_score(score: float) -> float:
    """A score for JSON, which knows no infinity; -2 is below every cosine and says that there was no comparison."""
    return float(score) if np.isfinite(score) else -2.0


def _finite(curve: Curve) -> Curve:
    return msgspec.structs.replace(curve, thresholds=tuple(_told_score(t) for t in curve.thresholds))


def _ranks(searches: Searches) -> Codes:
    """Ranks for the CMC; a search without an outcome is never among the first."""
    return np.where(searches.rank > 0, searches.rank, np.iinfo(np.int64).max)


def _chooser(
    normalisation: Normalisation, calibration: Trials | None, bare: Trials | None
) -> tuple[Origin, Outcome] | None:
    """The searches, other than the tested ones, on which thresholds are chosen."""
    if calibration is not None:
        return "calibration data", search_trials(calibration, normalisation, calibration)
    if bare is not None:
        return "bare test data", search_trials(bare, normalisation, calibration)
    return None


def _rates(
    trials: Trials, outcome: Outcome, plan: Plan, chooser: tuple[Origin, Outcome] | None
) -> dict[str, OpenSetRate | Insufficient]:
    return {f"{fpir:g}": _rate(fpir, trials, outcome, chooser, plan.seed) for fpir in plan.fpirs}


def _rate(
    fpir: float, trials: Trials, outcome: Outcome, chooser: tuple[Origin, Outcome] | None, seed: int
) -> OpenSetRate | Insufficient:
    origin, there = chooser or ("test data", outcome)
    # without enough strangers nothing shows that the rate is held, wherever the threshold is from
    if not there.n_gallery or not outcome.n_gallery or len(outcome.strangers) < trials_needed(fpir):
        return INSUFFICIENT
    threshold = choose_threshold(there.strangers, rate_for_list(fpir, there.n_gallery / outcome.n_gallery))
    if threshold is None:
        return INSUFFICIENT
    return rate_at(
        outcome.mated,
        trials.identities[outcome.mated_rows],
        outcome.strangers,
        trials.identities[outcome.stranger_rows],
        threshold=threshold,
        seed=seed,
        wanted=fpir if chooser is None else None,
        threshold_from=origin,
        modelled=there.n_gallery != outcome.n_gallery,
    )


def _rank1(
    trials: Trials, outcome: Outcome, seed: int
) -> tuple[float | Insufficient, tuple[float, float] | None]:
    rate = estimate(outcome.mated.rank == 1, trials.identities[outcome.mated_rows], seed=seed)
    return (rate, None) if isinstance(rate, str) else (rate.value, rate.interval)


def _groups(
    trials: Trials, outcome: Outcome, tpir: Mapping[str, OpenSetRate | Insufficient], seed: int
) -> dict[str, GroupColumn] | Insufficient:
    """Rates by group at the usual rate's threshold, or at the least rate that the trials support."""
    told = {float(key): rate for key, rate in tpir.items() if not isinstance(rate, str)}
    if not trials.dataset.group_columns or not told:
        return INSUFFICIENT
    wanted = GROUP_FPIR if GROUP_FPIR in told else min(told)
    return group_columns(trials, outcome, wanted_fpir=wanted, threshold=told[wanted].threshold, seed=seed)


def group_columns(
    trials: Trials,
    outcome: Outcome,
    *,
    wanted_fpir: float,
    threshold: float,
    seed: int,
) -> dict[str, GroupColumn]:
    """The rates of each group of each column at one threshold.

    Args:
        trials: whose people have groups.
        outcome: their searches.
        wanted_fpir: for which the threshold was chosen.
        threshold: T.
        seed: of the bootstraps.
    """
    misses = missed(outcome.mated, threshold)
    alarms = outcome.strangers >= threshold
    probes = np.flatnonzero([sample.role != "gallery" for sample in trials.dataset.samples])
    columns = {}
    for column in trials.dataset.group_columns:
        labels = np.array([sample.groups.get(column, "") for sample in trials.dataset.samples], np.str_)
        mated, strangers = labels[outcome.mated_rows], labels[outcome.stranger_rows]
        columns[column] = group_column(
            {
                str(value): GroupTrials(
                    misses=misses[mated == value],
                    mated_identities=trials.identities[outcome.mated_rows[mated == value]],
                    alarms=alarms[strangers == value],
                    stranger_identities=trials.identities[outcome.stranger_rows[strangers == value]],
                    probes=int((labels[probes] == value).sum()),
                    unacquired=int((labels[probes] == value)[~trials.found[probes]].sum()),
                )
                for value in np.unique(labels[probes])
            },
            wanted_fpir=wanted_fpir,
            threshold=threshold,
            fewest=trials_needed(wanted_fpir),
            seed=seed,
        )
    return columns


def _without_threshold(plan: Plan, outcome: Outcome, chooser: tuple[Origin, Outcome] | None) -> list[str]:
    """Why TPIR is not told at some of the wanted rates."""
    if chooser is not None and outcome.n_gallery and not chooser[1].n_gallery:
        return [f"Nobody is enrolled in the {chooser[0]}, so that no threshold can be chosen there"]
    there = None if chooser is None else chooser[1]
    notices = []
    for words, searched in (("tested", outcome), ("calibrated on", there)):
        if searched is None or not outcome.n_gallery:
            continue
        ratio = 1.0 if searched is outcome else searched.n_gallery / outcome.n_gallery
        short = [
            f"{fpir:.4g} takes {needed:,}"
            for fpir in plan.fpirs
            if len(searched.strangers) < (needed := trials_needed(rate_for_list(fpir, ratio)))
        ]
        if short:
            notices.append(
                f"Of the strangers {words}, {len(searched.strangers):,} have a face: FPIR {', '.join(short)}"
            )
    return notices


def _notices(trials: Trials, outcome: Outcome) -> list[str]:
    notices = []
    enrolled = {trials.digests[row] for row in trials.rows("gallery")}
    again = sum(trials.digests[row] in enrolled for row in outcome.mated_rows)
    if again:
        notices.append(f"{again} mated probes are the very pictures that are enrolled: the figures flatter")
    lost = int((~trials.found[trials.rows("gallery")]).sum())
    if lost:
        notices.append(
            f"{lost} pictures could not be enrolled; probes of people without any other are misses"
        )
    return notices
