"""What an alert is shown with: its score in words, and where the face is in each picture of the entry."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from overt.biometrics import packs
from overt.casework import alerts as a
from overt.records.tables import Authorisation
from tests.casework.alerts.cases import SOFTWARE, Case


def shown_with(case: Case, **false_alerts: Any) -> str:
    with case.office.database.transaction() as session:
        session.execute(update(Authorisation).values(shown={"false_alerts": false_alerts}))
    return a.show_alert(case.office, case.operator, case.take()).meaning.words


@pytest.mark.parametrize(
    ("rate", "said"),
    [(1 / 81_447, "once in 81,000 faces"), (1 / 12.6, "once in 13 faces"), (0.3, "once in 3.3 faces")],
)
def test_a_rate_is_said_with_two_significant_figures(case: Case, rate: float, said: str) -> None:
    assert f"about {said} seen" in shown_with(case, rate=rate)


def test_where_none_was_counted_only_the_bound_is_said(case: Case) -> None:
    words = shown_with(case, rate=0.0, rate_high=3 / 2_345_678, fewer_than=True)
    assert "fewer than once in 780,000 faces seen, as far as was measured" in words


def test_where_nothing_was_measured_that_is_said(case: Case) -> None:
    words = shown_with(case, rate=None)
    assert "has not been measured" in words
    assert "no decision" in words


def test_the_chance_of_a_stranger_is_told_by_the_figures_that_were_signed(case: Case) -> None:
    with case.office.database.transaction() as session:
        shown = session.scalars(select(Authorisation.shown)).one()
        assert shown["measured"] == [
            msgspec.to_builtins(row) for row in packs.load("embedded").manifest.measured
        ]
        row = {
            "threshold": 0.96,
            "watchlist": 3,
            "trials": 2000,
            "false_positives": 2,
            "data": "x",
            "date": "y",
        }
        session.execute(update(Authorisation).values(shown=shown | {"measured": [row]}))
    meaning = a.show_alert(case.office, case.operator, case.take()).meaning
    chance = meaning.chance_of_stranger
    assert chance is not None
    assert chance.rate == pytest.approx(0.001)
    assert (chance.list_size, chance.modelled) == (3, True)
    assert chance.words in meaning.words
    assert "About 1 in 1,000 strangers would score 0.970 or more against a list of 3 (" in meaning.words
    assert "How likely it is that this is the person, the software cannot say" in meaning.words


def test_below_what_was_measured_no_chance_is_told(case: Case) -> None:
    with case.office.database.transaction() as session:
        shown = session.scalars(select(Authorisation.shown)).one()
        session.execute(update(Authorisation).values(shown=shown | {"measured": []}))
    assert a.show_alert(case.office, case.operator, case.take()).meaning.chance_of_stranger is None


def test_a_match_on_the_upper_face_says_so(case: Case) -> None:
    whole = a.show_alert(case.office, case.operator, case.take())
    message = msgspec.structs.replace(case.message(), covering="lower")
    taken = a.take_alert(case.office, SOFTWARE, case.run_id, message).alert_id
    assert taken is not None
    covered = a.show_alert(case.office, case.operator, taken)
    assert (whole.covering, covered.covering) == (None, "lower")
    assert "a match on the upper face alone" in covered.meaning.words
    assert "upper face" not in whole.meaning.words


def test_each_picture_comes_with_where_its_face_is(case: Case) -> None:
    entry = a.show_alert(case.office, case.operator, case.take()).entry
    assert entry is not None
    assert tuple(image.image_id for image in entry.images) == entry.image_ids
    assert [(image.width, image.height, image.box) for image in entry.images] == [(200, 200, (0, 0, 1, 1))]
