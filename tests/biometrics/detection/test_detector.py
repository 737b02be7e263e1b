"""The whole way from picture to faces, over a network that finds bright spots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overt.biometrics import DetectionSettings, ImageArray
from overt.errors import ImageError
from tests.biometrics.networks import POINTS, SPOT

if TYPE_CHECKING:
    from tests.biometrics.conftest import Networks

FAR: tuple[Literal["none", "two-scale", "tiles"], ...] = ("none", "two-scale", "tiles")


def picture(height: int, width: int, *spots: tuple[int, int, int], channel: int = 0) -> ImageArray:
    """Black, with squares of full brightness: each its left, its top and its side."""
    image = np.zeros((height, width, 3), np.uint8)
    for left, top, side in spots:
        image[top : top + side, left : left + side, channel] = 255
    return image


def centres(boxes: np.ndarray) -> np.ndarray:
    return np.asarray((boxes[:, :2] + boxes[:, 2:]) / 2)


def test_a_spot_is_found_where_it_is_with_its_landmarks(networks: Networks) -> None:
    (faces,) = networks.detector().detect([picture(300, 400, (100, 200, 4))])
    assert len(faces) == 1
    np.testing.assert_allclose(centres(faces.boxes), [[102, 202]], atol=0.1)
    np.testing.assert_allclose(faces.boxes[0, 2:] - faces.boxes[0, :2], SPOT, atol=0.1)
    np.testing.assert_allclose(faces.landmarks[0], faces.boxes[0, :2] + np.array(POINTS) * SPOT, atol=0.1)
    np.testing.assert_allclose(faces.scores, 1.0, atol=1e-3)


@pytest.mark.parametrize("colour", ["bgr", "rgb"])
def test_the_channel_that_the_network_looks_at_is_the_one_named(networks: Networks, colour: str) -> None:
    detector = networks.detector(colour=colour)
    blue, red = picture(96, 96, (48, 48, 4), channel=0), picture(96, 96, (48, 48, 4), channel=2)
    assert [len(faces) for faces in detector.detect([blue, red])] == ([1, 0] if colour == "bgr" else [0, 1])


def test_a_spot_in_a_large_picture_is_given_in_its_own_pixels(networks: Networks) -> None:
    (faces,) = networks.detector().detect([picture(1440, 2560, (1600, 800, 16))])
    np.testing.assert_allclose(centres(faces.boxes), [[1608, 808]], atol=1)
    np.testing.assert_allclose(faces.boxes[0, 2:] - faces.boxes[0, :2], 4 * SPOT, atol=1)


@pytest.mark.parametrize(("far", "found"), [("none", 1), ("two-scale", 1), ("tiles", 2)])
def test_tiles_find_what_a_smaller_copy_loses(networks: Networks, far: str, found: int) -> None:
    image = picture(1440, 2560, (1600, 800, 16), (400, 400, 4))
    (faces,) = networks.detector(DetectionSettings(far=far)).detect([image])  # type: ignore[arg-type]
    assert len(faces) == found


def test_the_larger_copy_finds_what_the_smaller_loses(networks: Networks) -> None:
    image = picture(1440, 2560, (400, 400, 8))
    assert [len(networks.detector(DetectionSettings(far=far)).detect([image])[0]) for far in FAR] == [0, 1, 1]


def test_a_spot_where_tiles_meet_is_one_face(networks: Networks) -> None:
    detector = networks.detector(DetectionSettings(far="tiles"))
    for left in range(520, 700, 12):
        (faces,) = detector.detect([picture(720, 1280, (left, 320, 4))])
        assert len(faces) == 1, left
        np.testing.assert_allclose(centres(faces.boxes), [[left + 2, 322]], atol=1)


@pytest.mark.parametrize(("far", "side"), [("none", 16), ("two-scale", 8), ("tiles", 4)])
def test_a_network_of_one_size_sees_pictures_of_all(
    networks: Networks, far: Literal["none", "two-scale", "tiles"], side: int
) -> None:
    detector = networks.detector(
        DetectionSettings(far=far, far_long_side=320), name="spots-fixed.onnx", fixed_size=(160, 160)
    )
    images = [
        picture(400, 640, (320, 192, side)),
        picture(640, 100, (48, 480, side)),
        picture(50, 70, (40, 20, 4)),
    ]
    found = detector.detect(images)
    assert [len(faces) for faces in found] == [1, 1, 1]
    for faces, corner, width in zip(found, ([320, 192], [48, 480], [40, 20]), (side, side, 4), strict=True):
        np.testing.assert_allclose(centres(faces.boxes), [np.array(corner) + width / 2], atol=side)


@pytest.mark.parametrize("most", [None, 1, 3, 8])
def test_the_company_a_picture_is_in_changes_nothing(networks: Networks, most: int | None) -> None:
    rng = np.random.default_rng(4)
    images = []
    for _ in range(7):
        height, width = rng.integers(60, 900, 2)
        spot = (int(rng.integers(0, width - 16)), int(rng.integers(0, height - 16)), 12)
        images.append(picture(int(height), int(width), spot))
    images += [images[0].copy(), images[1].copy()]
    detector = networks.detector(DetectionSettings(max_batch=most))
    together = detector.detect(images)
    for image, faces in zip(images, together, strict=True):
        (alone,) = detector.detect([image])
        np.testing.assert_array_equal(alone.boxes, faces.boxes)
        np.testing.assert_array_equal(alone.scores, faces.scores)


def test_the_most_certain_faces_are_returned_first_and_no_more_than_asked(networks: Networks) -> None:
    image = np.zeros((400, 600, 3), np.uint8)
    for i in range(30):
        image[40 + 60 * (i // 6) :, 40 + 92 * (i % 6) :][:4, :4] = 150 + 3 * i
    (faces,) = networks.detector(DetectionSettings(max_faces=10)).detect([image])
    assert len(faces) == 10
    assert (np.diff(faces.scores) <= 0).all()
    np.testing.assert_allclose(faces.scores[0], (150 + 87) / 255, atol=1e-3)


def test_the_threshold_can_be_set(networks: Networks) -> None:
    image = picture(96, 96, (48, 48, 4)) // 2
    assert len(networks.detector(DetectionSettings(score_threshold=0.6)).detect([image])[0]) == 0
    assert len(networks.detector(DetectionSettings(score_threshold=0.4)).detect([image])[0]) == 1


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(1, 3000), st.booleans(), st.sampled_from(FAR))
def test_pictures_of_any_shape_are_searched(
    networks: Networks, short: int, long: int, upright: bool, far: Literal["none", "two-scale", "tiles"]
) -> None:
    image = np.full((long, short, 3) if upright else (short, long, 3), 255, np.uint8)
    (faces,) = networks.detector(DetectionSettings(far=far)).detect([image])
    height, width = image.shape[:2]
    assert np.isfinite(faces.landmarks).all()
    assert (faces.boxes >= 0).all()
    assert (faces.boxes <= [width, height, width, height]).all()


def test_a_cut_out_of_a_picture_and_a_mirrored_one_are_pictures(networks: Networks) -> None:
    image = picture(300, 400, (100, 200, 4))
    cut, mirrored = networks.detector().detect([image[100:, 52:252], image[:, ::-1]])
    np.testing.assert_allclose(centres(cut.boxes), [[50, 102]], atol=0.1)
    np.testing.assert_allclose(centres(mirrored.boxes), [[298, 202]], atol=0.1)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((10, 10), np.uint8),
        np.zeros((10, 10, 4), np.uint8),
        np.zeros((10, 10, 3), np.float32),
        np.zeros((0, 10, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(networks: Networks, image: np.ndarray) -> None:
    with pytest.raises(ImageError, match="uint8"):
        networks.detector().detect([image])


def test_outputs_that_are_no_numbers_are_no_faces(networks: Networks) -> None:
    (faces,) = networks.detector(name="spots-infinite.onnx").detect([picture(96, 96, (48, 48, 4))])
    assert len(faces) == 0


def test_no_pictures_no_answers(networks: Networks) -> None:
    assert networks.detector().detect([]) == []


def test_nothing_of_the_picture_remains_after_scrub(networks: Networks) -> None:
    detector = networks.detector(DetectionSettings(far="tiles"))
    image = np.random.default_rng(5).integers(1, 255, (800, 1300, 3), dtype=np.uint8)
    detector.detect([image, image[:500, :700]])
    held = [run.input for run in detector._runs.values()]
    assert any(array.any() for array in held)
    detector.scrub()
    assert not any(array.any() for array in held)
    assert not any(output.any() for run in detector._runs.values() for output in run.outputs)


def test_warming_makes_every_shape_that_detection_needs(networks: Networks) -> None:
    detector = networks.detector(DetectionSettings(far="two-scale", max_batch=4))
    detector.warm(720, 1280, 3)
    ready = set(detector._runs)
    detector.detect([picture(720, 1280)] * 3)
    assert set(detector._runs) == ready


def test_many_shapes_do_not_grow_without_bound(networks: Networks) -> None:
    detector = networks.detector()
    for width in range(32, 32 * 20, 32):
        detector.detect([picture(32, width)])
    assert len(detector._runs) <= 8
    detector.scrub()


@pytest.mark.parametrize(
    "bad", [{"long_side": 0}, {"max_faces": 0}, {"max_batch": 0}, {"score_threshold": 1.5}]
)
def test_settings_that_make_no_sense_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        DetectionSettings(**bad)  # type: ignore[arg-type]
