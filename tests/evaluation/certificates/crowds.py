"""Two sets of made-up people, in numbers alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.evaluation.protocols.people import number_trials

if TYPE_CHECKING:
    from overt.evaluation.protocols import Role, Trials

__all__ = ["crowd"]


def crowd(
    name: str = "tested", *, enrolled: int = 80, strangers: int = 900, seed: int = 1, first: int = 0
) -> Trials:
    """People who are enrolled and searched for, and strangers, each of them in one of two groups."""
    lot = np.random.default_rng(seed)
    people = lot.normal(size=(enrolled, 64))
    probes = people + np.linspace(0.2, 2, enrolled)[:, None] * lot.normal(size=people.shape)
    roles: list[Role] = ["gallery"] * enrolled + ["mated"] * enrolled + ["nonmated"] * strangers
    identities = [*range(first, first + enrolled)] * 2
    identities += [*range(first + enrolled, first + enrolled + strangers)]
    made = number_trials(
        roles,
        identities,
        np.concatenate([people, probes, lot.normal(size=(strangers, 64))]),
        groups=["many" if i % 9 else "few" for i in range(len(roles))],
        folder=Path("nowhere"),
    )
    digests = tuple(f"{seed:02x}{digest[2:]}" for digest in made.digests)
    return replace(made, dataset=replace(made.dataset, name=name), digests=digests)
