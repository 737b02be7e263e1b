"""Passages through the real engine, on a film whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from overt.evaluation.metrics import INSUFFICIENT
from overt.evaluation.protocols import Passage, Plan, read_passages, recognise_passages, write_passages
from overt.evaluation.scene import Scene, SceneSettings, write_reference
from overt.gallery import load_watchlist

if TYPE_CHECKING:
    from overt.biometrics import ModelPack


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated street and its truth as a CSV file."""
    folder = tmp_path_factory.mktemp("street")
    truth = Scene(SceneSettings(seconds=8, fps=8, crowd=2)).write(folder / "street.mp4")
    write_passages(
        folder / "passages.csv",
        [Passage(p.identity, "street.mp4", p.enters, p.leaves) for p in truth.passes],
    )
    rows = (folder / "passages.csv").read_text("utf-8").splitlines()
    labelled = [f"{row},{'red' if row.startswith('grace-hopper') else ''}" for row in rows[1:]]
    (folder / "passages.csv").write_text("\n".join([f"{rows[0]},coat", *labelled]) + "\n", "utf-8")
    (folder / "watchlist").mkdir()
    write_reference("grace-hopper", folder / "watchlist")
    return folder


def test_who_is_sought_alerts_while_passing_and_nobody_else_does(pack: ModelPack, film: Path) -> None:
    truth = read_passages(film / "passages.csv")
    watchlist = load_watchlist(film / "watchlist", pack)
    result = recognise_passages(pack, truth, watchlist, Plan(threads=1))
    assert (result.n_gallery, result.n_mated) == (1, 1)
    assert result.n_passages == result.n_mated + result.n_nonmated == len(truth.passages)
    assert (result.alerts, result.true_alerts, result.false_alerts) == (1, 1, 0)
    assert result.missed == ()
    assert result.passages_seen >= 2
    assert result.false_positives_per_passage == INSUFFICIENT, "a handful of passages supports no rate"
    assert not isinstance(result.groups, str)
    assert result.groups["coat"].values["red"].n_mated == 1
    assert result.groups["coat"].values["red"].tpir == INSUFFICIENT
    assert result.tpir == INSUFFICIENT, "one passage supports no rate"
    assert result.threshold == pack.manifest.operating_point.threshold


@pytest.mark.slow
def test_an_alert_at_another_time_is_false_and_the_passage_is_missed(pack: ModelPack, film: Path) -> None:
    truth = read_passages(film / "passages.csv")
    hopper = next(p for p in truth.passages if p.identity == "grace-hopper")
    # the same film, and a truth in which she came long after its end
    late = film / "late.csv"
    write_passages(late, [Passage("grace-hopper", "street.mp4", hopper.leave + 60, hopper.leave + 70)])
    result = recognise_passages(
        pack, read_passages(late), load_watchlist(film / "watchlist", pack), Plan(threads=1)
    )
    assert (result.true_alerts, result.false_alerts) == (0, 1)
    assert len(result.missed) == 1
    assert result.groups == INSUFFICIENT
