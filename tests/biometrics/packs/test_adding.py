"""A pack of the user's own is checked, copied whole or not at all, and its networks fit what it says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest

from overt.biometrics import packs
from overt.biometrics.packs._convert.graph import Graph
from overt.errors import PackError
from tests.biometrics.packs.conftest import CENTERFACE_OUTPUTS, detector_bytes, recogniser_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.biometrics.packs.conftest import Draft


def test_a_sound_pack_is_added_without_what_it_does_not_list(draft: Draft, home: Path) -> None:
    folder = draft.write()
    (folder / "notes.txt").write_text("not of the pack")
    pack = packs.add(folder)
    assert pack.folder == home / "mine"
    assert sorted(item.name for item in pack.folder.iterdir()) == [
        "detector.onnx",
        "pack.toml",
        "recogniser.onnx",
    ]
    assert packs.load("mine").manifest == pack.manifest
    assert [item.name for item in home.iterdir()] == ["mine"]


def test_a_pack_added_again_gives_way_to_the_new_one(draft: Draft, home: Path) -> None:
    packs.add(draft.write())
    draft.contents["recogniser.onnx"] = recogniser_bytes(dimension=24)
    packs.add(draft.write(recogniser__dimension=24, version="2"))
    assert packs.load("mine").contract.dimension == 24
    assert [item.name for item in home.iterdir()] == ["mine"]


def test_a_refused_pack_leaves_the_older_one_and_nothing_else(draft: Draft, home: Path) -> None:
    packs.add(draft.write())
    with pytest.raises(PackError):
        packs.add(draft.write(recogniser__dimension=99))
    assert packs.load("mine").contract.dimension == 16
    assert [item.name for item in home.iterdir()] == ["mine"]


def test_the_ids_of_known_packs_are_taken(draft: Draft) -> None:
    with pytest.raises(PackError, match="Give your pack another id"):
        packs.add(draft.write(id="embedded"))


def test_a_packs_folder_that_cannot_be_written_is_named(
    draft: Draft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("OVERT_HOME", str(tmp_path / "file"))
    with pytest.raises(PackError, match="OVERT_HOME"):
        packs.add(draft.write())


def test_a_killed_arrival_leaves_nothing_half_made_and_is_cleared_later(draft: Draft, home: Path) -> None:
    code = """
import sys
from overt.biometrics.packs._folders import arriving
with arriving("half") as folder:
    (folder / "pack.toml").write_text("half")
    print("there", flush=True)
    sys.stdin.read()
