"""Writing an ONNX graph so that the same numbers always give the same bytes.

Every field is set here rather than by `onnx.helper`, whose defaults change with its version; the bytes of what is
written can therefore be pinned by their SHA-256.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from onnx import AttributeProto, ModelProto, NodeProto, TensorProto, ValueInfoProto

__all__ = ["Graph", "attributes_of"]

_IR_VERSION = 8
_OPSET = 17

Attribute = int | str | Sequence[int]


class Graph:
    """A graph of float32 tensors that grows node by node; each method returns the name of what its node gives."""

    def __init__(self, name: str) -> None:
        self._model = ModelProto(ir_version=_IR_VERSION, producer_name="overt")
        self._model.opset_import.add(domain="", version=_OPSET)
        self._model.graph.name = name
        self._count = 0

    def bytes(self) -> bytes:
        """The finished model as a file's content."""
        content: bytes = self._model.SerializeToString(deterministic=True)
        return content

    def input(self, name: str, shape: Sequence[int | str]) -> str:
        """Declare the network's input; a word in the shape is a dimension of any size."""
        self._declare(self._model.graph.input.add(), name, shape)
        return name

    def output(self, name: str, shape: Sequence[int | str]) -> None:
        """Declare one of the network's outputs."""
        self._declare(self._model.graph.output.add(), name, shape)

    def constant(self, values: npt.NDArray[np.generic]) -> str:
        """Keep numbers in the graph: floats as float32, whole numbers as int64."""
        whole = np.issubdtype(values.dtype, np.integer)
        stored = np.ascontiguousarray(values, "<i8" if whole else "<f4")
        name = self._fresh("constant")
        self._model.graph.initializer.append(
            TensorProto(
                name=name,
                dims=stored.shape,
                data_type=TensorProto.INT64 if whole else TensorProto.FLOAT,
                raw_data=stored.tobytes(),
            )
        )
        return name

    def half(self, values: npt.NDArray[np.floating]) -> str:
        """Keep numbers as float16, half the bytes; the graph gives them out, and reckons with them, as float32."""
        stored = np.ascontiguousarray(values, "<f2")
        name = self._fresh("half")
        self._model.graph.initializer.append(
            TensorProto(
                name=name, dims=stored.shape, data_type=TensorProto.FLOAT16, raw_data=stored.tobytes()
            )
        )
        return self.node("Cast", [name], to=TensorProto.FLOAT)

    def eighth(self, values: npt.NDArray[np.floating]) -> str:
        """Keep numbers as int8 with one scale for each row of the first axis, a quarter of the bytes.

        The graph gives them out, and reckons with them, as float32.
        """
        rows = np.ascontiguousarray(values, np.float64).reshape(len(values), -1)
        scales = np.maximum(np.abs(rows).max(1), 1e-12) / 127
        stored = np.rint(rows / scales[:, None]).astype(np.int8).reshape(values.shape)
        name = self._fresh("eighth")
        self._model.graph.initializer.append(
            TensorProto(name=name, dims=stored.shape, data_type=TensorProto.INT8, raw_data=stored.tobytes())
        )
        spread = scales.reshape(-1, *(1,) * (values.ndim - 1))
        return self.node("Mul", [self.node("Cast", [name], to=TensorProto.FLOAT), self.constant(spread)])

    def node(
        self, kind: str, inputs: Sequence[str], outputs: Sequence[str] = (), /, **attributes: Attribute
    ) -> str:
        """Add a node of the standard operator `kind`; without names for its outputs it gets one of its own."""
        names = list(outputs) or [self._fresh(kind.lower())]
        node = NodeProto(op_type=kind, name=names[0], input=inputs, output=names)
        for key in sorted(attributes):
            node.attribute.append(_attribute(key, attributes[key]))
        self._model.graph.node.append(node)
        return names[0]

    def convolution(
        self,
        image: str,
        filters: npt.NDArray[np.float64],
        biases: npt.NDArray[np.float64],
        *,
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        group: int = 1,
    ) -> str:
        """Convolve with filters [out, in ÷ group, height, width], padding (y, x) with zeros on both sides."""
        return self.node(
            "Conv",
            [image, self.constant(filters), self.constant(biases)],
            group=group,
            kernel_shape=filters.shape[2:],
            pads=(*padding, *padding),
            strides=stride,
        )

    def relu(self, value: str) -> str:
        """Negative numbers become zero."""
        return self.node("Relu", [value])

    def _fresh(self, word: str) -> str:
        self._count += 1
        return f"{word}_{self._count}"

    @staticmethod
    def _declare(value: ValueInfoProto, name: str, shape: Sequence[int | str]) -> None:
        value.name = name
        value.type.tensor_type.elem_type = TensorProto.FLOAT
        for size in shape:
            dimension = value.type.tensor_type.shape.dim.add()
            if isinstance(size, int):
                dimension.dim_value = size
            else:
                dimension.dim_param = size


def attributes_of(node: NodeProto) -> dict[str, int | list[int]]:
    """The whole-number attributes of a convolution or a pool, as `Graph.node` takes them.

    Raises:
        ValueError: it is dilated.
    """
    lists: dict[str, int | list[int]] = {
        item.name: list(item.ints) for item in node.attribute if item.type == AttributeProto.INTS
    }
    if lists.get("dilations", [1, 1]) != [1, 1]:
        raise ValueError("a convolution is dilated")
    return lists | {item.name: item.i for item in node.attribute if item.type == AttributeProto.INT}


def _attribute(name: str, value: Attribute) -> AttributeProto:
    if isinstance(value, int):
        return AttributeProto(name=name, type=AttributeProto.INT, i=value)
    if isinstance(value, str):
        return AttributeProto(name=name, type=AttributeProto.STRING, s=value.encode())
    return AttributeProto(name=name, type=AttributeProto.INTS, ints=[int(item) for item in value])
