"""Spoilt portraits are spoilt as they say, and trials are judged as they should be."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import numpy as np
import pytest
from skimage import data

from tests.conftest import REPOSITORY

EYES = 60.0


@pytest.fixture(scope="module")
def street() -> ModuleType:
    """The module; what lies beside it is found as when a program runs."""
    folder = str(REPOSITORY / "benchmarks")
    sys.path.insert(0, folder)
    try:
        return importlib.import_module("street_looks")
    finally:
        sys.path.remove(folder)


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    """Something with detail: uint8 [192, 192]."""
    return np.asarray(data.camera()[::2, ::2][32:224, 32:224], np.uint8)


def detail(frame: np.ndarray) -> float:
    middle = frame[frame.shape[0] // 4 : -frame.shape[0] // 4, frame.shape[1] // 4 : -frame.shape[1] // 4, 0]
    return float(np.abs(np.diff(middle.astype(float), axis=1)).mean())


def test_a_reduced_portrait_fills_its_part_of_the_frame(street: ModuleType, portrait: np.ndarray) -> None:
    frame = street.spoilt(portrait, EYES, street.Spoiling(eyes=15))
    assert frame.shape == (128, 128, 3)
    filled = np.abs(frame[:, :, 0].astype(int) - int(frame[0, 0, 0])) > 2
    # a quarter of 192 pixels, in the middle
    assert np.ptp(np.flatnonzero(filled.any(0))) == pytest.approx(48, abs=3)
    assert np.flatnonzero(filled.any(0)).mean() == pytest.approx(64, abs=2)


@pytest.mark.parametrize("kind", [{"blur": 0.1}, {"motion": 0.5, "direction": 10.0}])
def test_blur_takes_detail_and_keeps_the_light(
    street: ModuleType, portrait: np.ndarray, kind: dict[str, float]
) -> None:
    sharp, blurred = (street.spoilt(portrait, EYES, street.Spoiling(eyes=30, **how)) for how in ({}, kind))
    assert detail(blurred) < 0.7 * detail(sharp)
    assert blurred.mean() == pytest.approx(sharp.mean(), abs=1.5)


def test_the_same_seed_gives_the_same_noise(street: ModuleType, portrait: np.ndarray) -> None:
    first, again, other = (
        street.spoilt(portrait, EYES, street.Spoiling(eyes=30, noise=5.0, seed=seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_threshold_lets_no_more_strangers_through_than_wanted(street: ModuleType) -> None:
    scores = np.random.default_rng(1).normal(size=1000)
    for rate in (0.1, 0.01, 0.003):
        threshold = street.strict_threshold(scores, rate)
        assert (scores > threshold).sum() == round(rate * 1000)


def test_resamples_spread_around_the_rate_and_pair_up(street: ModuleType) -> None:
    rng = np.random.default_rng(2)
    people = np.arange(400)
    strangers = rng.normal(size=400)
    better, worse = rng.normal(2.5, 1, 400), rng.normal(1.5, 1, 400)
    good, bad = (street.Standing(mated, people, strangers, people) for mated in (better, worse))
    drawn = street.bootstrapped(good, (0.1,))[:, 0]
    assert drawn.mean() == pytest.approx(good.tpir(0.1), abs=0.03)
    assert 0.01 < drawn.std() < 0.08
    # the same people are drawn for both, so that a rule does not differ from itself
    np.testing.assert_array_equal(street.bootstrapped(good, (0.1,))[:, 0], drawn)
    assert np.quantile(drawn - street.bootstrapped(bad, (0.1,))[:, 0], 0.025) > 0
