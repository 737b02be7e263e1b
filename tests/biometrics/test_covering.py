"""Which part of a face looks covered; and both sides of a comparison made alike."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overt.biometrics import (
    CoveredScale,
    CoveringJudge,
    ImageArray,
    ModelPack,
    bare_equivalent,
    even_out,
    load_detector,
    load_embedder,
)
from overt.biometrics.alignment import ARCFACE_112
from overt.biometrics.packs.manifest import RecogniserSpec
from overt.evaluation.protocols import draw_occlusion
from tests.biometrics.networks import quarter_spec
from tests.gallery.portraits import astronaut, hopper

ARCFACE = quarter_spec()
FIVE_POINT = RecogniserSpec(
    layout="five-point",
    file="",
    dimension=12,
    colour="bgr",
    size=128,
    points=tuple((x / 96 * 128 - 9, y / 112 * 128) for x, y in ARCFACE_112),
)
DLIB = RecogniserSpec(layout="dlib-150", file="", dimension=12, colour="rgb", size=150)
SCALE = CoveredScale(covering="lower", scores=(0.5, 0.7, 0.8), bare=(0.2, 0.3, 0.5), data="", date="")


def noise(side: int, seed: int = 0) -> ImageArray:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


@pytest.mark.parametrize("spec", [ARCFACE, FIVE_POINT, DLIB])
def test_what_lies_in_the_part_no_longer_counts_and_the_rest_stays(spec: RecogniserSpec) -> None:
    one = noise(spec.size)
    other = one.copy()
    other[round(0.75 * spec.size) :] = noise(spec.size, 1)[round(0.75 * spec.size) :]
    upper = one[: round(0.3 * spec.size)].copy()
    even_out(one, "lower", spec)
    even_out(other, "lower", spec)
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(one[: len(upper)], upper)
    assert len(np.unique(one[round(0.75 * spec.size) :].reshape(-1, 3), axis=0)) == 1


def test_the_colour_is_that_of_the_skin_beside_the_part() -> None:
    chip = np.zeros((112, 112, 3), np.uint8)
    chip[:62] = (80, 120, 160)
    even_out(chip, "lower", ARCFACE)
    assert (chip[100, 50] == (80, 120, 160)).all()


@pytest.mark.parametrize("spec", [ARCFACE, FIVE_POINT, DLIB])
def test_nothing_of_a_chip_is_kept(spec: RecogniserSpec) -> None:
    made: list[np.ndarray] = []

    def allocate(shape: tuple[int, ...], dtype: np.typing.DTypeLike) -> np.ndarray:
        made.append(np.zeros(shape, dtype))
        return made[-1]

    judge = CoveringJudge(spec, allocate)
    chips = np.stack([np.full((spec.size, spec.size, 3), 90, np.uint8), noise(spec.size)])
    assert len(judge.judge(chips)) == 2
    assert len(made) >= 5
    assert not any(work.any() for work in made)


@pytest.mark.parametrize("portrait", [astronaut, hopper])
def test_a_mask_is_seen_and_sunglasses_are_none(pack: ModelPack, portrait: Callable[[], ImageArray]) -> None:
    picture, spec = portrait(), pack.manifest.recogniser
    detector = load_detector(pack)
    embedder = load_embedder(pack, batch_sizes=(1,))
    points = detector.detect([picture])[0].landmarks[:1]
    drawn = {
        None: [picture],
        "lower": [draw_occlusion(picture, points[0], "mask", seed=seed) for seed in range(4)],
    }
    drawn[None] += [draw_occlusion(picture, points[0], "sunglasses", seed=seed) for seed in range(4)]
    for covering, pictures in drawn.items():
        chips = np.zeros((len(pictures), spec.size, spec.size, 3), np.uint8)
        for chip, each in zip(chips, pictures, strict=True):
            embedder.align(each, points, chip[np.newaxis])
        assert CoveringJudge(spec).judge(chips) == [covering] * len(pictures)


def test_the_figures_are_each_cell_s_light_and_spread_whatever_the_picture_s() -> None:
    judge = CoveringJudge(ARCFACE)
    soft = cv2.GaussianBlur(noise(112), (0, 0), 4)
    chip = np.asarray(cv2.normalize(soft, soft.copy(), 20, 230, cv2.NORM_MINMAX), np.uint8)
    figures = judge.figures(chip).copy()
    cells = figures.size // 2
    assert np.average(figures[:cells]) == pytest.approx(0, abs=1e-3)
    assert np.average(figures[:cells] ** 2 + figures[cells:] ** 2) == pytest.approx(1, abs=1e-3)
    darker = np.asarray(chip // 2 + 20, np.uint8)
    np.testing.assert_allclose(judge.figures(darker), figures, atol=0.15)


@given(st.floats(-1, 1), st.floats(0, 0.5))
def test_a_higher_score_is_never_told_as_a_lower_one(score: float, more: float) -> None:
    assert bare_equivalent(score, SCALE) <= bare_equivalent(score + more, SCALE)


@pytest.mark.parametrize(
    ("score", "bare"), [(0.5, 0.2), (0.6, 0.25), (0.7, 0.3), (0.75, 0.4), (0.8, 0.5), (0.9, 0.6), (0.4, 0.1)]
)
def test_scores_lie_on_the_lines_between_what_was_measured(score: float, bare: float) -> None:
    assert bare_equivalent(score, SCALE) == pytest.approx(bare)
