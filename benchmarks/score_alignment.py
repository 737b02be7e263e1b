"""Where landmarks go in the chip of a dlib-150 recogniser: templates by hand, by medians, learned, and dlib's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import dlib
import numpy as np
import numpy.typing as npt
from score_people import People, against, halves, head, pictures_of, row, searched

from overt.biometrics import DetectionSettings, load_detector, load_embedder
from overt.biometrics.alignment import DLIB_150, align_faces
from overt.evaluation.bench.peers.dlib_models import dlib_models
from overt.evaluation.protocols import face_meant
from overt.evaluation.protocols.templates import padded
from overt.gallery.pictures import decode_picture

if TYPE_CHECKING:
    from pathlib import Path

    from score_people import Codes, Scores

    from overt.biometrics import Faces, ModelPack
    from overt.biometrics.faces import ImageArray
    from overt.evaluation.metrics import Scored

__all__ = ["alignment"]

BATCH = 8
SIDE = 150
PADDING = 0.25
FIRST_GUESS = ((47.1, 45.7), (100.9, 44.5), (75.4, 74.1), (52.3, 99.9), (97.9, 98.8))
"""By hand, for the points of another detector (YuNet)."""


@dataclass(frozen=True)
class Seen:
    """A portrait's face: CenterFace's five points in the picture, and from the picture to dlib's own chip."""

    landmarks: Scores
    to_chip: Scores
    bordered: bool


class Dlib:
    """dlib's own alignment: its five points within the detector's box, and the chip that it cuts by them."""

    def __init__(self) -> None:
        self._points = dlib.shape_predictor(str(dlib_models() / "shape_predictor_5_face_landmarks.dat"))

    def to_chip(self, image: ImageArray, face: Faces) -> Scores:
        """From the picture to dlib's chip of 150 pixels with 0.25 padding, float32 [2, 3]."""
        left, top, right, bottom = (float(side) for side in face.boxes[0])
        x, y = (left + right) / 2, (top + bottom) / 2 + (bottom - top) * 0.04
        # dlib's detector draws a square from the brows to the chin; this one's box is a little larger
        half = (right - left + bottom - top) / 2 * 0.9 / 2
        box = dlib.rectangle(int(x - half), int(y - half), int(x + half), int(y + half))
        points = self._points(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), box)
        chip = dlib.get_face_chip_details(points, SIDE, PADDING)
        rect, angle = chip.rect, chip.angle
        corners = np.array(
            [(rect.left(), rect.top()), (rect.right(), rect.top()), (rect.left(), rect.bottom())], np.float64
        )
        middle = np.array([(rect.left() + rect.right()) / 2, (rect.top() + rect.bottom()) / 2])
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        turned = ((corners - middle) @ turn.T + middle).astype(np.float32)
        aims = np.array([(0, 0), (SIDE - 1, 0), (0, SIDE - 1)], np.float32)
        return np.asarray(cv2.getAffineTransform(turned, aims), np.float32)


