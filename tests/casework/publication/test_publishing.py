"""Publishing: when it is allowed, what it leaves, and that the record holds to its schema and to nobody's name."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from html.parser import HTMLParser

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from overt.casework import Office
from overt.casework.publication import (
    COLUMNS,
    SCHEMA_FILE,
    DeploymentRecord,
    SeedPasses,
    list_records,
    preview_record,
    publish_record,
    record_csv,
    record_page,
    record_schema,
    record_seeds,
    show_record,
)
from overt.casework.publication.schema import made_schema
from overt.casework.retention import run_retention
from overt.errors import AuthorityError, ConflictError, MissingError
from overt.records.audit import canonical
from overt.records.tables import AuditCheckpoint, AuditEntry, Deployment, PublishedRecord
from tests.casework.publication.day import make_day
from tests.casework.retention.rows import Rows
from tests.offices import Clock, Staff


def test_a_closed_deployment_is_published_by_an_authorising_officer(
    office: Office, rows: Rows, staff: Staff
) -> None:
    day, officer = make_day(rows), staff("authorising-officer")
    preview = preview_record(office, staff("lfr-operator"), day.deployment)
    assert (preview.publication.status, preview.publication.version) == ("not published", None)
    with pytest.raises(AuthorityError):
        publish_record(office, staff("deployment-planner"), day.deployment)
    made = publish_record(office, officer, day.deployment)
    assert (made.version, made.record.publication.status) == (1, "published")
    assert made.record.model_dump(exclude={"publication", "audit"}) == preview.model_dump(
        exclude={"publication", "audit"}
    )
    with office.database.transaction() as session:
        assert session.get_one(Deployment, day.deployment).state == "published"
        row = session.scalars(select(PublishedRecord)).one()
        entry = session.scalars(select(AuditEntry).where(AuditEntry.seq == made.record.audit.entries)).one()
        checkpoint = session.get_one(AuditCheckpoint, made.record.audit.entries)
    assert row.digest == made.digest == hashlib.sha256(canonical(row.record)).hexdigest()
    assert entry.digest.hex() == checkpoint.digest.hex() == made.record.audit.head
    assert show_record(office, staff("auditor"), day.deployment) == made


@pytest.mark.parametrize("state", ["draft", "submitted", "authorised", "live", "suspended", "expired"])
def test_what_is_not_closed_is_not_published(office: Office, rows: Rows, staff: Staff, state: str) -> None:
    deployment = rows.deployment(rows.watchlist(), state=state)
    with pytest.raises(ConflictError, match="cannot be published"):
        publish_record(office, staff("authorising-officer"), deployment)


def test_no_record_while_alerts_are_open_and_one_when_their_time_is_over(
    office: Office, rows: Rows, staff: Staff, clock: Clock
) -> None:
    officer, deployment = staff("authorising-officer"), rows.deployment(rows.watchlist())
    run = rows.run(deployment)
    rows.alert(deployment, run, "entry-1", state="open", alert_class=None)
    rows.alert(deployment, run, "entry-1", state="engage", alert_class="true-unconfirmed")
    with pytest.raises(ConflictError, match="2 of the alerts"):
        publish_record(office, officer, deployment)
    clock.turn(hours=24)
    run_retention(office, staff("administrator"))
    alerts = publish_record(office, officer, deployment).record.alerts
    assert (alerts.total, alerts.undecided, alerts.true_unconfirmed) == (2, 1, 1)


def test_a_correction_is_a_second_version_beside_the_first(
    office: Office, rows: Rows, staff: Staff, clock: Clock
) -> None:
    day, officer = make_day(rows), staff("authorising-officer")
    first = publish_record(office, officer, day.deployment)
    clock.turn(minutes=5)
    with pytest.raises(ConflictError, match="Nothing in the record"):
        publish_record(office, officer, day.deployment)
    record_seeds(office, staff("lfr-operator"), day.deployment, SeedPasses(passes=4))
    second = publish_record(office, officer, day.deployment)
    assert (second.version, second.record.seeds.passes) == (2, 4)
    auditor = staff("auditor")
    assert [row.version for row in list_records(office, auditor, day.deployment)] == [1, 2]
    assert show_record(office, auditor, day.deployment, 1) == first
    assert show_record(office, auditor, day.deployment) == second
    with pytest.raises(MissingError, match="version 3"):
        show_record(office, auditor, day.deployment, 3)


def test_the_figures_outlive_the_people(office: Office, rows: Rows, staff: Staff, clock: Clock) -> None:
    day, auditor = make_day(rows), staff("auditor")
    before = preview_record(office, auditor, day.deployment)
    clock.turn(days=40)
    counts = run_retention(office, staff("administrator")).counts
    assert counts["deployments"] == 1
    after = preview_record(office, auditor, day.deployment)
    left_out = {"publication", "audit"}
    assert after.model_dump(exclude=left_out) == before.model_dump(exclude=left_out)
    assert publish_record(office, staff("authorising-officer"), day.deployment).version == 1


def test_a_record_names_nobody(office: Office, rows: Rows, staff: Staff) -> None:
    day = make_day(rows)
    made = publish_record(office, staff("authorising-officer"), day.deployment)
    written = [made.record.model_dump_json(), record_csv([made.record]), record_page(made.record)]
    for text in written:
        for prefix in (
            "entry-",
            "alert-",
            "person-",
            "adjudication-",
            "engagement-",
            "outcome-",
            "run-",
            "key-",
        ):
            assert prefix not in text.replace(day.deployment, "")
        for actor in staff.made.values():
            assert actor.id not in text
        for name in ("Authorising-Officer", "Lfr-Operator"):
            assert name not in text
        assert not any(content.decode("utf-8", "ignore") in text for content in rows.plain)


def test_the_schema_file_is_the_model_s() -> None:
    assert record_schema() == made_schema(), f"write {SCHEMA_FILE} anew, and raise the schema's version"


def test_records_hold_to_the_published_schema(office: Office, rows: Rows, staff: Staff) -> None:
    schema = record_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    officer = staff("authorising-officer")
    empty = preview_record(office, officer, rows.deployment(rows.watchlist(), state="draft"))
    full = publish_record(office, officer, make_day(rows).deployment).record
    for record in (empty, full):
        written = json.loads(record.model_dump_json())
        validator.validate(written)
        assert DeploymentRecord.model_validate(written) == record
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(json.loads(full.model_dump_json()) | {"entry_ids": ["entry-1"]})
    assert all("description" in field for field in _fields(schema)), "every field says what it means"


def _fields(schema: dict[str, object]) -> list[dict[str, object]]:
    parts = [schema, *schema["$defs"].values()]  # type: ignore[attr-defined]
    return [
        schema["$defs"][field["$ref"].rpartition("/")[2]] if set(field) == {"$ref"} else field  # type: ignore[index]
        for part in parts
        for field in part["properties"].values()
        if not {"const", "anyOf"} & set(field) or "description" in field
    ]


def test_csv_has_the_met_s_columns_in_their_order(office: Office, rows: Rows, staff: Staff) -> None:
    record = preview_record(office, staff("auditor"), make_day(rows).deployment)
    (line,) = csv.DictReader(io.StringIO(record_csv([record])))
    assert tuple(line) == COLUMNS
    assert COLUMNS[:4] == ("Location", "Date", "Duration", "Use case")
    assert list(line.values()) == [
        "High Street, Anytown", "2026-06-01", "3:30", "Crime hotspot", "10", "0.62", "13", "6", "1", "2", "3",
        "0.001", "5", "1", "0", "5000",
    ]  # fmt: skip


class _Reader(HTMLParser):
    """Collects a page's elements and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


