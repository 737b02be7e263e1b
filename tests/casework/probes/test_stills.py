"""A still that is handed in: every kind of file, every face of it, and nothing of it kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from overt.biometrics import ModelPack
from overt.casework import Actor, Office
from overt.casework import probes as p
from overt.casework.probes.held import MOST_PROBES, desk_of
from overt.errors import AuthorityError, ImageError, InputError, MissingError, OvertError
from overt.gallery import decode_probe_picture
from overt.records.tables import AuditEntry
from tests.casework.probes.pictures import encoded, together
from tests.gallery import portraits
from tests.offices import Clock, Staff

Open = Callable[[bytes], p.ProbeView]
KINDS = ["JPEG", "PNG", "WEBP", "HEIC", "TIFF", "BMP"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turned", [False, True])
def test_every_kind_is_read_upright(kind: str, turned: bool) -> None:
    if turned and kind == "BMP":
        pytest.skip("a BMP has no metadata")
    image = decode_probe_picture(
        encoded(kind, turned=turned), "a picture", most_mib=32, most_megapixels=64
    ).image
    assert image.shape == together().shape
    assert np.abs(image.astype(int) - together()).mean() < 8


def test_every_face_is_offered_with_what_a_search_needs(
    office: Office, investigator: Actor, open_one: Open, pack: ModelPack
) -> None:
    probe = open_one(encoded("HEIC"))
    assert (probe.kind, probe.width, probe.height, len(probe.faces)) == ("still", 949, 512, 2)
    assert {face.verdict for face in probe.faces} == {"good"}
    faces = [p.face_to_search(office, investigator, probe.id, face.id, pack.contract) for face in probe.faces]
    assert all(np.linalg.norm(face.template) == pytest.approx(1.0, abs=1e-5) for face in faces)
    other = open_one(encoded("JPEG", image=portraits.hopper()))
    again = p.face_to_search(office, investigator, other.id, other.faces[0].id, pack.contract)
    scores = sorted(float(face.template @ again.template) for face in faces)
    assert scores[1] > pack.manifest.operating_point.threshold > scores[0]
    (shot,) = probe.faces[0].shots
    left, top, right, bottom = shot.box
    assert all(left < x < right and top < y < bottom for x, y in shot.landmarks)


def test_a_cut_shows_one_face_and_masks_the_others(
    office: Office, investigator: Actor, open_one: Open
) -> None:
    near = together()[:, 150:800]
    probe = open_one(encoded("PNG", image=near))
    assert len(probe.faces) == 2
    for face in probe.faces:
        shown = p.show_face(office, investigator, probe.id, face.id)
        cut = open_one(shown.content)
        usable = [one for one in cut.faces if one.verdict != "unusable"]
        assert len(usable) == 1


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: encoded("HEIC")[:9000], "truncated or damaged"),
        (lambda: encoded("TIFF")[:300], "truncated|decoded"),
        (lambda: encoded("JPEG")[:9000], "truncated"),
    ],
)
def test_what_cannot_be_read_is_said_and_entered(
    office: Office, open_one: Open, make: Callable[[], bytes], match: str
) -> None:
    with pytest.raises(ImageError, match=match):
        open_one(make())
    with office.database.reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
    assert [entry.command for entry in entries][-2:] == ["probes.open", "probes.record-faces"]
    assert "ImageError" in entries[-1].details


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), kind=st.sampled_from(["HEIC", "TIFF"]))
def test_a_damaged_file_is_a_picture_or_an_error(data: st.DataObject, kind: str) -> None:
    content = bytearray(encoded(kind, image=cv2.resize(together(), (96, 64))))
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    end = data.draw(st.integers(0, len(content)))
    try:
        image = decode_probe_picture(bytes(content[:end]), "x", most_mib=8, most_megapixels=4).image
    except ImageError:
        return
    assert image.ndim == 3


def test_a_probe_is_its_openers_alone_and_is_forgotten(
    office: Office, investigator: Actor, staff: Staff, clock: Clock, open_one: Open
) -> None:
    probe = open_one(encoded("JPEG"))
    other = staff("investigator", name="somebody else")
    with pytest.raises(MissingError):
        p.show_probe(office, other, probe.id)
    with pytest.raises(MissingError):
        p.show_face(office, other, probe.id, "face-1")
    assert p.show_probe(office, investigator, probe.id) == probe
    held = desk_of(office).find(probe.id, investigator.id, office.now())
    pixels = held.faces["face-1"].shots[0].jpeg
    clock.turn(minutes=p.LASTS_MINUTES)
    with pytest.raises(MissingError):
        p.show_probe(office, investigator, probe.id)
    assert not pixels.any()


def test_closing_overwrites(office: Office, investigator: Actor, open_one: Open, pack: ModelPack) -> None:
    probe = open_one(encoded("JPEG"))
    shot = desk_of(office).find(probe.id, investigator.id, office.now()).faces["face-2"].shots[0]
    template = shot.templates[pack.contract]
    p.close_probe(office, investigator, probe.id)
    assert not shot.jpeg.any()
    assert not template.any()
    with pytest.raises(MissingError):
        p.close_probe(office, investigator, probe.id)


def test_one_person_has_few_open(office: Office, investigator: Actor, open_one: Open) -> None:
    small = encoded("JPEG", image=portraits.hopper())
    names = [open_one(small).id for _ in range(MOST_PROBES + 1)]
    assert [probe.id for probe in p.list_probes(office, investigator)] == names[1:]


def test_a_face_too_small_to_compare_is_not_searched_with(
    office: Office, investigator: Actor, open_one: Open, pack: ModelPack
) -> None:
    tiny = cv2.resize(portraits.astronaut(), None, fx=0.12, fy=0.12, interpolation=cv2.INTER_AREA)
    probe = open_one(encoded("PNG", image=np.pad(tiny, ((80, 80), (80, 80), (0, 0)), mode="edge")))
    for face in probe.faces:
        assert face.verdict == "unusable"
        with pytest.raises(InputError, match="too small or too poor"):
            p.face_to_search(office, investigator, probe.id, face.id, pack.contract)


def test_nobody_else_opens(office: Office, staff: Staff, pack: ModelPack) -> None:
    for role in ("facial-examiner", "administrator", "lfr-operator", "auditor"):
        with pytest.raises(AuthorityError):
            p.open_probe(
                office, staff(role), p.NewProbe(name="x", reason="because", pack=pack.manifest.id), b"x"
            )


def test_the_chain_and_the_disk_hold_nothing_of_it(
    office: Office, office_folder: Path, open_one: Open, investigator: Actor
) -> None:
    content = encoded("JPEG")
    probe = open_one(content)
    p.show_face(office, investigator, probe.id, "face-1")
    with office.database.reading() as session:
        entries = session.scalars(select(AuditEntry)).all()
        written = " ".join(f"{entry.subject} {entry.details}" for entry in entries)
    assert probe.sha256 in written
    assert '"faces":2' in written.replace(" ", "")
    assert "obbery" not in written
    assert "exhibit" not in written
    files = [file.read_bytes() for file in office_folder.rglob("*") if file.is_file()]
    assert not any(content[1000:1064] in file for file in files)


def test_a_path_is_read_and_a_missing_one_is_said(
    office: Office, investigator: Actor, pack: ModelPack, tmp_path: Path
) -> None:
    new = p.NewProbe(name="door.heic", reason="Robbery", pack=pack.manifest.id)
    file = tmp_path / "door.heic"
    with pytest.raises(OvertError, match=r"door\.heic cannot be read"):
        p.open_probe(office, investigator, new, file)
    file.write_bytes(encoded("HEIC"))
    assert len(p.open_probe(office, investigator, new, file).faces) == 2


def test_a_pipe_is_no_file_and_keeps_nobody_waiting(
    office: Office, investigator: Actor, pack: ModelPack, tmp_path: Path
) -> None:
    new = p.NewProbe(name="door.jpg", reason="Robbery", pack=pack.manifest.id)
    os.mkfifo(tmp_path / "door.jpg")
    for path in (tmp_path / "door.jpg", Path("/dev/zero"), tmp_path):
        with pytest.raises(ImageError, match="is no file"):
            p.open_probe(office, investigator, new, path)
