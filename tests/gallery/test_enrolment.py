"""Enrolment takes what is fit, and says of everything else what was measured and what the limit is."""

import datetime as dt
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from overt.biometrics import CoveredScale, ModelPack
from overt.errors import ContractError, EnrolmentError, WatchlistError
from overt.gallery import (
    EnrolmentReport,
    Gallery,
    WatchlistKey,
    load_watchlist,
    read_watchlist,
    write_watchlist,
)
from overt.gallery.enrolment import Enrolment, enrol
from overt.gallery.look_alikes import find_look_alikes
from overt.gallery.watchlist import Entry, ReferenceImage, Watchlist
from tests.gallery.filler import contract, synthetic_templates
from tests.gallery.portraits import astronaut, hopper, with_orientation, write


@pytest.fixture(scope="session")
def enrolment(verdict_folder: Path, pack: ModelPack) -> Enrolment:
    return enrol(verdict_folder, pack)


def test_every_picture_gets_the_verdict_it_deserves(enrolment: Enrolment):
    for row in enrolment.report.rows:
        kinds = [finding.kind for finding in row.all_findings if finding.refuses]
        if row.reference.startswith("good"):
            assert row.accepted, (row.reference, kinds)
            assert not kinds
        elif row.reference != "partly":
            assert not row.accepted
            assert row.reference.startswith(kinds[0])
            assert len(kinds) == 1
    assert {row.reference for row in enrolment.report.rows if row.accepted} == {
        "good-collins",
        "good-hopper",
        "good-sitter-before-others",
        "good-tight-crop",
        "partly",
    }


def test_a_refusal_names_what_was_measured_and_the_limit(enrolment: Enrolment):
    measured = {
        finding.kind: finding
        for row in enrolment.report.rows
        for finding in row.all_findings
        if finding.refuses and finding.limit is not None
    }
    assert {
        "too-small",
        "too-blurred",
        "too-dark",
        "too-bright",
        "occluded",
        "several-faces",
        "too-large",
    } <= set(measured)
    for finding in measured.values():
        assert f"{finding.limit:g}" in finding.detail or f"{finding.measured:.0%}" in finding.detail
        assert finding.measured is not None
    assert measured["too-dark"].measured < measured["too-dark"].limit
    assert measured["occluded"].measured > measured["occluded"].limit


def test_smaller_faces_are_noticed_and_passed_over(enrolment: Enrolment):
    row = next(row for row in enrolment.report.rows if row.reference == "good-sitter-before-others")
    assert [(finding.kind, finding.refuses) for finding in row.all_findings] == [("other-faces", False)]


def test_an_entry_keeps_its_good_pictures(enrolment: Enrolment):
    row = next(row for row in enrolment.report.rows if row.reference == "partly")
    assert row.accepted
    assert [image.accepted for image in row.images] == [True, False]
    assert enrolment.report.images_refused == 1


def test_the_watchlist_holds_one_template_for_each_accepted_picture(enrolment: Enrolment):
    watchlist = enrolment.watchlist
    assert [image.file for image in watchlist.images_of(0)] == ["1.jpg", "2.png"]
    assert len(watchlist.templates) == sum(
        image.accepted for row in enrolment.report.rows for image in row.images
    )
    np.testing.assert_allclose(np.linalg.norm(watchlist.templates, axis=1), 1, atol=1e-5)


def test_two_entries_of_one_person_are_listed_as_look_alikes(enrolment: Enrolment):
    pairs = {frozenset((pair.first, pair.second)) for pair in enrolment.report.look_alikes}
    assert frozenset(("good-hopper", "partly")) in pairs
    assert frozenset(("good-collins", "good-tight-crop")) in pairs
    assert frozenset(("good-collins", "good-hopper")) not in pairs


