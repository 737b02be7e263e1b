"""What a certificate says: figures, counts and digests. Nobody's face, and no identity of the data, is in it."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads the annotations
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "CERTIFICATE_FORMAT",
    "AtListSize",
    "Certificate",
    "CertifiedData",
    "CertifiedDetection",
    "CertifiedGroup",
    "CertifiedGroups",
    "CertifiedPack",
    "CertifiedPoint",
    "CertifiedRate",
    "Findings",
    "GroupSpread",
    "Misses",
    "PromisedAlerts",
    "RunningCode",
    "Wanted",
]

CERTIFICATE_FORMAT: Final = "overt certificate 1"

Insufficient = Literal["insufficient data"]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Part = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CertifiedPack(_Part):
    """The model pack, and what binds a template to it."""

    id: str
    version: str
    files: Annotated[dict[str, Digest], Field(description="SHA-256 of each file, by its name.")]
    scoring: Annotated[
        Digest, Field(description="SHA-256 over its files and all in its manifest that scores hang on.")
    ]
    dimension: Annotated[int, Field(description="How many numbers a template has.")]
    similarity: Annotated[str, Field(description="How two templates are compared.")]


class CertifiedPoint(_Part):
    """The whole operating point."""

    threshold: Annotated[float, Field(ge=-1, le=1, description="Least similarity that alerts.")]
    min_eye_distance: Annotated[float, Field(description="Least distance between the eyes, pixels.")]
    min_quality: Annotated[float, Field(description="Least quality of an observation, 0 to 1.")]
    confirmations: Annotated[int, Field(description="Observations that must agree before an alert.")]
    clear_below: Annotated[
        float | None, Field(description="An observation that scores less clears its passage.")
    ]


class CertifiedDetection(_Part):
    """How faces were sought. Another way finds other faces, and puts their landmarks, and so scores, elsewhere."""

    long_side: Annotated[int, Field(ge=1, description="Longer side of the copy that is searched, pixels.")]
    far: Annotated[
        Literal["none", "two-scale", "tiles"],
        Field(description="How faces too small for that copy were sought as well."),
    ]
    far_long_side: Annotated[
        int, Field(ge=1, description="Longer side of the larger copy of `two-scale`, pixels.")
    ]


class CertifiedRate(_Part):
    """A rate as it was counted, with its 95% interval."""

    value: Annotated[Part, Field(description="`hits` / `trials`.")]
    low: Annotated[Part, Field(description="Lower end of the 95% interval.")]
    high: Annotated[Part, Field(description="Upper end of the 95% interval.")]
    hits: Annotated[Count, Field(description="How often it happened.")]
    trials: Annotated[Count, Field(description="How often it could have.")]


class CertifiedData(_Part):
    """A set of data, by digest and counts."""

    name: Annotated[str, Field(description="The folder's or file's.")]
    digest: Annotated[Digest, Field(description="SHA-256 over who is listed, and how, with which picture.")]
    images: Count
    identities: Annotated[Count, Field(description="People.")]
    enrolled: Annotated[Count, Field(description="People who were enrolled: the list's size as measured.")]
    mated: Annotated[Count, Field(description="Searches of people who were.")]
    strangers: Annotated[Count, Field(description="Searches of people who were not, that had a usable face.")]


class Wanted(_Part):
    """What was asked for."""

    fpir: Annotated[float, Field(gt=0, lt=1, description="Of strangers, the part that may alert.")]
    list_size: Annotated[
        int, Field(ge=1, description="Entries on the list for which the threshold is chosen.")
    ]
    footfall: Annotated[int, Field(ge=1, description="Faces expected in a deployment.")]


class AtListSize(_Part):
    """False positives carried to the list's size."""

    value: Part
    low: Part
    high: Part
    modelled: Annotated[
        bool,
        Field(
            description="Whether that is another size than the measured one, so that the rate is modelled from it "
            "(independent comparisons)."
        ),
    ]


class PromisedAlerts(_Part):
    """False alerts to be expected among the faces of a deployment, with the whole list."""

    expected: float
    low: float
    high: float
    fewer_than: Annotated[bool, Field(description="None was counted: only the upper end is known.")]
    says: Annotated[str, Field(description="The same in a sentence.")]


class CertifiedGroup(_Part):
    """One group's rates at the threshold."""

    mated: Count
    strangers: Count
    tpir: CertifiedRate | Insufficient
    fpir: CertifiedRate | Insufficient


class GroupSpread(_Part):
    """How far apart groups lie: the largest rate over the geometric mean, and the Gini coefficient."""

    max_over_geometric_mean: tuple[float, float, float] | Insufficient
    gini: tuple[float, float, float] | Insufficient


class CertifiedGroups(_Part):
    """The groups of one column."""

    groups: dict[str, CertifiedGroup]
    misses: Annotated[GroupSpread, Field(description="Of FNIR: value, and the ends of its interval.")]
    false_positives: Annotated[GroupSpread, Field(description="Of FPIR, likewise.")]


class Misses(_Part):
    """Probes of the test data that could not be searched with. One of somebody enrolled counts as a miss."""

    probes: Count
    without_face: Annotated[Count, Field(description="No face was found.")]
    below_limits: Annotated[Count, Field(description="The face was smaller or poorer than the limits ask.")]


class RunningCode(_Part):
    """The software."""

    version: Annotated[str, Field(description="Overt's.")]
    parts: Annotated[
        dict[str, Digest], Field(description="SHA-256 of the code that decides a score, by its part.")
    ]
    libraries: Annotated[
        dict[str, str],
        Field(description="Versions of the libraries underneath, for the record; they are not compared."),
    ]


class Findings(_Part):
    """What an evaluation found of one operating point: all of a certificate but who issued it, and when."""

    pack: CertifiedPack
    operating_point: CertifiedPoint
    detection: CertifiedDetection
    threshold_low: Annotated[
        float, Field(description="Lower end of the 95% interval of the threshold over calibration people.")
    ]
    threshold_high: Annotated[float, Field(description="Its upper end.")]
    scores: Annotated[Literal["cosine"], Field(description="What is compared with the threshold.")] = "cosine"
    wanted: Wanted
    calibration: Annotated[CertifiedData, Field(description="On whom the threshold was chosen.")]
    calibration_fpir: Annotated[CertifiedRate, Field(description="FPIR there, at the list's size there.")]
    test: Annotated[CertifiedData, Field(description="On whom, all of them other people, it was tested.")]
    tpir: Annotated[
        CertifiedRate, Field(description="People on the list who were found, at the list's size as measured.")
    ]
    fpir: Annotated[CertifiedRate, Field(description="Strangers who alerted, at that size.")]
    fpir_at_list_size: Annotated[AtListSize, Field(description="The same for the wanted list's size.")]
    false_alerts: PromisedAlerts
    groups: Annotated[dict[str, CertifiedGroups] | Insufficient, Field(description="By column.")]
    misses: Misses
    preparation: Annotated[
        dict[str, str | int | float | bool | None], Field(description="How pictures were prepared.")
    ]
    seed: int
    code: RunningCode
    evaluated_at: datetime
    limits: Annotated[tuple[str, ...], Field(description="What these figures do not say.")]


class Certificate(_Part):
    """A signed statement about one operating point."""

    format: Literal["overt certificate 1"] = CERTIFICATE_FORMAT
    id: str
    issued_at: datetime
    expires_at: datetime
    issued_by: Annotated[str, Field(description="The id of the person who issued it.")]
    issued_by_name: Annotated[str, Field(description="Their name.")]
    findings: Findings
