"""Covered faces, like with like: what looks covered is made even, and compared with references made so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from overt.biometrics import ChipEvener, bare_equivalent
from overt.errors import ContractError
from overt.gallery import COVERED_LENGTH_POWER, Gallery

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from overt.biometrics import Covering, FloatArray, ImageArray, ModelPack
    from overt.biometrics.sessions import Allocate
    from overt.engine.wire import CoveredTemplates

__all__ = ["CoveredSearch"]


class CoveredSearch:
    """Judges chips, makes covered parts even, and searches each face among references that are made alike.

    Every score it gives is on the scale of bare faces, so that one threshold decides about all of them.

    Args:
        pack: its scales are used.
        bare: the entries as they are.
        covered: their references with parts made even; of parts that are not named nothing is judged. Of an entry's
            several references one template is made, part by part, as of bare ones.
        owners: int64 [m], the entry of each reference.
        groups: int64 [m], which references of an entry are put together, judged by bare faces; all where not given.
        allocate: gives the memory that probes and pixels pass through.

    Raises:
        ContractError: a part is named that the pack has no scale for.
        WatchlistError: templates and entries do not fit together.
    """

    def __init__(
        self,
        pack: ModelPack,
        bare: Gallery,
        covered: Sequence[CoveredTemplates],
        owners: npt.NDArray[np.int64],
        *,
        groups: npt.NDArray[np.int64] | None = None,
        allocate: Allocate = np.zeros,
    ) -> None:
        self._bare = bare
        self._evener = ChipEvener(pack.manifest.recogniser, [part.covering for part in covered], allocate)
        known = {scale.covering: scale for scale in pack.manifest.covered}
        missing = [part.covering for part in covered if part.covering not in known]
        if missing:
            raise ContractError(
                f"The pack {pack.manifest.id} has no scale for faces whose part {missing[0]!r} is covered",
                "Enrol the watchlist again with the pack that is to run",
            )
        self._scales = {part.covering: known[part.covering] for part in covered}
        self._galleries: dict[Covering, Gallery] = {}
        for part in covered:
            templates = np.frombuffer(part.templates, "<f4").reshape(-1, pack.contract.dimension)
            gallery = Gallery(pack.contract, allocate=allocate)
            self._galleries[part.covering] = gallery.build_fused(
                bare.entries, templates, owners, groups, power=COVERED_LENGTH_POWER
            )

    @property
    def galleries(self) -> tuple[Gallery, ...]:
        """Everything that is searched, the bare references first."""
        return self._bare, *self._galleries.values()

    @property
    def coverings(self) -> tuple[Covering, ...]:
        """The parts that are judged."""
        return tuple(self._galleries)

    def prepare(self, chips: ImageArray) -> list[Covering | None]:
        """Make even, where it lies, what looks covered of each chip, uint8 [n, side, side, 3]; what that was."""
        return self._evener.prepare(chips)

    def search(
        self, probes: FloatArray, coverings: Sequence[Covering | None]
    ) -> tuple[list[int], list[float]]:
        """The best entry of each probe, -1 for none, and its score on the scale of bare faces.

        Args:
            probes: float32 [n, dimension].
            coverings: [n], what `prepare` found of each.
        """
        if not any(coverings):
            best = self._bare.search(probes, k=1)
            return best.entries[:, 0].tolist(), best.scores[:, 0].tolist()
        entries, scores = [], []
        for i, covering in enumerate(coverings):
            gallery = self._bare if covering is None else self._galleries[covering]
            best = gallery.search(probes[i : i + 1], k=1)
            score = float(best.scores[0, 0])
            entries.append(int(best.entries[0, 0]))
            scores.append(score if covering is None else bare_equivalent(score, self._scales[covering]))
        return entries, scores
