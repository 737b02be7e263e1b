"""What the commands on alerts take and give."""

from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from overt.biometrics import Covering
from overt.casework.alerts.codes import (
    AlertClass,
    AlertState,
    CorrectionCode,
    Decision,
    Identity,
    OfficerDefinedGroup,
    OutcomeKind,
    ReasonCode,
    SelfDefinedGroup,
)
from overt.casework.certificates import Certification
from overt.casework.moments import Moment
from overt.casework.watchlists.officer_views import LookAlikeOnList, ReferenceFace

__all__ = [
    "Acknowledgement",
    "AdjudicationView",
    "AlertFilter",
    "AlertSummary",
    "AlertView",
    "AlertedEntry",
    "ChanceOfStranger",
    "Correction",
    "EngagementView",
    "NewAdjudication",
    "NewEngagement",
    "NewOutcome",
    "NewRouting",
    "OutcomeView",
    "RoutingView",
    "ScoreMeaning",
    "TakenAlert",
]

LONGEST_WORDS: Final = 2_000
MOST_OFFICERS: Final = 100
Words = Annotated[str, Field(max_length=LONGEST_WORDS)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TakenAlert(_Model):
    """What became of an alert of the engine's."""

    alert_id: Annotated[str | None, Field(description="The alert's id; null where none was raised.")]
    not_raised: Annotated[
        str,
        Field(description="Why none was raised: not-live, window-over, not-frozen, not-current; else empty."),
    ] = ""
    repeated: Annotated[bool, Field(description="Whether it had been taken before.")] = False


class AlertFilter(_Model):
    """Which alerts a listing holds; all of them where nothing is given."""

    deployment_id: Annotated[str | None, Field(description="Of this deployment.")] = None
    state: Annotated[AlertState | None, Field(description="In this state.")] = None


class AlertSummary(_Model):
    """An alert in a listing. Class and seed are null until it is decided whether to engage."""

    id: str
    deployment_id: str
    feed: Annotated[str, Field(description="The zone's name.")]
    state: Annotated[AlertState, Field(description="What is due next.")]
    yours_to_adjudicate: Annotated[
        bool, Field(description="Whether whoever asks may adjudicate it as it stands.")
    ]
    category: str
    seed: Annotated[bool | None, Field(description="Whether a consenting person walked past for the count.")]
    alert_class: AlertClass | None
    score: float
    threshold: float
    captured_at: datetime
    received_at: datetime
    capture_to_alert_ms: float
    routed: Annotated[int, Field(description="Officers that it was routed to.")]
    acknowledged: Annotated[int, Field(description="Of these: those who have said that they are on it.")]
    routed_to_you: Annotated[bool, Field(description="Whether it was routed to whoever asks.")]
    acknowledged_by_you: bool
    personal_data_deleted: Annotated[
        bool,
        Field(description="Whether picture, entry and reasons have been deleted, as their time was over."),
    ]


class AlertedEntry(_Model):
    """The entry that an alert names, as officers see it.

    Nothing in it tells a seed from the others: whether it is one is said in the alert once that is decided.
    """

    entry_id: str
    name: str
    date_of_birth: date | Literal["unknown"]
    age: int | None
    image_ids: Annotated[tuple[str, ...], Field(description="Reference images, to be shown with the crop.")]
    images: Annotated[tuple[ReferenceFace, ...], Field(description="The same, with where the face is.")]
    warnings: tuple[str, ...]
    look_alikes: Annotated[
        tuple[LookAlikeOnList, ...], Field(description="Others on the list; most alike first.")
    ]
    reference: str
    category: str
    lawful_basis: str
    instruction: str


class ChanceOfStranger(_Model):
    """How many people who are not on the list would score at least as much against it.

    It is no probability that the passer-by is the person sought, or that they are not.
    """

    rate: Annotated[
        float | None,
        Field(
            description="The part of strangers; null where none was counted, so that only `high` is known."
        ),
    ]
    low: Annotated[float, Field(description="Lower end of its 95% interval.")]
    high: Annotated[float, Field(description="Upper end of its 95% interval.")]
    list_size: Annotated[int, Field(description="Entries that each stranger is compared with.")]
    modelled: Annotated[
        bool, Field(description="Whether it was carried over from another list or a lower score.")
    ]
    briefly: str
    words: str


class ScoreMeaning(_Model):
    """What a score says, and what it does not."""

    score: float
    threshold: float
    expected_false_alerts_per_face: Annotated[
        float | None,
        Field(
            description="At this threshold and list size, from the pack's measurement; null where unmeasured."
        ),
    ]
    chance_of_stranger: Annotated[
        ChanceOfStranger | None, Field(description="At this very score; null where unmeasured.")
    ]
    words: str


class Correction(_Model):
    """Why something recorded is corrected. The earlier row stays beside the new one."""

    code: CorrectionCode
    reason: Annotated[
        Words,
        Field(
            description="In words: needed while the alert's personal data are kept, and no more taken afterwards."
        ),
    ] = ""


class NewAdjudication(_Model):
    """A judgement of an alert. The time it took is counted by the server."""

    decision: Annotated[Decision, Field(description="Whether the person is to be approached.")]
    reason_code: Annotated[ReasonCode, Field(description="Why, from the list; it must fit the decision.")]
    reason: Annotated[Words, Field(description="Why, in words.")]
    officer_ids: Annotated[
        tuple[str, ...],
        Field(
            max_length=MOST_OFFICERS,
            description="An LFR operator may name the officers on duty to whom it goes if this settles that it is "
            "to be engaged. Where nobody is named it goes to everybody on duty. Not looked at where a second "
            "adjudication is due, as that one settles it.",
        ),
    ] = ()


class AdjudicationView(_Model):
    """An adjudication."""

    id: str
    place: Annotated[int, Field(description="1, or 2 for the one made blind to the first.")]
    person_id: str
    person_name: Annotated[str, Field(description="Full name and username.")]
    decision: Decision
    reason_code: ReasonCode
    reason: Annotated[str | None, Field(description="Null once deleted.")]
    seconds_taken: Annotated[float, Field(description="From the alert's first showing to this person.")]
    at: datetime
    corrects_id: str | None
    correction_code: CorrectionCode | None
    correction_reason: str | None
    stands: Annotated[bool, Field(description="False where a later row corrects it.")]


class NewRouting(_Model):
    """To whom an alert is to go."""

    officer_ids: Annotated[
        tuple[str, ...],
        Field(min_length=1, max_length=MOST_OFFICERS, description="Officers on duty in the deployment."),
    ]


class RoutingView(_Model):
    """An officer who was given the alert, and whether they have said that they are on it."""

    id: str
    officer_id: str
    officer_name: Annotated[str, Field(description="Full name and username.")]
    routed_by: Annotated[str, Field(description="A person's id, or the software's.")]
    routed_by_name: Annotated[str, Field(description="Full name and username; `software` for the software.")]
    decided_by: Annotated[
        str | None,
        Field(
            description="Where the software routed it: whose adjudication settled that it is to be engaged."
        ),
    ]
    decided_by_name: str | None
    at: datetime
    acknowledged_at: datetime | None
    seconds_to_acknowledge: Annotated[float | None, Field(description="From this routing.")]


class Acknowledgement(_Model):
    """An officer is on it."""

    alert_id: str
    routing_id: str
    officer_id: str
    officer_name: Annotated[str, Field(description="Full name and username.")]
    routed_at: datetime
    acknowledged_at: datetime
    seconds_to_acknowledge: float


class NewEngagement(_Model):
    """A contact on the street."""

    started_at: Annotated[Moment, Field(description="When the person was approached.")]
    ended_at: Annotated[Moment, Field(description="When they were free to go, or taken along.")]
    identity: Annotated[
        Identity,
        Field(
            description="sought: they are the one on the list; other: they are not; not-contacted: nobody was."
        ),
    ]
    self_defined_group: Annotated[
        SelfDefinedGroup | None, Field(description="As the person describes themselves, 16+1.")
    ] = None
    officer_defined_group: Annotated[
        OfficerDefinedGroup | None,
        Field(description="As the officer does, 6+1; never a guess of the software."),
    ] = None
    note: Words = ""


class EngagementView(_Model):
    """An engagement."""

    id: str
    officer_id: str
    officer_name: Annotated[str, Field(description="Full name and username.")]
    started_at: datetime
    ended_at: datetime
    identity: Identity
    self_defined_group: SelfDefinedGroup | None
    officer_defined_group: OfficerDefinedGroup | None
    note: Annotated[str | None, Field(description="Null once deleted.")]
    at: datetime
    corrects_id: str | None
    correction_code: CorrectionCode | None
    correction_reason: str | None
    stands: bool


class NewOutcome(_Model):
    """What came of an engagement."""

    outcome: OutcomeKind
    note: Words = ""


class OutcomeView(_Model):
    """An outcome."""

    id: str
    person_id: str
    person_name: Annotated[str, Field(description="Full name and username.")]
    outcome: OutcomeKind
    note: Annotated[str | None, Field(description="Null once deleted.")]
    at: datetime
    corrects_id: str | None
    correction_code: CorrectionCode | None
    correction_reason: str | None
    stands: bool


class AlertView(AlertSummary):
    """An alert with everything that whoever asks may see of it.

    While a second adjudication is due, nothing of the first is shown but to the one who made it and to auditors.
    """

    run_id: str
    certification: Annotated[
        Certification,
        Field(description="Whether a certificate stands behind the deployment's operating point."),
    ]
    observations: int
    quality: float
    covering: Annotated[
        Covering | None,
        Field(
            description="The part of the face that looked covered and was left out of the comparison: `lower`, mouth "
            "and nose. Null where whole faces were compared."
        ),
    ]
    box: tuple[float, float, float, float]
    meaning: ScoreMeaning
    entry: Annotated[AlertedEntry | None, Field(description="Null once deleted.")]
    has_crop: bool
    adjudications: tuple[AdjudicationView, ...]
    routings: Annotated[
        tuple[RoutingView, ...],
        Field(description="Who was given it, in the order of time and then of names."),
    ]
    engagements: tuple[EngagementView, ...]
    outcomes: tuple[OutcomeView, ...]
