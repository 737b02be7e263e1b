"""What is seen of alerts, by whom: every look is a command, and in the audit chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import func, select, tuple_

from overt.casework.alerts._meaning import meaning_of
from overt.casework.alerts._rows import ADJUDICATORS, Judged, find_alert, judged
from overt.casework.alerts._sealing import open_crop, open_words
from overt.casework.alerts.models import (
    AdjudicationView,
    AlertedEntry,
    AlertFilter,
    AlertSummary,
    AlertView,
    EngagementView,
    OutcomeView,
    RoutingView,
)
from overt.casework.commands import Work, command
from overt.casework.deployments import certification_shown
from overt.casework.paging import Listing, Page
from overt.casework.people import names_of
from overt.casework.watchlists import shown_to_officers
from overt.errors import InputError, MissingError
from overt.records.tables import (
    Adjudication,
    Alert,
    AlertRouting,
    AlertShowing,
    Deployment,
    Engagement,
    Outcome,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from overt.biometrics import Covering
    from overt.casework.actor import Actor
    from overt.casework.alerts._sealing import Words
    from overt.casework.office import Office

__all__ = ["list_alerts", "list_my_alerts", "show_alert", "show_crop", "summaries_of", "view_of"]

_UNDECIDED: Final = ("open", "second")
_ALL: Final = AlertFilter()
_FIRST: Final = Page()
_MOST_AT_ONCE: Final = 500


@command("alerts.show")
def show_alert(work: Work, alert_id: str) -> AlertView:
    """Show an alert. The first time that an adjudicator sees it is noted: their time to decide counts from then.

    Raises:
        MissingError: there is no such alert.
    """
    alert = find_alert(work, alert_id)
    work.note(alert_id, state=alert.state)
    if (
        work.actor.roles & ADJUDICATORS
        and alert.state in _UNDECIDED
        and work.session.get(AlertShowing, (alert_id, work.actor.id)) is None
    ):
        work.session.add(AlertShowing(alert_id=alert_id, person_id=work.actor.id, at=work.now))
    return view_of(work, judged(work, alert))


@command("alerts.show-crop")
def show_crop(work: Work, alert_id: str) -> bytes:
    """The alert's picture, JPEG: the face that alerted with a margin, every other face in it masked.

    Raises:
        MissingError: there is no such alert, or its time was over and the picture has been deleted.
    """
    alert = find_alert(work, alert_id)
    crop = open_crop(work, alert)
    if crop is None:
        raise MissingError(f"The picture of {alert_id[:40]} has been deleted, as its time was over")
    return crop


@command("alerts.list")
def list_alerts(
    work: Work,
    wanted: AlertFilter = _ALL,
    page: Page = _FIRST,
) -> Listing[AlertSummary]:
    """Alerts, the newest first.

    Raises:
        InputError: `page.after` is no alert's id.
    """
    among = select(Alert)
    if wanted.deployment_id is not None:
        among = among.where(Alert.deployment_id == wanted.deployment_id)
    if wanted.state is not None:
        among = among.where(Alert.state == wanted.state)
    listing = _listing(work, among, page)
    work.note(wanted.deployment_id or "", alerts=len(listing.items))
    return listing


@command("alerts.list-mine")
def list_my_alerts(work: Work, page: Page = _FIRST) -> Listing[AlertSummary]:
    """Alerts that were routed to whoever asks and are not closed, the newest first, of whichever deployment.

    Raises:
        InputError: `page.after` is no alert's id.
    """
    mine = select(AlertRouting.alert_id).where(AlertRouting.officer_id == work.actor.id)
    listing = _listing(work, select(Alert).where(Alert.id.in_(mine), Alert.state != "closed"), page)
    work.note("", alerts=len(listing.items))
    return listing


def _listing(work: Work, among: Select[Alert], page: Page) -> Listing[AlertSummary]:
    """A page of these alerts, the newest first."""
    total = work.session.scalar(select(func.count()).select_from(among.subquery())) or 0
    if page.after is not None:
        last = work.session.get(Alert, page.after)
        if last is None:
            raise InputError(
                "The page to go on from is not there", "Begin with the first page", field="after"
            )
        among = among.where(tuple_(Alert.received_at, Alert.id) < tuple_(last.received_at, last.id))
    rows = work.session.scalars(
        among.order_by(Alert.received_at.desc(), Alert.id.desc()).limit(page.limit + 1)
    ).all()
    shown = rows[: page.limit]
    return Listing(
        items=_summaries(work.session, work.actor, shown),
        next=shown[-1].id if len(rows) > page.limit else None,
        total=total,
    )


def summaries_of(
    office: Office, actor: Actor, deployment_id: str, alert_ids: Collection[str]
) -> tuple[AlertSummary, ...]:
    """Alerts of a deployment by their ids, the newest first; an id that is none of its is left out.

    For whoever watches a deployment and is told of an alert by its id: what `list_alerts` gives them, allowed alike.
    Like `events_after` it is not repeated in the audit chain, which has the watching itself (`live.watch`) and each
    look at an alert (`alerts.show`): a summary names nobody, and a chain with an entry for each card and each screen
    would make every watcher wait for the others' writing.

    Raises:
        AuthorityError: the actor may not list alerts.
        InputError: more than 500 are asked for.
    """
    list_alerts.authorise(actor)
    if len(alert_ids) > _MOST_AT_ONCE:
        raise InputError(
            f"{len(alert_ids)} alerts are asked for at once",
            f"Ask for {_MOST_AT_ONCE} at a time",
            field="alert_ids",
        )
    with office.database.reading() as session:
        alerts = session.scalars(
            select(Alert)
            .where(Alert.deployment_id == deployment_id, Alert.id.in_(alert_ids))
            .order_by(Alert.received_at.desc(), Alert.id.desc())
        ).all()
        return _summaries(session, actor, alerts)


def _summaries(session: Session, actor: Actor, alerts: Sequence[Alert]) -> tuple[AlertSummary, ...]:
    """As this person may see them."""
    mine = set(
        session.scalars(
            select(Adjudication.alert_id).where(
                Adjudication.person_id == actor.id,
                Adjudication.alert_id.in_([alert.id for alert in alerts if alert.state == "second"]),
            )
        )
    )
    routed: dict[str, list[AlertRouting]] = {alert.id: [] for alert in alerts}
    for row in session.scalars(select(AlertRouting).where(AlertRouting.alert_id.in_(routed))):
        routed[row.alert_id].append(row)
    return tuple(
        AlertSummary(**_summary(actor, alert, alert.id in mine, routed[alert.id])) for alert in alerts
    )


def view_of(work: Work, known: Judged) -> AlertView:
    """An alert as whoever asks may see it."""
    alert = known.alert
    own = any(row.person_id == work.actor.id for row in known.adjudications)
    routed = work.session.scalars(select(AlertRouting).where(AlertRouting.alert_id == alert.id)).all()
    shown = known.shown_to(work.actor)
    names = names_of(
        work.session,
        {row.person_id for row in shown}
        | {row.person_id for row in known.outcomes}
        | {row.officer_id for row in known.engagements},
    )
    return AlertView(
        **_summary(work.actor, alert, own, routed),
        run_id=alert.run_id,
        certification=certification_shown(work, work.session.get_one(Deployment, alert.deployment_id)),
        observations=alert.observations,
        quality=alert.quality,
        covering=cast("Covering | None", alert.covering),
        box=cast("tuple[float, float, float, float]", tuple(alert.box)),
        meaning=meaning_of(work, alert),
        entry=_entry(work, alert),
        has_crop=alert.sealed_crop is not None,
        adjudications=tuple(_adjudication(work, known, row, names) for row in shown),
        routings=_routings(work, routed),
        engagements=tuple(_engagement(work, known, row, names) for row in known.engagements),
        outcomes=tuple(_outcome(work, known, row, names) for row in known.outcomes),
    )


def _summary(actor: Actor, alert: Alert, own: bool, routed: Sequence[AlertRouting]) -> dict[str, Any]:
    decided = alert.state not in _UNDECIDED
    return {
        "id": alert.id,
        "deployment_id": alert.deployment_id,
        "feed": alert.feed,
        "state": alert.state,
        "yours_to_adjudicate": bool(
            not decided and alert.key_id is not None and actor.roles & ADJUDICATORS and not own
        ),
        "category": alert.category,
        "seed": alert.seed if decided else None,
        "alert_class": alert.alert_class,
        "score": alert.score,
        "threshold": alert.threshold,
        "captured_at": alert.captured_at,
        "received_at": alert.received_at,
        "capture_to_alert_ms": alert.capture_to_alert_ms,
        "routed": len(routed),
        "acknowledged": sum(row.acknowledged_at is not None for row in routed),
        "routed_to_you": any(row.officer_id == actor.id for row in routed),
        "acknowledged_by_you": any(
            row.officer_id == actor.id and row.acknowledged_at is not None for row in routed
        ),
        "personal_data_deleted": alert.personal_data_deleted_at is not None,
    }


def _entry(work: Work, alert: Alert) -> AlertedEntry | None:
    """The entry, if it and the alert's personal data are still there."""
    if alert.entry_id is None:
        return None
    try:
        entry = shown_to_officers(work, alert.entry_id)
    except MissingError:
        return None
    return AlertedEntry(
        entry_id=entry.entry_id,
        name=entry.name,
        date_of_birth=entry.date_of_birth,
        age=entry.age,
        image_ids=entry.image_ids,
        images=entry.images,
        warnings=entry.warnings,
        look_alikes=entry.look_alikes,
        reference=entry.reference,
        category=entry.category,
        lawful_basis=entry.lawful_basis,
        instruction=entry.instruction,
    )


