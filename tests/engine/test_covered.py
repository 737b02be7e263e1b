"""Covered faces are compared with references that are made alike, on the scale of bare faces."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from overt.biometrics import CoveredScale, FloatArray, ModelPack, packs
from overt.engine import CoveredTemplates
from overt.engine.covered import CoveredSearch
from overt.errors import ContractError, WatchlistError
from overt.gallery import Gallery
from tests.gallery.filler import synthetic_templates

SCALE = CoveredScale(covering="lower", scores=(0.0, 1.0), bare=(-0.2, 0.8), data="", date="")
OWNERS = np.array([0, 1, 1])


@pytest.fixture(scope="module")
def pack() -> ModelPack:
    """The embedded pack's manifest with a scale; its files are not read."""
    manifest = packs.load("embedded").manifest
    return ModelPack(manifest=msgspec.structs.replace(manifest, covered=(SCALE,)), folder=Path())


def searched(pack: ModelPack, bare: FloatArray, lower: FloatArray) -> CoveredSearch:
    gallery = Gallery(pack.contract).build(("a", "b"), bare, OWNERS)
    return CoveredSearch(pack, gallery, (templates_of(lower),), OWNERS)


def templates_of(lower: FloatArray) -> CoveredTemplates:
    return CoveredTemplates(covering="lower", templates=lower.astype("<f4").tobytes())


def test_each_face_is_searched_for_among_its_like_and_its_score_told_on_one_scale(pack: ModelPack) -> None:
    d = pack.contract.dimension
    bare, lower = synthetic_templates(3, d, 1), synthetic_templates(3, d, 2)
    both = searched(pack, bare, lower)
    probes = np.stack([bare[0], lower[2], lower[0], bare[2]])
    entries, scores = both.search(probes, [None, "lower", "lower", None])
    assert entries == [0, 1, 0, 1]
    assert scores == pytest.approx([1.0, 0.8, 0.8, 1.0], abs=1e-5)
    assert both.search(probes[:1], [None]) == (entries[:1], pytest.approx(scores[:1]))


def test_a_part_without_a_scale_and_templates_that_do_not_fit_are_refused(pack: ModelPack) -> None:
    bare = synthetic_templates(3, pack.contract.dimension, 1)
    plain = ModelPack(manifest=msgspec.structs.replace(pack.manifest, covered=()), folder=pack.folder)
    with pytest.raises(ContractError, match="has no scale"):
        searched(plain, bare, bare)
    with pytest.raises(WatchlistError, match="do not fit together"):
        searched(pack, bare, bare[:2])


def test_without_templates_of_covered_faces_every_face_is_taken_as_it_is(pack: ModelPack) -> None:
    bare = synthetic_templates(3, pack.contract.dimension, 1)
    gallery = Gallery(pack.contract).build(("a", "b"), bare, OWNERS)
    plain = CoveredSearch(pack, gallery, (), OWNERS)
    side = pack.manifest.recogniser.size
    chips = np.random.default_rng(0).integers(0, 256, (2, side, side, 3), dtype=np.uint8)
    before = chips.copy()
    assert (plain.coverings, plain.galleries) == ((), (gallery,))
    assert plain.prepare(chips) == [None, None]
    np.testing.assert_array_equal(chips, before)
