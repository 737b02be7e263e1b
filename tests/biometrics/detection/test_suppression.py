"""One face, one box."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from overt.biometrics.detection.candidates import Candidates
from overt.biometrics.detection.suppression import merge_views, suppress, usable


def candidates(boxes: np.ndarray, scores: np.ndarray) -> Candidates:
    landmarks = np.repeat(boxes[:, None, :2], 5, axis=1)
    return Candidates(boxes.astype(np.float32), landmarks.astype(np.float32), scores.astype(np.float32))


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    w, h = (min(a[i + 2], b[i + 2]) - max(a[i], b[i]) for i in (0, 1))
    shared = max(0.0, w) * max(0.0, h)
    return float(shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared))


def greedy(boxes: np.ndarray, scores: np.ndarray, iou: float) -> list[int]:
    kept: list[int] = []
    for i in np.argsort(-scores, kind="stable"):
        if all(overlap(boxes[i], boxes[j]) <= iou for j in kept):
            kept.append(int(i))
    return kept


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.integers(0, 10_000))
def test_as_the_plain_greedy_loop(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    corner, size = rng.uniform(0, 80, (n, 2)), rng.uniform(5, 40, (n, 2))
    boxes = np.hstack([corner, corner + size])
    scores = rng.permutation(n) / max(n, 1) * 0.9 + 0.05
    kept = suppress(candidates(boxes, scores), 0.4, 1000)
    np.testing.assert_allclose(kept.boxes, boxes[greedy(boxes, scores, 0.4)].reshape(-1, 4), rtol=1e-5)


def test_the_most_certain_are_kept() -> None:
    boxes = np.array([[i * 100, 0, i * 100 + 50, 50] for i in range(9)], float)
    kept = suppress(candidates(boxes, np.linspace(0.1, 0.9, 9)), 0.4, 3)
    np.testing.assert_allclose(kept.scores, [0.9, 0.8, 0.7])


def test_what_is_no_number_or_no_box_is_dropped() -> None:
    boxes = np.array(
        [[0, 0, 9, 9], [np.nan, 0, 9, 9], [0, 0, np.inf, 9], [9, 9, 0, 0], [0, 0, 1, 9]], np.float32
    )
    found = candidates(boxes, np.full(5, 0.9))
    found.landmarks[0, 0, 0] = 3.0
    assert usable(found).boxes.tolist() == [[0, 0, 9, 9]]
    found.landmarks[0, 4, 1] = np.nan
    assert len(usable(found).scores) == 0


def test_very_many_candidates_are_held_to_the_most_certain() -> None:
    n = 20_000
    boxes = np.tile(np.array([0, 0, 9, 9], float), (n, 1))
    assert usable(candidates(boxes, np.linspace(0, 1, n))).scores.min() > 0.7


def test_a_part_of_a_face_from_another_view_is_dropped_and_a_neighbour_is_not() -> None:
    boxes = np.array([[0, 0, 100, 100], [10, 10, 40, 40], [105, 0, 205, 100]], float)
    kept = merge_views(candidates(boxes, np.array([0.9, 0.8, 0.7])), 0.4, 10)
    np.testing.assert_allclose(kept.scores, [0.9, 0.7])
