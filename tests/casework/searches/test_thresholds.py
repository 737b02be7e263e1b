"""The threshold follows from what was measured and from how many images are searched."""

from __future__ import annotations

from overt.biometrics.packs import MeasuredRate
from overt.casework.searches import threshold_for

_DATA = {"data": "drawn", "date": "2026-01-01", "watchlist": 1000, "trials": 1000}


def _measured(**counted: int) -> tuple[MeasuredRate, ...]:
    return tuple(
        MeasuredRate(threshold=float(f"0.{name[1:]}"), false_positives=count, **_DATA)  # type: ignore[arg-type]  # one table for all
        for name, count in counted.items()
    )


MEASURED = _measured(t80=400, t85=100, t90=10, t95=0)


def test_the_least_score_that_keeps_the_aim_is_taken() -> None:
    assert threshold_for(MEASURED, images=1000, aim=0.2, otherwise=0.5).score == 0.85
    assert threshold_for(MEASURED, images=1000, aim=0.01, otherwise=0.5).score == 0.9


def test_more_images_take_a_higher_score() -> None:
    scores = [
        threshold_for(MEASURED, images=n, aim=0.1, otherwise=0.5).score for n in (100, 1000, 10_000, 30_000)
    ]
    assert scores == [0.8, 0.85, 0.9, 0.95]


def test_what_the_measurements_do_not_show_is_said() -> None:
    held = threshold_for(MEASURED, images=20_000, aim=0.1, otherwise=0.5)
    assert (held.score, held.holds) == (
        0.95,
        True,
    )  # none in 1,000: at most 3 in 1,000, and 1 - 0.997^20 of them
    far = threshold_for(MEASURED, images=1_000_000, aim=0.1, otherwise=0.5)
    assert (far.score, far.holds) == (0.95, False)
    nothing = threshold_for((), images=1000, aim=0.1, otherwise=0.5)
    assert (nothing.score, nothing.chance, nothing.holds) == (0.5, None, False)
