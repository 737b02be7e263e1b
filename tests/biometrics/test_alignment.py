"""A face is turned and scaled so that its landmarks lie on the template."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overt.biometrics.alignment import (
    ARCFACE_112,
    DLIB_150,
    align_faces,
    chip_template,
    similarity_transforms,
)
from overt.biometrics.packs.manifest import RecogniserSpec
from overt.errors import PackError
from tests.biometrics.networks import quarter_spec

if TYPE_CHECKING:
    from overt.biometrics import ImageArray

TEMPLATE = np.array(ARCFACE_112, np.float32)


def spec(layout: str, **rest: object) -> RecogniserSpec:
    return RecogniserSpec(layout=layout, file="x.onnx", dimension=8, colour="rgb", **rest)  # type: ignore[arg-type]


def moved(angle: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    """The template's points as they would lie in a picture: turned, scaled, shifted."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(TEMPLATE @ turn.T * scale + shift, np.float32)


@settings(max_examples=100, deadline=None)
@given(
    st.floats(-3.1, 3.1),
    st.floats(0.1, 20.0),
    st.floats(-500, 2000),
    st.floats(-500, 2000),
    st.integers(0, 999),
)
def test_as_the_method_by_singular_values(angle: float, scale: float, x: float, y: float, seed: int) -> None:
    landmarks = moved(angle, scale, (x, y))
    landmarks += np.random.default_rng(seed).normal(0, 3 * scale, landmarks.shape).astype(np.float32)
    ours = similarity_transforms(landmarks[None], TEMPLATE)[0]
    # Umeyama, equations 40 to 42
    source, target = landmarks.astype(float), TEMPLATE.astype(float)
    a, b = source - source.mean(0), target - target.mean(0)
    u, d, v = np.linalg.svd(b.T @ a / 5)
    sign = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(v))])
    rotation = u @ np.diag(sign) @ v
    size = (d * sign).sum() / (a**2).sum() * 5
    theirs = np.column_stack([size * rotation, target.mean(0) - size * rotation @ source.mean(0)])
    assert np.abs(source @ (ours[:, :2] - theirs[:, :2]).T + ours[:, 2] - theirs[:, 2]).max() < 0.1


@pytest.mark.parametrize("angle", [0.0, 0.4, -1.2, 3.0])
@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
def test_the_landmarks_of_a_picture_come_to_lie_on_the_template(angle: float, scale: float) -> None:
    centre = np.array([400.0, 300.0])
    landmarks = moved(angle, scale, (0, 0))
    landmarks += (centre - landmarks.mean(0)).astype(np.float32)
    for k in range(5):
        image: ImageArray = np.zeros((600, 800, 3), np.uint8)
        x, y = landmarks[k]
        cv2.circle(
            image,
            (round(float(x) * 16), round(float(y) * 16)),
            round(48 * max(1.0, scale)),
            (255,) * 3,
            -1,
            shift=4,
        )
        chip = np.zeros((1, 112, 112, 3), np.uint8)
        align_faces(image, landmarks[None], TEMPLATE, chip)
        weights = chip[0, :, :, 0].astype(float)
        where = [(weights.sum(axis) * np.arange(112)).sum() / weights.sum() for axis in (0, 1)]
        np.testing.assert_allclose(where, TEMPLATE[k], atol=0.75)


@pytest.mark.parametrize("value", [0.0, 100.0, np.nan, np.inf, 1e30])
def test_landmarks_that_show_no_face_give_a_black_chip_and_no_error(value: float) -> None:
    image = np.full((50, 50, 3), 255, np.uint8)
    chip = np.full((1, 112, 112, 3), 9, np.uint8)
    with np.errstate(invalid="ignore", over="ignore"):
        align_faces(image, np.full((1, 5, 2), value, np.float32), TEMPLATE, chip)
    assert not chip.any()


def test_each_layout_has_its_template() -> None:
    assert chip_template(spec("arcface-112"))[1] == 112
    template, side = chip_template(spec("dlib-150"))
    assert side == 150
    np.testing.assert_allclose(template, DLIB_150)
    own = tuple((float(x), float(y)) for x, y in TEMPLATE + 5)
    np.testing.assert_allclose(chip_template(spec("dlib-150", points=own))[0], own)
    template, side = chip_template(spec("five-point", points=own, size=128))
    assert side == 128
    np.testing.assert_allclose(template, own)
    assert chip_template(quarter_spec())[1] == 112


@pytest.mark.parametrize("points", [None, ((1.0, 2.0),)])
def test_five_points_are_needed_for_the_layout_of_that_name(
    points: tuple[tuple[float, float], ...] | None,
) -> None:
    with pytest.raises(PackError, match="five pairs"):
        chip_template(spec("five-point", points=points))
