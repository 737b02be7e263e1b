"""Templates of a face and of its mirror image, averaged, and of the face alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from score_people import against, head, portraits, row, searched

if TYPE_CHECKING:
    from pathlib import Path

    from score_people import People

    from overt.biometrics import ModelPack
    from overt.evaluation.metrics import Scored

__all__ = ["mirror"]


def mirror(name: str, pack: ModelPack, people: People, data: Path, cache: Path, *, threads: int) -> None:
    """TPIR with the mirror image averaged in, and without."""
    spec = pack.manifest.recogniser
    changed = msgspec.structs.replace(
        pack.manifest, recogniser=msgspec.structs.replace(spec, flip_average=not spec.flip_average)
    )
    other = portraits(msgspec.structs.replace(pack, manifest=changed), data, cache, threads=threads)
    alone, averaged = (other, people) if spec.flip_average else (people, other)
    base = _outcome(alone)
    head("pack", "templates", "TPIR at FPIR 10% (less the face alone, points)", "1%", "0.3%")
    row(name, "the face alone", *against([base], [base]))
    row(name, "and its mirror image", *against([_outcome(averaged)], [base]))


def _outcome(people: People) -> Scored:
    entries, mated, strangers = (people.rows(role) for role in ("gallery", "mated", "nonmated"))
    return searched(
        people.vectors[mated] @ people.vectors[entries].T,
        people.vectors[strangers] @ people.vectors[entries].T,
        people.people[entries],
        people.people[mated],
        people.people[strangers],
        people.found[mated],
    )
