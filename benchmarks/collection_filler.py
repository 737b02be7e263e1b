"""Synthetic templates to fill a collection with, drawn so that strangers score with them as with real people.

Faces come in kinds, and it is within a kind that strangers score high. A normal distribution with the mean and the
covariance of real templates has no kinds, and its tail is too short. So one is blended of three people of a kind.
Each real template of a pool is taken apart: how far it points along the pool's mean, and its direction across the
mean. For one that is drawn

- a person of the pool is drawn, and two of the k people whose directions are nearest to theirs;
- its direction is a mixture of the three, by weights drawn evenly;
- how far it points along the mean is that of one more person who is drawn.

The second keeps it within a kind, and the third keeps blends from crowding round the mean. How wide a kind is, k, is
chosen on two parts of the pool's own people, by how often scores at the top are reached; and judged on people of
neither part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    from score_people import Scores

__all__ = ["Filler", "chosen_filler", "normal", "tail_error"]

KINDS: Final = (1.0, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12, 0.08)
"""Parts of the pool that k is tried as."""

TAIL: Final = (1e-1, 1e-2, 1e-3, 1e-4)
_DRAWN: Final = 20_000
_AT_ONCE: Final = 10_000


class Filler:
    """Draws synthetic templates after a pool of real ones.

    Args:
        pool: float32 [n, d], one template of each person.
        kind: the part of the pool that a person's kind is.
    """

    def __init__(self, pool: Scores, kind: float) -> None:
        self.kind = kind
        exact = pool.astype(np.float64)
        mean = exact.mean(axis=0)
        self._mean = mean / np.linalg.norm(mean)
        self._along = exact @ self._mean
        self._across = _unit(exact - self._along[:, None] * self._mean)
        alike = self._across @ self._across.T
        np.fill_diagonal(alike, -np.inf)
        self._near = np.argsort(-alike, axis=1)[:, : max(2, round(kind * (len(pool) - 1)))]

    def draw(self, n: int, seed: int) -> Scores:
        """Float32 [n, d], of unit length; the first rows are the same for every n."""
        drawn = np.empty((n, len(self._mean)), np.float32)
        for part, first in enumerate(range(0, n, _AT_ONCE)):
            some = min(_AT_ONCE, n - first)
            drawn[first : first + some] = self._some(np.random.default_rng((seed, part)))[:some]
        return drawn

    def _some(self, generator: np.random.Generator) -> npt.NDArray[np.float64]:
        people = len(self._across)
        first = generator.integers(people, size=_AT_ONCE)
        others = self._near[first[:, None], generator.integers(self._near.shape[1], size=(_AT_ONCE, 2))]
        weights = generator.dirichlet((1, 1, 1), _AT_ONCE)
        across = weights[:, :1] * self._across[first]
        for one in range(2):
            across += weights[:, one + 1 : one + 2] * self._across[others[:, one]]
        along = self._along[generator.integers(people, size=_AT_ONCE)][:, None]
        return np.asarray(along * self._mean + np.sqrt(1 - along**2) * _unit(across), np.float64)


def normal(pool: Scores, n: int, seed: int) -> Scores:
    """Drawn from the normal distribution with the pool's mean and covariance, for comparison: float32 [n, d]."""
    exact = pool.astype(np.float64)
    values, vectors = np.linalg.eigh(np.cov(exact.T))
    drawn = np.random.default_rng(seed).standard_normal((n, len(values))) * np.sqrt(np.maximum(values, 0))
    return np.asarray(_unit(exact.mean(axis=0) + drawn @ vectors.T), np.float32)


def _unit(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def tail_error(real: Scores, synthetic: Scores) -> float:
    """How far apart tails are: mean |log10| of how often the scores are reached that 1 in 10 … 10,000 reach."""
    reached = [max(float((synthetic >= np.quantile(real, 1 - q)).mean()), 1e-9) / q for q in TAIL]
    return float(np.abs(np.log10(reached)).mean())


def chosen_filler(pool: Scores, seed: int) -> Filler:
    """A filler after the whole pool, the width of its kinds chosen on two halves of the pool, both ways round."""
    order = np.random.default_rng(seed).permutation(len(pool))
    errors = np.zeros(len(KINDS))
    for learned, probed in ((order[::2], order[1::2]), (order[1::2], order[::2])):
        real = (pool[probed] @ pool[learned].T).ravel()
        for at, kind in enumerate(KINDS):
            drawn = Filler(pool[learned], kind).draw(_DRAWN, seed)
            errors[at] += tail_error(real, (pool[probed] @ drawn.T).ravel())
    return Filler(pool, KINDS[int(np.argmin(errors))])
