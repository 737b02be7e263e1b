"""Who is held out, and that blends and troubled chips can be made again."""

from __future__ import annotations

import numpy as np
import pytest
from training.blends import draw_blends, make_blend
from training.faces import CANVAS, CORNER, HELD_OUT_PERCENT, TEMPLATE, Faces, held_out


@pytest.fixture
def faces() -> Faces:
    random = np.random.default_rng(5)
    count = 12
    points = np.array(TEMPLATE, np.float32) + np.array(CORNER, np.float32)
    points = points + random.normal(0, 1, (count, 2, 5, 2)).astype(np.float32)
    return Faces(
        canvases=random.integers(0, 256, (count, CANVAS, CANVAS, 3)).astype(np.uint8),
        points=points.astype(np.float32),
        pictures=np.array([f"faces/lfw_gray192/p{row // 2}/{row}.jpg" for row in range(count)]),
        people=np.array([f"p{row // 2}" for row in range(count)]),
        parts=np.array(["train"] * count),
        coloured=np.zeros(count, bool),
    )


def test_the_held_out_share_is_kept_and_hangs_on_the_name_alone() -> None:
    names = [f"Person_{number}" for number in range(5000)]
    share = sum(map(held_out, names)) / len(names)
    assert share == pytest.approx(HELD_OUT_PERCENT / 100, abs=0.02)
    assert held_out("Tony_Blair")
    assert not held_out("George_W_Bush")


def test_blends_are_of_two_people_among_those_allowed(faces: Faces) -> None:
    rows = np.arange(8)
    blends = draw_blends(faces, rows, 300, seed=1)
    assert len(blends) == 300
    assert set(blends.first) | set(blends.second) <= set(rows)
    assert (faces.people[blends.first] != faces.people[blends.second]).mean() > 0.85


def test_more_blends_leave_the_first_ones_as_they_were(faces: Faces) -> None:
    few, many = (draw_blends(faces, np.arange(12), count, seed=1) for count in (50, 3000))
    assert np.array_equal(few.first, many.first[:50])
    assert np.array_equal(few.seams, many.seams[:50])


def test_a_blend_is_made_again_the_same_and_lies_between_its_ends(faces: Faces) -> None:
    blends = draw_blends(faces, np.arange(12), 40, seed=2)
    for row in range(40):
        canvas, points = make_blend(faces, blends, row)
        again, _ = make_blend(faces, blends, row)
        assert np.array_equal(canvas, again)
        assert canvas.shape == (CANVAS, CANVAS, 3)
        ends = faces.points[[blends.first[row], blends.second[row]]]
        assert (points >= ends.min(0) - 1e-3).all()
        assert (points <= ends.max(0) + 1e-3).all()