PAGE_TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "p", "h1", "h2",
    "h3", "br", "span", "dl", "div", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td",
    "small", "ul", "li", "strong", "code",
}  # fmt: skip


@pytest.fixture(scope="module")
def a_record() -> DeploymentRecord:
    """A record without an office: for pages."""
    from tests.casework.publication.sample import SAMPLE

    return DeploymentRecord.model_validate(SAMPLE)


def test_the_page_can_be_read_aloud_and_carries_no_script(a_record: DeploymentRecord) -> None:
    page = record_page(a_record)
    reader = _Reader(page)
    assert reader.open == []
    assert {tag for tag, _ in reader.tags} <= PAGE_TAGS
    assert not {
        name for _, attrs in reader.tags for name in attrs if name.startswith("on") or name in {"src", "href"}
    }
    tags = [tag for tag, _ in reader.tags]
    assert dict(reader.tags)["html"] == {"lang": "en"}
    assert tags.count("h1") == tags.count("main") == 1
    assert tags.count("table") == tags.count("caption")
    assert all(attrs.get("scope") in {"row", "col"} for tag, attrs in reader.tags if tag == "th")
    named = [attrs["id"] for _, attrs in reader.tags if "id" in attrs]
    assert len(named) == len(set(named))
    assert "url(" not in page
    assert "@import" not in page


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_words_that_people_wrote_stay_words(location: str, purpose: str, signage: str) -> None:
    from tests.casework.publication.sample import SAMPLE

    record = DeploymentRecord.model_validate(SAMPLE)
    hostile = "<script>alert(1)</script>&\"'" + location
    terms = record.deployment.model_copy(
        update={"location": hostile, "purpose": purpose + "</td><img src=x>", "signage": signage}
    )
    watchlist = record.watchlist.model_copy(update={"by_category": {"<b>" + purpose: 3}})
    changed = record.model_copy(update={"deployment": terms, "watchlist": watchlist})
    reader = _Reader(record_page(changed))
    assert {tag for tag, _ in reader.tags} <= PAGE_TAGS
    assert "<script>alert(1)</script>&\"'" in reader.text
    lines = list(csv.reader(io.StringIO(record_csv([changed]), newline="")))
    assert [len(line) for line in lines] == [len(COLUMNS)] * 2
    assert lines[1][0] == hostile


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_spreadsheet_takes_no_location_for_a_formula(a_record: DeploymentRecord, start: str) -> None:
    terms = a_record.deployment.model_copy(update={"location": start + "HYPERLINK(1)"})
    lines = list(csv.reader(io.StringIO(record_csv([a_record.model_copy(update={"deployment": terms})]))))
    assert lines[1][0] == f"'{start}HYPERLINK(1)"


