"""The record's figures, counted a second time out of the database by hand-written SQL and plain Python."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from sqlalchemy import text

from overt.casework import Office
from overt.casework.publication import TOO_FEW, SeedPasses, preview_record, record_seeds
from overt.casework.publication.measures import agreement_of, greatest, hide_small, rate_of, spread_of
from overt.casework.publication.model import FEWEST
from overt.casework.publication.wording import percent
from overt.errors import AuthorityError, ConflictError, MissingError
from overt.rates import exact_interval
from tests.casework.publication.day import EXPECTED, make_day
from tests.casework.retention.rows import Rows
from tests.offices import Staff


def _one(office: Office, sql: str, **values: Any) -> Any:
    with office.database.transaction() as session:
        return session.execute(text(sql), values).scalar_one()


def test_every_count_is_what_the_database_says(office: Office, rows: Rows, staff: Staff) -> None:
    day = make_day(rows)
    record = preview_record(office, staff("auditor"), day.deployment)
    d = {"d": day.deployment}
    not_seed = "deployment_id = :d AND NOT (seed AND alert_class IN ('true-confirmed', 'true-unconfirmed'))"
    classes = {
        name: _one(office, f"SELECT count(*) FROM alerts WHERE {not_seed} AND alert_class = :c", c=name, **d)  # noqa: S608
        for name in ("true-confirmed", "true-unconfirmed", "false-confirmed", "false-unconfirmed")
    }
    found = record.alerts
    assert (
        found.true_confirmed, found.true_unconfirmed, found.false_confirmed, found.false_unconfirmed,
    ) == tuple(classes.values()) == (6, 1, 2, 3)  # fmt: skip
    assert found.undecided == 1
    assert found.total == _one(office, f"SELECT count(*) FROM alerts WHERE {not_seed}", **d) == 13  # noqa: S608
    assert found.not_raised == 1
    assert record.faces_seen == _one(
        office, "SELECT sum(passages) FROM engine_runs WHERE deployment_id = :d", **d
    )
    assert (found.false_alert_rate.count, found.false_alert_rate.of) == (5, 5000)
    assert found.false_alert_rate.rate == 5 / 5000
    assert (found.false_share.count, found.false_share.of) == (5, 13)
    arrests = _one(
        office,
        "SELECT count(*) FROM outcomes o JOIN alerts a ON a.id = o.alert_id WHERE a.deployment_id = :d "
        "AND o.outcome = 'arrest' AND a.alert_class = 'true-confirmed' AND NOT a.seed",
        **d,
    )
    assert record.outcomes.arrest == arrests == 5
    assert (record.outcomes.safeguarding, record.outcomes.other, record.outcomes.no_action) == (1, 1, 0)
    assert record.outcomes_after_false_alerts.no_action == 2
    assert (record.watchlist.size, record.watchlist.seeds) == (10, 2)
    assert record.watchlist.by_category == {"seed": 2, "wanted": 8}
    assert (record.stops.stops, record.stops.not_contacted) == (8, 0)
    assert (record.stops.minutes.p50, record.stops.minutes.max) == (6.0, 10.0)
    latencies = sorted([100.0 + 10 * n for n in (*range(6), 0, 1, 0, 1, 2, 0, 0, 9, 9)])
    times = record.engine.capture_to_alert_ms
    assert (times.n, times.max, times.p50) == (15, 190.0, latencies[7])


def test_the_engine_s_runs_are_counted_together(office: Office, rows: Rows, staff: Staff) -> None:
    record = preview_record(office, staff("auditor"), make_day(rows).deployment)
    engine = record.engine
    assert (engine.runs, engine.restarts, engine.ended_in_order) == (3, 1, 2)
    assert engine.faults == {"disconnected": 2, "engine-died": 1}
    assert (engine.frames_received, engine.frames_processed, engine.frames_skipped) == (3000, 2960, 40)
    assert engine.seals == {"memory-locked": False, "no-core-dump": True}
    assert (engine.erasure_ms.n, engine.erasure_ms.p95, engine.erasure_ms.max) == (15000, 200.0, 400.0)


def test_the_time_suspended_is_not_part_of_the_duration(office: Office, rows: Rows, staff: Staff) -> None:
    day = make_day(rows)
    terms = preview_record(office, staff("auditor"), day.deployment).deployment
    assert terms.duration_minutes == 60 + 150
    assert terms.started_at is not None
    assert terms.ended_at is not None
    assert (terms.ended_at - terms.started_at).total_seconds() == 240 * 60


def test_what_the_officer_was_told_is_in_the_record(office: Office, rows: Rows, staff: Staff) -> None:
    day = make_day(rows, urgent=True)
    record = preview_record(office, staff("auditor"), day.deployment)
    told = record.authorisation.expected_false_alerts
    assert told is not None
    assert (told.expected, told.low, told.high, told.says) == (0.5, 0.25, 1.0, EXPECTED["says"])
    assert (record.authorisation.urgent, record.authorisation.urgent_review) == (True, "due")
    assert (record.operating_point.threshold, record.operating_point.certificate) == (0.62, "uncertified")


def test_a_correction_replaces_what_it_corrects_and_is_counted(
    office: Office, rows: Rows, staff: Staff
) -> None:
    deployment = rows.deployment(rows.watchlist())
    alert = rows.alert(deployment, rows.run(deployment), "entry-1", alert_class="true-confirmed")
    first = rows.adjudication(alert, "engage", "same-person", seconds=4)
    rows.adjudication(alert, "engage", "likely-same-person", seconds=400, corrects=first)
    rows.outcome(alert, "arrest", corrects=rows.outcome(alert, "information"))
    engagement = rows.engagement(alert, "other", minutes=2)
    rows.engagement(alert, "sought", minutes=9, corrects=engagement)
    record = preview_record(office, staff("auditor"), deployment)
    assert (record.outcomes.arrest, record.outcomes.information) == (1, 0)
    assert (record.stops.stops, record.stops.minutes.max) == (1, 9.0)
    assert (record.adjudication.seconds.n, record.adjudication.seconds.max) == (1, 4.0)
    assert record.corrections == 3


def test_seeds_that_walked_past_give_the_live_miss_rate(office: Office, rows: Rows, staff: Staff) -> None:
    day = make_day(rows)
    operator = staff("lfr-operator")
    assert preview_record(office, operator, day.deployment).seeds.tpir is None
    seeds = record_seeds(office, operator, day.deployment, SeedPasses(passes=3)).seeds
    assert (seeds.passes, seeds.recognised) == (3, 2)
    assert seeds.tpir is not None
    assert seeds.tpir.rate is None, "three passes support no rate"
    assert (seeds.tpir.low, seeds.tpir.high) == pytest.approx(exact_interval(2, 3))
    assert percent(seeds.tpir) == "insufficient data (2 of 3; 95% interval 9.4% to 99.2%)"
    enough = record_seeds(office, operator, day.deployment, SeedPasses(passes=30)).seeds.tpir
    assert enough is not None
    assert (enough.rate, enough.low, enough.high) == pytest.approx((2 / 30, *exact_interval(2, 30)))
    fewer = record_seeds(office, operator, day.deployment, SeedPasses(passes=1)).seeds
    assert fewer.tpir is not None
    assert fewer.tpir.rate is None, "more alerts than passes: the count was wrong, and no rate follows"
    with pytest.raises(AuthorityError):
        record_seeds(office, staff("auditor"), day.deployment, SeedPasses(passes=3))
    with pytest.raises(ConflictError, match="has not been live"):
        record_seeds(office, operator, rows.deployment(rows.watchlist(), state="draft"), SeedPasses(passes=1))
    with pytest.raises(MissingError):
        preview_record(office, operator, "deployment-0")


def test_a_seed_s_alert_that_was_wrong_is_a_false_alert(office: Office, rows: Rows, staff: Staff) -> None:
    deployment = rows.deployment(rows.watchlist())
    run = rows.run(deployment, passages=10)
    rows.alert(deployment, run, "entry-1", alert_class="false-unconfirmed", seed=True)
    record = preview_record(office, staff("auditor"), deployment)
    assert (record.alerts.false_unconfirmed, record.seeds.recognised) == (1, 0)


def test_small_groups_are_too_few_to_say(office: Office, rows: Rows, staff: Staff) -> None:
    record = preview_record(office, staff("auditor"), make_day(rows).deployment)
    groups = {group.group[:2]: group for group in record.self_defined_groups}
    assert len(groups) == 17, "a list of those that occur would tell of people"
    assert (groups["W1"].stops, groups["W1"].arrest, groups["W1"].other) == (6, 5, TOO_FEW)
    assert groups["B1"].stops == groups["A1"].stops == TOO_FEW
    assert groups["B1"].no_action == TOO_FEW
    nobody = preview_record(office, staff("auditor"), rows.deployment(rows.watchlist()))
    assert nobody.self_defined_groups == ()


def test_agreement_is_said_only_of_ten_pairs_or_more(office: Office, rows: Rows, staff: Staff) -> None:
    ten = preview_record(office, staff("auditor"), make_day(rows).deployment).adjudication
    assert (ten.agreement.pairs, ten.agreement.same) == (11, 10)
    # Both said engage 8 times, both said not to 2 times, once only the second said engage.
    chance = (8 * 9 + 3 * 2) / 11**2
    assert ten.agreement.kappa == pytest.approx((10 / 11 - chance) / (1 - chance))
    few = preview_record(office, staff("auditor"), make_day(rows, stops_true=4).deployment).adjudication
    assert (few.agreement.pairs, few.agreement.kappa) == (9, TOO_FEW)


@given(st.integers(0, 60), st.integers(1, 5000))
def test_the_interval_is_clopper_and_pearson_s(count: int, more: int) -> None:
    found = rate_of(count, count + more)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= count / (count + more) <= found.high
    # The ends are where the tail of the binomial distribution is 2.5%.
    assert binom.cdf(count, count + more, found.high) == pytest.approx(0.025, rel=1e-6)
    if count:
        assert binom.sf(count - 1, count + more, found.low) == pytest.approx(0.025, rel=1e-6)
    else:
        assert found.low == 0


@given(st.lists(st.lists(st.floats(0.01, 1e4), min_size=1, max_size=40), min_size=1, max_size=4))
def test_the_greatest_of_the_runs_bounds_the_whole_from_above(runs: list[list[float]]) -> None:
    bound = greatest([spread_of(run).model_dump() for run in runs])
    whole = spread_of([value for run in runs for value in run])
    for name in ("p50", "p95", "p99", "max"):
        assert getattr(whole, name) <= getattr(bound, name)
    assert whole.n == bound.n


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 30), max_size=8))
def test_no_count_left_out_can_be_worked_out_from_the_whole(counts: dict[str, int]) -> None:
    shown = hide_small(counts)
    hidden = [name for name, value in shown.items() if value == TOO_FEW]
    assert {name for name, n in counts.items() if n < FEWEST} <= set(hidden)
    assert len(hidden) != 1 or len(counts) == 1
    assert all(shown[name] == counts[name] for name in counts if name not in hidden)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=10, max_size=60))
def test_kappa_is_cohen_s(pairs: list[tuple[bool, bool]]) -> None:
    words = {True: "engage", False: "do-not-engage"}
    kappa = agreement_of([(words[a], words[b]) for a, b in pairs]).kappa
    n = len(pairs)
    observed = sum(a == b for a, b in pairs) / n
    first, second = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
    chance = first * second + (1 - first) * (1 - second)
    if kappa is None:
        assert chance == 1
    else:
        assert kappa == pytest.approx((observed - chance) / (1 - chance))


def test_how_soon_an_officer_was_on_it_counts_from_the_first_routing_to_the_first_answer(
    office: Office, rows: Rows, staff: Staff
) -> None:
    found = preview_record(office, staff("auditor"), make_day(rows).deployment).routing
    # the second alert's first officer answered after 5 s, and the one who came 2 s later 1 s after that: after 3 s
    assert (found.routed, found.acknowledged) == (6, 5)
    assert (found.seconds.n, found.seconds.p50, found.seconds.p95) == (5, 6.0, 8.0)
    none = preview_record(office, staff("auditor"), rows.deployment(rows.watchlist())).routing
    assert (none.routed, none.acknowledged, none.seconds.p50) == (0, 0, None)
