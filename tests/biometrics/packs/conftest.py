"""A packs folder of its own for each test, and a small pack that is all right until a test spoils it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest

from overt.biometrics import packs
from overt.biometrics.packs._convert.graph import Graph

if TYPE_CHECKING:
    from overt.biometrics.packs import Manifest

CENTERFACE_OUTPUTS = {"heatmap": 1, "scale": 2, "offset": 2, "landmarks": 10}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The packs folder, empty."""
    monkeypatch.setenv("OVERT_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "packs"


def detector_bytes(
    channels: dict[str, int] | None = None, size: tuple[int | str, int | str] = ("height", "width")
) -> bytes:
    """A network with CenterFace's input and outputs, that finds nothing."""
    wanted = channels or CENTERFACE_OUTPUTS
    graph = Graph("detector")
    picture = graph.input("image", ("batch", 3, *size))
    total = sum(wanted.values())
    together = graph.convolution(picture, np.zeros((total, 3, 4, 4)), np.zeros(total), stride=(4, 4))
    graph.node("Split", [together, graph.constant(np.array(list(wanted.values())))], list(wanted), axis=1)
    for name, count in wanted.items():
        graph.output(name, ("batch", count, "rows", "columns"))
    return graph.bytes()


def recogniser_bytes(size: int = 112, dimension: int = 16, batch: int | str = "batch") -> bytes:
    """A network that makes a template of the mean colour of the chip."""
    graph = Graph("recogniser")
    chips = graph.input("chips", (batch, 3, size, size))
    mean = graph.node("GlobalAveragePool", [chips])
    spread = graph.convolution(
        mean, np.linspace(-1, 1, dimension * 3).reshape(dimension, 3, 1, 1), np.ones(dimension)
    )
    graph.node("Flatten", [spread], ["templates"], axis=1)
    graph.output("templates", (batch, dimension))
    return graph.bytes()


class Draft:
    """A pack in the making: change `manifest` or the files, and write it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.contents = {"detector.onnx": detector_bytes(), "recogniser.onnx": recogniser_bytes()}
        self.changes: dict[str, Any] = {}

    def manifest(self) -> dict[str, Any]:
        return {
            "id": "mine",
            "version": "1",
            "title": "A pack for tests",
            "licence": {"weights": "CC0-1.0", "training_data": "none", "operational_use": True},
            "files": [
                {
                    "name": name,
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "size": len(content),
                    "source": "made by the test",
                }
                for name, content in self.contents.items()
            ],
            "detector": {"family": "centerface", "file": "detector.onnx", "colour": "bgr"},
            "recogniser": {
                "layout": "arcface-112",
                "file": "recogniser.onnx",
                "dimension": 16,
                "colour": "rgb",
            },
            "operating_point": {"threshold": 0.5},
        }

    def write(self, **changes: Any) -> Path:
        """Write the pack; `detector__family="x"` changes a value, and None removes it."""
        plain = self.manifest()
        for path, value in changes.items():
            *tables, key = path.split("__")
            table = plain
            for name in tables:
                table = table[name]
            if value is None:
                del table[key]
            else:
                table[key] = value
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.contents.items():
            if Path(name).name == name != "..":
                (self.folder / name).write_bytes(content)
        (self.folder / "pack.toml").write_text(_toml(plain), "utf-8")
        return self.folder


def _toml(plain: dict[str, Any]) -> str:
    def value(item: Any) -> str:
        return msgspec.json.encode(item).decode()

    lines = [
        f"{key} = {value(item)}"
        for key, item in plain.items()
        if not isinstance(item, dict) and key != "files"
    ]
    for key, item in plain.items():
        if isinstance(item, dict):
            lines += [f"[{key}]", *(f"{name} = {value(part)}" for name, part in item.items())]
    for file in plain.get("files", []):
        lines += ["[[files]]", *(f"{name} = {value(part)}" for name, part in file.items())]
    return "\n".join(lines)


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    """A sound pack, not yet written."""
    return Draft(tmp_path / "draft")


@pytest.fixture
def sound_manifest(draft: Draft) -> Manifest:
    """The manifest of a sound pack."""
    return packs.load(draft.write()).manifest