def alignment(name: str, pack: ModelPack, data: Path, *, threads: int) -> None:
    """TPIR with each template; the learned one is tested on people of whom it has seen nobody."""
    spec = pack.manifest.recogniser
    if spec.layout != "dlib-150" or pack.manifest.detector.family != "centerface":
        print(f"\n{name}: its chips are not dlib's by CenterFace's points, so there is nothing to compare")
        return
    lines = pictures_of(data)
    paths = [data / "faces" / line["image"] for line in lines]
    _, people = np.unique([line["identity"] for line in lines], return_inverse=True)
    roles = np.array([line["role"] for line in lines])
    detector = load_detector(pack, DetectionSettings(long_side=640, max_batch=1), threads=threads)
    own = Dlib()
    seen: list[Seen | None] = []
    for path in paths:
        image = _read(path)
        face = face_meant(detector.detect([image])[0], image)
        bordered = face is None
        if face is None:
            image = padded(image)
            face = face_meant(detector.detect([image])[0], image)
        seen.append(None if face is None else Seen(face.landmarks[0], own.to_chip(image, face), bordered))
    tested = halves(people.astype(np.int64), 1)
    learned = {
        half: _learned([s for s, t in zip(seen, tested, strict=True) if s and t != half])
        for half in (True, False)
    }
    present = np.array(spec.points or DLIB_150, np.float32)
    ways: dict[str, list[Scores | None]] = {
        "first guess": [np.array(FIRST_GUESS, np.float32)] * len(seen),
        "the pack's": [present] * len(seen),
        "learned on the other half": [learned[bool(half)] for half in tested],
        "dlib's own landmarks, no template": [None] * len(seen),
    }
    outcomes = {
        way: _outcome(pack, paths, seen, templates, people.astype(np.int64), roles, threads)
        for way, templates in ways.items()
    }
    head(
        "pack", "template", "off dlib's chip, px", "TPIR at FPIR 10% (less the pack's, points)", "1%", "0.3%"
    )
    base = outcomes["the pack's"]
    for way, outcome in outcomes.items():
        row(name, way, f"{_residual(seen, ways[way]):.2f}", *against([outcome], [base]))
    for half in (True, False):
        print(
            f"\nlearned for half {int(half)}: {[[round(float(x), 2) for x in point] for point in learned[half]]}"
        )


def _read(path: Path) -> ImageArray:
    return decode_picture(path.read_bytes(), path.name, most_mib=64.0, most_megapixels=100.0).image


def _in_chip(one: Seen) -> Scores:
    return np.asarray(one.landmarks @ one.to_chip[:, :2].T + one.to_chip[:, 2], np.float32)


def _learned(seen: list[Seen]) -> Scores:
    """The medians of where the detector's points fall in the chips that dlib cuts."""
    return np.asarray(np.median([_in_chip(one) for one in seen], axis=0), np.float32)


def _residual(seen: list[Seen | None], templates: list[Scores | None]) -> float:
    """How far, in the chip, a template's middle lies from where dlib has it: the median over faces."""
    off = [
        float(np.abs(_in_chip(one).mean(axis=0) - template.mean(axis=0)).max())
        for one, template in zip(seen, templates, strict=True)
        if one is not None and template is not None
    ]
    return float(np.median(off)) if off else 0.0


def _outcome(
    pack: ModelPack,
    paths: list[Path],
    seen: list[Seen | None],
    templates: list[Scores | None],
    people: Codes,
    roles: npt.NDArray[np.str_],
    threads: int,
) -> Scored:
    embedder = load_embedder(pack, threads=threads, batch_sizes=(1, BATCH))
    vectors = np.zeros((len(paths), embedder.dimension), np.float32)
    rows = [at for at, one in enumerate(seen) if one is not None]
    chips = np.zeros((BATCH, SIDE, SIDE, 3), np.uint8)
    for first in range(0, len(rows), BATCH):
        part = rows[first : first + BATCH]
        for slot, at in enumerate(part):
            one, template = seen[at], templates[at]
            if one is None:
                continue
            image = padded(_read(paths[at])) if one.bordered else _read(paths[at])
            if template is None:
                chips[slot] = cv2.warpAffine(image, one.to_chip, (SIDE, SIDE))
            else:
                align_faces(image, one.landmarks[None], template, chips[slot : slot + 1])
        given = np.zeros((len(part), embedder.dimension), np.float32)
        embedder.embed(chips[: len(part)], given)
        vectors[part] = given
    none = np.zeros(len(paths), np.float32)
    whole = People(vectors, np.asarray(vectors.any(axis=1), np.bool_), people, roles, none, none)
    entries, mated, strangers = (whole.rows(role) for role in ("gallery", "mated", "nonmated"))
    return searched(
        vectors[mated] @ vectors[entries].T,
        vectors[strangers] @ vectors[entries].T,
        people[entries],
        people[mated],
        people[strangers],
        whole.found[mated],
    )