def _adjudication(work: Work, known: Judged, row: Adjudication, names: Mapping[str, str]) -> AdjudicationView:
    words = open_words(work, known.alert, row.id, row.sealed_reason)
    return AdjudicationView.model_validate(
        {
            "place": row.place,
            "person_id": row.person_id,
            "person_name": names.get(row.person_id, row.person_id),
            "decision": row.decision,
            "reason_code": row.reason_code,
            "reason": None if words is None else words.text,
            "seconds_taken": row.seconds_taken,
            **_history(row, known.adjudications, words),
        }
    )


def _routings(work: Work, routed: Sequence[AlertRouting]) -> tuple[RoutingView, ...]:
    people = {
        person_id for row in routed for person_id in (row.officer_id, row.routed_by, row.decided_by or "")
    }
    names = names_of(work.session, people)
    return tuple(
        RoutingView(
            id=row.id,
            officer_id=row.officer_id,
            officer_name=names[row.officer_id],
            routed_by=row.routed_by,
            routed_by_name=names.get(row.routed_by, "software"),
            decided_by=row.decided_by,
            decided_by_name=None if row.decided_by is None else names[row.decided_by],
            at=row.at,
            acknowledged_at=row.acknowledged_at,
            seconds_to_acknowledge=(
                None if row.acknowledged_at is None else (row.acknowledged_at - row.at).total_seconds()
            ),
        )
        for row in sorted(routed, key=lambda row: (row.at, names[row.officer_id], row.id))
    )


