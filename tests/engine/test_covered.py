"""Covered faces are compared with references that are made alike, on the scale of bare faces."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from overt.biometrics import CoveredScale, FloatArray, ModelPack, load_detector, packs
from overt.engine import Alert, Begin, CoveredTemplates, Engine, EngineLimits, FeedSpec
from overt.engine.covered import CoveredSearch
from overt.errors import ContractError, WatchlistError
from overt.evaluation.protocols import draw_occlusion
from overt.gallery import COVERED_LENGTH_POWER, LENGTH_POWER, Gallery, enrol, fuse_references
from tests.gallery.filler import synthetic_templates
from tests.gallery.portraits import astronaut, hopper, write

SCALE = CoveredScale(covering="lower", scores=(0.0, 1.0), bare=(-0.2, 0.8), data="", date="")
OWNERS = np.array([0, 1, 1])


@pytest.fixture(scope="module")
def scaled() -> ModelPack:
    """The embedded pack's manifest with a scale; its files are not read."""
    manifest = packs.load("embedded").manifest
    return ModelPack(manifest=msgspec.structs.replace(manifest, covered=(SCALE,)), folder=Path())


def searched(pack: ModelPack, bare: FloatArray, lower: FloatArray) -> CoveredSearch:
    gallery = Gallery(pack.contract).build_fused(("a", "b"), bare, OWNERS)
    return CoveredSearch(pack, gallery, (templates_of(lower),), OWNERS)


def templates_of(lower: FloatArray) -> CoveredTemplates:
    return CoveredTemplates(covering="lower", templates=lower.astype("<f4").tobytes())


def test_each_face_is_searched_for_among_its_like_and_its_score_told_on_one_scale(scaled: ModelPack) -> None:
    d = scaled.contract.dimension
    bare, lower = synthetic_templates(3, d, 1), synthetic_templates(3, d, 2)
    both = searched(scaled, bare, lower)
    probes = np.stack([bare[0], lower[2], lower[0], bare[2]])
    entries, scores = both.search(probes, [None, "lower", "lower", None])
    assert entries == [0, 1, 0, 1]
    second = [
        float(fuse_references(of, OWNERS, power=power)[1] @ of[2])
        for of, power in ((bare, LENGTH_POWER), (lower, COVERED_LENGTH_POWER))
    ]
    assert scores == pytest.approx([1.0, second[1] - 0.2, 0.8, second[0]], abs=1e-5)
    assert both.search(probes[:1], [None]) == (entries[:1], pytest.approx(scores[:1]))


def test_a_part_without_a_scale_and_templates_that_do_not_fit_are_refused(scaled: ModelPack) -> None:
    bare = synthetic_templates(3, scaled.contract.dimension, 1)
    plain = ModelPack(manifest=msgspec.structs.replace(scaled.manifest, covered=()), folder=Path())
    with pytest.raises(ContractError, match="has no scale"):
        searched(plain, bare, bare)
    with pytest.raises(WatchlistError, match="do not fit together"):
        searched(scaled, bare, bare[:2])


def test_without_templates_of_covered_faces_every_face_is_taken_as_it_is(scaled: ModelPack) -> None:
    bare = synthetic_templates(3, scaled.contract.dimension, 1)
    gallery = Gallery(scaled.contract).build(("a", "b"), bare, OWNERS)
    plain = CoveredSearch(scaled, gallery, (), OWNERS)
    side = scaled.manifest.recogniser.size
    chips = np.random.default_rng(0).integers(0, 256, (2, side, side, 3), dtype=np.uint8)
    before = chips.copy()
    assert (plain.coverings, plain.galleries) == ((), (gallery,))
    assert plain.prepare(chips) == [None, None]
    np.testing.assert_array_equal(chips, before)


def test_somebody_in_a_mask_is_found_by_the_upper_face_and_only_so(
    dlib_pack: ModelPack, tmp_path: Path
) -> None:
    pack = dlib_pack
    portrait = hopper()
    points = load_detector(pack).detect([portrait])[0].landmarks[0]
    masked = draw_occlusion(portrait, points, "mask", seed=3)
    for i in range(8):
        frame = np.full((720, 1280, 3), 100, np.uint8)
        frame[60 : 60 + len(masked), 100 + 8 * i : 100 + 8 * i + masked.shape[1]] = masked
        write(tmp_path / "frames" / f"{i}.png", frame)
    write(tmp_path / "list" / "hopper.png", portrait)
    write(tmp_path / "list" / "collins.png", astronaut())
    watchlist = enrol(tmp_path / "list", pack).watchlist
    begin = Begin(
        pack=str(pack.folder),
        contract=pack.contract,
        operating_point=pack.manifest.operating_point,
        feeds=(FeedSpec(name="gate", uri=str(tmp_path / "frames"), pace="max"),),
        entries=watchlist.references,
        templates=watchlist.templates.astype("<f4").tobytes(),
        entry_of_template=tuple(watchlist.entry_of_template.tolist()),
        covered=(templates_of(watchlist.covered["lower"]),),
        limits=EngineLimits(threads=1),
    )
    found = []
    for told in (begin, msgspec.structs.replace(begin, covered=())):
        with Engine.start(told) as engine:
            alerts = [message for message in engine.messages() if isinstance(message, Alert)]
            found.append((engine.ready.coverings, [(alert.entry, alert.covering) for alert in alerts]))
            assert all(alert.score >= alert.threshold for alert in alerts)
    assert found == [(("lower",), [("hopper", "lower")]), ((), [])]