def test_the_page_says_it_in_sentences(a_record: DeploymentRecord) -> None:
    text = _Reader(record_page(a_record)).text
    assert "live facial recognition was used at High Street, Anytown for 3 h 30 min (crime hotspot)." in text
    assert "It raised 13 alerts: 7 true, 5 false, and 1 that nobody decided." in text
    assert (
        "Officers approached 8 people because of an alert, 2 of whom turned out not to be the person" in text
    )
    assert "In 1 of 3 runs the software ended without its own word" in text
    assert "Not every seal held: memory locked." in text
    assert "1 in 1,000 faces (95% interval: 1 in 3,079 to 1 in 429)" in text
    wrongly = a_record.outcomes_after_false_alerts.model_copy(update={"arrest": 1})
    page = record_page(a_record.model_copy(update={"outcomes_after_false_alerts": wrongly}))
    assert "False alerts led to 1 arrest, of people other than those sought." in _Reader(page).text


def _contrast(first: str, second: str) -> float:
    """Contrast of two colours #rrggbb (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_page_can_be_read_in_light_and_dark(a_record: DeploymentRecord) -> None:
    page = record_page(a_record)
    light, dark, *_ = (
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", part)) for part in page.split(":root {")[1:]
    )
    for colours in (light, dark):
        assert len(colours) == 10
        for ink in ("ink", "soft", "accent", "good", "bad"):
            assert _contrast(colours[ink], colours["paper"]) >= 4.5
        assert _contrast(colours["soft"], colours["panel"]) >= 4.5
        assert _contrast(colours["warn"], colours["warn-paper"]) >= 4.5
