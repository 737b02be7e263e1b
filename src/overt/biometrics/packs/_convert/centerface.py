"""CenterFace as ONNX that any picture size fits.

The published file fixes its shapes to ten pictures of 32 by 32 and lists its weights as inputs. It is written anew
here without changing what it computes: batch normalisation is folded into the layer before it, the four heads are
one convolution, and the colour order is blue, green, red.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from overt.biometrics.packs._convert.graph import Graph, attributes_of
from overt.biometrics.packs._convert.reading import read_model
from overt.errors import PackError

__all__ = ["OUTPUTS", "centerface_to_onnx"]

OUTPUTS = (("heatmap", 1), ("scale", 2), ("offset", 2), ("landmarks", 10))
"""CenterFace's outputs in their order and the channels of each, a quarter as high and wide as the picture."""

Numbers = npt.NDArray[np.float64]


def centerface_to_onnx(content: bytes) -> bytes:
    """Rewrite the content of CenterFace's published `centerface.onnx`.

    The ONNX takes `image` float32 [batch, 3, height, width], blue, green, red, 0 to 255, height and width
    multiples of 32, and gives `OUTPUTS`, float32 [batch, channels, height ÷ 4, width ÷ 4]. The same content always
    gives the same bytes.

    Raises:
        PackError: the content is not CenterFace.
    """
    try:
        return _rewrite(read_model(content, "CenterFace's file").graph)
    except (KeyError, ValueError, IndexError) as error:
        raise PackError(
            f"CenterFace's file cannot be rewritten: {error!r}", "Pull the pack again; the file is damaged"
        ) from error


def _rewrite(source: onnx.GraphProto) -> bytes:
    weights = {item.name: numpy_helper.to_array(item).astype(np.float64) for item in source.initializer}
    graph = Graph("CenterFace")
    picture = source.input[0].name
    values = {picture: graph.input("image", ("batch", 3, "height", "width"))}
    heads: list[tuple[Numbers, Numbers]] = []
    trunk = ""
    normalisation = {node.input[0]: node for node in source.node if node.op_type == "BatchNormalization"}
    results = {item.name for item in source.output}
    for node in source.node:
        first = node.input[0]
        match node.op_type:
            case "Conv":
                filters, biases = weights[node.input[1]], weights[node.input[2]]
                if len(filters) in {channels for _, channels in OUTPUTS}:
                    heads.append((filters, biases))
                    trunk = values[first]
                    continue
                values[node.output[0]] = graph.node(
                    "Conv",
                    [
                        values[first],
                        graph.constant(filters[:, ::-1] if first == picture else filters),
                        graph.constant(biases),
                    ],
                    **attributes_of(node),
                )
            case "ConvTranspose":
                norm = normalisation[node.output[0]]
                factor, shift = _normalisation(norm, weights)
                filters = weights[node.input[1]] * factor[None, :, None, None]
                values[norm.output[0]] = graph.node(
                    "ConvTranspose",
                    [values[first], graph.constant(filters), graph.constant(shift)],
                    **attributes_of(node),
                )
            case "Relu":
                values[node.output[0]] = graph.relu(values[first])
            case "Add":
                values[node.output[0]] = graph.node("Add", [values[item] for item in node.input])
            case "BatchNormalization" | "Sigmoid":
                pass
            case _:
                raise ValueError(f"it holds a {node.op_type}")
    if tuple(len(biases) for _, biases in heads) != tuple(channels for _, channels in OUTPUTS):
        raise ValueError(f"its outputs are {sorted(results)}")
    _heads(graph, trunk, heads)
    return graph.bytes()


def _normalisation(node: onnx.NodeProto, weights: dict[str, Numbers]) -> tuple[Numbers, Numbers]:
    gamma, beta, mean, variance = (weights[name] for name in node.input[1:])
    epsilon = next(item.f for item in node.attribute if item.name == "epsilon")
    factor = gamma / np.sqrt(variance + epsilon)
    return factor, beta - mean * factor


def _heads(graph: Graph, trunk: str, heads: list[tuple[Numbers, Numbers]]) -> None:
    filters = np.concatenate([item[0] for item in heads])
    biases = np.concatenate([item[1] for item in heads])
    together = graph.convolution(trunk, filters, biases)
    sizes = graph.constant(np.array([channels for _, channels in OUTPUTS]))
    names = [name for name, _ in OUTPUTS]
    graph.node("Split", [together, sizes], ["logits", *names[1:]], axis=1)
    graph.node("Sigmoid", ["logits"], [names[0]])
    for name, channels in OUTPUTS:
        graph.output(name, ("batch", channels, "rows", "columns"))
