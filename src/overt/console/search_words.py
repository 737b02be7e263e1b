"""What retrospective searches and collections are called on pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from overt.casework.searches import FEATURES, FINDINGS, OUTCOMES, REVIEW_FAULTS, SUPPORT

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SEARCH_WORDS"]

SEARCH_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "search": {
        "examination": "To be examined",
        "review": "To be reviewed",
        "outcome": "Outcome due",
        "closed": "Closed",
    },
    "search-due": {
        "examine": "Examine a candidate",
        "review": "Review it",
        "outcome": "Record what came of it",
    },
    "offence": {"not-stated": "Not stated"},
    "probe-kind": {"still": "Picture", "footage": "Footage"},
    "verdict": {
        "good": "Good enough to compare",
        "poor": "Poor: the person may be missed",
        "unusable": "Too poor to search with",
    },
    "feature": {str(code): said for code, said in FEATURES.items()},
    "feature-finding": {str(code): said for code, said in FINDINGS.items()},
    "feature-finding-short": {
        "similar": "Alike",
        "explained": "Differs, explained",
        "different": "Differs, unexplained",
        "not-visible": "Cannot be seen",
    },
    "support": {str(code): said for code, said in SUPPORT.items()},
    "search-decision": {
        "put-forward": "Put forward as a lead",
        "not-put-forward": "Not put forward",
        "not-yet": "Not decided yet",
    },
    "review-finding": {"in-order": "In order", "not-in-order": "Not in order", "not-yet": "Not reviewed yet"},
    "review-fault": {str(code): said for code, said in REVIEW_FAULTS.items()},
    "search-outcome": {
        **{str(code): said for code, said in OUTCOMES.items()},
        "not-yet": "Not known yet",
    },
    "search-result": {"candidates": "Returned candidates", "nobody": "Returned nobody"},
    "collection-pair": {
        "same-picture": "One file under two references",
        "same-person": "Two references, perhaps one person",
        "two-people": "One reference, perhaps two people",
    },
    "pair-finding": {
        "same-person": "One person",
        "different-people": "Different people",
        "left": "Left: it cannot be told, or need not be",
    },
    "ingestion-kind": {"folder": "Folder", "archive": "ZIP", "manifest": "Table and pictures"},
}
"""Codes in words, by what they are codes of; a part of `overt.console.wording.WORDS`."""
