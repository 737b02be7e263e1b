"""Networks over preallocated memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest
from onnx import helper

from overt.biometrics.sessions import Network
from overt.errors import PackError
from tests.biometrics.networks import save

if TYPE_CHECKING:
    from pathlib import Path


def quiet() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return options


def test_a_bound_run_gives_what_a_plain_run_gives(network_folder: Path) -> None:
    bound = Network(network_folder / "spots.onnx", threads=1).bind((2, 3, 32, 64))
    bound.input[:] = np.random.default_rng(0).uniform(0, 255, bound.input.shape)
    plain = onnxruntime.InferenceSession(str(network_folder / "spots.onnx"), quiet())
    expected = plain.run(None, {"image": bound.input})
    for ours, theirs in zip(bound.run(), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_every_input_and_output_lies_in_the_memory_that_was_given(network_folder: Path) -> None:
    given: list[np.ndarray] = []

    def allocate(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        given.append(np.zeros(shape, dtype))
        return given[-1]

    bound = Network(network_folder / "spots.onnx", allocate=allocate).bind((1, 3, 32, 32))
    assert [id(array) for array in given] == [id(array) for array in (bound.input, *bound.outputs)]
    bound.input.fill(255.0)
    bound.run()
    np.testing.assert_allclose(given[1], 1.0, rtol=1e-5)


def test_scrub_leaves_no_trace_in_inputs_and_outputs(network_folder: Path) -> None:
    bound = Network(network_folder / "spots.onnx").bind((1, 3, 32, 32))
    bound.input.fill(200.0)
    bound.run()
    bound.scrub()
    assert not bound.input.any()
    assert not any(output.any() for output in bound.outputs)


def test_a_network_that_declares_a_wrong_output_size_still_runs(tmp_path: Path) -> None:
    pool = helper.make_node("AveragePool", ["x"], ["y"], kernel_shape=[2, 2], strides=[2, 2])
    path = save(tmp_path / "wrong.onnx", [pool], {}, {"x": (1, 3, "h", "w")}, {"y": (1, 3, 80, 80)})
    bound = Network(path).bind((1, 3, 8, 8))
    bound.input.fill(3.0)
    np.testing.assert_allclose(bound.run()[0], np.full((1, 3, 4, 4), 3.0))


def test_what_is_not_a_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"this is not a network" * 100)
    with pytest.raises(PackError, match=r"no\.onnx cannot be loaded"):
        Network(tmp_path / "no.onnx")
    with pytest.raises(PackError, match=r"absent\.onnx"):
        Network(tmp_path / "absent.onnx")


def test_two_inputs_are_refused(tmp_path: Path) -> None:
    add = helper.make_node("Add", ["a", "b"], ["c"])
    path = save(tmp_path / "two.onnx", [add], {}, {"a": (1,), "b": (1,)}, {"c": (1,)})
    with pytest.raises(PackError, match="2 inputs"):
        Network(path)


def test_a_shape_that_the_network_does_not_take_is_refused(network_folder: Path) -> None:
    network = Network(network_folder / "spots-fixed.onnx")
    with pytest.raises(PackError, match="does not take"):
        network.bind((1, 3, 32, 32))
