"""From scores to figures: error rates, curves, intervals, groups, normalised scores. Arrays in, figures out."""

from overt.evaluation.metrics.curves import (
    Curve,
    ErrorRates,
    area_under_curve,
    drawn,
    equal_error_rate,
    error_rates,
    threshold_for,
)
from overt.evaluation.metrics.groups import (
    Difference,
    GroupColumn,
    GroupRates,
    GroupTrials,
    Spread,
    difference_of,
    gini,
    group_column,
    max_over_geometric_mean,
)
from overt.evaluation.metrics.identification import Searches, cumulative_matches, missed, search_all
from overt.evaluation.metrics.intervals import (
    BOOTSTRAPS,
    FEWEST_TRIALS,
    INSUFFICIENT,
    Estimate,
    Insufficient,
    Interval,
    estimate,
    resampled_rates,
)
from overt.evaluation.metrics.mcnemar import exact_mcnemar
from overt.evaluation.metrics.normalisation import COHORT_TOP, CohortScores, Normalisation, Normaliser
from overt.evaluation.metrics.open_set import OpenSetRate, Origin, choose_threshold, rate_at
from overt.evaluation.metrics.paired import PairedDifference, Scored, paired_difference
from overt.evaluation.metrics.verification import (
    FoldedAccuracy,
    best_threshold,
    folded_accuracy,
    stratified_folds,
)

__all__ = [
    "BOOTSTRAPS",
    "COHORT_TOP",
    "FEWEST_TRIALS",
    "INSUFFICIENT",
    "CohortScores",
    "Curve",
    "Difference",
    "ErrorRates",
    "Estimate",
    "FoldedAccuracy",
    "GroupColumn",
    "GroupRates",
    "GroupTrials",
    "Insufficient",
    "Interval",
    "Normalisation",
    "Normaliser",
    "OpenSetRate",
    "Origin",
    "PairedDifference",
    "Scored",
    "Searches",
    "Spread",
    "area_under_curve",
    "best_threshold",
    "choose_threshold",
    "cumulative_matches",
    "difference_of",
    "drawn",
    "equal_error_rate",
    "error_rates",
    "estimate",
    "exact_mcnemar",
    "folded_accuracy",
    "gini",
    "group_column",
    "max_over_geometric_mean",
    "missed",
    "paired_difference",
    "rate_at",
    "resampled_rates",
    "search_all",
    "stratified_folds",
    "threshold_for",
]
