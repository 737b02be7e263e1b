"""What the commands on searches take and give."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from overt.casework.searches.codes import (
    NOT_STATED,
    Feature,
    FeatureFinding,
    OutcomeKind,
    ReviewFault,
    ReviewFinding,
    SearchDecision,
    SearchState,
    Support,
)
from overt.casework.watchlists import FindingView

__all__ = [
    "CandidateView",
    "ExaminationView",
    "FaceInPicture",
    "NewExamination",
    "NewReview",
    "NewSearch",
    "NewSearchOutcome",
    "ReviewView",
    "SearchChance",
    "SearchFilter",
    "SearchOutcomeView",
    "SearchSummary",
    "SearchView",
    "SearchedFaceView",
]

LONGEST_WORDS: Final = 2_000
LONGEST_NAME: Final = 200
Words = Annotated[str, Field(max_length=LONGEST_WORDS)]
Name = Annotated[str, Field(max_length=LONGEST_NAME)]
PersonName = Annotated[str, Field(description="Full name and username.")]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewSearch(_Model):
    """One face of one probe, one reason, one collection. There is no way to search several faces at once."""

    collection_id: Annotated[str, Field(max_length=64, description="Where to search.")]
    probe_id: Annotated[str, Field(max_length=64, description="Of the probe as it was opened.")]
    face_id: Annotated[str, Field(max_length=64, description="Of one of its faces.")]
    reason: Annotated[
        Words, Field(description="Why this face is searched, in words: for each face of a probe its own.")
    ]
    offence: Annotated[str, Field(max_length=LONGEST_NAME, description="One of the policy's offences.")] = (
        NOT_STATED
    )
    authority: Annotated[Name, Field(description="Who or what allows the search: a name, a reference.")] = ""
    requested_by: Annotated[
        Name, Field(description="Who asked for it; whoever searches, where nobody is named.")
    ] = ""
    most_candidates: Annotated[
        int | None, Field(ge=1, le=1000, description="Fewer candidates than the policy allows.")
    ] = None


class SearchFilter(_Model):
    """Which searches a listing holds; all that whoever asks may see where nothing is given."""

    collection_id: Annotated[str | None, Field(max_length=64, description="In this collection.")] = None
    state: Annotated[SearchState | None, Field(description="In this state.")] = None
    mine_to_do: Annotated[
        bool, Field(description="Only those in which something is due from whoever asks.")
    ] = False


class SearchChance(_Model):
    """How many people who are not in the collection would score at least as much against all its images.

    It is no probability that a candidate is the person, or is not.
    """

    rate: Annotated[
        float, Field(description="The part of strangers; where none was counted, its upper bound.")
    ]
    none_counted: Annotated[
        bool, Field(description="Whether no stranger was counted, so that `rate` is an upper bound.")
    ]
    low: Annotated[float, Field(description="Lower end of the 95% interval.")]
    high: Annotated[float, Field(description="Upper end of it.")]
    images: Annotated[int, Field(description="Images searched, for which it holds.")]
    modelled: Annotated[
        bool, Field(description="Whether it was carried over from another gallery size or a lower score.")
    ]
    briefly: str
    words: str


class FaceInPicture(_Model):
    """Where a face is in a picture as it is kept, so that two can be laid over each other."""

    width: Annotated[int, Field(description="Of the picture, pixels.")]
    height: Annotated[int, Field(description="Of the picture, pixels.")]
    box: Annotated[
        tuple[float, float, float, float],
        Field(description="Left, top, right, bottom, pixels of the picture."),
    ]
    landmarks: Annotated[
        tuple[tuple[float, float], ...],
        Field(description="As seen: left eye, right eye, nose, left and right corner of the mouth; x and y."),
    ]


class SearchedFaceView(FaceInPicture):
    """Where the face is in the picture that is kept of it. Of the probe nothing else is kept."""

    first_seconds: Annotated[
        float | None, Field(description="When it came into a clip's picture; null of a still.")
    ]
    last_seconds: Annotated[float | None, Field(description="When it was last seen; null of a still.")]


class NewExamination(_Model):
    """A facial examiner's comparison of the searched face with a candidate's. The time is counted by the server."""

    features: Annotated[
        dict[Feature, FeatureFinding],
        Field(description="What was found of each feature; one that is left out was not compared."),
    ]
    notes: Annotated[
        dict[Feature, Annotated[str, Field(max_length=500)]],
        Field(description="More about a feature, in words."),
    ] = {}
    support: Annotated[Support, Field(description="What the comparison as a whole supports.")]
    decision: Annotated[SearchDecision, Field(description="Whether the candidate is put forward as a lead.")]
    reason: Annotated[Words, Field(description="Why, in words.")]


class ExaminationView(_Model):
    """An examination."""

    id: str
    place: Annotated[int, Field(description="1, or 2 for the one made blind to the first.")]
    person_id: str
    person_name: PersonName
    features: Annotated[dict[Feature, FeatureFinding], Field(description="Empty once deleted.")]
    notes: dict[Feature, str]
    support: Support
    decision: SearchDecision
    reason: Annotated[str | None, Field(description="Null once deleted.")]
    seconds_taken: Annotated[float, Field(description="From the candidate's first showing to this person.")]
    at: datetime


class CandidateView(_Model):
    """A record that the search returned.

    The examinations and the decision are hidden while others have still to examine, but for one's own and from
    auditors.
    """

    id: str
    rank: Annotated[int, Field(description="1 for the highest score.")]
    reference: Annotated[
        str | None,
        Field(description="The record's reference in its collection; null once either is deleted."),
    ]
    record_id: str | None
    image_id: str | None
    score: Annotated[float, Field(description="Cosine similarity, -1 to 1. It is not a probability.")]
    false_candidate_rate: Annotated[
        float | None,
        Field(
            description="The part of people not in the collection for whom somebody in it scores at least this; "
            "null where nothing is measured."
        ),
    ]
    false_candidate_rate_is_upper_bound: Annotated[
        bool, Field(description="Whether nobody was counted at this score, so that the rate is at most that.")
    ]
    chance: Annotated[SearchChance | None, Field(description="The same with its interval, and in words.")]
    face: Annotated[FaceInPicture | None, Field(description="Where the face is in the candidate's picture.")]
    taken_on: Annotated[str | None, Field(description="When the picture was taken; null where not known.")]
    examinations: tuple[ExaminationView, ...]
    examinations_made: Annotated[int, Field(description="How many there are, shown or not.")]
    yours_to_examine: Annotated[bool, Field(description="Whether whoever asks may examine it as it stands.")]
    disputed: Annotated[bool, Field(description="Whether the examiners decided differently.")]
    decision: Annotated[
        SearchDecision | None, Field(description="What stands; null while somebody must still decide.")
    ]


class NewReview(_Model):
    """A review after the fact, by somebody who neither searched nor examined."""

    finding: Annotated[ReviewFinding, Field(description="Whether the search was in order.")]
    faults: Annotated[
        tuple[ReviewFault, ...],
        Field(max_length=10, description="What was not; some where it was not in order."),
    ] = ()
    reason: Annotated[Words, Field(description="Why, in words.")]
    settled: Annotated[
        dict[str, SearchDecision],
        Field(
            max_length=100,
            description="The decision on each candidate that the examiners disagree about, by its id.",
        ),
    ] = {}


class ReviewView(_Model):
    """A review."""

    id: str
    person_id: str
    person_name: PersonName
    finding: ReviewFinding
    faults: tuple[ReviewFault, ...]
    reason: Annotated[str | None, Field(description="Null once deleted.")]
    settled: dict[str, SearchDecision]
    at: datetime


class NewSearchOutcome(_Model):
    """What came of a search. Recorded again, it takes the place of what was recorded before."""

    outcome: OutcomeKind
    note: Annotated[Words, Field(description="In words; needed where it takes an earlier one's place.")] = ""


class SearchOutcomeView(_Model):
    """An outcome."""

    id: str
    person_id: str
    person_name: PersonName
    outcome: OutcomeKind
    note: Annotated[str | None, Field(description="Null once deleted.")]
    at: datetime
    corrects_id: str | None
    stands: Annotated[bool, Field(description="False where a later one takes its place.")]


class SearchSummary(_Model):
    """A search in a listing."""

    id: str
    collection_id: str
    collection: Annotated[str | None, Field(description="The collection's name; null where it is gone.")]
    state: Annotated[SearchState, Field(description="What is due next.")]
    offence: str
    searched_at: datetime
    searched_by: Annotated[str, Field(description="Id of the person.")]
    searched_by_name: PersonName
    images: Annotated[int, Field(description="Images searched.")]
    candidates_returned: int
    due_from_you: Annotated[
        Literal["examine", "review", "outcome", ""],
        Field(description="What whoever asks may do next; empty where nothing."),
    ]
    personal_data_deleted: Annotated[bool, Field(description="Whether its face and words have been deleted.")]


class SearchView(SearchSummary):
    """A search with everything that whoever asks may see of it."""

    reason: Annotated[str | None, Field(description="Null once deleted.")]
    authority: Annotated[str | None, Field(description="Empty where none was given; null once deleted.")]
    requested_by: Annotated[str | None, Field(description="Null once deleted.")]
    probe: Annotated[str | None, Field(description="The probe's name; null once deleted.")]
    probe_kind: Annotated[Literal["still", "footage"], Field(description="A picture, or a clip.")]
    pack: str
    pack_version: str
    threshold: Annotated[float, Field(description="The least score of a candidate.")]
    threshold_aim: Annotated[
        float,
        Field(
            description="By the policy: the part of searches for somebody not in it that may return anybody."
        ),
    ]
    threshold_chance: Annotated[
        SearchChance | None, Field(description="What was measured of that; null where nothing was.")
    ]
    threshold_holds: Annotated[
        bool, Field(description="Whether the measurements show that the aim is kept at this gallery size.")
    ]
    most_candidates: int
    examinations_needed: int
    faces_in_probe: Annotated[int, Field(description="How many faces the probe had.")]
    verdict: Annotated[
        Literal["good", "poor"],
        Field(
            description="On the face's quality. `poor`: somebody who is in the collection may well be missed."
        ),
    ]
    quality: Annotated[float, Field(description="0 to 1.")]
    measures: Annotated[dict[str, float], Field(description="Quality by measure.")]
    findings: Annotated[tuple[FindingView, ...], Field(description="What falls short of a reference image.")]
    face: Annotated[SearchedFaceView | None, Field(description="Null once deleted.")]
    candidates: Annotated[
        tuple[CandidateView, ...],
        Field(
            description="Best first. None is a proper answer: nobody in the collection resembles the face enough."
        ),
    ]
    disputed: Annotated[int, Field(description="Candidates about whom the examiners disagree.")]
    put_forward: Annotated[
        int | None, Field(description="Candidates that are a lead; null until it is examined.")
    ]
    same_probe: Annotated[
        tuple[str, ...],
        Field(description="Other searches that one may see, with the same probe in this collection."),
    ]
    review: ReviewView | None
    outcomes: tuple[SearchOutcomeView, ...]
