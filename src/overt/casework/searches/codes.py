"""The closed lists of what can be said in a search: features, findings, support, decisions, reviews, outcomes.

The features are those that facial examiners compare one by one (FISWG, Facial Image Comparison Feature List for
Morphological Analysis); the scale is the verbal one of evaluative reporting (ENFSI), even on both sides of a middle
that says nothing. Both are told here in our own words. No step of the scale says that two pictures show one person.
"""

from __future__ import annotations

from typing import Final, Literal

__all__ = [
    "FEATURES",
    "FINDINGS",
    "NOT_STATED",
    "OUTCOMES",
    "REVIEW_FAULTS",
    "SUPPORT",
    "SUPPORTS_DIFFERENT",
    "SUPPORTS_SAME",
    "Feature",
    "FeatureFinding",
    "OutcomeKind",
    "ReviewFault",
    "ReviewFinding",
    "SearchDecision",
    "SearchState",
    "Support",
]

NOT_STATED: Final = "not-stated"
"""The offence of a search that names none."""

SearchState = Literal["examination", "review", "outcome", "closed"]
"""examination: a facial examiner must compare a candidate, or a second one must, blind to the first; review: somebody
who did neither must look at all of it; outcome: what came of it is to be recorded; closed."""

Feature = Literal[
    "skin",
    "outline",
    "proportions",
    "hairline",
    "forehead",
    "eyebrows",
    "eyes",
    "cheeks",
    "nose",
    "ears",
    "mouth",
    "mouth-area",
    "chin-and-jaw",
    "neck",
    "facial-hair",
    "lines",
    "scars",
    "marks",
    "alterations",
]

FEATURES: Final[dict[Feature, str]] = {
    "skin": "Skin: texture, tone, evenness",
    "outline": "Outline of head and face, crown to chin",
    "proportions": "Proportions: how the features lie to each other",
    "hairline": "Hairline, hair, baldness",
    "forehead": "Forehead: height, width, slope",
    "eyebrows": "Eyebrows: form, thickness, where they begin and end",
    "eyes": "Eyes: lids, folds, corners, iris, what lies under them",
    "cheeks": "Cheeks and cheekbones",
    "nose": "Nose: root, bridge, tip, wings, nostrils",
    "ears": "Ears: outer rim, inner folds, lobe, how they stand",
    "mouth": "Mouth: lips, their outline, corners, teeth",
    "mouth-area": "Between nose and mouth: groove, height",
    "chin-and-jaw": "Chin and jaw line",
    "neck": "Neck: width, folds, larynx",
    "facial-hair": "Beard and moustache: where they grow and do not",
    "lines": "Lines and creases: forehead, eyes, nose to mouth",
    "scars": "Scars: where, how long, of what form",
    "marks": "Marks: moles, freckles, birthmarks, blemishes",
    "alterations": "Alterations: piercings, tattoos, make-up, surgery",
}
"""What is compared, one by one, and in words."""

FeatureFinding = Literal["similar", "explained", "different", "not-visible"]

FINDINGS: Final[dict[FeatureFinding, str]] = {
    "similar": "Alike in both pictures",
    "explained": "Differs, and light, pose, expression, age or the picture's quality accounts for it",
    "different": "Differs, and nothing in the pictures accounts for it",
    "not-visible": "Cannot be seen well enough in one of them",
}
"""What can be said of a feature."""

Support = Literal[
    "different-strong",
    "different-moderate",
    "different-limited",
    "no-conclusion",
    "same-limited",
    "same-moderate",
    "same-strong",
]

SUPPORT: Final[dict[Support, str]] = {
    "different-strong": "Strong support that they are different people",
    "different-moderate": "Moderate support that they are different people",
    "different-limited": "Limited support that they are different people",
    "no-conclusion": "No conclusion: support for neither",
    "same-limited": "Limited support that they are the same person",
    "same-moderate": "Moderate support that they are the same person",
    "same-strong": "Strong support that they are the same person",
}
"""The scale, from end to end. It tells what the comparison supports, and never how likely it is that it is they."""

SUPPORTS_SAME: Final[frozenset[Support]] = frozenset({"same-limited", "same-moderate", "same-strong"})
SUPPORTS_DIFFERENT: Final[frozenset[Support]] = frozenset(
    {"different-limited", "different-moderate", "different-strong"}
)

SearchDecision = Literal["put-forward", "not-put-forward"]
"""Whether a candidate is given to the investigation as a lead. A lead is no identification."""

ReviewFinding = Literal["in-order", "not-in-order"]

ReviewFault = Literal[
    "reason", "authority", "proportionality", "probe-quality", "whose-face", "examination", "other"
]

REVIEW_FAULTS: Final[dict[ReviewFault, str]] = {
    "reason": "The reason does not carry the search",
    "authority": "The authority is missing or does not cover it",
    "proportionality": "It was not proportionate: a lesser means would have done",
    "probe-quality": "The probe was too poor to search with",
    "whose-face": "The face searched was not the one that the reason is about, or a bystander's",
    "examination": "The examination does not carry its decision",
    "other": "Something else, said in words",
}
"""What a review can find wrong."""

OutcomeKind = Literal["no-lead", "identity-confirmed", "identity-refuted", "undetermined", "not-pursued"]

OUTCOMES: Final[dict[OutcomeKind, str]] = {
    "no-lead": "No lead: no candidate was put forward",
    "identity-confirmed": "Other evidence than the face confirmed who it is",
    "identity-refuted": "The lead was followed, and it was somebody else",
    "undetermined": "The lead was followed, and neither was found",
    "not-pursued": "The lead was not followed",
}
"""What can come of a search."""
