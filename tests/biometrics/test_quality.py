"""Each measure moves the way its name says."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overt.biometrics import QUALITY_MEASURES, Faces, ImageArray, Quality, measure_quality
from overt.biometrics.quality import _FACE, head_pose


def measured(image: np.ndarray, faces: Faces) -> dict[str, float]:
    quality = measure_quality(np.asarray(image, np.uint8), faces)
    return {name: float(getattr(quality, name)[0]) for name in (*QUALITY_MEASURES, "scalar")}


def seen(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """A mean head's five points, turned by the angles, degrees, and seen from far away: float32 [1, 5, 2]."""
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    turned = _FACE @ (about_z @ about_x @ about_y).T
    return np.asarray(turned[None, :, :2] * 1.3 + [300, 200], np.float32)


def around(faces: Faces, polygon: list[tuple[float, float]]) -> np.ndarray:
    """A polygon given in units of half the distance between the eyes from their middle, in pixels."""
    eyes = faces.landmarks[0, :2]
    unit = np.linalg.norm(eyes[1] - eyes[0]) / 2
    return np.asarray(eyes.mean(0) + np.array(polygon) * unit, np.int32)


def test_a_level_sharp_well_lit_face_is_a_good_look(portrait: ImageArray, portrait_face: Faces) -> None:
    quality = measured(portrait, portrait_face)
    assert quality["eye_distance"] == pytest.approx(44, abs=5)
    assert abs(quality["yaw"]) < 25
    assert abs(quality["roll"]) < 12
    assert quality["exposure"] > 0.8
    assert quality["occlusion"] < 0.5
    assert quality["scalar"] > 0.35


def test_blur_lowers_sharpness(portrait: ImageArray, portrait_face: Faces) -> None:
    blurred = [portrait, *(cv2.GaussianBlur(portrait, (0, 0), sigma) for sigma in (1, 2, 4, 8))]
    quality = [measured(image, portrait_face) for image in blurred]
    assert all(a["sharpness"] > b["sharpness"] for a, b in itertools.pairwise(quality))
    assert all(a["scalar"] > b["scalar"] for a, b in itertools.pairwise(quality))


def test_sharpness_is_free_of_brightness_and_contrast(portrait: ImageArray, portrait_face: Faces) -> None:
    plain = measured(portrait, portrait_face)["sharpness"]
    assert measured(portrait * 0.5, portrait_face)["sharpness"] == pytest.approx(plain, rel=0.1)
    assert measured(portrait * 0.5 + 60, portrait_face)["sharpness"] == pytest.approx(plain, rel=0.1)


def test_darkness_and_glare_lower_exposure(portrait: ImageArray, portrait_face: Faces) -> None:
    darker = [measured(portrait * f, portrait_face)["exposure"] for f in (1.0, 0.4, 0.25, 0.12, 0.03)]
    assert all(a > b for a, b in itertools.pairwise(darker))
    brighter = [
        measured(np.clip(portrait * f, 0, 255), portrait_face)["exposure"] for f in (1.0, 1.7, 2.5, 6.0)
    ]
    assert all(a > b for a, b in itertools.pairwise(brighter))


def test_a_smaller_picture_has_its_eyes_nearer(portrait: ImageArray, portrait_face: Faces) -> None:
    half = cv2.resize(portrait, (256, 256), interpolation=cv2.INTER_AREA)
    faces = Faces(portrait_face.boxes / 2, portrait_face.landmarks / 2, portrait_face.scores)
    whole, smaller = measured(portrait, portrait_face), measured(half, faces)
    assert smaller["eye_distance"] == pytest.approx(whole["eye_distance"] / 2)
    assert smaller["scalar"] < whole["scalar"]


@settings(max_examples=80, deadline=None)
@given(st.floats(-40, 40), st.floats(-20, 20), st.floats(-60, 60))
def test_the_pose_of_a_mean_head_is_read_back(yaw: float, pitch: float, roll: float) -> None:
    got = head_pose(seen(yaw, pitch, roll)[0].tolist())
    np.testing.assert_allclose(got[:2], [yaw, pitch], atol=6)
    np.testing.assert_allclose(got[2], roll, atol=10)


