"""One template for an entry with several pictures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overt.errors import WatchlistError
from overt.gallery import LENGTH_POWER, entry_of_group, fuse_references, picture_groups
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


def test_pictures_that_are_alike_are_put_together_and_others_kept_apart() -> None:
    turned = np.array([0, 20, 40, 90, 95, 0, 180], np.float64) * np.pi / 180
    templates = np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)
    owner = np.array([1, 1, 1, 1, 1, 0, 0])
    groups = picture_groups(templates, owner, np.cos(30 * np.pi / 180))
    # 0 and 40 degrees are joined by 20; the two of the first entry are opposites
    assert groups.tolist() == [2, 2, 2, 3, 3, 0, 1]
    assert entry_of_group(groups, owner).tolist() == [0, 0, 1, 1]
    assert picture_groups(templates, owner, -1.1).tolist() == owner.tolist()
    assert sorted(picture_groups(templates, owner, 1.1).tolist()) == list(range(7))
    assert len(picture_groups(templates[:0], owner[:0], 0.5)) == 0


def test_a_wrong_picture_of_an_entry_takes_nothing_from_the_right_ones() -> None:
    right, wrong = synthetic_templates(2, 128, 1, spread=0.05), synthetic_templates(1, 128, 9)
    templates, owner = np.concatenate([right, wrong]), np.zeros(3, np.int64)
    groups = picture_groups(templates, owner, 0.5)
    with_it = fuse_references(templates, groups) @ right[0]
    without = fuse_references(right, [0, 0]) @ right[0]
    assert with_it.max() == pytest.approx(without[0], abs=1e-6)
    assert (fuse_references(templates, owner) @ right[0])[0] < without[0] - 0.05


def test_numbers_that_do_not_fit_the_templates_are_refused() -> None:
    with pytest.raises(WatchlistError, match="do not fit together"):
        picture_groups(synthetic_templates(3, 8, 1), [0, 0], 0.5)
