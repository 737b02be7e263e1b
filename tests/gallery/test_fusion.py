"""One template for an entry with several pictures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overt.gallery import LENGTH_POWER, fuse_references
from tests.gallery.filler import synthetic_templates


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 20), spread=st.sampled_from([1.0, 0.3, 0.01]))
def test_it_is_the_mean_as_long_as_its_power_says(seed: int, n: int, spread: float) -> None:
    owner = np.random.default_rng(seed).permutation(np.repeat(np.arange(n), 1 + np.arange(n) % 4))
    templates = synthetic_templates(len(owner), 32, seed, spread=spread)
    fused = fuse_references(templates, owner)
    assert fused.shape == (n, 32)
    assert fused.dtype == np.float32
    for entry in range(n):
        mean = templates[owner == entry].mean(axis=0, dtype=np.float64)
        length = np.linalg.norm(mean)
        np.testing.assert_allclose(fused[entry], mean / length * length**LENGTH_POWER, atol=1e-6)
    assert (np.linalg.norm(fused, axis=1) <= 1 + 1e-6).all()


def test_a_single_picture_is_left_as_it_is_to_the_bit() -> None:
    templates = synthetic_templates(50, 128, 1)
    owner = np.random.default_rng(1).permutation(50)
    assert (fuse_references(templates, owner)[owner] == templates).all()


def test_the_same_picture_twice_is_that_picture() -> None:
    one = synthetic_templates(1, 128, 1)
    np.testing.assert_allclose(fuse_references(np.repeat(one, 3, axis=0), [0, 0, 0]), one, atol=1e-7)


def test_the_order_of_pictures_is_of_no_account() -> None:
    templates = synthetic_templates(3, 64, 1)
    some, other = fuse_references(templates, [0, 0, 0]), fuse_references(templates[::-1].copy(), [0, 0, 0])
    np.testing.assert_allclose(some, other, atol=1e-7)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_the_power_says_how_far_unlike_pictures_lower_an_entry(power: float) -> None:
    fused = fuse_references(np.eye(4, dtype=np.float32), [0, 0, 0, 0], power=power)
    assert np.linalg.norm(fused) == pytest.approx(0.5**power, abs=1e-6)


def test_opposites_cancel_out_and_no_entries_are_no_templates() -> None:
    assert not fuse_references(np.array([[1, 0], [-1, 0]], np.float32), [0, 0]).any()
    assert fuse_references(np.zeros((0, 8), np.float32), []).shape == (0, 8)
