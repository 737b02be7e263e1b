"""YuNet as ONNX that any picture size fits.

The published file fixes its shapes to one picture of 640 by 640. It is written anew here without changing what it
computes: the shapes are free, and the four heads of each grid, a 1 by 1 and a depthwise 3 by 3 convolution each, are
one such pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from overt.biometrics.packs._convert.graph import Graph, attributes_of
from overt.biometrics.packs._convert.reading import read_model
from overt.errors import PackError

__all__ = ["PARTS", "STRIDES", "yunet_to_onnx"]

STRIDES = (8, 16, 32)
"""Pixels from cell to cell of YuNet's three grids."""

PARTS = (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
"""What each cell of a grid says, and in how many numbers."""

_COPIED = frozenset({"Add", "MaxPool", "Relu"})

Numbers = npt.NDArray[np.float64]


def yunet_to_onnx(content: bytes) -> bytes:
    """Rewrite the content of `face_detection_yunet_2023mar.onnx`.

    The ONNX takes `input` float32 [batch, 3, height, width], blue, green, red, 0 to 255, height and width multiples
    of 32, and gives for each part and stride, such as `cls_8`, float32 [batch, cells, numbers]. The same content
    always gives the same bytes.

    Raises:
        PackError: the content is not YuNet.
    """
    try:
        return _rewrite(read_model(content, "YuNet's file").graph)
    except (KeyError, ValueError, IndexError) as error:
        raise PackError(
            f"YuNet's file cannot be rewritten: {error!r}", "Pull the pack again; the file is damaged"
        ) from error


@dataclass(frozen=True, slots=True)
class _Head:
    """The two convolutions that make one output, and the value that they start from."""

    start: str
    mixing: tuple[Numbers, Numbers]
    spatial: tuple[Numbers, Numbers]


def _rewrite(source: onnx.GraphProto) -> bytes:
    weights = {item.name: numpy_helper.to_array(item) for item in source.initializer}
    makers = {name: node for node in source.node for name in node.output}
    names = [f"{part}_{stride}" for stride in STRIDES for part, _ in PARTS]
    heads = {name: _head(name, makers, weights) for name in names}
    needed = _behind({head.start for head in heads.values()}, makers)
    graph = Graph("YuNet")
    picture = source.input[0].name
    values = {picture: graph.input("input", ("batch", 3, "height", "width"))}
    for node in source.node:
        if node.output[0] not in needed:
            continue
        if node.op_type == "Conv":
            filters, biases = weights[node.input[1]], weights[node.input[2]]
            inputs = [values[node.input[0]], graph.constant(filters), graph.constant(biases)]
            values[node.output[0]] = graph.node("Conv", inputs, **attributes_of(node))
        elif node.op_type == "Resize":
            values[node.output[0]] = _enlarge(graph, values[node.input[0]], weights[node.input[2]])
        elif node.op_type in _COPIED:
            inputs = [values[name] for name in node.input]
            values[node.output[0]] = graph.node(node.op_type, inputs, **attributes_of(node))
        else:
            raise ValueError(f"it holds a {node.op_type}")
    for stride in STRIDES:
        _grid(graph, values, [heads[f"{part}_{stride}"] for part, _ in PARTS], stride)
    for part, numbers in PARTS:
        for stride in STRIDES:
            graph.output(f"{part}_{stride}", ("batch", f"cells_{stride}", numbers))
    return graph.bytes()


def _head(output: str, makers: dict[str, onnx.NodeProto], weights: dict[str, Numbers]) -> _Head:
    """Go back from an output over sigmoid, reshaping and transposing to its two convolutions."""
    node = makers[output]
    while node.op_type in {"Sigmoid", "Reshape", "Transpose"}:
        node = makers[node.input[0]]
    before = makers[node.input[0]]
    if (node.op_type, before.op_type) != ("Conv", "Conv"):
        raise ValueError(f"{output} does not come of two convolutions")
    mixing = weights[before.input[1]], weights[before.input[2]]
    spatial = weights[node.input[1]], weights[node.input[2]]
    channels = len(mixing[1])
    if spatial[0].shape != (channels, 1, 3, 3) or mixing[0].shape[2:] != (1, 1):
        raise ValueError(f"the convolutions of {output} have another form")
    return _Head(before.input[0], mixing, spatial)


def _behind(names: set[str], makers: dict[str, onnx.NodeProto]) -> set[str]:
    """The names of all values that these are made of, and these."""
    found: set[str] = set()
    open_names = list(names)
    while open_names:
        name = open_names.pop()
        if name in makers and name not in found:
            found.add(name)
            open_names += makers[name].input
    return found


def _enlarge(graph: Graph, value: str, scales: Numbers) -> str:
    if scales.tolist() != [1, 1, 2, 2]:
        raise ValueError("it enlarges by another factor than two")
    return graph.node(
        "Resize",
        [value, "", graph.constant(scales)],
        coordinate_transformation_mode="asymmetric",
        mode="nearest",
        nearest_mode="floor",
    )


def _grid(graph: Graph, values: dict[str, str], heads: list[_Head], stride: int) -> None:
    if len({head.start for head in heads}) != 1:
        raise ValueError(f"the heads of stride {stride} start from different values")
    mixing = [np.concatenate([head.mixing[index] for head in heads]) for index in (0, 1)]
    spatial = [np.concatenate([head.spatial[index] for head in heads]) for index in (0, 1)]
    together = graph.convolution(values[heads[0].start], mixing[0], mixing[1])
    together = graph.convolution(together, spatial[0], spatial[1], padding=(1, 1), group=len(spatial[1]))
    last = graph.node("Transpose", [together], perm=[0, 2, 3, 1])
    cells = graph.node("Reshape", [last, graph.constant(np.array([0, -1, len(spatial[1])]))])
    sizes = graph.constant(np.array([numbers for _, numbers in PARTS]))
    names = [f"{part}_{stride}" for part, _ in PARTS]
    raw = [f"{names[0]}_raw", f"{names[1]}_raw"]
    graph.node("Split", [cells, sizes], [*raw, *names[2:]], axis=2)
    for source, name in zip(raw, names, strict=False):
        graph.node("Sigmoid", [source], [name])
