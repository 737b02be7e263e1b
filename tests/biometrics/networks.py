"""Small ONNX networks whose answers can be worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from overt.biometrics.packs.manifest import Contract, DetectorSpec, RecogniserSpec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SPOT = 24
"""Side of the box that `spot_detector` puts around the centre of each bright spot, pixels of its input."""

POINTS = ((0.3, 0.35), (0.7, 0.35), (0.5, 0.55), (0.35, 0.75), (0.65, 0.75))
"""Where in that box it puts the landmarks, as parts of its width and height."""


def save(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    constants: dict[str, np.ndarray],
    inputs: dict[str, Sequence[int | str]],
    outputs: dict[str, Sequence[int | str]],
) -> Path:
    """Write a float32 network."""
    graph = helper.make_graph(
        list(nodes),
        "test",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, list(s)) for n, s in inputs.items()],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, list(s)) for n, s in outputs.items()],
        [numpy_helper.from_array(a, n) for n, a in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def spot_detector(path: Path, *, size: tuple[int | str, int | str] = ("h", "w"), gain: float = 1.0) -> Path:
    """Write a network with CenterFace's outputs, whose score is the first channel's mean over each cell, ÷ 255."""
    weights = np.zeros((15, 3, 4, 4), np.float32)
    weights[0, 0] = gain / (16 * 255)
    bias = np.zeros(15, np.float32)
    bias[1:3] = np.log(SPOT / 4)
    bias[5:] = np.array([(y, x) for x, y in POINTS], np.float32).reshape(-1)
    return save(
        path,
        [
            helper.make_node("Conv", ["image", "weights", "bias"], ["all"], strides=[4, 4]),
            helper.make_node("Split", ["all", "parts"], ["centres", "sizes", "offsets", "points"], axis=1),
        ],
        {"weights": weights, "bias": bias, "parts": np.array([1, 2, 2, 10], np.int64)},
        {"image": ("b", 3, *size)},
        {
            name: ("b", count, f"{name} rows", f"{name} columns")
            for name, count in (("centres", 1), ("sizes", 2), ("offsets", 2), ("points", 10))
        },
    )


def spot_spec(
    colour: str = "bgr", *, fixed_size: tuple[int, int] | None = None, threshold: float = 0.5
) -> DetectorSpec:
    """What a manifest says of `spot_detector`."""
    assert colour in {"bgr", "rgb"}
    return DetectorSpec(
        family="centerface",
        file="spots.onnx",
        colour="bgr" if colour == "bgr" else "rgb",
        score_threshold=threshold,
        nms_iou=0.3,
        fixed_size=fixed_size,
    )


def quarter_recogniser(path: Path, *, size: int = 112, batch: int | str = "b") -> Path:
    """Write a network whose template is the mean of each channel over each quarter of the chip: 12 numbers."""
    return save(
        path,
        [
            helper.make_node(
                "AveragePool",
                ["chips"],
                ["means"],
                kernel_shape=[size // 2, size // 2],
                strides=[size // 2, size // 2],
            ),
            helper.make_node("Flatten", ["means"], ["template"]),
        ],
        {},
        {"chips": (batch, 3, size, size)},
        {"template": (batch, 12)},
    )


def quarter_spec(colour: str = "bgr", *, flip: bool = False, divide: float = 1.0) -> RecogniserSpec:
    """What a manifest says of `quarter_recogniser`."""
    return RecogniserSpec(
        layout="arcface-112",
        file="quarters.onnx",
        dimension=12,
        colour="bgr" if colour == "bgr" else "rgb",
        divide=(divide, divide, divide),
        flip_average=flip,
    )


CONTRACT = Contract(pack="test", version="1", dimension=12)