"""
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ.copy()
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"there\n"
    (left,) = home.iterdir()
    packs.add(draft.write())
    assert left.exists(), "an arrival that is under way is left alone"
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert packs.installed() == ("mine",)
    with pytest.raises(PackError):
        packs.load("half")
    packs.add(draft.write())
    assert [item.name for item in home.iterdir()] == ["mine"]


def _with_external_weights(content: bytes) -> bytes:
    model = onnx.load_model_from_string(content)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../etc/passwd")
    return bytes(model.SerializeToString())


def _with_hidden_external_weights(content: bytes) -> bytes:
    """External weights in a constant, in a graph within a node."""
    model = onnx.load_model_from_string(content)
    tensor = onnx.TensorProto(data_type=1, dims=[1], data_location=onnx.TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="weights.bin")
    constant = onnx.helper.make_node("Constant", [], ["inner"], value=tensor)
    inner = onnx.helper.make_graph([constant], "inner", [], [])
    model.graph.node.append(
        onnx.helper.make_node("If", ["heatmap"], ["x"], then_branch=inner, else_branch=inner)
    )
    return bytes(model.SerializeToString())


def _with_own_operator(content: bytes) -> bytes:
    model = onnx.load_model_from_string(content)
    model.graph.node[0].domain = "com.example"
    return bytes(model.SerializeToString())


def _with_second_input(content: bytes) -> bytes:
    model = onnx.load_model_from_string(content)
    model.graph.input.append(onnx.helper.make_tensor_value_info("other", onnx.TensorProto.FLOAT, [1]))
    return bytes(model.SerializeToString())


def _with_bytes_as_input(content: bytes) -> bytes:
    model = onnx.load_model_from_string(content)
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.UINT8
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda _: b"not a network at all" * 9, "not an ONNX file"),
        (lambda content: content[: len(content) // 2], "not an ONNX file"),
        (lambda _: onnx.ModelProto(ir_version=8).SerializeToString(), "holds no network"),
        (_with_external_weights, "keeps weights in another file"),
        (_with_hidden_external_weights, "keeps weights in another file"),
        (_with_own_operator, r"com\.example"),
        (_with_second_input, "2 inputs"),
        (_with_bytes_as_input, "not float32"),
        (
            lambda _: detector_bytes({**CENTERFACE_OUTPUTS, "landmarks": 8}),
            "not those of the family centerface",
        ),
        (lambda _: detector_bytes({"heatmap": 1, "scale": 2}), "not those of the family centerface"),
        (lambda _: detector_bytes(size=(640, 640)), "640 by 640 pixels alone"),
    ],
)
def test_a_detector_that_does_not_fit_is_refused(
    draft: Draft, spoil: Callable[[bytes], bytes], what: str
) -> None:
    draft.contents["detector.onnx"] = spoil(draft.contents["detector.onnx"])
    with pytest.raises(PackError, match=what) as caught:
        packs.add(draft.write())
    assert caught.value.remedy


def test_a_detector_of_one_size_is_added_when_the_manifest_says_so(draft: Draft) -> None:
    draft.contents["detector.onnx"] = detector_bytes(size=(640, 480))
    assert packs.add(draft.write(detector__fixed_size=[640, 480])).manifest.detector.fixed_size == (640, 480)
    with pytest.raises(PackError, match="fixed_size"):
        packs.add(draft.write(detector__fixed_size=[480, 640]))


@pytest.mark.parametrize("family", ["scrfd", "yunet"])
def test_a_detector_of_another_family_than_declared_is_refused(draft: Draft, family: str) -> None:
    with pytest.raises(PackError, match=f"not those of the family {family}"):
        packs.add(draft.write(detector__family=family))


@pytest.mark.parametrize(
    ("content", "changes", "what"),
    [
        (recogniser_bytes(size=128), {}, "112"),
        (recogniser_bytes(dimension=32), {}, "templates of 16"),
        (recogniser_bytes(batch=1), {}, "fixed_batch = 1"),
        (recogniser_bytes(batch=4), {"recogniser__fixed_batch": 1}, "fixed_batch = 4"),
        (recogniser_bytes(), {"recogniser__layout": "dlib-150", "recogniser__size": 150}, "150"),
        (detector_bytes(size=(112, 112)), {}, "4 outputs"),
    ],
)
def test_a_recogniser_that_does_not_fit_is_refused(
    draft: Draft, content: bytes, changes: dict[str, Any], what: str
) -> None:
    draft.contents["recogniser.onnx"] = content
    with pytest.raises(PackError, match=what):
        packs.add(draft.write(**changes))


def test_the_three_families_and_layouts_are_taken(draft: Draft) -> None:
    draft.contents["detector.onnx"] = _many_outputs(
        {
            f"{part}_{stride}": n
            for part, n in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
            for stride in (8, 16, 32)
        }
    )
    draft.contents["recogniser.onnx"] = recogniser_bytes(size=150, batch=1)
    packs.add(
        draft.write(
            detector__family="yunet",
            recogniser__layout="dlib-150",
            recogniser__size=150,
            recogniser__fixed_batch=1,
            recogniser__points=[[47.0, 45.0], [100.0, 45.0], [75.0, 74.0], [52.0, 99.0], [97.0, 98.0]],
        )
    )
    draft.contents["detector.onnx"] = _many_outputs(
        {f"o{i}": n for i, n in enumerate((1, 1, 1, 4, 4, 4, 10, 10, 10))}
    )
    draft.contents["recogniser.onnx"] = recogniser_bytes(size=128)
    packs.add(
        draft.write(
            detector__family="scrfd",
            recogniser__layout="five-point",
            recogniser__size=128,
            recogniser__points=[[40.0, 59.0], [87.0, 59.0], [64.0, 82.0], [45.0, 105.0], [84.0, 105.0]],
        )
    )


def _many_outputs(numbers: dict[str, int]) -> bytes:
    """A network with outputs [batch, cells, numbers]."""
    graph = Graph("detector")
    picture = graph.input("input", ("batch", 3, "height", "width"))
    for name, count in numbers.items():
        cells = graph.convolution(picture, np.zeros((count, 3, 8, 8)), np.zeros(count), stride=(8, 8))
        rows = graph.node("Transpose", [cells], perm=[0, 2, 3, 1])
        graph.node("Reshape", [rows, graph.constant(np.array([0, -1, count]))], [name])
        graph.output(name, ("batch", "cells", count))
    return graph.bytes()
