"""Whose pictures the masks are tried on: a folder of people, or simulated ones where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from overt.errors import EvaluationError
from overt.evaluation.scene.portraits import (
    Portrait,
    eileen_collins,
    grace_hopper,
    simulated_face,
)

if TYPE_CHECKING:
    from pathlib import Path

    from overt.biometrics import ImageArray

__all__ = ["Person", "read_people", "simulated_people"]

PICTURES: Final = frozenset({".jpg", ".jpeg", ".png"})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with two pictures, uint8 [h, w, 3], blue, green, red: the one enrolled, and the one that is masked."""

    name: str
    reference: ImageArray
    probe: ImageArray


def read_people(folder: Path, limit: int) -> list[Person]:
    """People of a folder with one folder a person, as Labeled Faces in the Wild is laid out.

    Args:
        folder: its sub-folders with two or more pictures are taken, in the order of their names.
        limit: the most people.

    Raises:
        EvaluationError: the folder is missing, or a picture cannot be read.
    """
    if not folder.is_dir():
        raise EvaluationError(
            f"{folder} is not a folder",
            "Name a folder that has one folder a person with two or more pictures",
        )
    people: list[Person] = []
    for own in sorted(path for path in folder.iterdir() if path.is_dir()):
        pictures = sorted(path for path in own.iterdir() if path.suffix.lower() in PICTURES)[:2]
        if len(pictures) == 2 and len(people) < limit:
            people.append(Person(own.name, _read(pictures[0]), _read(pictures[1])))
    return people


def simulated_people(n: int) -> list[Person]:
    """Two public-domain portraits and made-up faces; the second picture of each is the first, spoilt a little.

    It favours the attacker, who has the very photograph that was masked.
    """
    portraits = [grace_hopper(), eileen_collins(), *(simulated_face(i) for i in range(max(0, n - 2)))][:n]
    rng = np.random.default_rng(7)
    return [Person(p.identity, _on_grey(p), _spoilt(_on_grey(p), rng)) for p in portraits]


def _read(path: Path) -> ImageArray:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise EvaluationError(
            f"{path} cannot be read as a picture", "Remove it, or save it again as JPEG or PNG"
        )
    return np.asarray(image, np.uint8)


def _on_grey(portrait: Portrait) -> ImageArray:
    colour = portrait.pixels[:, :, :3].astype(np.float32)
    opacity = portrait.pixels[:, :, 3:].astype(np.float32)
    return np.asarray(np.clip(colour + (255.0 - opacity) * (128 / 255), 0, 255), np.uint8)


def _spoilt(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    """A slight turn, another light, and noise."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(-5, 5)), 1.0)
    turned = cv2.warpAffine(
        image, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    lit = turned.astype(np.float32) * rng.uniform(0.75, 1.2) + rng.uniform(-12, 12)
    noisy = lit + rng.normal(0, 3, lit.shape)
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)
