"""A provider that was asked for and is missing stops the start."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest

from overt.biometrics import ImageArray, available_providers, load_detector, load_embedder, providers
from overt.biometrics.sessions import Network
from overt.errors import ProviderError

if TYPE_CHECKING:
    from pathlib import Path

    from overt.biometrics import Provider
    from overt.biometrics.packs import ModelPack


def needs(provider: Provider) -> None:
    if provider not in available_providers():
        pytest.skip(f"the installed ONNX Runtime has no provider `{provider}`")


def test_the_cpu_is_always_there() -> None:
    assert available_providers()["cpu"] == "CPUExecutionProvider"


@pytest.mark.parametrize("provider", ["cuda", "openvino"])
def test_a_missing_provider_is_named_with_the_remedy(network_folder: Path, provider: Provider) -> None:
    if provider in available_providers():
        pytest.skip(f"`{provider}` is installed here")
    with pytest.raises(ProviderError) as raised:
        Network(network_folder / "spots.onnx", provider=provider)
    assert f"`{provider}`" in raised.value.what
    assert f"onnxruntime-{ {'cuda': 'gpu'}.get(provider, provider) }" in raised.value.remedy


def test_an_unknown_provider_is_refused(network_folder: Path) -> None:
    with pytest.raises(ProviderError, match="cpu, cuda, openvino"):
        Network(network_folder / "spots.onnx", provider="tpu")  # type: ignore[arg-type]


def test_a_provider_that_is_listed_and_does_not_start_is_never_replaced(
    network_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "cuda" in available_providers():
        pytest.skip("`cuda` is installed here")
    every = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(providers.onnxruntime, "get_available_providers", lambda: every)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the runtime says that it would fall back
        with pytest.raises(ProviderError):
            Network(network_folder / "spots.onnx", provider="cuda")


def test_bfloat16_is_for_openvino(network_folder: Path) -> None:
    with pytest.raises(ProviderError, match="bfloat16"):
        Network(network_folder / "spots.onnx", provider="cpu", precision="bfloat16")


@pytest.mark.parametrize("provider", ["cuda", "openvino"])
def test_another_provider_finds_the_same_face_and_makes_the_same_template(
    embedded_pack: ModelPack, portrait: ImageArray, provider: Provider
) -> None:
    needs(provider)
    templates = []
    boxes = []
    for each in ("cpu", provider):
        faces = load_detector(embedded_pack, provider=each).detect([portrait])[0]
        embedder = load_embedder(embedded_pack, provider=each)
        chip = np.zeros((1, embedder.chip_size, embedder.chip_size, 3), np.uint8)
        template = np.zeros((1, embedder.dimension), np.float32)
        embedder.align(portrait, faces.landmarks[:1], chip)
        embedder.embed(chip, template)
        boxes.append(faces.boxes)
        templates.append(template[0])
    np.testing.assert_allclose(boxes[0], boxes[1], atol=0.1)
    assert templates[0] @ templates[1] > 0.9999


def test_openvino_in_bfloat16_finds_the_same_face(embedded_pack: ModelPack, portrait: ImageArray) -> None:
    needs("openvino")
    exact = load_detector(embedded_pack).detect([portrait])[0]
    rough = load_detector(embedded_pack, provider="openvino", precision="bfloat16").detect([portrait])[0]
    np.testing.assert_allclose(exact.boxes, rough.boxes, atol=4)
