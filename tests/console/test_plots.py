"""Plots: every count is drawn at its height, and words that came from people are escaped."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from overt.console.plots import Series, bar, interval, strip, swatch, time_bars

START = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


def _heights(drawn: str, look: str) -> list[float]:
    found = re.findall(rf'class="bar {look}"[^>]* height="([0-9.]+)"', drawn)
    return [float(height) for height in found]


def test_bars_stand_on_each_other_in_proportion() -> None:
    starts = [START + timedelta(minutes=10 * at) for at in range(3)]
    kinds = (Series("true", "solid", (1, 0, 2)), Series("false", "hatched", (0, 3, 2)))
    drawn = str(time_bars("Alerts <here>", starts, kinds))
    ElementTree.fromstring(drawn)  # noqa: S314 - it was made here
    solid, hatched = _heights(drawn, "solid"), _heights(drawn, "hatched")
    assert len(solid) == 2
    assert len(hatched) == 2
    assert abs(solid[1] - 2 * solid[0]) < 0.2
    assert abs(hatched[0] - 3 * solid[0]) < 0.3
    assert "&lt;here&gt;" in drawn
    assert "10:00" in drawn, "the force's own time"


def test_nothing_is_drawn_of_nothing() -> None:
    assert strip("Nothing", {"p50": None, "p95": None, "p99": None, "max": None}, 250) == ""
    assert _heights(str(time_bars("None", [], ())), "solid") == []
    assert 'width="0.00%"' in bar(0, 0)


def test_a_strip_puts_each_mark_in_order_and_within_its_place() -> None:
    drawn = str(strip("Times", {"p50": 1.0, "p95": 20.0, "p99": 300.0, "max": 4000.0}, 250))
    ElementTree.fromstring(drawn)  # noqa: S314 - it was made here
    marks = [float(at) for at in re.findall(r'(?:cx|class="held" x)="([0-9.]+)%"', drawn)]
    assert marks == sorted(marks)
    assert len(marks) == 4
    assert min(marks) >= 0
    assert max(marks) <= 100


def test_an_interval_and_the_signs_of_a_legend_are_whole() -> None:
    for drawn in (
        interval("Rate", 0.5, 0.1, 0.9),
        *(swatch(look) for look in ("solid", "p50", "p95", "p99", "max")),
    ):
        ElementTree.fromstring(str(drawn))  # noqa: S314 - it was made here
