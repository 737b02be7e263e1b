"""From two sets of data to the findings that a certificate is issued over.

The threshold is chosen on the calibration people, and every figure is counted on the test people. A live engine uses
no face below the operating point's limits, and neither do these searches: such a probe of who is enrolled is a miss.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

import overt
from overt.biometrics.packs import adjusted, scoring_digest
from overt.errors import EvaluationError
from overt.evaluation.certificates._words import certified_groups, certified_rate, limits_of
from overt.evaluation.certificates.choosing import choose_for_list, largest_list, strangers_needed
from overt.evaluation.metrics import OpenSetRate, rate_at
from overt.evaluation.protocols import (
    Plan,
    data_name,
    group_columns,
    make_trials,
    refuse_overlap,
    search_trials,
)
from overt.evaluation.report import in_words, promise_at
from overt.rates import exact_interval, rate_for_list
from overt.records.certificates import (
    AtListSize,
    CertifiedData,
    CertifiedDetection,
    CertifiedPack,
    CertifiedPoint,
    Findings,
    Misses,
    PromisedAlerts,
    RunningCode,
    Wanted,
)
from overt.score_code import score_code

if TYPE_CHECKING:
    from overt.biometrics import ModelPack, OperatingPoint
    from overt.evaluation.protocols import Dataset, Outcome, Trials

__all__ = ["CertifyPlan", "certify", "certify_trials"]

_LIBRARIES: Final = ("numpy", "onnxruntime", "opencv-python-headless", "trackers")


@dataclass(frozen=True, slots=True)
class CertifyPlan:
    """What is asked for.

    Attributes:
        fpir: of strangers, the part that may alert, each against the whole list.
        list_size: the list's, in entries.
        footfall: faces expected in a deployment.
        min_eye_distance: another limit than the pack's own.
        min_quality: likewise.
        confirmations: likewise.
        trials: how the evaluation is run; its scores are cosines as they are, because those are what an engine
            compares with its threshold, and nothing is drawn over faces.
    """

    fpir: float
    list_size: int
    footfall: int
    min_eye_distance: float | None = None
    min_quality: float | None = None
    confirmations: int | None = None
    trials: Plan = field(default_factory=Plan)


def certify(pack: ModelPack, dataset: Dataset, calibration: Dataset, plan: CertifyPlan) -> Findings:
    """Choose the operating point and measure it.

    Args:
        pack: whose operating point it is.
        dataset: tested on; it says nothing about where the threshold lies.
        calibration: other people, on whom the threshold is chosen.
        plan: what is asked for.

    Raises:
        EvaluationError: the two share people; the data cannot support the rate; or the threshold does not hold on the
            test people.
    """
    refuse_overlap(dataset, calibration)
    bare = replace(plan.trials, preparation=msgspec.structs.replace(plan.trials.preparation, occlusion=None))
    numbers: dict[str, int] = {}
    return certify_trials(
        pack,
        make_trials(pack, dataset, bare, numbers=numbers),
        make_trials(pack, calibration, bare, numbers=numbers, title="calibration data"),
        replace(plan, trials=bare),
    )


def certify_trials(pack: ModelPack, test: Trials, calibration: Trials, plan: CertifyPlan) -> Findings:
    """The same of trials whose templates are made."""
    limits = adjusted(
        pack.manifest.operating_point,
        min_eye_distance=plan.min_eye_distance,
        min_quality=plan.min_quality,
        confirmations=plan.confirmations,
    )
    tested, chosen_on = _Searched.of(test, limits), _Searched.of(calibration, limits)
    _refuse_too_little(plan, {"calibration data": chosen_on, "test data": tested})
    chosen = choose_for_list(
        chosen_on.outcome.strangers,
        chosen_on.stranger_people,
        plan.fpir,
        list_size=plan.list_size,
        measured_list=chosen_on.outcome.n_gallery,
        seed=plan.trials.seed,
    )
    point = adjusted(limits, threshold=chosen.threshold)
    rate = _rate(tested, point.threshold, plan)
    scale = plan.list_size / tested.outcome.n_gallery
    low, high = rate.fpir_interval
    if low > rate_for_list(plan.fpir, 1 / scale):
        raise EvaluationError(
            f"The threshold {point.threshold:.4f}, chosen on {calibration.dataset.name}, does not hold on "
            f"{test.dataset.name}: {rate.false_positives} of {rate.non_mated} strangers alerted there against "
            f"{tested.outcome.n_gallery} people, which is more than FPIR {plan.fpir:g} at a list of "
            f"{plan.list_size:,} allows and more than chance explains",
            "Calibrate on people who are like those of the test data and of the street",
        )
    promise = promise_at(
        plan.fpir,
        rate,
        measured_list=tested.outcome.n_gallery,
        list_size=plan.list_size,
        footfall=plan.footfall,
    )
    groups = None
    if test.dataset.group_columns:
        groups = group_columns(
            tested.trials,
            tested.outcome,
            wanted_fpir=rate_for_list(plan.fpir, 1 / scale),
            threshold=point.threshold,
            seed=plan.trials.seed,
        )
    strangers, seen = chosen_on.outcome.strangers, plan.trials.preparation.detection
    return Findings(
        pack=_pack(pack),
        operating_point=CertifiedPoint(
            threshold=point.threshold,
            min_eye_distance=point.min_eye_distance,
            min_quality=point.min_quality,
            confirmations=point.confirmations,
            clear_below=point.clear_below,
        ),
        detection=CertifiedDetection(
            long_side=seen.long_side, far=seen.far, far_long_side=seen.far_long_side
        ),
        threshold_low=chosen.interval[0],
        threshold_high=chosen.interval[1],
        wanted=Wanted(fpir=plan.fpir, list_size=plan.list_size, footfall=plan.footfall),
        calibration=chosen_on.data,
        calibration_fpir=certified_rate(
            alarms := int((strangers >= point.threshold).sum()),
            len(strangers),
            interval=exact_interval(alarms, len(strangers)),
        ),
        test=tested.data,
        tpir=certified_rate(rate.hits, rate.trials, interval=rate.interval),
        fpir=certified_rate(rate.false_positives, rate.non_mated, interval=rate.fpir_interval),
        fpir_at_list_size=AtListSize(
            value=rate_for_list(rate.fpir, scale),
            low=rate_for_list(low, scale),
            high=rate_for_list(high, scale),
            modelled=plan.list_size != tested.outcome.n_gallery,
        ),
        false_alerts=PromisedAlerts(
            expected=promise.expected,
            low=promise.interval[0],
            high=promise.interval[1],
            fewer_than=promise.fewer_than,
            says=in_words(promise),
        ),
        groups=certified_groups(groups),
        misses=tested.misses,
        preparation=msgspec.to_builtins(plan.trials.preparation),
        seed=plan.trials.seed,
        code=RunningCode(
            version=overt.__version__,
            parts=score_code(),
            libraries=_versions(),
        ),
        evaluated_at=datetime.now(UTC).replace(microsecond=0),
        limits=limits_of(point),
    )


@dataclass(frozen=True, slots=True)
class _Searched:
    """Trials with what is below the limits left out, and what their searches gave."""

    trials: Trials
    outcome: Outcome
    misses: Misses

    @classmethod
    def of(cls, trials: Trials, limits: OperatingPoint) -> _Searched:
        probes = np.array([sample.role != "gallery" for sample in trials.dataset.samples])
        good = (trials.eye_distance >= limits.min_eye_distance) & (trials.quality >= limits.min_quality)
        poor = probes & trials.found & ~good
        usable = replace(trials, found=trials.found & ~poor)
        return cls(
            usable,
            search_trials(usable),
            Misses(
                probes=int(probes.sum()),
                without_face=int((probes & ~trials.found).sum()),
                below_limits=int(poor.sum()),
            ),
        )

    @property
    def stranger_people(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Whose the searches of strangers are, int64 [n]."""
        return np.asarray(self.trials.identities[self.outcome.stranger_rows], np.int64)

    @property
    def data(self) -> CertifiedData:
        """The data in a certificate."""
        name = data_name(self.trials)
        return CertifiedData(
            name=name.name,
            digest=name.digest,
            images=name.images,
            identities=name.identities,
            enrolled=self.outcome.n_gallery,
            mated=len(self.outcome.mated_rows),
            strangers=len(self.outcome.strangers),
        )


