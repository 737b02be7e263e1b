"""Monthly figures tell how searches went, and of nobody."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from overt.casework import searches as s
from overt.casework.actor import Actor
from overt.casework.retention import run_retention
from overt.errors import InputError, MissingError, VaultError
from overt.records.tables import Search
from tests.casework.searches.cases import Shop, review
from tests.offices import Staff


def _months(shop: Shop, first: str = "2026-06", last: str = "2026-06") -> tuple[s.MonthOfSearches, ...]:
    period = s.FiguresPeriod(first=first, last=last)
    return s.show_search_figures(shop.office, shop.staff("auditor"), period).months


def test_twelve_months_end_where_there_are_no_earlier_ones(shop: Shop) -> None:
    auditor = shop.staff("auditor")
    for last, count in (("2000-01", 1), ("2000-11", 11), ("2001-02", 12)):
        shown = s.show_search_figures(shop.office, auditor, s.FiguresPeriod(last=last)).months
        assert (len(shown), shown[-1].month) == (count, last)


def test_figures_count_what_was_done_in_each_month(shop: Shop) -> None:
    shop.add("A/1", shop.like(0.99))
    for at in range(6):
        view = shop.search(reason=f"theft number {at} of six", offence="theft")
        if at < 5:
            shop.examine(view.candidates[0].id, shop.first)
            shop.examine(view.candidates[0].id, shop.second)
            s.review_search(shop.office, shop.reviewer, view.id, review())
            s.record_search_outcome(
                shop.office, shop.investigator, view.id, s.NewSearchOutcome(outcome="undetermined")
            )
    shop.clock.turn(days=31)
    shop.search(reason="one in the next month")
    june, july = _months(shop, last="2026-07")
    assert (june.searches, june.candidates, june.examinations) == (6, 6, 10)
    assert june.by_offence["theft"] == 6
    assert june.by_offence["robbery"] == "too few to say"
    assert june.support["same-moderate"] == 10
    assert (june.agreement.pairs, june.agreement.same, june.agreement.kappa) == (5, 5, "too few to say")
    assert june.seconds_to_examine.p50 == 90
    assert (june.outcomes["undetermined"], june.outcomes["not-yet"]) == (5, "too few to say")
    # all six are searches of stills: that there were none of footage would be said by leaving out one figure alone
    assert june.by_probe == {"still": "too few to say", "footage": "too few to say"}
    assert (july.searches, july.by_result["candidates"]) == (1, "too few to say")
    assert july.faults["reason"] == 0


def test_what_an_examiner_found_is_in_no_figure_while_another_must_still_examine(shop: Shop) -> None:
    shop.add("A/1", shop.like(0.99))
    shop.add("B/2", shop.like(0.98))
    views = [shop.search(reason=f"theft number {at} of six") for at in range(6)]
    for view in views:
        shop.examine(view.candidates[0].id, shop.first)
        shop.examine(view.candidates[0].id, shop.second)
    before = _months(shop)
    shop.examine(views[0].candidates[1].id, shop.first)
    assert _months(shop) == before
    assert (before[0].examinations, before[0].agreement.pairs, before[0].seconds_to_examine.n) == (0, 0, 0)
    assert set(before[0].support.values()) == {0}
    for view in views:
        shop.examine(view.candidates[1].id, shop.second)
    for view in views[1:]:
        shop.examine(view.candidates[1].id, shop.first)
    (after,) = _months(shop)
    assert (after.candidates, after.examinations, after.agreement.pairs) == (12, 24, 12)


def test_figures_as_csv_have_a_line_for_each_figure(shop: Shop) -> None:
    shop.search(offence="theft")
    figures = s.show_search_figures(shop.office, shop.staff("auditor"), s.FiguresPeriod())
    assert [month.month for month in figures.months][-1] == "2026-06"
    assert len(figures.months) == 12
    lines = list(csv.DictReader(io.StringIO(s.figures_csv(figures))))
    june = {(line["Figure"], line["Of"]): line["Count"] for line in lines if line["Month"] == "2026-06"}
    assert june["searches", ""] == "1"
    assert june["searches by offence", "theft"] == "too few to say"
    assert june["seconds to examine", "half were at most"] == ""


def test_a_period_runs_forward(shop: Shop) -> None:
    with pytest.raises(InputError, match="before the first"):
        _months(shop, "2026-07", "2026-06")
    with pytest.raises(InputError, match="at a time"):
        _months(shop, "2001-01", "2026-06")


def test_when_its_time_is_over_a_row_of_figures_about_nobody_is_left(shop: Shop, staff: Staff) -> None:
    view = shop.examined()
    with shop.office.database.reading() as session:
        row = session.get_one(Search, view.id)
        key, sealed = row.key_id, row.sealed_face
    assert key is not None
    assert sealed is not None
    before = _months(shop)
    software = Actor.software("retention")
    shop.clock.turn(days=364)
    assert run_retention(shop.office, software).counts == {}
    shop.clock.turn(days=1)
    assert run_retention(shop.office, software).counts == {"searches": 1, "searches-unfinished": 1}
    gone = s.show_search(shop.office, shop.first, view.id)
    assert gone.personal_data_deleted
    assert gone.state == "closed"
    assert (gone.reason, gone.probe, gone.requested_by, gone.face) == (None, None, None, None)
    (candidate,) = gone.candidates
    assert (candidate.reference, candidate.record_id, candidate.image_id) == (None, None, None)
    assert [row.reason for row in candidate.examinations] == [None, None]
    with pytest.raises(MissingError):
        s.show_searched_face(shop.office, shop.first, view.id)
    with pytest.raises(MissingError):
        s.show_candidate_picture(shop.office, shop.first, candidate.id)
    with shop.office.database.transaction() as session, pytest.raises(VaultError, match="destroyed"):
        shop.office.vault.open_sealed(session, key, sealed, about=f"{view.id}.face")
    after = _months(shop)
    assert (before[0].searches, before[0].examinations) == (after[0].searches, after[0].examinations)
    assert shop.office.now() > datetime(2027, 1, 1, tzinfo=UTC)