def test_the_kept_picture_shows_the_face_alone_and_its_box(enrolment: Enrolment):
    for image in enrolment.watchlist.images:
        kept = cv2.imdecode(np.frombuffer(image.jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert kept.shape[:2] == (image.height, image.width)
        assert max(kept.shape) <= 640
        left, top, right, bottom = image.box
        assert 0 <= left < right <= image.width
        assert 0 <= top < bottom <= image.height
        assert (right - left) / image.width > 0.2
    sitter = next(
        image for image in enrolment.watchlist.images if image.file == "good-sitter-before-others.png"
    )
    assert sitter.width < 400, "the bystander to the right is cut off"


def test_a_kept_picture_carries_no_metadata_and_stands_upright(tmp_path: Path, pack: ModelPack):
    held = cv2.imencode(".jpg", cv2.rotate(astronaut(), cv2.ROTATE_90_COUNTERCLOCKWISE))[1].tobytes()
    (tmp_path / "held.jpg").write_bytes(with_orientation(held, 6))
    (tmp_path / "upright.jpg").write_bytes(cv2.imencode(".jpg", astronaut())[1].tobytes())
    found = enrol(tmp_path, pack)
    assert found.report.enrolled == 2
    assert found.watchlist.templates[0] @ found.watchlist.templates[1] > 0.99
    assert b"Exif" not in found.watchlist.images[0].jpeg


def test_a_sideways_picture_is_refused_not_guessed(tmp_path: Path, pack: ModelPack):
    write(tmp_path / "sideways.png", cv2.rotate(hopper(), cv2.ROTATE_90_CLOCKWISE))
    report = enrol(tmp_path, pack).report
    assert report.enrolled == 0
    assert report.rows[0].all_findings[0].kind in {"no-face", "too-turned"}


def test_pictures_of_two_people_under_one_entry_are_noticed(tmp_path: Path, pack: ModelPack):
    write(tmp_path / "mixed" / "1.png", astronaut())
    write(tmp_path / "mixed" / "2.png", hopper())
    row = enrol(tmp_path, pack).report.rows[0]
    assert row.accepted
    assert [finding.kind for finding in row.all_findings] == ["unlike-others"] * 2


def test_a_table_with_fields_expiry_and_a_missing_picture(tmp_path: Path, pack: ModelPack):
    write(tmp_path / "p" / "1.jpg", hopper())
    table = tmp_path / "list.csv"
    table.write_text(
        "image,reference,name,category,expiry\n"
        "p/1.jpg,H1,Grace Hopper,test,2030-01-01\n"
        "p/1.jpg,H2,Expired,test,2020-01-01\n"
        "p/2.jpg,H3,Missing,test,\n",
        encoding="utf-8",
    )
    steps: list[tuple[int, int]] = []
    found = enrol(table, pack, today=dt.date(2025, 1, 1), on_row=lambda *step: steps.append(step))
    assert [[finding.kind for finding in row.all_findings] for row in found.report.rows] == [
        [],
        ["expired"],
        ["missing"],
    ]
    assert found.watchlist.entries == (
        Entry(reference="H1", name="Grace Hopper", category="test", expiry=dt.date(2030, 1, 1)),
    )
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_the_report_survives_json(enrolment: Enrolment):
    written = msgspec.json.encode(enrolment.report)
    assert msgspec.json.decode(written, type=EnrolmentReport) == enrolment.report


def test_batches_give_the_templates_of_single_faces(tmp_path: Path, pack: ModelPack):
    for i in range(10):
        write(
            tmp_path / "all" / f"{i}.png",
            cv2.convertScaleAbs(hopper() if i % 3 else astronaut(), alpha=1 - i / 40),
        )
    together = enrol(tmp_path / "all", pack).watchlist
    for i in (0, 9):
        write(tmp_path / f"only{i}" / "x.png", cv2.imread(str(tmp_path / "all" / f"{i}.png")))
        alone = enrol(tmp_path / f"only{i}", pack).watchlist
        assert alone.templates[0] @ together.templates[i] > 0.9999


def test_a_pack_with_a_scale_gives_each_picture_a_template_of_its_upper_face(tmp_path: Path, pack: ModelPack):
    scale = CoveredScale(covering="lower", scores=(0.9, 0.95), bare=(0.8, 0.9), data="", date="")
    scaled, bare = (
        msgspec.structs.replace(pack, manifest=msgspec.structs.replace(pack.manifest, covered=covered))
        for covered in ((scale,), ())
    )
    write(tmp_path / "pictures" / "hopper.png", hopper())
    write(tmp_path / "pictures" / "collins.png", astronaut())
    plain, found = enrol(tmp_path / "pictures", bare), enrol(tmp_path / "pictures", scaled)
    assert (plain.watchlist.covered, plain.report.coverings) == ({}, ())
    assert found.report.coverings == ("lower",)
    np.testing.assert_array_equal(found.watchlist.templates, plain.watchlist.templates)
    lower = found.watchlist.covered["lower"]
    assert lower.shape == found.watchlist.templates.shape
    assert (np.einsum("nd,nd->n", lower, found.watchlist.templates) < 0.99).all()


def test_load_watchlist_takes_a_folder_a_table_or_a_file(tmp_path: Path, pack: ModelPack):
    write(tmp_path / "folder" / "hopper.jpg", hopper())
    (tmp_path / "folder" / "list.csv").write_text(
        "image,name,expiry\nhopper.jpg,hopper,2030-01-01\n", encoding="utf-8"
    )
    reports: list[EnrolmentReport] = []
    by_folder = load_watchlist(tmp_path / "folder", pack, on_report=reports.append)
    by_table = load_watchlist(tmp_path / "folder" / "list.csv", pack, on_report=reports.append)
    assert by_folder.references == by_table.references == ("hopper",)
    np.testing.assert_array_equal(by_folder.templates, by_table.templates)
    assert [report.enrolled for report in reports] == [1, 1]
    file, key = tmp_path / "list", WatchlistKey("key-file", bytes(32))
    write_watchlist(by_table, file, key)
    np.testing.assert_array_equal(load_watchlist(file, pack, key=key).templates, by_table.templates)
    with pytest.raises(WatchlistError, match="is locked"):
        load_watchlist(file, pack)
    with pytest.raises(WatchlistError, match="has expired"):
        load_watchlist(file, pack, key=key, today=dt.date(2031, 1, 1))
    other = msgspec.structs.replace(pack, manifest=msgspec.structs.replace(pack.manifest, version="another"))
    with pytest.raises(ContractError, match="embedded another"):
        load_watchlist(file, other, key=key)


def test_a_list_of_which_nothing_is_fit_is_refused_with_the_reason(tmp_path: Path, pack: ModelPack):
    write(tmp_path / "wall.png", np.full((200, 200, 3), 90, np.uint8))
    with pytest.raises(EnrolmentError, match=r"none of the 1 rows .* \(wall\.png: no face was found\)"):
        load_watchlist(tmp_path, pack)


def test_look_alikes_are_every_pair_above_the_threshold():
    templates = synthetic_templates(700, 16, 3, spread=0.5)
    owner = np.arange(700) // 2
    image = ReferenceImage(file="", sha256="", width=1, height=1, box=(0, 0, 1, 1), quality=1)
    entries = tuple(Entry(reference=f"{i:03}") for i in range(350))
    watchlist = Watchlist(contract(16), entries, templates, owner, (image,) * 700)
    scores = templates @ templates.T
    expected = {
        (f"{a:03}", f"{b:03}")
        for a in range(350)
        for b in range(a + 1, 350)
        if scores[2 * a : 2 * a + 2, 2 * b : 2 * b + 2].max() >= 0.9
    }
    found = find_look_alikes(watchlist, 0.9)
    assert {(pair.first, pair.second) for pair in found} == expected
    assert expected
    assert [pair.score for pair in found] == sorted((pair.score for pair in found), reverse=True)


@pytest.mark.shared
def test_the_people_of_the_musical_are_told_apart(shared_data: Path, pack: ModelPack, tmp_path: Path):
    watchlist = load_watchlist(shared_data / "video" / "hamilton_gallery", pack)
    assert watchlist.references == ("alex-lacamoire", "lin-manuel-miranda", "obama")
    file, key = tmp_path / "list", WatchlistKey.create(tmp_path / "key")
    write_watchlist(watchlist, file, key)
    again = read_watchlist(file, key, contract=pack.contract)
    gallery = Gallery(pack.contract).build(again.references, again.templates, again.entry_of_template)
    assert gallery.search(watchlist.templates).entries[:, 0].tolist() == [0, 1, 2]
