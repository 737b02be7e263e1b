"""The simulated scene: its truth is where the pixels are, its people come and go, and it says when it cannot."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import pytest

from overt.biometrics import load_detector, packs
from overt.errors import EvaluationError
from overt.evaluation.scene import (
    REFERENCE_NAMES,
    Scene,
    SceneSettings,
    SceneTruth,
    portraits,
    simulated_feeds,
    write_reference,
)

if TYPE_CHECKING:
    from pathlib import Path

SMALL = SceneSettings(seconds=6, fps=6, crowd=2, width=640, height=360)


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SceneTruth]:
    path = tmp_path_factory.mktemp("scene") / "street.mp4"
    return path, Scene(SceneSettings(seconds=6, fps=4, crowd=3, near=1)).write(path)


def test_the_file_is_what_a_street_camera_sends(filmed: tuple[Path, SceneTruth]) -> None:
    path, truth = filmed
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(stream)]
        assert stream.codec_context.name == "h264"
        assert not stream.codec_context.has_b_frames
        assert stream.average_rate == 4
    assert len(frames) == len(truth.faces) == 24
    assert frames[0].shape == (720, 1280, 3)
    assert np.abs(frames[3].astype(int) - frames[12]).mean() > 1


def test_the_same_seed_makes_the_same_scene_and_another_seed_another() -> None:
    def third(seed: int) -> np.ndarray:
        frames = Scene(SceneSettings(seconds=6, fps=1, crowd=2, width=320, height=180, seed=seed)).frames()
        return [picture for picture, _ in frames][3]

    assert np.array_equal(third(5), third(5))
    assert not np.array_equal(third(5), third(6))


def test_each_principal_passes_once_wholly_within_the_scene_however_short() -> None:
    for seconds in (6.0, 20.0):
        scene = Scene(SceneSettings(seconds=seconds, fps=4, crowd=0, width=320, height=180))
        truth = SceneTruth(seconds, 4, [faces for _, faces in scene.frames()])
        passes = Counter(one.identity for one in truth.passes)
        assert passes == {"grace-hopper": 1, "eileen-collins": 1}
        for one in truth.passes:
            assert one.enters > 0
            assert one.leaves < seconds - 0.25


def test_as_many_people_are_in_view_as_were_asked_for() -> None:
    settings = SceneSettings(seconds=15, fps=1, crowd=0, near=4, principals=(), width=640, height=360)
    counts = [sum(face.visible > 0 for face in faces) for _, faces in Scene(settings).frames()]
    assert 2.5 <= np.mean(counts) <= 5
    assert min(counts) >= 1


def test_the_end_flows_into_the_start() -> None:
    """Someone whose walk runs over the end is in the last frame and, a step further, in the first."""
    scene = Scene(SceneSettings(seconds=12, fps=12, crowd=6, principals=(), width=640, height=360))
    frames = [faces for _, faces in scene.frames()]
    first, before, last = ({face.person: face.landmarks for face in frames[index]} for index in (0, -2, -1))
    over_the_seam = set(first) & set(before) & set(last)
    assert over_the_seam
    for person in over_the_seam:
        step = np.linalg.norm(last[person] - before[person], axis=1).max()
        seam = np.linalg.norm(first[person] - last[person], axis=1).max()
        assert seam < 2 * step + 3


def test_landmarks_and_boxes_lie_where_a_detector_finds_them(filmed: tuple[Path, SceneTruth]) -> None:
    """CenterFace on the decoded film agrees with the truth about near faces."""
    path, truth = filmed
    if "embedded" not in packs.installed():
        packs.pull("embedded")
    detector = load_detector(packs.load("embedded"))
    errors = []
    wanted = found = 0
    with av.open(str(path)) as container:
        for faces, frame in zip(truth.faces, container.decode(video=0), strict=True):
            near = [face for face in faces if face.visible > 0.9 and face.eye_distance > 18]
            wanted += len(near)
            if not near:
                continue
            seen = detector.detect([frame.to_ndarray(format="bgr24")])[0]
            for face in near:
                middles = (seen.boxes[:, :2] + seen.boxes[:, 2:]) / 2
                middle = np.asarray([(face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2])
                distances = np.linalg.norm(middles - middle, axis=1) / face.eye_distance
                if distances.size and distances.min() < 1:
                    found += 1
                    points = seen.landmarks[distances.argmin()]
                    errors.append(np.linalg.norm(points - face.landmarks, axis=1) / face.eye_distance)
    assert wanted >= 15
    assert found >= 0.9 * wanted
    assert np.mean(errors) < 0.2


def test_who_is_shown_by_a_box(filmed: tuple[Path, SceneTruth]) -> None:
    _, truth = filmed
    face = max((face for faces in truth.faces for face in faces), key=lambda face: face.eye_distance)
    found = truth.who(face.seconds, face.box)
    assert found is not None
    assert found.identity == face.identity
    replayed = truth.who(face.seconds + truth.seconds, face.box)
    assert replayed is not None
    assert replayed.identity == face.identity
    assert truth.who(face.seconds, (0.0, 700.0, 15.0, 719.0)) is None


def test_someone_behind_another_is_not_counted_as_visible() -> None:
    scene = Scene(SceneSettings(seconds=20, fps=1, crowd=10, near=2, width=640, height=360))
    shares = [face.visible for _, faces in scene.frames() for face in faces]
    assert min(shares) < 0.3
    assert max(shares) > 0.95


def test_feeds_show_different_moments_and_one_has_the_principals() -> None:
    feeds = simulated_feeds(3, SMALL)
    first = [next(iter(feed.frames()))[0] for feed in feeds]
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[1], first[2])
    with_principals = [
        any(person.portrait.identity in REFERENCE_NAMES for person in feed.people) for feed in feeds
    ]
    assert with_principals == [True, False, False]


def test_a_reference_is_named_after_the_person_and_is_not_the_walked_picture(tmp_path: Path) -> None:
    path = write_reference("grace-hopper", tmp_path)
    assert path.name == "Grace Hopper.jpg"
    picture = cv2.imread(str(path))
    assert picture.shape == (600, 512, 3)
    assert np.abs(picture.astype(int) - portraits.hopper_photograph()).mean() > 10
    with pytest.raises(EvaluationError, match="Choose one of"):
        write_reference("ada-lovelace", tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seconds": 2.0}, "too short"),
        ({"width": 641}, "cannot be filmed"),
        ({"fps": 0}, "cannot be filmed"),
        ({"principals": ("nobody",)}, "nobody"),
        ({"crowd": -1}, "fewer than no people"),
    ],
)
def test_settings_that_make_no_scene_are_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(EvaluationError, match=said):
        SceneSettings(**change)  # type: ignore[arg-type]


def test_a_film_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="cannot be written"):
        Scene(SMALL).write(tmp_path / "absent" / "street.mp4")


def test_without_the_pictures_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portraits, "find_spec", lambda _: None)
    portraits.hopper_photograph.cache_clear()
    with pytest.raises(EvaluationError, match=r"overt\[demo\]"):
        portraits.hopper_photograph()


def test_another_picture_under_the_same_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "grace_hopper.jpg"
    cv2.imwrite(str(other), np.zeros((600, 500, 3), np.uint8))
    monkeypatch.setattr(portraits, "_installed", lambda *_: other)
    portraits.hopper_photograph.cache_clear()
    with pytest.raises(EvaluationError, match="not the picture"):
        portraits.hopper_photograph()
