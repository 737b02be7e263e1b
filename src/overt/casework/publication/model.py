"""The public record of a deployment: every field, what it means and where it comes from. None is personal."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - pydantic reads the annotations
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "SCHEMA_VERSION",
    "TOO_FEW",
    "AdjudicationFigures",
    "Agreement",
    "AlertFigures",
    "AuditFigures",
    "AuthorisationFigures",
    "Count",
    "DeploymentRecord",
    "DeploymentTerms",
    "EngineFigures",
    "ExpectedFalseAlerts",
    "GroupFigures",
    "OperatingPointFigures",
    "OutcomeFigures",
    "Publication",
    "Rate",
    "ResourceFigures",
    "SeedFigures",
    "Spread",
    "StopFigures",
    "WatchlistFigures",
]

SCHEMA_VERSION: Final = "1.0"
TOO_FEW: Final = "too few to say"
FEWEST: Final = 5
FEWEST_PAIRS: Final = 10

TooFew = Literal["too few to say"]
Count = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rate(_Part):
    """A proportion with its exact 95% interval (Clopper and Pearson, 1934)."""

    count: Annotated[int, Field(ge=0, description="How many of them.")]
    of: Annotated[int, Field(ge=0, description="Out of how many.")]
    rate: Annotated[
        float | None,
        Field(
            description="`count` / `of`; null where `of` is 0, fewer than `count` as counts were lost, or too few "
            "for a rate: insufficient data."
        ),
    ]
    low: Annotated[
        float | None,
        Field(description="Lower end of the 95% interval; null where `of` is 0 or fewer than `count`."),
    ]
    high: Annotated[float | None, Field(description="Upper end of the 95% interval; null with `low`.")]


class Spread(_Part):
    """How a measured quantity is distributed. Null where nothing was measured."""

    n: Annotated[int, Field(ge=0, description="How many were measured.")]
    p50: Annotated[float | None, Field(description="Half of them were at most this.")]
    p95: Annotated[float | None, Field(description="95 of 100 were at most this.")]
    p99: Annotated[float | None, Field(description="99 of 100 were at most this.")]
    max: Annotated[float | None, Field(description="The greatest.")]


class Publication(_Part):
    """Whether and when this record was published."""

    status: Annotated[
        Literal["published", "not published"], Field(description="A preview is marked `not published`.")
    ]
    version: Annotated[
        int | None,
        Field(description="1, 2, …: a corrected record stands beside the earlier ones. Null in a preview."),
    ]
    made_at: Annotated[datetime, Field(description="When the figures were counted, UTC.")]


class DeploymentTerms(_Part):
    """Where, when and for what: as planned and authorised, and as it was."""

    id: Annotated[str, Field(description="The deployment's id in the force's own records.")]
    location: Annotated[str, Field(description="Where, as the plan says it.")]
    date: Annotated[
        date, Field(description="The day on which it went live, UTC; the planned day if it never did.")
    ]
    started_at: Annotated[datetime | None, Field(description="When it first went live, UTC.")]
    ended_at: Annotated[datetime | None, Field(description="When it was closed, UTC.")]
    window_start: Annotated[datetime, Field(description="From when it was authorised, UTC.")]
    window_end: Annotated[datetime, Field(description="Until when it was authorised, UTC.")]
    duration_minutes: Annotated[
        float, Field(ge=0, description="How long it was live, without the time that it was suspended.")
    ]
    use_case: Annotated[
        Literal["crime-hotspot", "protective-security-event", "protective-security-infrastructure", "other"],
        Field(description="The kind of operation."),
    ]
    purpose: Annotated[str, Field(description="What it was for, as the plan says it.")]
    signage: Annotated[str, Field(description="How the public was told, as the plan says it.")]
    feeds: Annotated[int, Field(ge=0, description="How many cameras watched.")]


class WatchlistFigures(_Part):
    """The watchlist as it was frozen when the deployment was submitted."""

    size: Annotated[int, Field(ge=0, description="Entries, seeds with them.")]
    seeds: Annotated[
        int, Field(ge=0, description="Of these: consenting people placed on the list to walk past.")
    ]
    by_category: Annotated[
        dict[str, int],
        Field(description="Entries by why they were sought; seeds as `seed`, whatever they were listed as."),
    ]


class OperatingPointFigures(_Part):
    """What decided an alert."""

    pack: Annotated[str, Field(description="The model pack.")]
    pack_version: Annotated[str | None, Field(description="Its version; null where it was never authorised.")]
    pack_only_for: Annotated[
        str | None,
        Field(
            description="What the licence of the pack confined it to, in a sentence; null where it allowed all."
        ),
    ]
    threshold: Annotated[
        float | None,
        Field(description="The minimum similarity that alerts; null where it was never authorised."),
    ]
    certificate: Annotated[
        str,
        Field(
            description="The certificate that stood behind the operating point when it was frozen, or `uncertified`."
        ),
    ]
    certificate_digest: Annotated[
        str | None, Field(description="SHA-256 of the certificate; null where uncertified.")
    ]
    certificate_withdrawn_at: Annotated[
        datetime | None, Field(description="When it was withdrawn since, UTC; null where it was not.")
    ]
    uncertified_because: Annotated[
        tuple[str, ...],
        Field(
            description="Where uncertified: every reason, in words; `It` is the certificate that came nearest."
        ),
    ]


class ExpectedFalseAlerts(_Part):
    """What the authorising officer was told to expect, exactly as it was shown before signing."""

    measured: Annotated[bool, Field(description="Whether anything had been measured for this threshold.")]
    expected: Annotated[float | None, Field(description="False alerts expected in the deployment.")]
    low: Annotated[float | None, Field(description="Lower end of the 95% interval.")]
    high: Annotated[float | None, Field(description="Upper end of the 95% interval.")]
    footfall: Annotated[int | None, Field(description="Faces that were expected.")]
    says: Annotated[str, Field(description="The sentence that the officer read.")]


class AuthorisationFigures(_Part):
    """How it was authorised. Officers are not named."""

    authorised_at: Annotated[datetime | None, Field(description="When it was signed, UTC.")]
    digest: Annotated[
        str | None, Field(description="SHA-256 of everything that was signed: plan, list, operating point.")
    ]
    urgent: Annotated[bool, Field(description="Whether it was authorised urgently.")]
    urgent_review: Annotated[
        Literal["not needed", "due", "upheld", "not upheld"],
        Field(description="What another officer's review found of an urgent authorisation."),
    ]
    times_refused: Annotated[int, Field(ge=0, description="How often it was refused before or since.")]
    expected_false_alerts: ExpectedFalseAlerts | None


class AlertFigures(_Part):
    """Alerts by what they were. An alert at a seed who was recognised as such counts under `seeds`, not here.

    Confirmed is what an engagement found out; unconfirmed what adjudication alone decided.
    """

    total: Annotated[
        int, Field(ge=0, description="All alerts: the four classes and the undecided ones together.")
    ]
    true_confirmed: Annotated[int, Field(ge=0, description="Engaged, and it was the person sought.")]
    true_unconfirmed: Annotated[
        int, Field(ge=0, description="Judged to be the person sought, and not reached or not approached.")
    ]
    false_confirmed: Annotated[int, Field(ge=0, description="Engaged, and it was somebody else.")]
    false_unconfirmed: Annotated[
        int, Field(ge=0, description="Judged not to be the person sought, and nobody was approached.")
    ]
    undecided: Annotated[
        int,
        Field(
            ge=0,
            description="Nobody had decided when the time to keep the alert was over. Neither true nor false.",
        ),
    ]
    not_raised: Annotated[
        int,
        Field(
            ge=0,
            description="Matches that no officer saw: the entry was withdrawn, expired or deleted by then, or the "
            "window was over.",
        ),
    ]
    false_alert_rate: Annotated[Rate, Field(description="False alerts, confirmed or not, per face seen.")]
    false_share: Annotated[Rate, Field(description="False alerts, confirmed or not, per alert.")]


class OutcomeFigures(_Part):
    """What came of engagements, each counted once, as it stood after corrections."""

    arrest: Annotated[int, Field(ge=0, description="Arrests.")]
    voluntary_interview: Annotated[int, Field(ge=0, description="Invitations to a voluntary interview.")]
    appointment: Annotated[int, Field(ge=0, description="Appointments made.")]
    information: Annotated[int, Field(ge=0, description="Information gained.")]
    safeguarding: Annotated[int, Field(ge=0, description="People helped who were at risk.")]
    no_action: Annotated[int, Field(ge=0, description="No further action.")]
    not_recorded: Annotated[int, Field(ge=0, description="Engagements whose outcome nobody recorded.")]

    @property
    def other(self) -> int:
        """What the Met publishes as "outcome: other"."""
        return self.voluntary_interview + self.appointment + self.information + self.safeguarding


class SeedFigures(_Part):
    """The live miss rate, from consenting people on the list who walked past."""

    passes: Annotated[
        int | None, Field(description="How often seeds walked through the zone, as counted on the spot.")
    ]
    recognised: Annotated[
        int, Field(ge=0, description="Alerts at seeds that adjudication or contact found to be right.")
    ]
    tpir: Annotated[
        Rate | None,
        Field(
            description="True positive identification rate (ISO/IEC 19795-1): seeds recognised per pass. Null where "
            "no passes were counted; under 30 passes its `rate` is null, and counts and interval are all there is."
        ),
    ]


class Agreement(_Part):
    """How often a second adjudicator, blind to the first, decided the same, as first recorded."""

    pairs: Annotated[int, Field(ge=0, description="Alerts that two people adjudicated.")]
    same: Annotated[int, Field(ge=0, description="Pairs that decided the same.")]
    kappa: Annotated[
        float | TooFew | None,
        Field(
            description="Cohen's kappa (1960): agreement beyond chance. `too few to say` under 10 pairs; null where "
            "both always decided the same one thing, for which it is not defined."
        ),
    ]


class AdjudicationFigures(_Part):
    """How people judged the alerts, those at seeds with them."""

    seconds: Annotated[
        Spread, Field(description="From an alert's being shown to a person to their decision, seconds.")
    ]
    agreement: Agreement


class RoutingFigures(_Part):
    """How soon an officer was on an alert that was to be engaged, those at seeds with them."""

    routed: Annotated[int, Field(ge=0, description="Alerts that were routed to officers on duty.")]
    acknowledged: Annotated[
        int, Field(ge=0, description="Of these: those that an officer said they were on.")
    ]
    seconds: Annotated[
        Spread,
        Field(
            description="From an alert's first routing to the first officer's saying that they are on it, seconds."
        ),
    ]


class StopFigures(_Part):
    """People who were approached, seeds left out."""

    stops: Annotated[int, Field(ge=0, description="Engagements in which somebody was contacted.")]
    minutes: Annotated[Spread, Field(description="How long they lasted, minutes.")]
    not_contacted: Annotated[int, Field(ge=0, description="Engagements in which nobody could be approached.")]


class GroupFigures(_Part):
    """Stops and what came of them for one group, as recorded by officers. The software never infers a group.

    A figure under 5 is `too few to say`. Where that leaves out one figure alone of several that add up to a published
    one, the next smallest is left out too, so that it cannot be worked out.
    """

    group: Annotated[str, Field(description="The group's code and name.")]
    stops: Annotated[Count | TooFew, Field(description="People of the group who were approached.")]
    false_alerts: Annotated[Count | TooFew, Field(description="Of these: not the person sought.")]
    arrest: Annotated[Count | TooFew, Field(description="Of these: arrested.")]
    other: Annotated[Count | TooFew, Field(description="Of these: another outcome.")]
    no_action: Annotated[Count | TooFew, Field(description="Of these: no further action.")]


class EngineFigures(_Part):
    """The sealed engine: its runs, its frames, its seals and its times."""

    runs: Annotated[int, Field(ge=0, description="Engine processes that were started.")]
    restarts: Annotated[
        int, Field(ge=0, description="Of these: started again by the server after one had ended by itself.")
    ]
    ended_in_order: Annotated[
        int,
        Field(ge=0, description="Runs that ended with the engine's word that everything was overwritten."),
    ]
    faults: Annotated[dict[str, int], Field(description="Faults by kind.")]
    frames_received: Annotated[int, Field(ge=0, description="Frames that came from the cameras.")]
    frames_processed: Annotated[int, Field(ge=0, description="Frames that were searched for faces.")]
    frames_skipped: Annotated[
        int, Field(ge=0, description="Frames passed over because a newer one was there.")
    ]
    seals: Annotated[
        dict[str, bool], Field(description="Each seal, and whether it held in every run that began.")
    ]
    capture_to_alert_ms: Annotated[
        Spread,
        Field(
            description="From a frame's capture to its alert, milliseconds; counted exactly over all alerts."
        ),
    ]
    erasure_ms: Annotated[
        Spread,
        Field(
            description="From the capture of a frame, crop or template to its being overwritten, milliseconds, "
            "as the engine measured every one. Over several runs each figure is the greatest of the runs: an upper "
            "bound."
        ),
    ]
    erasure_after_use_ms: Annotated[
        Spread,
        Field(
            description="From the last use of a frame, crop or template to its being overwritten, milliseconds. Over "
            "several runs each figure is the greatest of the runs: an upper bound."
        ),
    ]


class ResourceFigures(_Part):
    """What it took."""

    basis: Annotated[
        Literal["recorded", "planned"],
        Field(description="Whether the figures were recorded afterwards or are those of the plan."),
    ]
    staff: Annotated[int | None, Field(description="Officers and staff.")]
    staff_hours: Annotated[float | None, Field(description="Hours of all of them together.")]
    cost: Annotated[float | None, Field(description="Cost.")]
    currency: Annotated[str, Field(description="Of the cost, ISO 4217.")]


class AuditFigures(_Part):
    """The head of the audit chain: by it anyone can see later that nothing before was changed."""

    entries: Annotated[int, Field(ge=0, description="Length of the chain when the record was made.")]
    head: Annotated[str, Field(description="SHA-256 digest of its last entry, hexadecimal.")]


class DeploymentRecord(_Part):
    """The public record of one deployment of live facial recognition."""

    schema_version: Annotated[Literal["1.0"], Field(description="The version of this form.")]
    publication: Publication
    deployment: DeploymentTerms
    authorisation: AuthorisationFigures
    watchlist: WatchlistFigures
    operating_point: OperatingPointFigures
    faces_seen: Annotated[
        int,
        Field(
            ge=0,
            description="Passages with at least one usable face, counted by the engine (an estimate: who passes "
            "twice counts twice). Nothing else is kept of them.",
        ),
    ]
    alerts: AlertFigures
    outcomes: Annotated[
        OutcomeFigures, Field(description="What came of true alerts that an engagement confirmed.")
    ]
    outcomes_after_false_alerts: Annotated[
        OutcomeFigures,
        Field(description="What came of engagements with somebody who was not the person sought."),
    ]
    seeds: SeedFigures
    adjudication: AdjudicationFigures
    routing: RoutingFigures
    stops: StopFigures
    self_defined_groups: Annotated[
        tuple[GroupFigures, ...],
        Field(description="By how people described themselves, where that was recorded."),
    ]
    officer_defined_groups: Annotated[
        tuple[GroupFigures, ...],
        Field(description="By how officers described people, where that was recorded."),
    ]
    corrections: Annotated[
        int, Field(ge=0, description="Adjudications, engagements and outcomes that were corrected later.")
    ]
    engine: EngineFigures
    resources: Annotated[
        ResourceFigures | None,
        Field(description="Staff and cost; null where neither was planned or recorded."),
    ]
    audit: AuditFigures
