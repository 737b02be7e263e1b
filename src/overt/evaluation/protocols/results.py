"""What an evaluation found: frozen, with everything that is needed to find it again, and as JSON."""

from __future__ import annotations

from typing import Literal

import msgspec

from overt.evaluation.metrics import (
    Curve,
    Difference,
    Estimate,
    FoldedAccuracy,
    GroupColumn,
    Insufficient,
    Interval,
    Normalisation,
    OpenSetRate,
    Ranged,
)
from overt.evaluation.protocols.preparation import Code, PackName, Preparation

__all__ = [
    "DataName",
    "IdentificationResult",
    "LikelihoodFit",
    "MatchRate",
    "PairGroup",
    "PairGroups",
    "PassageGroup",
    "PassageGroups",
    "PassageResult",
    "Plain",
    "Provenance",
    "Result",
    "VerificationResult",
    "WorstCase",
    "to_json",
]


class DataName(msgspec.Struct, frozen=True, kw_only=True):
    """The data in a result.

    Attributes:
        name: the folder's or file's.
        digest: SHA-256 over who is listed in which role and group with which picture, whatever the order of the rows.
        images: pictures.
        identities: people.
    """

    name: str
    digest: str
    images: int
    identities: int


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """What a result rests on. The same again gives the same figures.

    Attributes:
        pack: the networks.
        data: what was tested on.
        calibration: the other people that normalised scores and thresholds come from; None where there were none.
        preparation: how pictures became templates, with the seed.
        seed: of bootstraps, folds and drawn coverings.
        code: the software.
        made_at: when, in UTC.
    """

    pack: PackName
    data: DataName
    calibration: DataName | None
    preparation: Preparation
    seed: int
    code: Code
    made_at: str


class WorstCase(msgspec.Struct, frozen=True, kw_only=True):
    """One search that went worst: where its probe is listed, its score, and the place of its mate (0: none)."""

    place: str
    score: float
    rank: int


class Plain(msgspec.Struct, frozen=True, kw_only=True):
    """The same trials by cosines as they are, beside normalised ones; fields as in `IdentificationResult`."""

    rank1: float | Insufficient
    tpir: dict[str, OpenSetRate | Insufficient]
    attainable: dict[str, OpenSetRate | Insufficient] | None


class LikelihoodFit(msgspec.Struct, frozen=True, kw_only=True):
    """The natural logarithm of the likelihood ratio: a line over the score, and the comparisons behind it.

    Attributes:
        slope: for one unit of the score.
        offset: at a score of 0.
        n_same: of two pictures of one person, among the calibration people.
        n_different: of two people's.
    """

    slope: float
    offset: float
    n_same: int
    n_different: int


class IdentificationResult(msgspec.Struct, frozen=True, kw_only=True):
    """Closed-set and open-set identification (1:N).

    Attributes:
        protocol: `identification`.
        rank1: the part of mated probes whose mate scores highest.
        rank1_interval: its 95% interval.
        tpir: by the wanted FPIR.
        attainable: the same with thresholds chosen on these very trials, to compare systems at one measured FPIR;
            None where `tpir` has them.
        n_gallery: N, people enrolled.
        n_mated: mated probes, those without a face included.
        n_nonmated: non-mated probes, those without a face included.
        n_extra: rows that were passed over.
        failure_to_acquire: the part of all probes in which no face was found.
        failures: pictures without a face, by role.
        covered: probes that looked covered and were compared with references made alike, by the part; empty where the
            pack compares every face as it is.
        groups: by column; "insufficient data" where nobody is labelled.
        normalisation: of the scores.
        plain: without normalisation, where there is one.
        cllr: with calibration data: what likelihood ratios that are fitted there cost on these people, bits.
        min_cllr: what they would cost with the best rising calibration of these very scores.
        likelihood_ratios: by the wanted FPIR: how many times more often a score at that threshold comes of people and
            their own entries than of others and any entry.
        likelihood_fit: the line behind the three.
        cmc: the part of mated probes whose mate is among the first 1, 2, 3 …
        det: FNIR and FPIR by threshold.
        lowest_mates: the mated searches that went worst.
        highest_strangers: the non-mated searches that went worst.
        notices: what the reader should know.
        provenance: what it rests on.
    """

    protocol: Literal["identification"] = "identification"
    rank1: float | Insufficient
    rank1_interval: Interval | None
    tpir: dict[str, OpenSetRate | Insufficient]
    attainable: dict[str, OpenSetRate | Insufficient] | None
    n_gallery: int
    n_mated: int
    n_nonmated: int
    n_extra: int
    failure_to_acquire: float
    failures: dict[str, int]
    covered: dict[str, int]
    groups: dict[str, GroupColumn] | Insufficient
    normalisation: Normalisation
    plain: Plain | None
    cllr: Ranged | Insufficient | None
    min_cllr: Ranged | Insufficient | None
    likelihood_ratios: dict[str, Ranged | Insufficient] | None
    likelihood_fit: LikelihoodFit | None
    cmc: tuple[float, ...]
    det: Curve | None
    lowest_mates: tuple[WorstCase, ...]
    highest_strangers: tuple[WorstCase, ...]
    notices: tuple[str, ...]
    provenance: Provenance


