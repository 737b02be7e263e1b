"""Reference images: each verdict with its figure and limit, nothing stored of a refused picture, nothing leaked."""

from __future__ import annotations

import datetime as dt

import cv2
import numpy as np
import pytest
from sqlalchemy import func, select

from overt.casework import watchlists as w
from overt.errors import AuthorityError, ContractError, InputError, MissingError
from overt.records.tables import AuditEntry, ReferenceImage, Watchlist
from tests.casework.watchlists.desk import Desk, collins, hopper, jpeg
from tests.gallery import portraits
from tests.offices import Staff


def _noise() -> np.ndarray:
    return portraits.astronaut()[:320, 60:400]


def _masked() -> np.ndarray:
    """A surgical mask, painted over the mouth and nose."""
    masked = portraits.astronaut()
    outline = np.array([(182, 118), (224, 110), (266, 118), (262, 160), (224, 180), (190, 162)], np.int32)
    return cv2.fillPoly(masked, [outline], (226, 200, 160))


BAD_PICTURES = {
    "occluded": lambda: jpeg(_masked()),
    "no-face": lambda: jpeg(np.full((300, 300, 3), 128, np.uint8)),
    "several-faces": lambda: jpeg(
        np.hstack([cv2.resize(portraits.hopper(), (437, 512)), portraits.astronaut()])
    ),
    "too-small": lambda: jpeg(
        cv2.resize(portraits.astronaut(), None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
    ),
    "too-blurred": lambda: jpeg(cv2.GaussianBlur(portraits.astronaut(), (0, 0), 4)),
    "too-dark": lambda: jpeg(portraits.astronaut() // 12),
    "too-bright": lambda: jpeg(np.clip(portraits.astronaut().astype(np.int32) * 5, 0, 255).astype(np.uint8)),
    "too-large": lambda: portraits.png_of(10_000, 10_000),
    "unreadable": lambda: hopper()[:20_000],
}


@pytest.mark.parametrize("kind", BAD_PICTURES)
def test_a_bad_picture_is_refused_with_what_was_measured(desk: Desk, kind: str) -> None:
    verdict = w.judge_image(desk.office, desk.manager, desk.watchlist.id, desk.image(BAD_PICTURES[kind]()))
    assert not verdict.accepted
    found = {one.kind: one for one in verdict.findings if one.refuses}
    assert kind in found
    if kind not in {"no-face", "unreadable"}:
        assert found[kind].measured is not None
        assert found[kind].limit is not None


@pytest.mark.parametrize("content", [b"", b"not a picture", b"GIF89a" + bytes(40), b"PK\x03\x04" + bytes(40)])
def test_what_is_no_picture_is_refused(desk: Desk, content: bytes) -> None:
    verdict = w.judge_image(desk.office, desk.manager, desk.watchlist.id, desk.image(content))
    assert [one.kind for one in verdict.findings] == ["unreadable"]


@pytest.mark.parametrize(
    ("days", "kind", "refuses"), [(365, None, False), (6 * 366, "old", False), (11 * 366, "too-old", True)]
)
def test_a_picture_is_judged_by_its_age(desk: Desk, days: int, kind: str | None, refuses: bool) -> None:
    image = desk.image(collins(), taken_on=desk.today - dt.timedelta(days=days))
    verdict = w.judge_image(desk.office, desk.manager, desk.watchlist.id, image)
    assert verdict.accepted is not refuses
    assert [one.kind for one in verdict.findings] == ([kind] if kind else [])
    if verdict.findings:
        (finding,) = verdict.findings
        assert finding.measured == pytest.approx(days / 365.25, abs=0.01)
        assert (finding.limit, finding.unit) == (10.0 if refuses else 5.0, "years")


def test_an_unknown_date_is_said_and_noticed_and_one_to_come_is_refused(desk: Desk) -> None:
    verdict = w.judge_image(
        desk.office, desk.manager, desk.watchlist.id, desk.image(collins(), taken_on="unknown")
    )
    assert verdict.accepted
    assert [one.kind for one in verdict.findings] == ["undated"]
    entry_id = desk.add()
    with pytest.raises(InputError) as refusal:
        desk.add_image(entry_id, collins(), taken_on=desk.today + dt.timedelta(days=1))
    assert refusal.value.field == "taken_on"


def test_a_picture_is_turned_as_its_metadata_says(desk: Desk) -> None:
    turned = cv2.imencode(".jpg", cv2.rotate(_noise(), cv2.ROTATE_90_COUNTERCLOCKWISE))[1].tobytes()
    entry_id = desk.add(picture=portraits.with_orientation(turned, 6))
    (image,) = desk.show(entry_id).reference_images
    assert abs(image.measures["roll"]) < 15
    kept = w.show_image(desk.office, desk.manager, image.id).content
    assert b"Exif" not in kept
    assert cv2.imdecode(np.frombuffer(kept, np.uint8), cv2.IMREAD_COLOR).shape[:2] == (
        image.height,
        image.width,
    )


def test_judging_and_refusing_store_nothing(desk: Desk) -> None:
    entry_id = desk.add()
    w.judge_image(desk.office, desk.manager, desk.watchlist.id, desk.image(collins()))
    refused = desk.add_image(entry_id, b"not a picture")
    assert (refused.result, refused.image_id) == ("refused", None)
    assert desk.show(entry_id).revision == 1
    with desk.office.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(ReferenceImage)) == 0


def test_the_same_picture_again_adds_nothing(desk: Desk) -> None:
    entry_id = desk.add(picture=collins())
    before = desk.show(entry_id)
    again = desk.add_image(entry_id, collins())
    assert (again.result, again.image_id) == ("unchanged", before.reference_images[0].id)
    assert desk.show(entry_id) == before


def test_pictures_of_one_entry_that_show_two_people_are_noticed(desk: Desk) -> None:
    entry_id = desk.add(picture=collins())
    outcome = desk.add_image(entry_id, hopper())
    assert outcome.result == "added"
    assert [one.kind for one in outcome.verdict.findings] == ["unlike-others"]


def test_a_verdict_says_where_the_faces_are_and_which_was_taken(desk: Desk) -> None:
    verdict = w.judge_image(desk.office, desk.manager, desk.watchlist.id, desk.image(collins()))
    assert (verdict.width, verdict.height) == (340, 320)
    (face,) = verdict.faces
    left, top, right, bottom = face.box
    assert face.taken
    assert 0 < left < right < 340
    assert 0 < top < bottom < 320
    assert all(left < x < right and top < y < bottom for x, y in face.landmarks)
    (one_eye, other_eye, *_) = face.landmarks
    assert one_eye[0] < other_eye[0]


def test_nobody_judges_or_adds_without_being_a_manager(desk: Desk, staff: Staff) -> None:
    entry_id = desk.add()
    operator = staff("lfr-operator")
    with pytest.raises(AuthorityError, match=r"images\.judge"):
        w.judge_image(desk.office, operator, desk.watchlist.id, desk.image(collins()))
    with pytest.raises(AuthorityError, match=r"images\.add"):
        w.add_image(desk.office, operator, entry_id, desk.image(collins()))
    with desk.office.database.transaction() as session:
        refused = session.scalars(select(AuditEntry.command).where(AuditEntry.outcome == "refused")).all()
    assert refused == ["images.judge", "images.add"]


def test_what_is_not_there_is_said_to_be_missing(desk: Desk) -> None:
    with pytest.raises(MissingError):
        w.judge_image(desk.office, desk.manager, "watchlist-0", desk.image(collins()))
    with pytest.raises(MissingError):
        w.add_image(desk.office, desk.manager, "entry-0", desk.image(collins()))
    with pytest.raises(MissingError):
        w.show_image(desk.office, desk.manager, "image-0")


def test_a_list_of_another_version_of_the_pack_takes_no_picture(desk: Desk) -> None:
    entry_id = desk.add()
    with desk.office.database.transaction() as session:
        session.get_one(Watchlist, desk.watchlist.id).pack_version = "0"
    with pytest.raises(
        ContractError, match=r"bound to the model pack embedded 0, and version .* is installed"
    ):
        desk.add_image(entry_id, collins())


def test_the_audit_chain_names_nobody(desk: Desk) -> None:
    entry_id = desk.add("Very Secret Reference", collins(), name="Very Secret Name")
    desk.show(entry_id)
    w.withdraw_entry(desk.office, desk.manager, entry_id, w.Withdrawal(reason="Very secret reason"))
    with desk.office.database.transaction() as session:
        written = " ".join(f"{one.subject} {one.details}" for one in session.scalars(select(AuditEntry)))
    assert entry_id in written
    assert "ecret" not in written
    assert "portrait" not in written
