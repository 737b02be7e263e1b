import threading
import time

import msgspec
import numpy as np
import pytest

from overt.biometrics import CoveredScale, DetectionSettings, ModelPack, packs
from overt.errors import EvaluationError
from overt.evaluation.erasure import ErasureReport, prove_erasure
from overt.evaluation.erasure.book import needles_of_footage
from overt.evaluation.erasure.camera import Camera
from overt.evaluation.erasure.faces import simulated_faces, some_masked
from overt.evaluation.erasure.film import EMPTY_FRAMES, SHOWN_FRAMES, compose_footage
from overt.evaluation.erasure.forms import FORMS, FormMaker, bgr_frames
from overt.video import HeapBuffers, open_feed


def embedded():
    if "embedded" not in packs.installed():
        packs.pull("embedded")
    return packs.load("embedded")


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    return compose_footage(tmp_path_factory.mktemp("footage"), simulated_faces(2), group_size=1)


@pytest.fixture(scope="module")
def indexes(footage):
    pack = embedded()
    decoys = np.eye(4, pack.contract.dimension, dtype=np.float32)
    return needles_of_footage(footage, FormMaker(pack, DetectionSettings(), decoys))


def test_every_face_has_needles_in_every_form(footage, indexes):
    for clip, index in zip(footage.groups, indexes, strict=True):
        assert {(needle.form, needle.face) for needle in index.needles} == {
            (form, face) for form in FORMS for face in clip.faces
        }


def test_a_masked_face_is_followed_as_the_engine_makes_it_even(tmp_path):
    plain = embedded()
    scale = CoveredScale(covering="lower", scores=(0.2, 0.9), bare=(0.1, 0.8), data="", date="")
    pack = ModelPack(manifest=msgspec.structs.replace(plain.manifest, covered=(scale,)), folder=plain.folder)
    bare = simulated_faces(2)
    faces = some_masked(bare, pack, DetectionSettings())
    assert [face is other for face, other in zip(faces, bare, strict=True)].count(False) == 1
    decoys = np.eye(4, pack.contract.dimension, dtype=np.float32)
    for expected, shown in ((1, faces), (0, bare)):
        folder = tmp_path / str(expected)
        folder.mkdir()
        maker = FormMaker(pack, DetectionSettings(), decoys)
        (index,) = needles_of_footage(compose_footage(folder, shown), maker)
        assert len(maker.covered) == expected
        assert {needle.face for needle in index.needles if needle.form == "template float32"} == {0, 1}


def test_needles_lie_in_their_own_frames_and_in_no_others(footage, indexes):
    def found_in(clip, frames, index):
        return {
            hit.needle.face
            for _, image in bgr_frames(clip.path, frames)
            for hit in index.search(image.reshape(-1).copy())
            if hit.needle.form == "bgr frame"
        }

    first, second = footage.groups
    shown, gone = set(range(SHOWN_FRAMES)), set(range(SHOWN_FRAMES, SHOWN_FRAMES + EMPTY_FRAMES))
    assert found_in(first, shown, indexes[0]) == set(first.faces)
    assert found_in(first, gone, indexes[0]) == set()
    assert found_in(second, shown, indexes[0]) == set()
    assert found_in(footage.empty, set(range(EMPTY_FRAMES)), indexes[0]) == set()


def take_until(feed, arrived, wanted):
    deadline = time.monotonic() + 30
    while True:
        assert time.monotonic() < deadline
        arrived.clear()
        frame = feed.newest()
        if frame is None:
            arrived.wait(0.1)
            continue
        found = wanted(frame)
        frame.release()
        if found:
            return


def test_the_camera_holds_still_on_a_groups_last_frame_until_it_is_told_to_go_on(footage):
    arrived = threading.Event()
    faults = []
    with Camera(footage) as camera:
        feed = open_feed(
            "proof", camera.uri, buffers=HeapBuffers(), on_frame=arrived.set, on_fault=faults.append
        )
        feed.start()
        try:
            take_until(feed, arrived, lambda _: True)
            sent = camera.show(footage.groups[0])
            take_until(feed, arrived, lambda frame: frame.captured_utc_ns >= sent)
            assert feed.newest() is None
            assert not arrived.wait(0.4)
            camera.go_on()
            assert arrived.wait(5)
        finally:
            feed.close()


def test_more_faces_than_there_are_is_an_error():
    with pytest.raises(EvaluationError, match="Ask for fewer"):
        simulated_faces(1000)


def test_footage_without_faces_is_an_error(tmp_path):
    with pytest.raises(EvaluationError, match="footage with faces"):
        compose_footage(tmp_path, [])


@pytest.mark.slow
def test_the_engine_forgets_and_the_proof_would_find_it_if_it_did_not():
    report = prove_erasure(embedded(), n_faces=5, ages_ms=(250, 1000))
    assert report.prover_found_when_erasure_off
    assert {form: ages for form, ages in report.residues.items() if any(ages.values())} == {}
    assert report.holds
    assert not report.written_bytes
    assert not report.writable_files
    assert report.ages_measured_ms["250"]["min"] >= 250
    assert set(report.residues) == set(FORMS)
    assert msgspec.json.decode(msgspec.json.encode(report), type=ErasureReport) == report
