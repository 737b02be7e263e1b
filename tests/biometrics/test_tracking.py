"""One person's way through the picture is one passage."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
import supervision
from trackers import ByteTrackTracker, DIoU
from trackers.utils.state_representations import XYXYStateEstimator

from overt.biometrics import Faces, PassageTracker
from overt.biometrics._motion import EdgeMotion, Likeness


def faces_at(*places: tuple[float, float], side: float = 40.0) -> Faces:
    """Faces with their centres at these places."""
    centres = np.array(places, np.float32).reshape(-1, 2)
    half = np.array([side / 2, side * 0.6], np.float32)
    boxes = np.hstack([centres - half, centres + half])
    return Faces(boxes, np.repeat(centres[:, None], 5, axis=1), np.full(len(centres), 0.6, np.float32))


def test_an_id_is_given_at_the_second_sighting_and_kept() -> None:
    tracker = PassageTracker(frame_rate=12)
    ids = [int(tracker.update(faces_at((100 + 8 * i, 200)), i / 12).ids[0]) for i in range(20)]
    assert ids[0] == -1
    assert len(set(ids[1:])) == 1
    assert ids[1] >= 0


def test_ids_are_in_the_order_of_the_faces_given() -> None:
    tracker = PassageTracker()
    rng = np.random.default_rng(0)
    places = [(100.0, 100.0), (400.0, 100.0), (700.0, 100.0), (1000.0, 100.0)]
    known: dict[tuple[float, float], int] = {}
    for i in range(12):
        order = rng.permutation(4)
        tracked = tracker.update(faces_at(*(places[k] for k in order)), i / 12)
        if i >= 1:
            for k, face in zip(order, tracked.ids, strict=True):
                assert known.setdefault(places[k], int(face)) == face
    assert len(set(known.values())) == 4


@pytest.mark.parametrize("rate", [5, 8, 12, 25, 30])
def test_two_people_who_cross_keep_their_ids(rate: int) -> None:
    tracker = PassageTracker(frame_rate=rate)
    ids: dict[str, list[int]] = {"a": [], "b": []}
    for i in range(4 * rate):
        t = i / rate
        tracked = tracker.update(faces_at((200 + 150 * t, 300), (800 - 150 * t, 345)), t)
        ids["a"].append(int(tracked.ids[0]))
        ids["b"].append(int(tracked.ids[1]))
    for seen in ids.values():
        assert len(set(seen) - {-1}) == 1
    assert set(ids["a"]) != set(ids["b"])


@pytest.mark.parametrize("rate", [5, 12, 25])
def test_a_face_hidden_for_half_a_second_is_still_the_same_passage(rate: int) -> None:
    tracker = PassageTracker(frame_rate=rate)
    seen = set()
    for i in range(4 * rate):
        t = i / rate
        hidden = 1.5 < t < 2.0
        tracked = tracker.update(faces_at() if hidden else faces_at((100 + 80 * t, 300)), t)
        assert tracked.ended == ()
        seen |= {int(i) for i in tracked.ids}
    assert len(seen - {-1}) == 1


def test_a_passage_ends_once_when_its_person_has_gone_and_a_new_one_is_another() -> None:
    tracker = PassageTracker(frame_rate=12, patience=1.0)
    ended: list[tuple[float, int]] = []
    first: set[int] = set()
    for i in range(80):
        t = i / 12
        here = t < 2 or t > 4.5
        tracked = tracker.update(faces_at((300, 300)) if here else faces_at(), t)
        ended += [(t, passage) for passage in tracked.ended]
        first |= {int(i) for i in tracked.ids if i >= 0}
    assert len(first) == 2
    assert [passage for _, passage in ended] == [min(first)]
    assert 2.9 < ended[0][0] < 3.3
    assert tracker.finish() == (max(first),)
    assert tracker.finish() == ()


def test_what_is_seen_once_is_no_passage() -> None:
    tracker = PassageTracker()
    told = []
    for i in range(40):
        faces = faces_at((100 + 400 * (i // 5 % 3), 100 + 90 * (i // 5))) if i % 5 == 0 else faces_at()
        tracked = tracker.update(faces, i / 12)
        assert (tracked.ids == -1).all()
        told += tracked.ended
    assert told == []
    assert tracker.finish() == ()


def test_feeds_have_ids_of_their_own() -> None:
    one, other = PassageTracker(), PassageTracker()
    for i in range(3):
        ids = [tracker.update(faces_at((100, 100)), i / 12).ids[0] for tracker in (one, other)]
    assert ids[0] == ids[1]
    other.finish()
    assert one.update(faces_at((100, 100)), 3 / 12).ids[0] == ids[0]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 0.0, -5.0, 0.25])
def test_a_clock_that_stands_or_goes_back_is_no_error(bad: float) -> None:
    tracker = PassageTracker()
    for i in range(4):
        last = tracker.update(faces_at((100, 100)), i / 12).ids[0]
    assert tracker.update(faces_at((100, 100)), bad).ids[0] == last
    assert tracker.update(faces_at((101, 100)), 0.42).ids[0] == last


def test_a_long_silence_ends_every_passage() -> None:
    tracker = PassageTracker()
    for i in range(4):
        before = int(tracker.update(faces_at((100, 100)), i / 12).ids[0])
    tracked = tracker.update(faces_at((100, 100)), 60.0)
    assert tracked.ended == (before,)
    assert tracked.ids.tolist() == [-1]


def street(
    rate: float, seed: int, people: int = 10, seconds: float = 15.0
) -> list[tuple[float, list[int], Faces]]:
    """People walking by with heads that bob, seen at irregular times, one in ten sightings lost."""
    rng = np.random.default_rng(seed)
    begin, side = rng.uniform(0, seconds - 6, people), rng.uniform(20, 60, people)
    way, row = rng.choice([-1, 1], people), np.linspace(60, 660, people)
    pace, step = rng.uniform(1.5, 3.5, people) * side, rng.uniform(0, 6, people)
    time, frames = 0.0, []
    while time < seconds:
        u = time - begin
        x = np.where(way > 0, pace * u, 1280 - pace * u)
        y = row + 0.12 * side * np.sin(11 * u + step)
        who = np.flatnonzero((u > 0) & (x > 0) & (x < 1280) & (rng.random(people) > 0.1))
        half = np.stack([side / 2, side * 0.6], 1)[who]
        centre = np.stack([x, y], 1)[who]
        jitter = rng.normal(0, 0.04, (len(who), 4)) * side[who, None]
        boxes = (np.hstack([centre - half, centre + half]) + jitter).astype(np.float32)
        marks = np.repeat(centre[:, None].astype(np.float32), 5, axis=1)
        frames.append((time, who.tolist(), Faces(boxes, marks, np.full(len(who), 0.7, np.float32))))
        time += rng.choice([1, 1, 1, 1, 2]) * rng.uniform(0.8, 1.2) / rate
    return frames


@pytest.mark.parametrize("rate", [5, 12, 25])
def test_a_simulated_street_is_counted_within_a_tenth(rate: int) -> None:
    people = passages = mixed = 0
    for seed in range(3):
        tracker = PassageTracker(frame_rate=rate)
        of_person: dict[int, set[int]] = defaultdict(set)
        of_passage: dict[int, Counter[int]] = defaultdict(Counter)
        for time, who, faces in street(rate, seed):
            for person, passage in zip(who, tracker.update(faces, time).ids.tolist(), strict=True):
                if passage >= 0:
                    of_person[person].add(passage)
                    of_passage[passage][person] += 1
        people += len(of_person)
        passages += len(of_passage)
        mixed += sum(len(counts) > 1 for counts in of_passage.values())
    assert people <= passages <= 1.1 * people
    assert mixed == 0


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="frame_rate"):
        PassageTracker(frame_rate=0)
    with pytest.raises(ValueError, match="patience"):
        PassageTracker(patience=-1)


@pytest.mark.parametrize("steps", ["even", "uneven"])
def test_the_motion_of_boxes_is_the_librarys_own(steps: str) -> None:
    rng = np.random.default_rng(3)
    ours, theirs = (
        ByteTrackTracker(
            frame_rate=12,
            track_activation_threshold=0.0,
            high_conf_det_threshold=0.0,
            minimum_iou_threshold=-0.3,
            state_estimator_class=motion,
            iou=likeness,
        )
        for motion, likeness in ((EdgeMotion, Likeness()), (XYXYStateEstimator, DIoU()))
    )
    corners = rng.uniform(0, 900, (6, 2))
    speeds = rng.uniform(-60, 60, (6, 2))
    seconds = 0.0
    for _ in range(60):
        step = 1 / 12 if steps == "even" else rng.uniform(0.02, 0.3)
        seconds += step
        corners += speeds * step + rng.normal(0, 1, corners.shape)
        seen = rng.random(6) < 0.85
        boxes = np.hstack([corners, corners + 50])[seen]
        given = supervision.Detections(xyxy=boxes, confidence=np.full(len(boxes), 0.7))
        first, second = (tracker.update(given, timestamp=seconds) for tracker in (ours, theirs))
        np.testing.assert_array_equal(first.tracker_id, second.tracker_id)
        np.testing.assert_allclose(
            [track.get_state_bbox() for track in ours.tracks],
            [track.get_state_bbox() for track in theirs.tracks],
            atol=1e-6,
        )


def test_likeness_is_the_librarys_diou() -> None:
    rng = np.random.default_rng(4)
    first, second = (
        np.hstack([corner, corner + rng.uniform(1, 200, corner.shape)])
        for corner in (rng.uniform(0, 500, (7, 2)), rng.uniform(0, 500, (9, 2)))
    )
    np.testing.assert_allclose(Likeness().compute(first, second), DIoU().compute(first, second), atol=1e-9)


def test_noise_that_the_motion_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="the same for each edge"):
        EdgeMotion(np.array([0.0, 0.0, 10.0, 10.0])).set_kf_covariances(np.diag([1.0, 2.0, 1.0, 1.0]))
