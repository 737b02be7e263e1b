"""Which part of a face to make even, and how: `covered_parts.py [--pack NAME] [--kind mask …]`.

Tried for each covering: the faces as they are; both sides with rows of the chip made even, in grey or in the colour
of the skin beside them; and the sum of both scores. One half of the people, each way at thresholds of its own trials.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from covered_faces import ChipMaker, people_of_half
from score_people import head, load_pack, row

from overt.biometrics.alignment import ARCFACE_112, chip_template, similarity_transforms
from overt.evaluation.metrics import threshold_for
from overt.rates import exact_interval

if TYPE_CHECKING:
    from overt.biometrics import FloatArray, ImageArray
    from overt.biometrics.packs import RecogniserSpec

Rows = tuple[float, float]

TRIED: Final[dict[str, tuple[Rows, ...]]] = {
    "mask": ((57.0, 224.0), (62.0, 224.0)),
    "scarf": ((62.0, 224.0), (72.0, 224.0)),
    "sunglasses": ((40.0, 64.0),),
}
"""From where to where, in rows of ArcFace's chip of 112 by 112 pixels."""

SKIN: Final[dict[str, Rows]] = {"mask": (34.0, 62.0), "scarf": (34.0, 62.0), "sunglasses": (64.0, 92.0)}
GREY: Final = 128


def chip_rows(spec: RecogniserSpec, rows: Rows) -> tuple[int, int]:
    """Where rows of ArcFace's chip are in the recogniser's."""
    template, side = chip_template(spec)
    onto = similarity_transforms(np.array(ARCFACE_112, np.float32)[np.newaxis], template)[0]
    first, last = (round(float(onto[1] @ (56.0, row, 1.0))) for row in rows)
    return min(max(first, 0), side), min(max(last, 0), side)


def made_even(chips: ImageArray, rows: Rows, skin: Rows | None, spec: RecogniserSpec) -> ImageArray:
    """Copies of the chips with some rows in one colour: the mean of other rows, or grey."""
    out = chips.copy()
    first, last = chip_rows(spec, rows)
    for chip in out:
        if skin is None:
            chip[first:last] = GREY
        else:
            beside = chip_rows(spec, skin)
            chip[first:last] = np.round(chip[beside[0] : beside[1]].reshape(-1, 3).mean(axis=0))
    return out


def told(
    ours: FloatArray, theirs: FloatArray, owners: list[str], mates: list[str], found: np.ndarray
) -> list[str]:
    """Rank 1, and TPIR at FPIR 10% and 1%."""
    best = ours.max(axis=1)
    first = (np.array(owners)[ours.argmax(axis=1)] == np.array(mates)) & found
    strangers = theirs.max(axis=1).astype(np.float64)
    cells = []
    for hits in (first, *(first & (best >= threshold_for(strangers, fpir)) for fpir in (0.1, 0.01))):
        low, high = exact_interval(int(hits.sum()), len(hits))
        cells.append(f"{hits.mean():.3f} ({low:.3f} to {high:.3f})")
    return cells


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--pack", default="embedded")
    parser.add_argument("--kind", action="append", choices=tuple(TRIED))
    parser.add_argument("--strangers", type=int, default=300)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        pack = load_pack(asked.pack, asked.data, Path(scratch))
        spec = pack.manifest.recogniser
        maker = ChipMaker(pack)
        parts = people_of_half(asked.data, 0, asked.strangers)
        references, _ = maker.chips(parts["gallery"].paths, "bare")
        plain = maker.embed(references)
        owners, mates = list(parts["gallery"].people), list(parts["mated"].people)
        head(
            "pack", "over the face", "rows made even, on both sides", "in", "rank 1", "TPIR at FPIR 10%", "1%"
        )
        for kind in asked.kind or TRIED:
            chips, found = maker.chips((*parts["mated"].paths, *parts["nonmated"].paths), kind)
            n = len(mates)
            seen = np.flatnonzero(found[n:]) + n
            bare = maker.embed(chips) @ plain.T
            cells = told(bare[:n], bare[seen], owners, mates, found[:n])
            row(pack.manifest.id, kind, "none", "", *cells)
            for rows in TRIED[kind]:
                for words, skin in (("grey", None), ("the colour of the skin", SKIN[kind])):
                    even = maker.embed(made_even(chips, rows, skin, spec))
                    alike = even @ maker.embed(made_even(references, rows, skin, spec)).T
                    for scored, how in ((alike, ""), (alike + bare, ", added to the score as they are")):
                        cells = told(scored[:n], scored[seen], owners, mates, found[:n])
                        span = f"{rows[0]:.0f} to {min(rows[1], 112):.0f}{how}"
                        row(pack.manifest.id, kind, span, words, *cells)


if __name__ == "__main__":
    main()
