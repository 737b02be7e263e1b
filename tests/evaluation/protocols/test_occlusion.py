"""Drawn coverings: they hide what they should, spare the rest, and are the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from overt.evaluation.protocols import OCCLUSIONS, OcclusionKind, draw_occlusion

LANDMARKS = np.array([(38.3, 51.7), (73.5, 51.5), (56.0, 71.7), (41.5, 92.4), (70.7, 92.2)], np.float32)
LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH, RIGHT_MOUTH = range(5)
SHIFT, SCALE = np.array([60, 50], np.float32), np.float32(1.5)


def _face(grey: bool = False) -> tuple[np.ndarray, np.ndarray]:
    lot = np.random.default_rng(1)
    image = np.clip(lot.normal((110, 130, 175), 8, (300, 300, 3)), 0, 255).astype(np.uint8)
    if grey:
        image[:] = image[..., :1]
    return image, LANDMARKS * SCALE + SHIFT


def _changed(before: np.ndarray, after: np.ndarray, at: np.ndarray) -> float:
    """How much of its own grain a patch of 7 by 7 lost: 0 for none, about 1 for all."""
    x, y = (int(value) for value in at)
    old, new = (picture[y - 3 : y + 4, x - 3 : x + 4].astype(float) for picture in (before, after))
    old, new = (patch - patch.mean(axis=(0, 1)) for patch in (old, new))
    return float(1 - np.corrcoef(old.ravel(), new.ravel())[0, 1])


HIDES: dict[OcclusionKind, tuple[int, ...]] = {
    "scarf": (LEFT_MOUTH, RIGHT_MOUTH),
    "mask": (NOSE, LEFT_MOUTH, RIGHT_MOUTH),
    "sunglasses": (LEFT_EYE, RIGHT_EYE),
}
SPARES: dict[OcclusionKind, tuple[int, ...]] = {
    "scarf": (LEFT_EYE, RIGHT_EYE),
    "mask": (LEFT_EYE, RIGHT_EYE),
    "sunglasses": (LEFT_MOUTH, RIGHT_MOUTH),
    "hood": (NOSE, LEFT_MOUTH, RIGHT_MOUTH),
}


@pytest.mark.parametrize("kind", list(OCCLUSIONS))
def test_the_same_seed_draws_the_same_and_another_does_not(kind: OcclusionKind) -> None:
    image, landmarks = _face()
    before = image.copy()
    first = draw_occlusion(image, landmarks, kind, seed=3)
    assert np.array_equal(first, draw_occlusion(image, landmarks, kind, seed=3))
    assert not np.array_equal(first, draw_occlusion(image, landmarks, kind, seed=4))
    assert np.array_equal(image, before)
    assert first.shape == image.shape
    assert first.dtype == np.uint8


@pytest.mark.parametrize("kind", list(HIDES))
def test_it_hides_its_part_of_the_face(kind: OcclusionKind) -> None:
    image, landmarks = _face()
    for seed in range(12):
        covered = draw_occlusion(image, landmarks, kind, seed=seed)
        for point in HIDES[kind]:
            assert _changed(image, covered, landmarks[point]) > 0.5, (seed, point)


@pytest.mark.parametrize("kind", list(SPARES))
def test_it_spares_the_rest(kind: OcclusionKind) -> None:
    image, landmarks = _face()
    for seed in range(12):
        covered = draw_occlusion(image, landmarks, kind, seed=seed)
        for point in SPARES[kind]:
            assert _changed(image, covered, landmarks[point]) < 0.1, (seed, point)


def test_a_hood_covers_the_forehead_and_shades_what_it_leaves() -> None:
    image, landmarks = _face()
    forehead = (np.array([56, 8]) * SCALE + SHIFT).astype(np.float32)
    for seed in range(6):
        covered = draw_occlusion(image, landmarks, "hood", seed=seed)
        assert _changed(image, covered, forehead) > 0.5
        x, y = (int(v) for v in np.array([56, 44]) * SCALE + SHIFT)
        assert covered[y, x - 5 : x + 5].mean() < image[y, x - 5 : x + 5].mean()


def test_a_hand_hides_a_part_of_the_face_and_never_all_of_it() -> None:
    image, landmarks = _face()
    left, top = (np.array([20, 30]) * SCALE + SHIFT).astype(int)
    right, bottom = (np.array([92, 115]) * SCALE + SHIFT).astype(int)
    for seed in range(24):
        covered = draw_occlusion(image, landmarks, "hand", seed=seed)
        grain = np.abs(covered.astype(int) - image).max(axis=2)[top:bottom, left:right]
        assert 0.15 < (grain > 12).mean() < 0.9, seed


@pytest.mark.parametrize("kind", list(OCCLUSIONS))
def test_a_grey_picture_stays_grey_and_a_small_face_gets_a_small_thing(kind: OcclusionKind) -> None:
    image, landmarks = _face(grey=True)
    covered = draw_occlusion(image, landmarks, kind, seed=1)
    assert np.array_equal(covered[..., 0], covered[..., 2])
    small = (landmarks - landmarks.mean(axis=0)) * 0.1 + 150
    drawn = draw_occlusion(image, small.astype(np.float32), kind, seed=1)
    changed = np.argwhere(np.abs(drawn.astype(int) - image).max(axis=2) > 12)
    assert len(changed)
    assert np.ptp(changed, axis=0).max() < 45
