"""The closed lists of what can be said of an alert."""

from __future__ import annotations

from typing import Final, Literal

__all__ = [
    "OFFICER_DEFINED_GROUPS",
    "REASONS_NOT_TO_ENGAGE",
    "REASONS_TO_ENGAGE",
    "SAYS_SAME_PERSON",
    "SELF_DEFINED_GROUPS",
    "AlertClass",
    "AlertState",
    "CorrectionCode",
    "Decision",
    "Identity",
    "OfficerDefinedGroup",
    "OutcomeKind",
    "ReasonCode",
    "SelfDefinedGroup",
]

AlertState = Literal["open", "second", "engage", "engaged", "closed"]
"""open: nobody has adjudicated; second: the blind second adjudication is due; engage: an engagement is due; engaged:
an outcome is due; closed."""

AlertClass = Literal["true-confirmed", "true-unconfirmed", "false-confirmed", "false-unconfirmed"]

Decision = Literal["engage", "do-not-engage"]

ReasonCode = Literal[
    "same-person",
    "likely-same-person",
    "different-person",
    "look-alike",
    "poor-image",
    "not-actionable",
    "lost-from-view",
    "unsafe",
    "other",
]

REASONS_TO_ENGAGE: Final[frozenset[ReasonCode]] = frozenset({"same-person", "likely-same-person"})
"""What an adjudicator can say for approaching."""

REASONS_NOT_TO_ENGAGE: Final[frozenset[ReasonCode]] = frozenset(
    {"different-person", "look-alike", "poor-image", "not-actionable", "lost-from-view", "unsafe", "other"}
)
"""What an adjudicator can say against it. Not actionable: it is the person, and there is no ground, or no longer any,
to stop them. Lost from view, unsafe: it is the person, and they cannot be reached, or not safely."""

SAYS_SAME_PERSON: Final[frozenset[ReasonCode]] = REASONS_TO_ENGAGE | {
    "not-actionable",
    "lost-from-view",
    "unsafe",
}
"""Reasons by which the adjudicator says that it is the person sought. A picture too poor to tell, and "other", do not
say so, and an alert that nobody says was right counts as false."""

Identity = Literal["sought", "other", "not-contacted"]

OutcomeKind = Literal[
    "arrest", "voluntary-interview", "appointment", "information", "safeguarding", "no-further-action"
]

CorrectionCode = Literal["entered-wrongly", "learned-later", "after-review"]
"""Why something is corrected: it was not what was meant; it was found out afterwards; a review found it wrong."""

SelfDefinedGroup = Literal[
    "W1", "W2", "W9", "M1", "M2", "M3", "M9", "A1", "A2", "A3", "A9", "B1", "B2", "B9", "O1", "O9", "NS"
]

SELF_DEFINED_GROUPS: Final[dict[SelfDefinedGroup, str]] = {
    "W1": "White: British",
    "W2": "White: Irish",
    "W9": "White: any other background",
    "M1": "Mixed: White and Black Caribbean",
    "M2": "Mixed: White and Black African",
    "M3": "Mixed: White and Asian",
    "M9": "Mixed: any other background",
    "A1": "Asian: Indian",
    "A2": "Asian: Pakistani",
    "A3": "Asian: Bangladeshi",
    "A9": "Asian: any other background",
    "B1": "Black: Caribbean",
    "B2": "Black: African",
    "B9": "Black: any other background",
    "O1": "Chinese",
    "O9": "Any other group",
    "NS": "Not stated",
}
"""How a person describes themselves: the 16+1 categories that UK police record."""

OfficerDefinedGroup = Literal["IC1", "IC2", "IC3", "IC4", "IC5", "IC6", "IC9"]

OFFICER_DEFINED_GROUPS: Final[dict[OfficerDefinedGroup, str]] = {
    "IC1": "White: North European",
    "IC2": "White: South European",
    "IC3": "Black",
    "IC4": "Asian",
    "IC5": "Chinese, Japanese or South-East Asian",
    "IC6": "Middle Eastern",
    "IC9": "Unknown",
}
"""How an officer describes a person: the 6+1 codes that UK police record. Never the software's guess."""
