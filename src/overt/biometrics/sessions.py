"""Sessions of ONNX Runtime on a provider that was asked for, run over preallocated memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from overt.biometrics.providers import Precision, Provider, require_provider
from overt.errors import PackError, ProviderError

if TYPE_CHECKING:
    from pathlib import Path

    from overt.biometrics.faces import FloatArray

__all__ = ["Allocate", "BoundRun", "Network", "zeros"]

Allocate = Callable[[tuple[int, ...], npt.DTypeLike], npt.NDArray[Any]]
"""Gives a zeroed array of a shape and type; the engine hands in one whose memory is locked."""

_QUIET = 3
_RUNTIME_ERRORS = (
    runtime.EPFail,
    runtime.Fail,
    runtime.InvalidArgument,
    runtime.InvalidGraph,
    runtime.InvalidProtobuf,
    runtime.ModelLoadCanceled,
    runtime.ModelLoaded,
    runtime.NoModel,
    runtime.NoSuchFile,
    runtime.NotImplemented,
    runtime.RuntimeException,
)


def zeros(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """The plain allocator: numpy's own zeroed memory."""
    return np.zeros(shape, dtype)


class Network:
    """One network with one input, loaded on one provider; all of it runs there or it does not load.

    The arena of the CPU provider is on and its memory pattern with it: for each input shape the tensors lie at the
    same planned places in every run, so that a run over blank input overwrites what the run before left there.

    Args:
        path: the ONNX file.
        provider: where it runs.
        threads: threads within an operator; 0 leaves it to the runtime, one for each core.
        precision: `bfloat16` asks OpenVINO for it.
        allocate: gives the memory of the inputs and outputs.

    Raises:
        ProviderError: the provider is missing, fails to start, or cannot run the whole network.
        PackError: the file is not a network that the runtime can load, or has more than one input.
    """

    def __init__(
        self,
        path: Path,
        *,
        provider: Provider = "cpu",
        threads: int = 0,
        precision: Precision = "float32",
        allocate: Allocate = zeros,
    ) -> None:
        self.path = path
        self.provider = provider
        self._allocate = allocate
        self._session = _open(path, provider, threads, precision)
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            raise PackError(
                f"{path.name} has {len(inputs)} inputs", "Use a network with the picture as its one input"
            )
        self.input_name: str = inputs[0].name
        self.input_shape: tuple[int | None, ...] = tuple(
            d if isinstance(d, int) and d > 0 else None for d in inputs[0].shape
        )
        self.output_names: tuple[str, ...] = tuple(o.name for o in self._session.get_outputs())

    def bind(self, shape: tuple[int, ...]) -> BoundRun:
        """Memory for one input shape and for the outputs that the network gives for it, found by running it blank.

        Raises:
            PackError: the network does not take this shape.
        """
        inputs: FloatArray = self._allocate(shape, np.float32)
        try:
            # the first run of a shape traces its memory pattern, and tells the shapes of the outputs
            found = self._session.run(None, {self.input_name: inputs})
        except _RUNTIME_ERRORS as error:
            raise PackError(
                f"{self.path.name} does not take an input of the shape {shape}: {_first_line(error)}",
                "Check the layout, the chip size and the fixed size in the pack's manifest",
            ) from error
        outputs: list[FloatArray] = []
        for name, array in zip(self.output_names, found, strict=True):
            if array.dtype != np.float32:
                raise PackError(
                    f"The output {name} of {self.path.name} is {array.dtype}",
                    "Use a network with float32 outputs",
                )
            outputs.append(self._allocate(array.shape, np.float32))
        bound = BoundRun(self._session, inputs, outputs)
        bound.scrub()  # once more blank: only from here on the tensors lie where the pattern puts them
        return bound


class BoundRun:
    """A network's input and outputs for one shape, at fixed addresses.

    Attributes:
        input: float32, the input tensor; write it and then `run`.
        outputs: float32, in the network's order; valid until the next `run` or `scrub`.
    """

    def __init__(self, session: Any, inputs: FloatArray, outputs: list[FloatArray]) -> None:
        self.input = inputs
        self.outputs = outputs
        self._session = session
        self._input_name: str = session.get_inputs()[0].name
        self._binding: Any = None
        declared = session.get_outputs()
        if all(_agrees(output.shape, array.shape) for output, array in zip(declared, outputs, strict=True)):
            self._binding = session.io_binding()
            self._binding.bind_input(self._input_name, "cpu", 0, np.float32, inputs.shape, inputs.ctypes.data)
            for output, array in zip(declared, outputs, strict=True):
                self._binding.bind_output(output.name, "cpu", 0, np.float32, array.shape, array.ctypes.data)

    def run(self) -> list[FloatArray]:
        """Runs the network over what lies in `input`."""
        if self._binding is not None:
            self._session.run_with_iobinding(self._binding)
            return self.outputs
        # a network that declares other output sizes than it gives cannot write them where it is told
        for array, given in zip(
            self.outputs, self._session.run(None, {self._input_name: self.input}), strict=True
        ):
            np.copyto(array, given)
        return self.outputs

    def scrub(self) -> None:
        """Overwrites the input, the runtime's own tensors of this shape, and the outputs."""
        self.input.fill(0.0)
        self.run()
        for output in self.outputs:
            output.fill(0.0)


def _agrees(declared: list[int | str | None], shape: tuple[int, ...]) -> bool:
    return len(declared) == len(shape) and all(
        not isinstance(d, int) or d == n for d, n in zip(declared, shape, strict=True)
    )


def _open(path: Path, provider: Provider, threads: int, precision: Precision) -> Any:
    name = require_provider(provider)
    if precision == "bfloat16" and provider != "openvino":
        raise ProviderError(
            f"bfloat16 was asked for on `{provider}`", "Ask for the provider `openvino`, or for float32"
        )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _QUIET
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.enable_cpu_mem_arena = True
    options.enable_mem_pattern = True
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = threads
    # a waiting thread sleeps: spinning took half as much processor time again from the decoders beside it
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if provider != "cpu":
        # part of the network on the CPU instead would be a silent fall back: refuse it
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=[(name, _provider_options(provider, threads, precision))]
        )
    except _RUNTIME_ERRORS as error:
        if provider == "cpu":
            raise PackError(
                f"{path.name} cannot be loaded: {_first_line(error)}",
                "Run `overt models verify`, and pull the pack again",
            ) from error
        raise ProviderError(
            f"{path.name} cannot run whole on `{provider}`: {_first_line(error)}",
            "Ask for `cpu`, or run `overt doctor` to see what this machine has",
        ) from error
    session.disable_fallback()
    if name not in session.get_providers()[:1]:
        raise ProviderError(
            f"`{provider}` was asked for and did not start; the runtime offers"
            f" {', '.join(session.get_providers())} instead",
            "Check the driver and the libraries of the provider, or ask for `cpu`",
        )
    return session


def _provider_options(provider: Provider, threads: int, precision: Precision) -> dict[str, str]:
    if provider == "cuda":
        return {"cudnn_conv_algo_search": "HEURISTIC", "arena_extend_strategy": "kSameAsRequested"}
    if provider == "openvino":
        options = {"device_type": "CPU"}
        if threads:
            options["num_of_threads"] = str(threads)
        hint = "bf16" if precision == "bfloat16" else "f32"
        options["load_config"] = f'{{"CPU": {{"INFERENCE_PRECISION_HINT": "{hint}"}}}}'
        return options
    return {}


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
