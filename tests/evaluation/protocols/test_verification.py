"""Pairs one to one, from pictures to accuracy."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from overt.evaluation.metrics import INSUFFICIENT, Estimate
from overt.evaluation.protocols import MatchRate, Plan, Templates, read_pairs, to_json, verify
from overt.evaluation.protocols.verification import people_of
from tests.evaluation.protocols.people import write_people

if TYPE_CHECKING:
    from overt.biometrics import ModelPack


def test_a_few_pairs_are_compared_and_nothing_is_made_of_them(pack: ModelPack, tmp_path: Path) -> None:
    people = write_people(tmp_path, enrolled=3, strangers=1)
    result = verify(pack, read_pairs(people.pairs), Plan(threads=1))
    assert (result.n_same, result.n_different) == (3, 3)
    assert result.accuracy == result.eer == result.auc == INSUFFICIENT
    assert set(result.fnmr.values()) == {INSUFFICIENT}
    assert result.failure_to_acquire == 0
    assert result.groups == INSUFFICIENT
    assert "10" not in json.loads(to_json(result))["accuracy"]


def test_the_figures_are_what_counting_gives(
    pack: ModelPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On templates that are given: 700 pairs, one picture of which has no face."""
    lot = np.random.default_rng(1)
    same = np.arange(700) % 2 == 0
    first = lot.normal(size=(700, 32))
    second = np.where(same[:, None], first + 1.2 * lot.normal(size=first.shape), lot.normal(size=first.shape))
    found = np.ones(700, bool)
    found[4] = False

    def templates(_: object, pictures: list[tuple[str, Path]], *__: object, **___: object) -> Templates:
        side = first if pictures[0][1].name.startswith("a") else second
        vectors = (side / np.linalg.norm(side, axis=1, keepdims=True)).astype(np.float32)
        usable = np.ones(700, bool) if side is first else found
        digests = tuple(f"{pictures[0][1].name[0]}{i}" for i in range(700))
        return Templates(vectors, usable, np.ones(700, np.float32), np.ones(700, np.float32), digests)

    monkeypatch.setattr("overt.evaluation.protocols.verification.make_templates", templates)
    file = tmp_path / "pairs.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("image_a", "image_b", "same", "fold", "sex"))
        for i in range(700):
            for name in (f"a{i}.png", f"b{i}.png"):
                (tmp_path / name).write_bytes(b"")
            writer.writerow((f"a{i}.png", f"b{i}.png", int(same[i]), i % 7, "ab"[i // 2 % 2]))
    result = verify(pack, read_pairs(file), Plan())
    scores = np.einsum(
        "nd,nd->n",
        first / np.linalg.norm(first, axis=1, keepdims=True),
        second / np.linalg.norm(second, axis=1, keepdims=True),
    )
    scores[4] = -2
    assert result.folded is not None
    assert result.folded.folds == 7
    assert not isinstance(result.groups, str)
    sexes, missed = result.groups["sex"], scores < result.groups["sex"].threshold
    for label, of in (("a", np.arange(700) // 2 % 2 == 0), ("b", np.arange(700) // 2 % 2 == 1)):
        group = sexes.values[label]
        assert (group.n_same, group.n_different, group.fmr) == (of[same].sum(), of[~same].sum(), INSUFFICIENT)
        assert isinstance(group.fnmr, Estimate)
        assert group.fnmr.value == pytest.approx(missed[same & of].mean())
    assert sexes.fnmr.groups == ("a", "b")
    assert sexes.fmr.groups == ()
    assert result.auc == pytest.approx(mannwhitneyu(scores[same], scores[~same]).statistic / 350**2)
    rate = result.fnmr["0.01"]
    assert isinstance(rate, MatchRate)
    assert rate.fmr.hits == 3
    assert rate.fnmr.value == pytest.approx((scores[same] < rate.threshold).mean())
    assert result.fnmr["0.001"] == INSUFFICIENT
    assert result.failure_to_acquire == pytest.approx(1 / 1400)
    assert result.notices == ()
    assert isinstance(result.accuracy, float)
    assert 0.85 < result.accuracy < 1


@pytest.mark.parametrize(
    ("rows", "people"),
    [
        # pictures side by side: who is whose is known from the pairs alone
        (["a.png,b.png,1", "b.png,c.png,1", "a.png,d.png,0", "e.png,d.png,0"], ["abc", "d", "e"]),
        # in folders: each is a person's, though no pair links the two pictures
        (["x/a.png,y/b.png,0", "x/c.png,y/b.png,0"], ["ac", "b"]),
    ],
)
def test_trials_of_one_person_are_known_as_such(tmp_path: Path, rows: list[str], people: list[str]) -> None:
    for row in rows:
        for name in row.split(",")[:2]:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(b"")
    file = tmp_path / "pairs.csv"
    file.write_text("\n".join(("image_a,image_b,same", *rows)) + "\n", encoding="utf-8")
    together: dict[int, set[str]] = {}
    for path, number in people_of(read_pairs(file)).items():
        together.setdefault(number, set()).add(path.stem)
    assert sorted("".join(sorted(names)) for names in together.values()) == people
