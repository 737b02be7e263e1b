"""dlib's ResNet-29 face network as ONNX.

Davis King's network (dlib, `dnn_face_recognition_ex.cpp`): a 7 by 7 convolution, a max pool and fourteen residual
blocks of two 3 by 3 convolutions, then the mean over the picture and one matrix. Written here for speed without
changing what it computes: each affine layer is folded into the convolution before it; the means, the division by 256
and the colour order into the first; the average pool beside a block that halves the picture, with the channels it
gains as zeros, is one convolution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from overt.biometrics.packs._convert.dlib_file import (
    Affine,
    Convolution,
    Dense,
    DlibFile,
    Input,
    Layer,
    Plain,
    Pool,
    read_dlib_network,
)
from overt.biometrics.packs._convert.graph import Graph
from overt.errors import PackError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["dlib_to_onnx"]

_Kind = TypeVar("_Kind", Convolution, Affine, Pool, Dense, Plain)

_BLOCKS = ((32, False),) * 3 + tuple(
    (width, index == 0) for width, count in ((64, 4), (128, 3), (256, 3), (256, 1)) for index in range(count)
)
"""The channels that each residual block gives, and whether it halves the picture."""


def dlib_to_onnx(content: bytes) -> bytes:
    """Convert the content of `dlib_face_recognition_resnet_model_v1.dat`.

    The ONNX takes `chips` float32 [batch, 3, 150, 150], blue, green, red, 0 to 255, and gives `descriptors` float32
    [batch, 128], the numbers that dlib gives (not of unit length). The same content always gives the same bytes.

    Raises:
        PackError: the content is not dlib's ResNet-29.
    """
    network = read_dlib_network(content)
    walk = _Walk(network)
    graph = Graph("dlib face recognition ResNet-29")
    height, width = network.input.size
    value = graph.input("chips", ("batch", 3, height, width))
    filters, biases, first = walk.folded()
    filters, biases = _fold_input(filters, biases, network.input)
    walk.plain("relu")
    value = graph.relu(graph.convolution(value, filters, biases, stride=first.stride, padding=first.padding))
    pool = walk.take(Pool)
    if pool.kind != "max":
        raise walk.unexpected(pool)
    value = graph.node(
        "MaxPool", [value], kernel_shape=pool.window, strides=pool.stride, pads=pool.padding + pool.padding
    )
    size = _after(_after(height, first.filters.shape[2], first), pool.window[0], pool)
    channels = first.filters.shape[0]
    for wide, halves in _BLOCKS:
        value, size = _block(graph, walk, value, channels, size, halves=halves)
        channels = wide
    mean = walk.take(Pool)
    if mean.kind != "average" or mean.window != (0, 0):
        raise walk.unexpected(mean)
    value = graph.node("Flatten", [graph.node("GlobalAveragePool", [value])], axis=1)
    weights = walk.take(Dense).weights
    walk.finish()
    graph.node("MatMul", [value, graph.constant(weights)], ["descriptors"])
    graph.output("descriptors", ("batch", weights.shape[1]))
    return graph.bytes()


class _Walk:
    """Goes through a network's layers and insists on the order that a ResNet-29 has."""

    def __init__(self, network: DlibFile) -> None:
        self._layers = network.layers
        self._at = 0

    def unexpected(self, layer: Layer | None) -> PackError:
        return PackError(
            f"dlib's network file is not its ResNet-29: layer {self._at} is {type(layer).__name__}",
            "Use dlib_face_recognition_resnet_model_v1.dat",
        )

    def take(self, kind: type[_Kind]) -> _Kind:
        layer = self._layers[self._at] if self._at < len(self._layers) else None
        self._at += 1
        if not isinstance(layer, kind):
            raise self.unexpected(layer)
        return layer

    def plain(self, kind: str) -> None:
        layer = self.take(Plain)
        if layer.kind != kind:
            raise self.unexpected(layer)

    def folded(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], Convolution]:
        """The next convolution with the affine layer after it folded in."""
        layer, affine = self.take(Convolution), self.take(Affine)
        gamma, beta = affine.gamma.astype(np.float64), affine.beta.astype(np.float64)
        if len(gamma) != len(layer.biases):
            raise self.unexpected(affine)
        return layer.filters * gamma[:, None, None, None], layer.biases * gamma + beta, layer

    def finish(self) -> None:
        if self._at != len(self._layers):
            raise self.unexpected(self._layers[self._at])


def _fold_input(
    filters: npt.NDArray[np.float64], biases: npt.NDArray[np.float64], picture: Input
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Fold the means, the division by 256 and the order red, green, blue into filters that are not padded."""
    scaled = filters / 256.0
    shift = np.zeros_like(biases)
    for channel, mean in enumerate(picture.mean):
        for row in range(filters.shape[2]):
            for column in range(filters.shape[3]):
                shift += scaled[:, channel, row, column] * mean
    return scaled[:, ::-1], biases - shift


def _after(size: int, window: int, layer: Convolution | Pool) -> int:
    return (size + 2 * layer.padding[0] - window) // layer.stride[0] + 1


def _block(
    graph: Graph, walk: _Walk, value: str, channels: int, size: int, *, halves: bool
) -> tuple[str, int]:
    """One residual block; returns its value and the side of its picture."""
    filters, biases, first = walk.folded()
    walk.plain("relu")
    main = graph.relu(graph.convolution(value, filters, biases, stride=first.stride, padding=first.padding))
    main_size = _after(size, filters.shape[2], first)
    filters, biases, second = walk.folded()
    main = graph.convolution(main, filters, biases, stride=second.stride, padding=second.padding)
    main_size = _after(main_size, filters.shape[2], second)
    short, short_size = value, size
    if halves:
        pool = walk.take(Pool)
        if pool.kind != "average":
            raise walk.unexpected(pool)
        short = _pool_as_convolution(graph, value, pool, channels, filters.shape[0])
        short_size = _after(size, pool.window[0], pool)
    walk.plain("add")
    walk.plain("relu")
    wide = max(main_size, short_size)
    main, short = _grow(graph, main, wide - main_size), _grow(graph, short, wide - short_size)
    return graph.relu(graph.node("Add", [main, short])), wide


def _pool_as_convolution(graph: Graph, value: str, pool: Pool, channels: int, wanted: int) -> str:
    """An average pool that gains channels of zeros, as dlib gives the shortcut before it adds."""
    height, width = pool.window
    filters = np.zeros((wanted, channels, height, width))
    filters[range(channels), range(channels)] = 1 / (height * width)
    return graph.convolution(value, filters, np.zeros(wanted), stride=pool.stride, padding=pool.padding)


def _grow(graph: Graph, value: str, by: int) -> str:
    """Rows and columns of zeros below and to the right, as dlib adds pictures of different sizes."""
    if by == 0:
        return value
    return graph.node("Pad", [value, graph.constant(np.array([0, 0, 0, 0, 0, 0, by, by]))])
