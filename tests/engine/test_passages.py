"""When a look is spent, what it adds up to, and that nothing of it stays."""

from __future__ import annotations

import numpy as np
import pytest

from overt.biometrics import OperatingPoint
from overt.engine.passages import Finding, LookPolicy, PassageBook, Shot
from overt.engine.pools import LeasePool

POINT = OperatingPoint(threshold=0.8, confirmations=2, clear_below=0.3)
POLICY = LookPolicy(
    max_shots=3, look_seconds=0.6, spacing_seconds=0.1, better=1.25, again_seconds=1.5, weigh_seconds=0.05
)


class Street:
    """A book, its pool, and a way to put one observation of one track through it."""

    def __init__(self, point: OperatingPoint = POINT, policy: LookPolicy = POLICY) -> None:
        self.pool = LeasePool()
        self.book = PassageBook(point, policy, self.pool, dimension=4)

    def observe(
        self, seconds: float, score: float, *, entry: int = 0, quality: float = 0.5, track: int = 1
    ) -> list[Finding] | None:
        """None where the observation was not worth an embedding."""
        if not self.book.due("north", track, seconds):
            return None
        shot = self.book.consider("north", track, quality, seconds, captured_ns=0)
        return None if shot is None else self.judge(shot, score, entry)

    def judge(self, shot: Shot, score: float, entry: int) -> list[Finding]:
        templates = np.array([[1, 0, 0, 0]], np.float32)
        fused = np.empty_like(templates)
        self.book.fuse([shot], templates, fused)
        best = ([entry], [score])
        return self.book.decide([shot], best, best)


def test_an_alert_needs_as_many_agreeing_observations_as_the_operating_point_says() -> None:
    street = Street()
    assert street.observe(0.0, 0.9) == []
    (finding,) = street.observe(0.2, 0.9) or []
    assert (finding.entry, finding.observations, finding.shot.passage.number) == (0, 2, 1)
    assert finding.score == pytest.approx(0.9)


def test_bare_and_covered_views_of_one_look_are_summed_apart() -> None:
    pool = LeasePool()
    book = PassageBook(POINT, POLICY, pool, dimension=2, kinds=2)
    fused = np.zeros((1, 2), np.float32)
    found: list[list[Finding]] = []
    for step, (template, kind) in enumerate([((1, 0), 0), ((0, 1), 1), ((1, 0), 0)]):
        shot = book.consider("north", 1, 0.5, 0.2 * step, captured_ns=0)
        assert shot is not None
        book.fuse([shot], np.array([template], np.float32), fused, [kind])
        np.testing.assert_allclose(fused[0], template)
        score = 0.9 if kind == 0 else 0.5
        found.append(book.decide([shot], ([0], [score]), ([0], [score]), [kind]))
    assert [len(each) for each in found] == [0, 0, 1]
    assert found[2][0].observations == 2


def test_observations_that_point_to_different_entries_do_not_confirm_each_other() -> None:
    street = Street()
    assert street.observe(0.0, 0.9, entry=1) == []
    assert street.observe(0.2, 0.9, entry=2) == []
    assert street.observe(0.4, 0.9, entry=3) == []
    assert street.book.undecided == 0


def test_one_passage_alerts_once_on_one_entry() -> None:
    street = Street(policy=LookPolicy(spacing_seconds=0.1, again_seconds=0.1))
    alerts = [street.observe(0.2 * step, 0.95) or [] for step in range(30)]
    assert sum(map(len, alerts)) == 1


def test_a_stranger_is_cleared_by_one_look_and_costs_nothing_until_a_better_one() -> None:
    street = Street()
    assert street.observe(0.0, 0.1) == []
    assert street.book.undecided == 0
    assert street.observe(0.1, 0.1) is None
    assert street.observe(0.2, 0.1, quality=0.55) is None
    assert street.observe(0.3, 0.1, quality=0.7) == []
    assert street.observe(1.9, 0.1, quality=0.6) is None
    assert street.observe(2.0, 0.1, quality=0.7) == []


def test_a_poor_view_must_become_clearly_better_and_not_only_in_proportion() -> None:
    street = Street()
    assert street.observe(0.0, 0.1, quality=0.02) == []
    assert street.observe(0.1, 0.1, quality=0.06) is None
    assert street.observe(0.2, 0.1, quality=0.11) == []