def _engagement(work: Work, known: Judged, row: Engagement, names: Mapping[str, str]) -> EngagementView:
    words = open_words(work, known.alert, row.id, row.sealed_note)
    return EngagementView.model_validate(
        {
            "officer_id": row.officer_id,
            "officer_name": names.get(row.officer_id, row.officer_id),
            "started_at": row.started_at,
            "ended_at": row.ended_at,
            "identity": row.identity,
            "self_defined_group": row.self_defined_group,
            "officer_defined_group": row.officer_defined_group,
            "note": None if words is None else words.text,
            **_history(row, known.engagements, words),
        }
    )


def _outcome(work: Work, known: Judged, row: Outcome, names: Mapping[str, str]) -> OutcomeView:
    words = open_words(work, known.alert, row.id, row.sealed_note)
    return OutcomeView.model_validate(
        {
            "person_id": row.person_id,
            "person_name": names.get(row.person_id, row.person_id),
            "outcome": row.outcome,
            "note": None if words is None else words.text,
            **_history(row, known.outcomes, words),
        }
    )


def _history(
    row: Adjudication | Engagement | Outcome,
    rows: Sequence[Adjudication | Engagement | Outcome],
    words: Words | None,
) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.at,
        "corrects_id": row.corrects_id,
        "correction_code": row.correction_code,
        "correction_reason": words.correction if words is not None and row.corrects_id is not None else None,
        "stands": all(other.corrects_id != row.id for other in rows),
    }