@pytest.mark.parametrize("sign", [-1, 1])
def test_turning_away_raises_the_angle_and_lowers_the_scalar(
    portrait: ImageArray, portrait_face: Faces, sign: int
) -> None:
    for which in range(2):
        angles = [np.eye(3)[which] * sign * step for step in (0, 12, 24, 36, 48)]
        got = [abs(head_pose(seen(*angle)[0].tolist())[which]) for angle in angles]
        assert all(a < b for a, b in itertools.pairwise(got))
        base = measure_quality(portrait, portrait_face)
        scalars = []
        for angle in got:
            changed = {name: getattr(base, name) for name in QUALITY_MEASURES}
            changed[("yaw", "pitch")[which]] = np.array([angle], np.float32)
            scalars.append(float(Quality(**changed).scalar[0]))
        assert all(a > b for a, b in itertools.pairwise(scalars))


@pytest.mark.parametrize("colour", [(230, 230, 230), (200, 160, 90), (25, 25, 25)])
def test_a_mask_raises_the_occlusion_estimate(
    portrait: ImageArray, portrait_face: Faces, colour: tuple[int, int, int]
) -> None:
    masked = portrait.copy()
    outline = [(-2, 0.9), (0, 0.6), (2, 0.9), (1.6, 3), (0, 3.8), (-1.6, 3)]
    cv2.fillPoly(masked, [around(portrait_face, outline)], colour, cv2.LINE_AA)
    bare, covered = measured(portrait, portrait_face), measured(masked, portrait_face)
    assert covered["occlusion"] > bare["occlusion"] + 0.3
    assert covered["occlusion"] > 0.8


def test_dark_glasses_raise_the_occlusion_estimate(portrait: ImageArray, portrait_face: Faces) -> None:
    worn = portrait.copy()
    for x in (-1.0, 1.0):
        lens = around(
            portrait_face, [(x + 0.8 * np.cos(a), 0.6 * np.sin(a)) for a in np.linspace(0, 6.2, 20)]
        )
        cv2.fillPoly(worn, [lens], (20, 20, 20), cv2.LINE_AA)
    assert measured(worn, portrait_face)["occlusion"] > measured(portrait, portrait_face)["occlusion"] + 0.3


def test_the_vector_holds_the_measures_in_order(portrait: ImageArray, portrait_face: Faces) -> None:
    quality = measure_quality(portrait, portrait_face)
    assert quality.vector.shape == (1, 8)
    assert quality.vector.dtype == np.float32
    for i, name in enumerate(QUALITY_MEASURES):
        np.testing.assert_array_equal(quality.vector[:, i], getattr(quality, name))


def test_the_scalar_is_the_product_that_is_written_down() -> None:
    one = np.ones(1, np.float32)
    perfect = Quality(60 * one, 0.2 * one, 0 * one, 0 * one, 80 * one, one, one, 0 * one)
    assert perfect.scalar[0] == 1.0
    parts = Quality(10 * one, 0.02 * one, 60 * one, 0 * one, 0 * one, 0.5 * one, 0.81 * one, 0.5 * one)
    assert parts.scalar[0] == pytest.approx(0.5 * 0.5 * 0.25 * 0.5 * 0.9 * 0.75)


def test_faces_together_measure_as_they_do_alone(portrait: ImageArray, portrait_face: Faces) -> None:
    shifted = Faces(portrait_face.boxes + 7, portrait_face.landmarks + 7, portrait_face.scores * 0.9)
    both = Faces(
        *(
            np.concatenate([getattr(portrait_face, name), getattr(shifted, name)])
            for name in ("boxes", "landmarks", "scores")
        )
    )
    together = measure_quality(portrait, both).vector
    alone = [measure_quality(portrait, faces).vector[0] for faces in (portrait_face, shifted)]
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("value", [0.0, -500.0, 1e6])
def test_landmarks_that_show_no_face_are_no_error(value: float) -> None:
    image = np.full((40, 40, 3), 128, np.uint8)
    faces = Faces(np.zeros((2, 4), np.float32), np.full((2, 5, 2), value, np.float32), np.ones(2, np.float32))
    quality = measure_quality(image, faces)
    assert np.isfinite(quality.vector).all()
    assert (quality.scalar == 0).all()


def test_no_faces_no_measures() -> None:
    quality = measure_quality(np.zeros((40, 40, 3), np.uint8), Faces.none())
    assert len(quality) == 0
    assert quality.vector.shape == (0, 8)
    assert quality.scalar.shape == (0,)