def test_a_later_look_starts_from_nothing() -> None:
    street = Street()
    street.observe(0.0, 0.9)
    street.observe(0.2, 0.1)
    assert street.observe(2.0, 0.9) == []


def test_observations_too_close_together_are_not_spent() -> None:
    street = Street()
    assert street.observe(0.0, 0.5) == []
    assert street.observe(0.05, 0.5) is None


def test_a_cleared_passage_is_weighed_only_now_and_then() -> None:
    street = Street(policy=LookPolicy(weigh_seconds=0.2))
    assert street.book.due("north", 1, 0.0)
    street.observe(0.0, 0.1)
    assert [street.book.due("north", 1, seconds) for seconds in (0.1, 0.19, 0.2)] == [False, False, True]
    assert street.observe(0.2, 0.1) is None
    assert not street.book.due("north", 1, 0.3)
    assert street.book.due("north", 1, -5.0), "a clock that went back does not stop it for ever"


def test_a_settled_passage_is_looked_at_again_in_case_it_has_become_someone_else() -> None:
    street = Street()
    street.observe(0.0, 0.1, quality=0.9)
    assert street.observe(2.9, 0.1, quality=0.3) is None
    assert street.observe(3.0, 0.1, quality=0.3) == []


def test_a_passage_never_costs_more_than_its_looks() -> None:
    street = Street(policy=LookPolicy(max_looks=2, again_seconds=0.1, weigh_seconds=0.0))
    spent = [street.observe(float(step), 0.1) is not None for step in range(10)]
    assert spent == [True, True, *[False] * 8]


def test_a_look_ends_after_its_shots_or_its_time() -> None:
    by_shots, by_time = Street(), Street()
    for seconds in (0.0, 0.15, 0.3):
        by_shots.observe(seconds, 0.5)
    assert by_shots.book.undecided == 0
    by_time.observe(0.0, 0.5)
    by_time.book.expire("north", 0.59)
    assert by_time.book.undecided == 1
    by_time.book.expire("north", 0.6)
    assert by_time.book.undecided == 0


def test_a_clock_that_goes_back_ends_a_look() -> None:
    street = Street()
    street.observe(100.0, 0.5)
    street.book.expire("north", 3.0)
    assert street.book.undecided == 0


def test_leaving_the_picture_ends_a_look_and_overwrites_its_template() -> None:
    street = Street()
    shot = street.book.consider("north", 7, 0.5, 0.0, captured_ns=0)
    assert shot is not None
    street.judge(shot, 0.5, 0)
    template = shot.look.lease.array
    assert template[0, 0] > 0.4
    street.book.end("north", 7)
    assert not np.isin(np.float32([0.5, 1.0]), template).any()
    assert street.pool.leases_out == 0
    assert street.pool.overwritten_by_form == {"template": 1}


def test_every_ending_gives_the_template_back() -> None:
    street = Street()
    for track in range(200):
        street.observe(0.0, 0.5, track=track)
    assert street.book.undecided == street.pool.leases_out == 200
    street.book.end_all()
    assert street.book.undecided == street.pool.leases_out == 0


def test_passages_are_counted_once_each() -> None:
    street = Street()
    for seconds in (0.0, 0.2, 0.4):
        street.observe(seconds, 0.1, track=1)
    street.observe(0.0, 0.1, track=2)
    street.book.end("north", 1)
    street.observe(5.0, 0.1, track=1)
    assert street.book.seen("north") == 3
    assert street.book.seen("south") == 0


def test_fusion_weighs_by_quality() -> None:
    street = Street()
    poor = street.book.consider("north", 1, 0.2, 0.0, captured_ns=0)
    assert poor is not None
    out = np.empty((1, 4), np.float32)
    street.book.fuse([poor], np.float32([[1, 0, 0, 0]]), out)
    good = street.book.consider("north", 1, 0.8, 0.2, captured_ns=0)
    assert good is not None
    street.book.fuse([good], np.float32([[0, 1, 0, 0]]), out)
    np.testing.assert_allclose(out[0], np.float32([0.2, 0.8, 0, 0]) / np.hypot(0.2, 0.8), rtol=1e-6)
