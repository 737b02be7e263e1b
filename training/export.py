"""The student as ONNX: weights kept as float16, reckoned with as float32."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from overt.biometrics.packs._convert.graph import Graph
from training.network import MEAN, SCALE, SIDE, Student

if TYPE_CHECKING:
    import torch

__all__ = ["student_to_onnx"]


def student_to_onnx(student: Student) -> bytes:
    """The content of an ONNX file.

    It takes `chips` float32 [batch, 3, 150, 150], blue, green, red, 0 to 255, and gives `embeddings` float32
    [batch, dimension], not of unit length. The same weights always give the same bytes.
    """
    graph = Graph("Overt's recogniser: dlib's ResNet-29 fine-tuned by distillation")
    value = graph.input("chips", ("batch", 3, SIDE, SIDE))
    filters, biases = _numbers(student.stem.weight), _numbers(student.stem.bias)
    # halves of the filters as they are, not of their 64th parts, which would fall below what float16 can say
    held = graph.node("Mul", [graph.half(filters), graph.constant(np.array(SCALE))])
    shift = biases - MEAN * SCALE * filters.astype(np.float16).astype(np.float64).sum((1, 2, 3))
    value = graph.relu(_convolution(graph, value, held, shift, filters.shape[2], stride=2))
    value = graph.node("MaxPool", [value], kernel_shape=(3, 3), strides=(2, 2))
    size = ((SIDE - 7) // 2 + 1 - 3) // 2 + 1
    for block in student.blocks:
        main, main_size = value, size
        first, second = _numbers(block.first.weight), _numbers(block.second.weight)
        main = _convolution(
            graph,
            main,
            graph.half(first),
            _numbers(block.first.bias),
            3,
            stride=2 if block.halves else 1,
            padding=0 if block.halves else 1,
        )
        main_size = (size - 3) // 2 + 1 if block.halves else size
        main = _convolution(
            graph, graph.relu(main), graph.half(second), _numbers(block.second.bias), 3, padding=1
        )
        short, short_size = value, size
        if block.halves:
            before, after = first.shape[1], first.shape[0]
            pool = np.zeros((after, before, 2, 2))
            pool[range(before), range(before)] = 0.25
            short = _convolution(graph, value, graph.half(pool), np.zeros(after), 2, stride=2)
            short_size = size // 2
        wide = max(main_size, short_size)
        main, short = _grow(graph, main, wide - main_size), _grow(graph, short, wide - short_size)
        value, size = graph.relu(graph.node("Add", [main, short])), wide
    value = graph.node("Flatten", [value], axis=1)
    value = _linear(graph, value, student.hidden)
    value = graph.node("PRelu", [value, graph.constant(_numbers(student.slope.weight))])
    held = graph.half(_numbers(student.out.weight).T)
    value = graph.node("MatMul", [value, held])
    graph.node("Add", [value, graph.constant(_numbers(student.out.bias))], ["embeddings"])
    graph.output("embeddings", ("batch", student.out.out_features))
    return graph.bytes()


def _numbers(values: torch.Tensor | None) -> np.ndarray:
    assert values is not None
    return values.detach().cpu().contiguous().numpy().astype(np.float64)


def _convolution(
    graph: Graph, value: str, held: str, biases: np.ndarray, side: int, *, stride: int = 1, padding: int = 0
) -> str:
    return graph.node(
        "Conv",
        [value, held, graph.constant(biases)],
        group=1,
        kernel_shape=(side, side),
        pads=(padding,) * 4,
        strides=(stride, stride),
    )


def _linear(graph: Graph, value: str, layer: torch.nn.Linear) -> str:
    value = graph.node("MatMul", [value, graph.half(_numbers(layer.weight).T)])
    return graph.node("Add", [value, graph.constant(_numbers(layer.bias))])


def _grow(graph: Graph, value: str, by: int) -> str:
    if by == 0:
        return value
    return graph.node("Pad", [value, graph.constant(np.array([0, 0, 0, 0, 0, 0, by, by]))])
