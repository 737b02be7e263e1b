"""Checking that a pack's networks fit what its manifest says of them, without running them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import onnx

from overt.biometrics.packs._convert.reading import read_model
from overt.errors import PackError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from overt.biometrics.packs.manifest import DetectorSpec, ModelPack, RecogniserSpec

__all__ = ["check_fit", "picture_shape", "template_length"]

Shape = tuple[int | None, ...]

_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
_EXPORT = "Export the network anew, or correct the manifest"
_DEEPEST = 8


def check_fit(pack: ModelPack) -> None:
    """Check a pack's networks against the family and layout that its manifest declares.

    Raises:
        PackError: a file is not ONNX, keeps weights outside itself, needs operators of its own, or has other inputs
            or outputs than its family or layout.
    """
    manifest = pack.manifest
    _check_detector(manifest.detector, _read(pack.detector_file))
    _check_recogniser(manifest.recogniser, _read(pack.recogniser_file))


def picture_shape(path: Path, part: str) -> Shape:
    """The shape of the one picture that a network takes, None where any size goes: [batch, 3, height, width].

    Raises:
        PackError: the file is not ONNX, or takes something else.
    """
    return _check_picture(_read(path).graph, part)


def template_length(path: Path) -> int:
    """How many numbers a recogniser's template has.

    Raises:
        PackError: the file is not ONNX, or does not say.
    """
    shape = _shape(_read(path).graph.output[0])
    if len(shape) < 2 or not all(shape[1:]):
        raise PackError(f"{path.name} does not say how long its templates are", "Write the manifest by hand")
    return math.prod(size or 1 for size in shape[1:])


def _read(path: Path) -> onnx.ModelProto:
    try:
        model = read_model(path.read_bytes(), path.name)
    except OSError as error:
        raise PackError(f"{path} cannot be read: {error.strerror}", "Check the file's permissions") from error
    for graph in _graphs(model):
        if any(item.data_location == onnx.TensorProto.EXTERNAL for item in _tensors(graph)):
            raise PackError(
                f"{path.name} keeps weights in another file",
                "Save it with its weights inside: onnx.save(model, path)",
            )
        strange = sorted({node.domain for node in graph.node} - _DOMAINS)
        if strange:
            raise PackError(
                f"{path.name} needs operators of {strange[0]!r}", "Export it with ONNX's own operators"
            )
    return model


def _graphs(model: onnx.ModelProto) -> Iterator[onnx.GraphProto | onnx.FunctionProto]:
    """The model's graph, its functions, and the graphs within their nodes."""
    waiting: list[tuple[onnx.GraphProto | onnx.FunctionProto, int]] = [(model.graph, 0)]
    waiting += [(function, 0) for function in model.functions]
    while waiting:
        graph, depth = waiting.pop()
        yield graph
        if depth > _DEEPEST:
            raise PackError("A network's graphs lie too deep within each other", _EXPORT)
        for node in graph.node:
            for attribute in node.attribute:
                waiting += [(inner, depth + 1) for inner in (attribute.g, *attribute.graphs) if inner.node]


def _tensors(graph: onnx.GraphProto | onnx.FunctionProto) -> Iterator[onnx.TensorProto]:
    if isinstance(graph, onnx.GraphProto):
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)


def _shape(value: onnx.ValueInfoProto) -> Shape:
    return tuple(item.dim_value or None for item in value.type.tensor_type.shape.dim)


def _check_picture(graph: onnx.GraphProto, part: str) -> Shape:
    """The shape of the one picture that goes in."""
    weights = {item.name for item in graph.initializer}
    inputs = [item for item in graph.input if item.name not in weights]
    if len(inputs) != 1:
        raise PackError(f"The {part} has {len(inputs)} inputs and should have one, the picture", _EXPORT)
    shape = _shape(inputs[0])
    if inputs[0].type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
        raise PackError(f"The {part}'s input is not float32", _EXPORT)
    if len(shape) != 4 or shape[1] not in {3, None}:
        raise PackError(f"The {part}'s input {_said(shape)} is not [batch, 3, height, width]", _EXPORT)
    return shape


def _check_detector(spec: DetectorSpec, model: onnx.ModelProto) -> None:
    height, width = _check_picture(model.graph, "detector")[2:]
    if height is not None or width is not None:
        fixed = spec.fixed_size or (None, None)
        if (height or fixed[0], width or fixed[1]) != fixed:
            raise PackError(
                f"The detector takes pictures of {height} by {width} pixels alone",
                f"Set fixed_size = [{height}, {width}] in [detector]",
            )
    outputs = {item.name: _shape(item) for item in model.graph.output}
    fits = {"centerface": _fits_centerface, "scrfd": _fits_scrfd, "yunet": _fits_yunet}
    if problem := fits[spec.family](outputs):
        raise PackError(
            f"The detector's outputs are not those of the family {spec.family}: {problem}",
            "Correct the family in [detector], or export the network with its landmarks",
        )


def _fits_centerface(outputs: dict[str, Shape]) -> str | None:
    channels = [shape[1] for shape in outputs.values() if len(shape) == 4]
    wanted = [1, 2, 2, 10]
    if len(channels) == len(outputs) == 4 and all(
        got in {want, None} for got, want in zip(channels, wanted, strict=True)
    ):
        return None
    return f"four were expected, with {wanted} channels, and there are {[_said(item) for item in outputs.values()]}"


def _fits_scrfd(outputs: dict[str, Shape]) -> str | None:
    numbers = sorted(shape[-1] or 0 for shape in outputs.values() if shape)
    if numbers == [1, 1, 1, 4, 4, 4, 10, 10, 10]:
        return None
    return (
        f"nine were expected, ending in 1, 4 and 10 three times each, and there are {len(outputs)}: {numbers}"
    )


def _fits_yunet(outputs: dict[str, Shape]) -> str | None:
    sizes = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
    for part, numbers in sizes.items():
        for stride in (8, 16, 32):
            name = f"{part}_{stride}"
            if name not in outputs:
                return f"{name} is missing"
            shape = outputs[name]
            if len(shape) != 3 or shape[2] not in {numbers, None}:
                return f"{name} is {_said(shape)} and not [batch, cells, {numbers}]"
    return None


def _check_recogniser(spec: RecogniserSpec, model: onnx.ModelProto) -> None:
    batch, _, height, width = _check_picture(model.graph, "recogniser")
    if height not in {spec.size, None} or width not in {spec.size, None}:
        raise PackError(
            f"The recogniser takes {height} by {width} pixels, and {spec.layout} chips have {spec.size}",
            "Correct the layout or the size in [recogniser]",
        )
    if batch is not None and batch != spec.fixed_batch:
        raise PackError(
            f"The recogniser takes {batch} faces at once and no other number",
            f"Set fixed_batch = {batch} in [recogniser], or export it with a free batch",
        )
    if len(model.graph.output) != 1:
        raise PackError(f"The recogniser has {len(model.graph.output)} outputs and should have one", _EXPORT)
    shape = _shape(model.graph.output[0])
    length = math.prod(size or 0 for size in shape[1:])
    if len(shape) < 2 or length not in {spec.dimension, 0}:
        raise PackError(
            f"The recogniser gives {_said(shape)}, not templates of {spec.dimension} numbers",
            "Correct the dimension in [recogniser]",
        )


def _said(shape: Shape) -> str:
    return "[" + ", ".join("any" if item is None else str(item) for item in shape) + "]"
