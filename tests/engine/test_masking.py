"""What a masked frame and an alert's crop show, pixel for pixel. `tests/evaluation` asks the recogniser."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from overt.engine.masking import MaskSettings, alert_crop, mask_faces, masked_frame, masked_size

SETTINGS = MaskSettings()


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (720, 1280, 3), np.uint8)


def distinct_colours(image: np.ndarray) -> int:
    return len(np.unique(image.reshape(-1, 3), axis=0))


def test_a_masked_face_is_a_few_flat_squares_and_the_rest_is_left(noise: np.ndarray) -> None:
    picture = noise.copy()
    mask_faces(picture, np.float32([[400, 200, 500, 320]]), SETTINGS)
    assert distinct_colours(picture[200:320, 400:500]) <= (SETTINGS.cells + 2) ** 2
    np.testing.assert_array_equal(picture[:, 600:], noise[:, 600:])


def test_the_mask_reaches_past_the_box(noise: np.ndarray) -> None:
    picture = noise.copy()
    mask_faces(picture, np.float32([[400, 200, 500, 320]]), SETTINGS)
    assert (picture[165:200, 400:500] != noise[165:200, 400:500]).mean() > 0.9


@pytest.mark.parametrize(
    "box",
    [
        [-50, -40, 30, 30],
        [1250, 700, 1400, 900],
        [10, 10, 10.4, 10.4],
        [2000, 2000, 2100, 2100],
        [50, 50, 40, 40],
    ],
)
def test_boxes_at_and_over_the_edge_do_no_harm(noise: np.ndarray, box: list[float]) -> None:
    picture = noise.copy()
    mask_faces(picture, np.float32([box]), SETTINGS)
    assert picture.shape == noise.shape


def test_a_masked_frame_is_reduced_whether_or_not_a_face_was_found(noise: np.ndarray) -> None:
    height, width = masked_size(720, 1280, SETTINGS)
    assert max(height, width) == SETTINGS.long_side
    out = np.empty((height, width, 3), np.uint8)
    nobody = np.zeros((0, 4), np.float32)
    masked_frame(noise, nobody, nobody, SETTINGS, out)
    expected = cv2.resize(noise, (width, height), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(out, expected)


def test_a_small_frame_is_not_enlarged() -> None:
    assert masked_size(90, 120, SETTINGS) == (90, 120)


def test_an_alerts_crop_shows_its_face_and_masks_its_neighbours(noise: np.ndarray) -> None:
    smooth = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 4), None, 0, 255, cv2.NORM_MINMAX)
    box, neighbour = np.float32([400, 200, 500, 320]), np.float32([[505, 200, 600, 320]])
    crop = cv2.imdecode(
        np.frombuffer(alert_crop(smooth, box, neighbour, SETTINGS), np.uint8), cv2.IMREAD_COLOR
    )
    left, top = 400 - 42, 200 - 42
    own = smooth[200:320, 400:500].astype(int)
    own_error = np.abs(crop[200 - top : 320 - top, 400 - left : 500 - left] - own).mean()
    assert own_error < 6
    theirs = crop[200 - top : 320 - top, 510 - left :]
    original = smooth[200:320, 510 : 510 + theirs.shape[1]].astype(int)
    assert np.abs(theirs - original).mean() > 4 * own_error


def test_an_alerts_crop_is_bounded(noise: np.ndarray) -> None:
    jpeg = alert_crop(noise, np.float32([0, 0, 1280, 720]), np.zeros((0, 4), np.float32), SETTINGS)
    crop = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert max(crop.shape[:2]) == 320
