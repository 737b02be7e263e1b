"""The page: whole in itself, readable without eyes, and nothing on it that was not measured."""

from __future__ import annotations

import doctest
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest

from overt.evaluation.metrics import INSUFFICIENT, Curve, Difference, Estimate, FoldedAccuracy, OpenSetRate
from overt.evaluation.protocols import (
    IdentificationResult,
    MatchRate,
    PassageGroup,
    PassageGroups,
    PassageResult,
    Plan,
    Role,
    VerificationResult,
    score_trials,
    to_json,
)
from overt.evaluation.report import (
    cmc_chart,
    det_chart,
    in_words,
    page,
    promise_at,
    promises,
    tables_of,
)
from overt.rates import exact_interval
from tests.evaluation.protocols.people import number_trials

if TYPE_CHECKING:
    from overt.biometrics import ModelPack

VOID = {"meta", "br", "path", "circle", "link"}


class _Reader(HTMLParser):
    """Reads a page strictly: every element is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def result(pack: ModelPack, tmp_path_factory: pytest.TempPathFactory) -> IdentificationResult:
    lot = np.random.default_rng(1)
    people = lot.normal(size=(100, 48))
    probes = people + np.linspace(0.2, 2, 100)[:, None] * lot.normal(size=people.shape)
    roles: list[Role] = ["gallery"] * 100 + ["mated"] * 100 + ["nonmated"] * 700
    trials = number_trials(
        roles,
        [*range(100)] * 2 + [*range(100, 800)],
        np.concatenate([people, probes, lot.normal(size=(700, 48))]),
        groups=["<b>one</b>" if i % 2 else "two" for i in range(900)],
        folder=tmp_path_factory.mktemp("numbers"),
    )
    return score_trials(pack, trials, Plan())


def _read(text: str) -> _Reader:
    reader = _Reader()
    reader.feed(text)
    assert reader.open == []
    return reader


def test_it_is_whole_and_asks_nobody_for_anything(result: IdentificationResult) -> None:
    text = page(result, list_size=10_000, footfall=20_000)
    reader = _read(text)
    tags = {tag for tag, _ in reader.seen}
    assert not tags & {"script", "img", "iframe", "link", "object", "form"}
    assert not re.findall(r"(?:src|href|url)\s*[=(]", text)
    assert sum(tag == "svg" for tag, _ in reader.seen) == 2
    assert all(given.get("aria-label") for tag, given in reader.seen if tag == "svg")


def test_labels_from_the_data_cannot_become_markup(result: IdentificationResult) -> None:
    text = page(result, list_size=10_000, footfall=20_000)
    assert "<b>one</b>" not in text
    assert "&lt;b&gt;one&lt;/b&gt;" in text


def test_every_figure_of_the_tables_is_on_it(result: IdentificationResult) -> None:
    text = page(result, list_size=10_000, footfall=20_000)
    rate = result.tpir["0.01"]
    assert isinstance(rate, OpenSetRate)
    for figure in (f"{rate.value:.1%}", f"{rate.threshold:.4f}", "insufficient data", "700"):
        assert figure in text
    tables = tables_of(result)
    assert [row[0] for row in tables[1].rows] == ["10%", "1%", "0.3%", "0.1%"]
    assert tables[1].rows[-1][1] == INSUFFICIENT
    assert any("<b>one</b>" in row for table in tables for row in table.rows)


def test_where_nothing_is_supported_nothing_is_promised(result: IdentificationResult) -> None:
    empty = msgspec.structs.replace(result, tpir=dict.fromkeys(result.tpir, INSUFFICIENT), det=None)
    text = page(empty, list_size=10_000, footfall=20_000)
    assert "no rate of false alerts is supported" in text
    assert "expect" not in text
    _read(text)


def test_a_promise_is_the_measured_rate_for_that_list_and_those_people(result: IdentificationResult) -> None:
    rate = result.tpir["0.01"]
    assert isinstance(rate, OpenSetRate)
    same = promise_at(0.01, rate, measured_list=100, list_size=100, footfall=1000)
    assert not same.modelled
    assert same.expected == pytest.approx(rate.fpir * 1000)
    low, high = exact_interval(rate.false_positives, 700)
    assert same.interval == pytest.approx((low * 1000, high * 1000))
    longer = promise_at(0.01, rate, measured_list=100, list_size=10_000, footfall=1000)
    assert longer.modelled
    assert longer.expected == pytest.approx((1 - (1 - rate.fpir) ** 100) * 1000)
    assert "modelled from a list of 100" in in_words(longer)
    assert len(promises(result, list_size=10, footfall=10)) == 2
    none = msgspec.structs.replace(rate, false_positives=0, fpir=0.0)
    assert "expect fewer than" in in_words(
        promise_at(0.01, none, measured_list=100, list_size=100, footfall=1000)
    )


def test_the_examples_in_the_docstrings_hold() -> None:
    outcomes = [
        doctest.testmod(sys.modules[f"overt.evaluation.report.{name}"]) for name in ("promises", "tables")
    ]
    assert sum(outcome.attempted for outcome in outcomes) >= 4
    assert sum(outcome.failed for outcome in outcomes) == 0


def test_a_curve_with_nothing_to_show_is_still_a_picture() -> None:
    nothing = Curve(thresholds=(0.0,), false_positives=(0.0,), false_negatives=(0.0,))
    for chart in (det_chart(nothing), cmc_chart([1.0]), cmc_chart([0.2, 0.4])):
        _read(chart)
    assert "NaN" not in det_chart(nothing, points=[(0.0, 0.0)])


def test_points_lie_on_the_curve(result: IdentificationResult) -> None:
    assert result.det is not None
    rate = result.tpir["0.1"]
    assert isinstance(rate, OpenSetRate)
    near = min(
        range(len(result.det.thresholds)),
        key=lambda i: abs(result.det.false_positives[i] - rate.fpir) if result.det else 0,
    )
    assert result.det.false_negatives[near] == pytest.approx(1 - rate.value, abs=0.03)


def test_the_page_of_nobody_says_so(pack: ModelPack, tmp_path: Path) -> None:
    roles: list[Role] = ["gallery", "nonmated"]
    trials = number_trials(roles, [0, 1], np.eye(2), folder=tmp_path)
    text = page(score_trials(pack, trials, Plan()), list_size=1, footfall=1)
    assert "insufficient data" in text
    _read(text)


def test_pairs_and_passages_have_a_page_too(result: IdentificationResult) -> None:
    half = Estimate(value=0.5, interval=(0.4, 0.6), hits=50, trials=100, method="clopper-pearson")
    folded = FoldedAccuracy(mean=0.98, standard_error=0.004, threshold=0.4, folds=10)
    curve = Curve(thresholds=(0.1, 0.9), false_positives=(0.2, 0.001), false_negatives=(0.01, 0.3))
    pairs = VerificationResult(
        accuracy=0.98,
        accuracy_interval=(0.972, 0.988),
        folded=folded,
        balanced=folded,
        auc=0.99,
        eer=0.02,
        fnmr={"0.01": MatchRate(fnmr=half, fmr=half, threshold=0.4321), "0.001": INSUFFICIENT},
        n_same=100,
        n_different=100,
        failure_to_acquire=0.0,
        covered={"lower": 3},
        groups=INSUFFICIENT,
        roc=curve,
        notices=("a note",),
        provenance=result.provenance,
    )
    nothing = Difference(groups=("a",), max_over_geometric_mean=INSUFFICIENT, gini=INSUFFICIENT)
    passages = PassageResult(
        threshold=0.95,
        n_gallery=2,
        n_passages=130,
        n_mated=100,
        n_nonmated=30,
        tpir=half,
        fpir=INSUFFICIENT,
        alerts=60,
        true_alerts=50,
        false_alerts=10,
        passages_seen=125,
        false_positives_per_passage=0.08,
        false_positives_interval=(0.038, 0.15),
        groups={"sex": PassageGroups(values={"a": PassageGroup(n_mated=100, tpir=half)}, fnir=nothing)},
        missed=("gate.mp4, 3 to 7 s",),
        notices=(),
        provenance=result.provenance,
    )
    for told, figures in (
        (
            pairs,
            ("98.0% (97.2% to 98.8%)", "lower face looks covered", "0.4321", "a note.", "0.9900", "By group"),
        ),
        (
            passages,
            ("50.0% (40.0% to 60.0%)", "60, 50, 10", "gate.mp4, 3 to 7 s", "0.08 (0.038 to 0.15)", "By sex"),
        ),
    ):
        text = page(told, list_size=10_000, footfall=20_000)
        _read(text)
        for figure in figures:
            assert figure in text
        assert "What the figures promise" not in text
        assert to_json(told).endswith("}\n")
