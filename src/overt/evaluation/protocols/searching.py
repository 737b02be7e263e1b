"""All searches of a dataset: every probe against everybody who is enrolled, compared as an engine compares them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from overt.biometrics import bare_equivalents
from overt.errors import EvaluationError
from overt.evaluation.metrics import Comparisons, Normalisation, Normaliser, Searches, search_all
from overt.gallery import COVERED_LENGTH_POWER, LENGTH_POWER, entry_of_group, fuse_references, picture_groups

if TYPE_CHECKING:
    from overt.biometrics import Covering, FloatArray
    from overt.evaluation.protocols.trials import Trials

__all__ = ["Outcome", "compare_all", "search_trials"]

LEAST_COHORT: Final = 50

MOST_STRANGERS: Final = 2_000
"""Whose comparisons with every entry are held at once."""

_BLOCK: Final = 500

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The searches of one dataset under one normalisation.

    Attributes:
        n_gallery: people enrolled.
        mated: the searches of people who are.
        mated_rows: the samples that they are of.
        strangers: float64 [n], the best score of each search of somebody who is not; those without a face left out.
        stranger_rows: the samples that these are of.
    """

    n_gallery: int
    mated: Searches
    mated_rows: Codes
    strangers: npt.NDArray[np.float64]
    stranger_rows: Codes


def search_trials(
    trials: Trials, normalisation: Normalisation = "none", cohort: Trials | None = None
) -> Outcome:
    """Search all probes; enrolled pictures without a face are no part of the list.

    Several pictures of a person become one template, as an engine makes it. A probe that looks covered is compared
    with references that are made alike. Its score is told on the scale of bare faces, as an engine tells it; or,
    normalised, by a cohort that is made alike.
    """
    enrolled = _Enrolled.of(trials)
    entry_of = {int(person): entry for entry, person in enumerate(enrolled.people)}
    mated_rows, stranger_rows = trials.rows("mated"), trials.rows("nonmated")
    stranger_rows = stranger_rows[trials.found[stranger_rows]]
    probes = np.concatenate([mated_rows, stranger_rows])
    n, of_mated = len(probes), len(mated_rows)
    mates = [entry_of.get(int(trials.identities[row]), -1) for row in mated_rows]
    own = np.array([*mates, *[-1] * len(stranger_rows)], np.int64)
    best, mate, rank = np.full(n, -np.inf), np.full(n, -np.inf), np.zeros(n, np.int64)
    for covering in (None, *trials.scales):
        places = trials.looking(covering, probes)
        if not len(places):
            continue
        gallery = enrolled.templates(trials, covering)
        found = search_all(
            trials.templates(covering)[probes[places]],
            trials.found[probes[places]],
            own[places],
            gallery,
            enrolled.of_template,
            normalise=enrolled.normaliser(trials, covering, normalisation, cohort, probes[places]),
        )
        best[places], mate[places], rank[places] = found.best, found.mate, found.rank
        if covering is not None and normalisation == "none":
            scale = trials.scales[covering]
            best[places], mate[places] = (
                bare_equivalents(scores, scale) for scores in (found.best, found.mate)
            )
    return Outcome(
        len(enrolled.people),
        Searches(best[:of_mated], mate[:of_mated], rank[:of_mated]),
        mated_rows,
        best[of_mated:],
        stranger_rows,
    )


def compare_all(
    trials: Trials, normalisation: Normalisation = "none", cohort: Trials | None = None, *, seed: int = 1
) -> Comparisons:
    """Mated probes with their own entries, and strangers with every entry, one by one; scores as in `search_trials`.

    Of more strangers than `MOST_STRANGERS`, so many by lot.
    """
    enrolled = _Enrolled.of(trials)
    found = search_trials(trials, normalisation, cohort).mated
    there = found.rank > 0
    strangers = trials.rows("nonmated")
    strangers = strangers[trials.found[strangers]]
    strangers = np.sort(np.random.default_rng(seed).permutation(strangers)[:MOST_STRANGERS])
    different = np.zeros((len(strangers), len(enrolled.people)))
    for covering in (None, *trials.scales) if different.size else ():
        places = trials.looking(covering, strangers)
        probes = strangers[places]
        gallery = enrolled.templates(trials, covering)
        normaliser = enrolled.normaliser(trials, covering, normalisation, cohort, probes)
        for first in range(0, len(places), _BLOCK):
            part = slice(first, min(first + _BLOCK, len(places)))
            faces = trials.templates(covering)[probes[part]]
            scores = np.asarray(faces @ gallery.T, np.float32)
            if normaliser is not None:
                scores = normaliser(scores, faces, part)
            scores = np.maximum.reduceat(scores, enrolled.starts, axis=1)
            if normaliser is None and covering is not None:
                different[places[part]] = bare_equivalents(scores, trials.scales[covering])
            else:
                different[places[part]] = scores
    return Comparisons(
        found.mate[there],
        trials.identities[trials.rows("mated")[there]],
        different,
        trials.identities[strangers],
    )


@dataclass(frozen=True, slots=True)
class _Enrolled:
    """Who is enrolled.

    Attributes:
        rows: of the usable pictures, person after person.
        groups: int64, which of them are put together as one template, by bare faces.
        of_template: int64, each template's person, as a place in `people`, rising.
        people: int64, their identities.
    """

    rows: Codes
    groups: Codes
    of_template: Codes
    people: Codes

    @property
    def starts(self) -> Codes:
        """Where each person's templates begin."""
        return np.flatnonzero(np.diff(self.of_template, prepend=-1))

    @classmethod
    def of(cls, trials: Trials) -> _Enrolled:
        rows = trials.rows("gallery")
        rows = rows[trials.found[rows]]
        rows = rows[np.argsort(trials.identities[rows], kind="stable")]
        people, owners = np.unique(trials.identities[rows], return_inverse=True)
        groups = picture_groups(trials.vectors[rows], owners, trials.apart_below)
        return cls(rows, groups, entry_of_group(groups, owners), people)

    def templates(self, trials: Trials, covering: Covering | None) -> FloatArray:
        """One template for the pictures of a person that are alike, as an engine makes it; float32 [m, d]."""
        power = LENGTH_POWER if covering is None else COVERED_LENGTH_POWER
        return fuse_references(trials.templates(covering)[self.rows], self.groups, power=power)

    def normaliser(
        self,
        trials: Trials,
        covering: Covering | None,
        kind: Normalisation,
        cohort: Trials | None,
        probes: Codes,
    ) -> Normaliser | None:
        """What measures their scores with these probes against a cohort; None where scores stay as they are."""
        if kind == "none" or cohort is None:
            return None
        chosen = _cohort(cohort, covering)
        return Normaliser(
            kind,
            cohort.templates(covering)[chosen],
            cohort.identities[chosen],
            gallery=self.templates(trials, covering),
            gallery_identities=self.people[self.of_template],
            probe_identities=trials.identities[probes],
        )


def _cohort(trials: Trials, covering: Covering | None) -> Codes:
    """The first usable picture of each person."""
    rows = np.flatnonzero(trials.found & trials.templates(covering).any(axis=1))
    _, first = np.unique(trials.identities[rows], return_index=True)
    if len(first) < LEAST_COHORT:
        raise EvaluationError(
            f"{trials.dataset.name} has {len(first)} people with a usable face, too few for a cohort",
            f"Give calibration data of at least {LEAST_COHORT} people, or leave scores as they are",
        )
    return rows[first]
