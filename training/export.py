"""The student and dlib's own network as one ONNX file: they share dlib's early blocks; each has its own late ones.

Large filters are kept in eight bits with a scale for each channel, all other weights as float16; both are reckoned
with as float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper

from overt.biometrics.packs._convert.graph import Graph
from training.augment import chip_of
from training.network import DESCRIPTOR, MEAN, SCALE, SIDE, Block, Student
from training.teachers import unit

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from training.faces import Faces

__all__ = ["spreads_of", "twin_to_onnx"]

SHORTEST = 1e-12
SAMPLE = 600
LARGE = 50_000
"""Filters of more numbers than this are kept in eight bits."""


def twin_to_onnx(student: Student, dlib: Path, spreads: tuple[float, float]) -> bytes:
    """The content of an ONNX file.

    It takes `chips` float32 [batch, 3, 150, 150], blue, green, red, 0 to 255, and gives `embeddings` float32
    [batch, dimension + 128]: the student's numbers and dlib's, each of unit length and then weighted, so that the
    cosine of two embeddings is the sum of both cosines, each over its spread. The same weights always give the same
    bytes.

    Args:
        student: trained with some of dlib's early blocks frozen, which both networks then share.
        dlib: dlib's network as the pack's converter writes it.
        spreads: the standard deviation of cosines between strangers, the student's and dlib's.

    Raises:
        ValueError: the student shares no block with dlib's network.
    """
    other = Student(student.out.out_features, student.hidden.out_features)
    other.start_from_dlib(dlib)
    shared = _shared_blocks(student, other)
    if not shared:
        raise ValueError("The student shares no block with dlib's network: train it with --frozen")
    graph = Graph("Overt's recogniser: dlib's ResNet-29, and late blocks of it fine-tuned by distillation")
    value = graph.input("chips", ("batch", 3, SIDE, SIDE))
    filters, biases = _numbers(student.stem.weight), _numbers(student.stem.bias)
    # halves of the filters as they are, not of their 64th parts, which would fall below what float16 can say
    held = graph.node("Mul", [graph.half(filters), graph.constant(np.array(SCALE))])
    shift = biases - MEAN * SCALE * filters.astype(np.float16).astype(np.float64).sum((1, 2, 3))
    value = graph.relu(_convolution(graph, value, held, shift, filters.shape[2], stride=2))
    value = graph.node("MaxPool", [value], kernel_shape=(3, 3), strides=(2, 2))
    size = ((SIDE - 7) // 2 + 1 - 3) // 2 + 1
    for block in student.blocks[:shared]:
        value, size = _block(graph, value, size, block)
    ends = []
    for network in (student, other):
        maps, side = value, size
        for block in network.blocks[shared:]:
            maps, side = _block(graph, maps, side, block)
        ends.append(maps)
    flat = graph.node("Flatten", [ends[0]], axis=1)
    inner = graph.node(
        "PRelu", [_linear(graph, flat, student.hidden), graph.constant(_numbers(student.slope.weight))]
    )
    own = _unit(graph, _linear(graph, inner, student.out))
    mean = graph.node("Flatten", [graph.node("GlobalAveragePool", [ends[1]])], axis=1)
    theirs = _unit(graph, graph.node("MatMul", [mean, graph.half(_descriptor_weights(dlib))]))
    weights = 1 / np.array(spreads)
    weights = np.sqrt(weights / weights.sum())
    parts = [
        graph.node("Mul", [part, graph.constant(np.array(weight))])
        for part, weight in zip((own, theirs), weights, strict=True)
    ]
    graph.node("Concat", parts, ["embeddings"], axis=1)
    graph.output("embeddings", ("batch", student.out.out_features + DESCRIPTOR))
    return graph.bytes()


def spreads_of(
    student: Student, dlib: Path, faces: Faces, rows: npt.NDArray[np.int64]
) -> tuple[float, float]:
    """The standard deviation of cosines between strangers, the student's and dlib's, one picture of each person.

    Args:
        student: the student.
        dlib: dlib's network as the pack's converter writes it.
        faces: all faces.
        rows: those that were trained on.
    """
    named = rows[faces.people[rows] != ""]
    _, first = np.unique(faces.people[named], return_index=True)
    chips = [chip_of(faces.canvases[row], faces.points[row]) for row in named[first][:SAMPLE]]
    planes = np.ascontiguousarray(np.stack(chips).transpose(0, 3, 1, 2), np.float32)
    session = onnxruntime.InferenceSession(str(dlib), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    theirs = np.concatenate([session.run(None, {name: part[None]})[0] for part in planes])
    with torch.no_grad():
        own = torch.cat([student(torch.from_numpy(part[None])) for part in planes]).numpy()
    pairs = np.triu_indices(len(planes), 1)
    mine, other = (float((unit(part) @ unit(part).T)[pairs].std()) for part in (own, theirs))
    return mine, other


def _shared_blocks(student: Student, dlib: Student) -> int:
    """How many of the first blocks are the same in both, their first filters as well."""
    if not torch.equal(student.stem.weight, dlib.stem.weight):
        return 0
    same = [
        all(
            torch.equal(mine, theirs) for mine, theirs in zip(one.parameters(), two.parameters(), strict=True)
        )
        for one, two in zip(student.blocks, dlib.blocks, strict=True)
    ]
    return same.index(False) if False in same else len(same)


def _descriptor_weights(dlib: Path) -> np.ndarray:
    """The matrix behind dlib's last maps, [256, 128]."""
    graph = onnx.load(str(dlib)).graph
    held = {item.name: item for item in graph.initializer}
    (last,) = [node for node in graph.node if node.op_type == "MatMul"]
    return np.asarray(numpy_helper.to_array(held[last.input[1]]), np.float64)


def _block(graph: Graph, value: str, size: int, block: Block) -> tuple[str, int]:
    """One residual block; returns its value and the side of its maps."""
    first, second = _numbers(block.first.weight), _numbers(block.second.weight)
    main = _convolution(
        graph,
        value,
        _held(graph, first),
        _numbers(block.first.bias),
        3,
        stride=2 if block.halves else 1,
        padding=0 if block.halves else 1,
    )
    main_size = (size - 3) // 2 + 1 if block.halves else size
    main = _convolution(
        graph, graph.relu(main), _held(graph, second), _numbers(block.second.bias), 3, padding=1
    )
    short, short_size = value, size
    if block.halves:
        before, after = first.shape[1], first.shape[0]
        pool = np.zeros((after, before, 2, 2))
        pool[range(before), range(before)] = 0.25
        short = _convolution(graph, value, graph.eighth(pool), np.zeros(after), 2, stride=2)
        short_size = size // 2
    wide = max(main_size, short_size)
    main, short = _grow(graph, main, wide - main_size), _grow(graph, short, wide - short_size)
    return graph.relu(graph.node("Add", [main, short])), wide


def _held(graph: Graph, filters: np.ndarray) -> str:
    return graph.eighth(filters) if filters.size > LARGE else graph.half(filters)


def _unit(graph: Graph, value: str) -> str:
    """Rows of unit length."""
    length = graph.node("ReduceL2", [value], axes=(1,), keepdims=1)
    return graph.node("Div", [value, graph.node("Add", [length, graph.constant(np.array(SHORTEST))])])


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