class MatchRate(msgspec.Struct, frozen=True, kw_only=True):
    """FNMR at the threshold for a wanted FMR.

    Attributes:
        fnmr: the part of pairs of one person that are taken for two; pairs without a face are.
        fmr: measured at this threshold.
        threshold: the least score that matches.
    """

    fnmr: Estimate
    fmr: Estimate
    threshold: float


class PairGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The pairs of one group, at the threshold for FMR 1% over everybody.

    Attributes:
        n_same: pairs of one person.
        n_different: pairs of two.
        fnmr: the part of the former that are taken for two.
        fmr: the part of the latter that are taken for one.
    """

    n_same: int
    n_different: int
    fnmr: Estimate | Insufficient
    fmr: Estimate | Insufficient


class PairGroups(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs by the values of one column, and how far apart these lie; pairs without a label are under ""."""

    threshold: float
    values: dict[str, PairGroup]
    fnmr: Difference
    fmr: Difference


class PassageGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The passages of one group: those of people on the watchlist, and how many of these raised the right alert."""

    n_mated: int
    tpir: Estimate | Insufficient


class PassageGroups(msgspec.Struct, frozen=True, kw_only=True):
    """Passages by the values of one column, and how far apart their misses lie.

    There are no false alerts by group: the wire tells no two strangers apart.
    """

    values: dict[str, PassageGroup]
    fnir: Difference


class VerificationResult(msgspec.Struct, frozen=True, kw_only=True):
    """One-to-one verification of pairs.

    Attributes:
        protocol: `verification`.
        accuracy: part of right decisions, each tenth decided at the threshold that is best on the other nine.
        accuracy_interval: 95%: two standard errors over the tenths to either side.
        folded: the accuracy in full.
        balanced: the same with both kinds of pair weighed alike, for files that hold more of one.
        auc: the probability that a pair of one person scores higher than a pair of two.
        eer: where FMR and FNMR meet.
        fnmr: by the wanted FMR.
        n_same: pairs of one person.
        n_different: pairs of two.
        failure_to_acquire: the part of pictures in which no face was found.
        covered: second pictures that looked covered and were compared with first ones made alike, by the part.
        groups: by column; "insufficient data" where no pair is labelled, or FMR 1% is not supported.
        roc: FNMR and FMR by threshold.
        notices: what the reader should know.
        provenance: what it rests on.
    """

    protocol: Literal["verification"] = "verification"
    accuracy: float | Insufficient
    accuracy_interval: Interval | None
    folded: FoldedAccuracy | None
    balanced: FoldedAccuracy | None
    auc: float | Insufficient
    eer: float | Insufficient
    fnmr: dict[str, MatchRate | Insufficient]
    n_same: int
    n_different: int
    failure_to_acquire: float
    covered: dict[str, int]
    groups: dict[str, PairGroups] | Insufficient
    roc: Curve | None
    notices: tuple[str, ...]
    provenance: Provenance


class PassageResult(msgspec.Struct, frozen=True, kw_only=True):
    """Identification of passages on video by the engine as it runs in a deployment.

    Attributes:
        protocol: `passages`.
        threshold: the operating point's.
        n_gallery: N, people on the watchlist.
        n_passages: passages in the ground truth.
        n_mated: those of people on the watchlist.
        n_nonmated: those of others.
        tpir: mated passages in which the right entry alerted.
        fpir: non-mated passages in which any entry alerted.
        alerts: all that the engine raised.
        true_alerts: those that name the person who was passing.
        false_alerts: the others, those that fit no passage included.
        passages_seen: passages with a usable face, as the engine counts them.
        false_positives_per_passage: false alerts ÷ passages seen; "insufficient data" with fewer than 30 of them.
        false_positives_interval: of that, exact for a count (Garwood, 1936), because a passage may raise several.
        groups: by column; "insufficient data" where no passage is labelled.
        missed: mated passages without an alert, by film and time.
        notices: what the reader should know.
        provenance: what it rests on.
    """

    protocol: Literal["passages"] = "passages"
    threshold: float
    n_gallery: int
    n_passages: int
    n_mated: int
    n_nonmated: int
    tpir: Estimate | Insufficient
    fpir: Estimate | Insufficient
    alerts: int
    true_alerts: int
    false_alerts: int
    passages_seen: int
    false_positives_per_passage: float | Insufficient
    false_positives_interval: Interval | None
    groups: dict[str, PassageGroups] | Insufficient
    missed: tuple[str, ...]
    notices: tuple[str, ...]
    provenance: Provenance


Result = IdentificationResult | VerificationResult | PassageResult


def to_json(result: Result) -> str:
    """The result as JSON, indented, with a line feed at its end."""
    return msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n"