def _refuse_too_little(plan: CertifyPlan, data: dict[str, _Searched]) -> None:
    """Refuse data that cannot support the wanted rate at the list's size.

    People are counted, and not pictures: several pictures of one stranger are not as many trials.
    """
    short, supported = [], []
    for words, searched in data.items():
        enrolled, people = searched.outcome.n_gallery, len(np.unique(searched.stranger_people))
        if not enrolled or not len(searched.outcome.mated_rows):
            raise EvaluationError(
                f"Nobody is enrolled and searched for in {searched.trials.dataset.name}",
                "Give data with people in the roles gallery, mated and nonmated",
            )
        needed = strangers_needed(plan.fpir, list_size=plan.list_size, measured_list=enrolled)
        supported.append(largest_list(plan.fpir, strangers=people, measured_list=enrolled))
        if people < needed:
            short.append(
                f"the {words} ({searched.trials.dataset.name}) has {people:,} strangers with a usable face against "
                f"{enrolled:,} people enrolled, and it would take {needed:,}"
            )
    if short:
        most = min(supported)
        raise EvaluationError(
            f"The data cannot support FPIR {plan.fpir:g} at a list of {plan.list_size:,}: {'; '.join(short)} "
            "(rule of three)",
            "Give data of more people"
            + (f", or certify for a list of at most {most:,}" if most else "")
            + ", or for a higher rate",
        )


def _rate(tested: _Searched, threshold: float, plan: CertifyPlan) -> OpenSetRate:
    outcome, people = tested.outcome, tested.trials.identities
    rate = rate_at(
        outcome.mated,
        people[outcome.mated_rows],
        outcome.strangers,
        people[outcome.stranger_rows],
        threshold=threshold,
        seed=plan.trials.seed,
        threshold_from="calibration data",
        modelled=plan.list_size != outcome.n_gallery,
    )
    if isinstance(rate, str):
        raise EvaluationError(
            f"{tested.trials.dataset.name} has {len(outcome.mated_rows)} searches of people who are enrolled, too "
            "few for a rate",
            "Give data with at least 30",
        )
    return rate


def _versions() -> dict[str, str]:
    """Of the libraries that are there: another build of one has another name."""
    found = {}
    for name in _LIBRARIES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _pack(pack: ModelPack) -> CertifiedPack:
    manifest, contract = pack.manifest, pack.contract
    return CertifiedPack(
        id=manifest.id,
        version=manifest.version,
        files={file.name: file.sha256 for file in manifest.files},
        scoring=scoring_digest(manifest),
        dimension=contract.dimension,
        similarity=contract.similarity,
    )
