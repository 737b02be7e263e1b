"""Reading ONNX that may be anything."""

from __future__ import annotations

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # protobuf ships no types

from overt.errors import PackError

__all__ = ["read_model"]


def read_model(content: bytes, name: str) -> onnx.ModelProto:
    """Read the content of an ONNX file; weights that it keeps elsewhere are not looked for.

    Raises:
        PackError: it is not ONNX, or holds no network.
    """
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError as error:
        raise PackError(
            f"{name} is not an ONNX file", "Get it again, or convert the network to ONNX"
        ) from error
    if not model.graph.node:
        raise PackError(
            f"{name} is not an ONNX file, or holds no network", "Get it again, or convert it to ONNX"
        )
    return model
