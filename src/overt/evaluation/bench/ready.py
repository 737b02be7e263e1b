"""What a benchmark runs on: a pack, and footage with several people in view."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from overt.biometrics import packs
from overt.errors import EvaluationError
from overt.evaluation.scene import Scene, SceneSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from overt.biometrics import ModelPack

__all__ = ["Footage", "given_footage", "ready_pack", "reference_pack", "simulated_footage"]

SCENE: Final = SceneSettings(seconds=6.0, crowd=12, near=3)
"""Short, because composing it takes time; its end flows into its start, so it is looped."""

REFERENCE_DETECTOR: Final = "weights/det/det_500m.onnx"
REFERENCE_RECOGNISER: Final = "weights/rec/mobilefacenet_foamliu_dynbatch.onnx"
REFERENCE_FOOTAGE: Final = "video/crowd.mp4"


@dataclass(frozen=True, slots=True)
class Footage:
    """A film, and what it is in a few words."""

    path: Path
    title: str


def ready_pack(name: str) -> ModelPack:
    """A verified pack; one that Overt knows and that is not here yet is fetched first.

    Raises:
        PackError: it cannot be had, or is not whole.
    """
    if name in packs.built_in_names() and name not in packs.installed():
        packs.pull(name)
    return packs.load(name)


def given_footage(path: Path) -> Footage:
    """The user's own film.

    Raises:
        EvaluationError: there is no such file.
    """
    if not path.is_file():
        raise EvaluationError(f"There is no footage at {path}", "Name a film that exists")
    return Footage(path, path.name)


def simulated_footage(folder: Path, progress: Callable[[int, int], None] | None = None) -> Footage:
    """A simulated street with about a dozen faces in view, filmed into the folder."""
    path = folder / "street.mp4"
    Scene(SCENE).write(path, progress=progress)
    return Footage(path, f"simulated street, {SCENE.seconds:g} s, looped")


def reference_pack(data: Path, folder: Path) -> tuple[ModelPack, Footage] | None:
    """A pack out of the reference weights (SCRFD-500M and a MobileFaceNet in ArcFace's layout) and a street film.

    Args:
        data: the reference data's folder.
        folder: where the pack is put together, out of links to the weights.

    Returns:
        None where the data is not there.
    """
    detector, recogniser = data / REFERENCE_DETECTOR, data / REFERENCE_RECOGNISER
    film = data / REFERENCE_FOOTAGE
    if not (detector.is_file() and recogniser.is_file() and film.is_file()):
        return None
    home = folder / "reference-pack"
    home.mkdir(parents=True)
    for file in (detector, recogniser):
        (home / file.name).write_bytes(file.read_bytes())
    (home / "pack.toml").write_text(_manifest(home / detector.name, home / recogniser.name), "utf-8")
    return packs.load(home), Footage(film, film.name)


def _manifest(detector: Path, recogniser: Path) -> str:
    files = "".join(
        f'[[files]]\nname = "{file.name}"\nsha256 = "{hashlib.sha256(file.read_bytes()).hexdigest()}"\n'
        f'size = {file.stat().st_size}\nsource = "reference data"\n\n'
        for file in (detector, recogniser)
    )
    return f"""id = "reference"
version = "1"
title = "SCRFD-500M and MobileFaceNet, for comparison only"

[licence]
weights = "SCRFD: non-commercial research; MobileFaceNet: Apache-2.0"
training_data = "WIDER FACE; MS-Celeb-1M"
operational_use = false

{files}[detector]
family = "scrfd"
file = "{detector.name}"
colour = "rgb"
mean = [127.5, 127.5, 127.5]
divide = 128.0

[recogniser]
layout = "arcface-112"
file = "{recogniser.name}"
dimension = 128
colour = "rgb"
mean = [123.675, 116.28, 103.53]
divide = [58.395, 57.12, 57.375]

[operating_point]
threshold = 0.42
note = "For timing only."
"""
