"""A case by the real commands, from pictures to the published record, and then no trace of anybody in any file."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, select

from overt.biometrics import ModelPack
from overt.casework import Actor, Office
from overt.casework import alerts as a
from overt.casework import deployments as d
from overt.casework import watchlists as w
from overt.casework.duty import NewDuty, begin_duty
from overt.casework.live import prepare_run, record_end, record_telemetry
from overt.casework.publication import publish_record, show_record
from overt.casework.retention import run_retention
from overt.engine import Alert as EngineAlert
from overt.engine.wire import Durations, FeedTelemetry, Telemetry
from overt.records.tables import Base, ReferenceImage, VaultKey, WatchlistEntry
from tests.casework.deployments.force import STATEMENT, Force
from tests.casework.retention.test_traces import database_files, parts_found
from tests.casework.watchlists.desk import Desk, collins, folder_of, hopper
from tests.offices import Clock, Staff

ENGINE = Actor.software("engine")
CROP = collins(lighter=9)
NAMES = ("Evangeline Quillfeather", "Septimus Thistlewood", "Araminta Refused-Goodbody")
WORDS = "the scar over the left eyebrow agrees"
NOTE = "said that he was Ptolemy Birdwhistle"
CALL_SIGN = NewDuty(call_sign="beside Ptolemy Birdwhistle")
KEPT_KEYS = ("watchlist", "audit")


def _desk(office: Office, staff: Staff, pack: ModelPack) -> Desk:
    manager, officer = staff("watchlist-manager"), staff("authorising-officer")
    new = w.NewWatchlist(title="Tonight", purpose="High street", pack=pack.manifest.id)
    return Desk(office, manager, officer, w.create_watchlist(office, manager, new))


def _telemetry() -> Telemetry:
    return Telemetry(
        seconds=60,
        feeds=(FeedTelemetry(name="north gate", state="live", passages=40, frames_received=600),),
        capture_to_alert_ms=Durations(),
        erasure_ms=Durations(n=600, p50=20, p95=40, p99=60, max=90),
        erasure_after_use_ms=Durations(),
    )


def _alert(office: Office, run: str, entry: str) -> str:
    taken = a.take_alert(
        office,
        ENGINE,
        run,
        EngineAlert(
            feed="north gate", entry=entry, passage=7, score=0.97, threshold=0.955, observations=2, quality=0.6,
            captured_at=int(office.now().timestamp() * 1e9), media_seconds=1.5, capture_to_alert_ms=210.0,
            box=(1.0, 2.0, 30.0, 40.0), crop=CROP,
        ),
    )  # fmt: skip
    assert taken.alert_id is not None
    return taken.alert_id


def _deal_with(force: Force, alert: str) -> None:
    """Adjudicate to engage, stop, arrest."""
    office, officer = force.office, force.staff("engagement-officer")
    begin_duty(office, officer, a.show_alert(office, force.operator, alert).deployment_id, CALL_SIGN)
    judgement = a.NewAdjudication(decision="engage", reason_code="same-person", reason=WORDS)
    a.adjudicate_alert(office, force.operator, alert, judgement)
    a.acknowledge_alert(office, officer, alert)
    began = office.now()
    ended = force.clock.turn(minutes=6)
    contact = a.NewEngagement(started_at=began, ended_at=ended, identity="sought", note=NOTE)
    a.record_engagement(office, officer, alert, contact)
    a.record_outcome(office, officer, alert, a.NewOutcome(outcome="arrest", note=NOTE))


def _sealed(office: Office) -> list[bytes]:
    """Every sealed column and keyed digest, and every wrapped key but those that are to stay."""
    with office.database.transaction() as session:
        found = [
            content
            for table in Base.metadata.sorted_tables
            for column in table.columns
            if isinstance(column.type, LargeBinary) and column.name.startswith(("sealed_", "source_", "subject_"))
            and table.name != "vault_mark"
            for content in session.scalars(select(column).where(column.is_not(None)))
        ]  # fmt: skip
        found += session.scalars(select(WatchlistEntry.sealed))
        found += session.scalars(select(WatchlistEntry.reference_mac))
        found += session.scalars(select(VaultKey.wrapped).where(VaultKey.kind.not_in(KEPT_KEYS)))
    return [content for content in found if content]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_of_a_whole_case_nothing_is_left_but_figures(
    office: Office, office_folder: Path, staff: Staff, clock: Clock, pack: ModelPack
) -> None:
    desk, force = _desk(office, staff, pack), Force(office, staff, clock)
    entry = desk.add("WTD-0099-4471", collins(), name=NAMES[0], instruction="Arrest; may carry a knife")
    desk.approve(entry)
    desk.approve(desk.add("WTD-0099-4472", hopper(), name=NAMES[1]))
    rows = [desk.row("WTD-0099-4473", "grey.jpg", name=NAMES[2])]
    desk.import_from(folder_of(office_folder.parent / "import", rows, {"grey.jpg": b"no picture"}))
    with office.database.transaction() as session:
        templates = w.templates_of(force.work(session), [entry]).templates
        images = session.scalars(select(ReferenceImage.id).where(ReferenceImage.entry_id == entry)).all()
    pictures = [w.show_image(office, desk.manager, image).content for image in images]

    deployment = force.live(desk.watchlist.id).id
    run = prepare_run(office, ENGINE, deployment).run_id
    alert = _alert(office, run, entry)
    record_telemetry(office, ENGINE, run, _telemetry())
    _deal_with(force, alert)
    record_end(office, ENGINE, run, "stopped", in_order=True, telemetry=_telemetry())
    d.close_deployment(office, force.operator, deployment, d.MoveReason(reason="the market is over"))
    made = publish_record(office, force.officer(), deployment)
    assert (made.record.routing.routed, made.record.routing.acknowledged) == (1, 1)
    assert (made.record.faces_seen, made.record.outcomes.arrest, made.record.watchlist.size) == (40, 1, 2)

    plain = [text.encode() for text in (*NAMES, WORDS, NOTE, STATEMENT, CALL_SIGN.call_sign, "WTD-0099-447",
                                        "may carry a knife", "s3cret-camera", "the market is over")]  # fmt: skip
    plain += [*pictures, collins(), hopper(), CROP, templates.tobytes()]
    sealed = _sealed(office)
    assert len(sealed) > 20
    before = database_files(office_folder)
    assert parts_found(plain, before) == 0, "what is personal is sealed from the first"
    assert parts_found(sealed, before) == len(sealed), "the search finds what is there"

    clock.turn(days=32)
    counts = run_retention(office, staff("administrator")).counts
    assert counts == {"alerts": 1, "watchlists": 2, "import-reports": 1, "deployments": 1}
    after = database_files(office_folder)
    assert parts_found(plain, after) == 0
    assert parts_found(sealed, after) == 0
    assert show_record(office, staff("auditor"), deployment) == made
