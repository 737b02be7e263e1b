"""Scores against a cohort, by plain loops, and on people of whom some resemble everybody."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from overt.evaluation.metrics import Normaliser, choose_threshold, missed, search_all


def _unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("kind", ["s-norm", "z-norm"])
def test_it_is_the_formula(kind: Literal["s-norm", "z-norm"]) -> None:
    lot = np.random.default_rng(1)
    gallery, probes, cohort = (_unit(lot.normal(size=(n, 16))) for n in (7, 5, 40))
    # one of the cohort is the person of gallery row 2 and probe 3, another that of probe 4
    people = np.arange(100, 140)
    people[6], people[9] = 2, 53
    probe_people = [50, 51, 52, 2, 53]
    normaliser = Normaliser(
        kind,
        cohort,
        people,
        gallery=gallery,
        gallery_identities=np.arange(7),
        probe_identities=np.array(probe_people),
        top=10,
    )
    ours = normaliser(probes @ gallery.T, probes, slice(0, 5))

    def standard(face: np.ndarray, left_out: set[int]) -> tuple[float, float]:
        scores = np.array(
            [face @ other for other, who in zip(cohort, people, strict=True) if who not in left_out]
        )
        kept = np.sort(scores)[::-1][:10] if kind == "s-norm" else scores
        return float(kept.mean()), float(kept.std())

    for i, probe in enumerate(probes):
        for j, entry in enumerate(gallery):
            mean, spread = standard(entry, {j, probe_people[i]})
            wanted = (float(probe @ entry) - mean) / spread
            if kind == "s-norm":
                mean, spread = standard(probe, {j, probe_people[i]})
                wanted = (wanted + (float(probe @ entry) - mean) / spread) / 2
            assert ours[i, j] == pytest.approx(wanted, abs=2e-3)


def test_a_threshold_chosen_on_the_cohorts_own_people_holds_on_others() -> None:
    """Many draws: the rate of false positives is the wanted one and not a multiple of it."""
    lot = np.random.default_rng(3)
    rates, left_in = [], []
    for _ in range(12):
        vectors = _unit(lot.normal(size=(1200, 24)))
        calibration, test = vectors[:600], vectors[600:]

        def strangers(people: np.ndarray, first: int, cohort: np.ndarray = calibration) -> np.ndarray:
            normaliser = Normaliser(
                "s-norm",
                cohort,
                np.arange(600),
                gallery=people[:100],
                gallery_identities=np.arange(first, first + 100),
                probe_identities=np.arange(first + 100, first + 600),
                top=100,
            )
            probes = people[100:]
            found = np.ones(500, bool)
            searched = search_all(
                probes, found, np.full(500, -1), people[:100], np.arange(100), normalise=normaliser
            )
            return searched.best

        tried = strangers(test, 600)
        # numbered anew, nobody is known to be in the cohort, and nobody is left out of it
        for kept, chosen_on in (
            (rates, strangers(calibration, 0)),
            (left_in, strangers(calibration, 10_000)),
        ):
            threshold = choose_threshold(chosen_on, 0.02)
            assert threshold is not None
            kept.append((tried >= threshold).mean())
    assert np.mean(rates) == pytest.approx(0.02, abs=0.006)
    assert np.mean(left_in) > 1.5 * np.mean(rates)


def test_one_threshold_for_all_serves_better_after_it() -> None:
    """Half of the people share a direction, as pictures of one camera or one kind of face do."""
    lot = np.random.default_rng(2)
    shared = lot.normal(size=128)

    def people(n: int) -> np.ndarray:
        return lot.normal(size=(n, 128)) + np.where(np.arange(n)[:, None] % 2, 1.0, 0.0) * shared

    enrolled, strangers = people(300), people(600)
    gallery = _unit(enrolled)
    probes = _unit(np.concatenate([enrolled + 1.5 * lot.normal(size=enrolled.shape), strangers]))
    cohort = _unit(people(300))
    mates = np.concatenate([np.arange(300), np.full(600, -1)])

    def tpir(normaliser: Normaliser | None) -> float:
        found = search_all(probes, np.ones(900, bool), mates, gallery, np.arange(300), normalise=normaliser)
        threshold = choose_threshold(found.best[300:], 0.01)
        assert threshold is not None
        return 1 - float(missed(found.take(np.arange(300)), threshold).mean())

    normaliser = Normaliser(
        "s-norm",
        cohort,
        np.arange(1000, 1300),
        gallery=gallery,
        gallery_identities=np.arange(300),
        probe_identities=np.concatenate([np.arange(300), np.arange(400, 1000)]),
        top=100,
    )
    assert tpir(normaliser) > tpir(None) + 0.1
