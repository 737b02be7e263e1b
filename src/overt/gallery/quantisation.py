"""Eight-bit templates, integer dot products, and how far they can be from the float ones.

A probe is written with a scale of its own. A gallery is first centred on its mean, which moves every score
of one probe by the same amount and so changes no order, and then written with one scale. The products are
summed in int32 by ONNX Runtime's `MatMulInteger`, which uses the processor's eight-bit dot products where it
has them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from overt.biometrics import FloatArray

__all__ = ["Allocate", "IntegerScan", "quantise_probe"]

Allocate = Callable[[tuple[int, ...], npt.DTypeLike], npt.NDArray[Any]]
"""Makes a zeroed array: the engine passes one whose memory is locked."""

_ZERO_POINT: Final = 128
_FULL_RANGE: Final = 127
_SAFE_RANGE: Final = 63  # 2 * 255 * 63 fits in int16, for processors that add pairs of products in 16 bits


def quantise_probe(probe: FloatArray, out: npt.NDArray[np.uint8], work: FloatArray) -> float:
    """Write a probe in eight bits, and return its scale.

    Args:
        probe: float32 [dimension], finite and not all zero.
        out: uint8 [dimension]: 128 + the nearest whole number of `probe ÷ scale`.
        work: float32 [dimension], written over.

    Returns:
        scale: the largest component's size ÷ 127, so that `probe ≈ scale · (out - 128)`.
    """
    np.abs(probe, out=work)
    scale = float(work.max()) / _FULL_RANGE
    np.multiply(probe, 1.0 / scale, out=work)
    np.rint(work, out=work)
    np.add(work, _ZERO_POINT, out=work)
    np.copyto(out, work, casting="unsafe")  # a ufunc that casts would leave a copy in a buffer of its own
    return scale


class IntegerScan:
    """A gallery in eight bits, and the int32 dot product of every probe with every template.

    Args:
        templates: float32 [m, dimension], of any lengths, m ≥ 1.
        probes: uint8 [n, dimension]: where the caller writes probes (see `quantise_probe`).
        sums: int32 [n, m]: where `run` writes its sums.
        threads: threads of one scan.

    Attributes:
        scale: `⟨probe, template⟩ ≈ probe scale · scale · sum + ⟨probe, mean⟩`.
        longest: length of the longest centred template as written in eight bits.
        error: length of the largest difference between a centred template and its eight-bit writing.
    """

    def __init__(
        self, templates: FloatArray, probes: npt.NDArray[np.uint8], sums: npt.NDArray[np.int32], threads: int
    ) -> None:
        level = _FULL_RANGE if _sums_are_exact(templates.shape[1]) else _SAFE_RANGE
        centred = templates - templates.mean(axis=0, dtype=np.float64).astype(np.float32)
        largest = float(np.abs(centred).max())
        self.scale = (largest or 1.0) / level
        written = np.rint(centred / self.scale).astype(np.int8)
        back = written.astype(np.float64) * self.scale
        self.longest = float(np.linalg.norm(back, axis=1).max())
        self.error = float(np.linalg.norm(back - centred, axis=1).max())
        self._session = _session(written, threads)
        # IOBinding keeps addresses, so the arrays behind them must live as long.
        self._probes, self._sums = probes, sums
        self._bindings = [self._bind(n + 1) for n in range(len(probes))]

    def _bind(self, n: int) -> Any:
        binding = self._session.io_binding()
        dimension, m = self._probes.shape[1], self._sums.shape[1]
        binding.bind_input("probes", "cpu", 0, np.uint8, [n, dimension], self._probes.ctypes.data)
        binding.bind_output("sums", "cpu", 0, np.int32, [n, m], self._sums.ctypes.data)
        return binding

    def run(self, n: int) -> None:
        """Fill the first n rows of the sums from the first n probes."""
        self._session.run_with_iobinding(self._bindings[n - 1])


def _session(gallery: npt.NDArray[np.int8], threads: int) -> Any:
    m, dimension = gallery.shape
    node = helper.make_node("MatMulInteger", ["probes", "gallery", "zero"], ["sums"])
    graph = helper.make_graph(
        [node],
        "scan",
        [helper.make_tensor_value_info("probes", TensorProto.UINT8, ["n", dimension])],
        [helper.make_tensor_value_info("sums", TensorProto.INT32, ["n", m])],
        [
            numpy_helper.from_array(np.ascontiguousarray(gallery.T), "gallery"),
            numpy_helper.from_array(np.array(_ZERO_POINT, np.uint8), "zero"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def _sums_are_exact(dimension: int) -> bool:
    """Whether this processor sums the largest eight-bit products without saturating in 16 bits."""
    gallery = np.full((64, dimension), _FULL_RANGE, np.int8)
    probe = np.full((1, dimension), 255, np.uint8)
    got = _session(gallery, 1).run(["sums"], {"probes": probe})[0]
    return bool((got == (255 - _ZERO_POINT) * _FULL_RANGE * dimension).all())
