"""Chips in, templates of unit length out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from overt.biometrics import ImageArray, load_detector, load_embedder
from overt.biometrics.embedding import Embedder
from overt.biometrics.sessions import Network
from overt.errors import PackError
from tests.biometrics.networks import CONTRACT, quarter_spec

if TYPE_CHECKING:
    from pathlib import Path

    from overt.biometrics.packs import ModelPack
    from tests.biometrics.conftest import Networks


def chips_of(n: int, seed: int = 0) -> ImageArray:
    """Chips whose quarters differ in colour."""
    colours = np.random.default_rng(seed).integers(0, 256, (n, 2, 2, 3), dtype=np.uint8)
    return np.asarray(colours.repeat(56, axis=1).repeat(56, axis=2))


def expected(chips: ImageArray, reverse: bool = False) -> np.ndarray:
    """What `quarter_recogniser` gives, by hand."""
    means = chips.reshape(-1, 2, 56, 2, 56, 3).mean((2, 4))
    if reverse:
        means = means[..., ::-1]
    flat = means.transpose(0, 3, 1, 2).reshape(len(chips), 12)
    return np.asarray(flat / np.linalg.norm(flat, axis=1, keepdims=True))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 21])
@pytest.mark.parametrize("name", ["quarters.onnx", "quarters-of-four.onnx"])
def test_any_number_of_chips(networks: Networks, n: int, name: str) -> None:
    chips, out = chips_of(n), np.full((n, 12), np.nan, np.float32)
    embedder = networks.embedder(name=name)
    embedder.embed(chips, out)
    np.testing.assert_allclose(out, expected(chips), atol=1e-5)
    assert set(embedder._runs) <= {1, 4, 8}


def test_the_colour_order_is_the_one_named(networks: Networks) -> None:
    chips, out = chips_of(3), np.zeros((3, 12), np.float32)
    networks.embedder(colour="rgb").embed(chips, out)
    np.testing.assert_allclose(out, expected(chips, reverse=True), atol=1e-5)


def test_a_chip_and_its_mirror_image_are_averaged_where_the_pack_says(networks: Networks) -> None:
    chips, out = chips_of(5), np.zeros((5, 12), np.float32)
    networks.embedder(flip=True).embed(chips, out)
    both = (chips.astype(float) + chips[:, :, ::-1]) / 2
    np.testing.assert_allclose(out, expected(both), atol=1e-4)


def test_chips_are_left_as_they_were(networks: Networks) -> None:
    chips = chips_of(5)
    before = chips.copy()
    networks.embedder(flip=True).embed(chips, np.zeros((5, 12), np.float32))
    np.testing.assert_array_equal(chips, before)


def test_a_template_of_nothing_is_nothing(networks: Networks) -> None:
    chips, out = chips_of(4), np.ones((4, 12), np.float32)
    chips[2] = 0
    networks.embedder().embed(chips, out)
    assert not out[2].any()
    np.testing.assert_allclose(np.linalg.norm(out[[0, 1, 3]], axis=1), 1.0, rtol=1e-5)


def test_nothing_of_chips_or_templates_remains_after_scrub(networks: Networks) -> None:
    embedder = networks.embedder(flip=True)
    embedder.warm()
    embedder.embed(chips_of(13), np.zeros((13, 12), np.float32))
    assert any(run.input.any() for run in embedder._runs.values())
    assert any(run.outputs[0].any() for run in embedder._runs.values())
    embedder.scrub()
    assert not any(run.input.any() or run.outputs[0].any() for run in embedder._runs.values())
    assert not embedder._planes.any()


def test_only_the_batch_sizes_named_are_scrubbed(networks: Networks) -> None:
    embedder = networks.embedder()
    assert embedder.sizes_for(3) == {1}
    assert embedder.sizes_for(4) == {4}
    for n in (4, 3):
        embedder.embed(chips_of(n), np.zeros((n, 12), np.float32))
    embedder.scrub([4])
    assert not embedder._runs[4].input.any()
    assert embedder._runs[1].input.any()
    embedder.scrub()
    assert not embedder._runs[1].input.any()


@pytest.mark.parametrize(
    ("chips", "out"),
    [
        (np.zeros((2, 112, 112, 3), np.uint8), np.zeros((3, 12), np.float32)),
        (np.zeros((2, 150, 150, 3), np.uint8), np.zeros((2, 12), np.float32)),
        (np.zeros((2, 112, 112, 3), np.float32), np.zeros((2, 12), np.float32)),
        (np.zeros((2, 112, 112, 3), np.uint8), np.zeros((2, 16), np.float32)),
    ],
)
def test_arrays_of_other_shapes_are_refused(networks: Networks, chips: np.ndarray, out: np.ndarray) -> None:
    with pytest.raises(ValueError, match="chips should be uint8"):
        networks.embedder().embed(chips, out)


def test_a_network_of_another_dimension_is_refused(network_folder: Path) -> None:
    spec = quarter_spec()
    with pytest.raises(PackError, match="template of 16"):
        Embedder(
            Network(network_folder / "quarters.onnx"),
            type(spec)(layout="arcface-112", file="x", dimension=16, colour="bgr"),
            CONTRACT,
        )


def test_batch_sizes_that_make_no_sense_are_refused(networks: Networks) -> None:
    for sizes in ((), (0, 4)):
        with pytest.raises(ValueError, match="batch_sizes"):
            networks.embedder(batch_sizes=sizes)


def test_the_same_face_in_another_light_size_and_place_has_nearly_the_same_template(
    embedded_pack: ModelPack, portrait: ImageArray
) -> None:
    detector, embedder = load_detector(embedded_pack, threads=1), load_embedder(embedded_pack, threads=1)
    darker = np.asarray(portrait * 0.6, np.uint8)
    shifted = np.zeros((700, 800, 3), np.uint8)
    shifted[150:662, 200:712] = portrait
    images = [portrait, darker, shifted, np.asarray(portrait[:, ::-1]).copy()]
    chips = np.zeros((4, embedder.chip_size, embedder.chip_size, 3), np.uint8)
    for i, (image, faces) in enumerate(zip(images, detector.detect(images), strict=True)):
        assert len(faces) == 1
        embedder.align(image, faces.landmarks, chips[i : i + 1])
    out = np.zeros((4, embedder.dimension), np.float32)
    embedder.embed(chips, out)
    assert (out[0] @ out.T).min() > 0.97
