"""Finding the faces of the reference pictures once, turning them onto one canvas, and keeping that on disk.

The canvas is the embedded pack's chip with a margin around it, so that the teachers' chips and the student's jittered
chips can all be cut out of it. Held-out people are chosen by a hash of their name and never trained on.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from overt.biometrics import DetectionSettings, Detector, load_detector, packs
from overt.biometrics.alignment import similarity_transforms
from overt.biometrics.packs import DetectorSpec
from overt.biometrics.sessions import Network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["CANVAS", "CORNER", "TEMPLATE", "Faces", "held_out", "load_faces", "prepare_faces"]

CANVAS = 216
"""Side of the canvas, pixels."""

CORNER = (33, 40)
"""Where the chip's upper left corner lies in the canvas, x and y."""

TEMPLATE = ((45.9, 47.3), (101.5, 46.0), (74.0, 77.2), (52.3, 101.1), (97.6, 100.1))
"""Where CenterFace's five points go in the chip of 150 by 150 pixels, as in the embedded pack."""

HELD_OUT_PERCENT = 28
MOST_OF_ONE_PERSON = 30
LEAST_EYE_DISTANCE = 18.0
MARGIN = 64

_YUNET = DetectorSpec(
    family="yunet", file="yunet_n_dynamic.onnx", colour="bgr", score_threshold=0.3, nms_iou=0.3
)


@dataclass(frozen=True)
class Faces:
    """Faces on canvases.

    Attributes:
        canvases: uint8 [n, 216, 216, 3], blue, green, red.
        points: float32 [n, 2, 5, 2]: five landmarks in the canvas, by CenterFace and by YuNet.
        pictures: the picture of each, relative to the folder of the data.
        people: the name of each, empty where nobody has named it.
        parts: `train`, `held-out`, or `unnamed`, which is trained on unless it looks like somebody held out.
        coloured: whether its colours differ from grey.
    """

    canvases: npt.NDArray[np.uint8]
    points: npt.NDArray[np.float32]
    pictures: npt.NDArray[np.str_]
    people: npt.NDArray[np.str_]
    parts: npt.NDArray[np.str_]
    coloured: npt.NDArray[np.bool_]


def held_out(person: str) -> bool:
    """Whether a person is kept for measuring; the same in every run and on every machine."""
    digest = hashlib.sha256(f"overt distillation: {person}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % 100 < HELD_OUT_PERCENT


def load_faces(folder: Path) -> Faces:
    """Read what `prepare_faces` wrote; the canvases stay on disk until they are looked at.

    `canvases.npy`, a gigabyte, is made of the pictures in `faces.npz` if it is not there: only the small file needs
    to be carried to another machine.
    """
    unpacked = folder / "canvases.npy"
    with np.load(folder / "faces.npz") as kept:
        if not unpacked.is_file():
            ends = np.cumsum(kept["sizes"])
            pieces = np.split(kept["jpegs"], ends[:-1])
            np.save(unpacked, np.stack([cv2.imdecode(piece, cv2.IMREAD_COLOR) for piece in pieces]))
        return Faces(
            canvases=np.load(unpacked, mmap_mode="r"),
            **{name: kept[name] for name in ("points", "pictures", "people", "parts", "coloured")},
        )


def prepare_faces(shared: Path, folder: Path) -> Faces:
    """Find and align every face there is to train and measure on.

    Args:
        shared: the folder of the reference data.
        folder: written: `faces.npz` and `canvases.npy`; left as they are if they are there.
    """
    if (folder / "faces.npz").is_file():
        return load_faces(folder)
    folder.mkdir(parents=True, exist_ok=True)
    portraits = load_detector(packs.load("dlib"), DetectionSettings(long_side=320, score_threshold=0.2))
    crowds = load_detector(packs.load("dlib"), DetectionSettings(long_side=1920))
    yunet = Network(shared / "weights/det/yunet_n_dynamic.onnx")
    second = Detector(yunet, _YUNET, DetectionSettings(long_side=320))
    found: list[tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], str, str, str, bool]] = []
    for path, person, part in _portraits(shared / "faces"):
        image = cv2.imread(str(path))
        if image is None:
            raise SystemExit(f"{path} cannot be read")
        image = cv2.copyMakeBorder(image, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_REPLICATE)
        best = _central(portraits, image)
        if best is not None:
            name = path.relative_to(shared).as_posix()
            found.append((*_on_canvas(image, best, second), name, person, part, _coloured(image)))
    for path in sorted((shared / "groups").glob("*/*.jpg")):
        if path.parent.name == "antispoof_samples":
            continue
        image = cv2.imread(str(path))
        if image is None:
            continue
        (faces,) = crowds.detect([np.asarray(image, np.uint8)])
        for points in faces.landmarks:
            if np.hypot(*(points[1] - points[0])) >= LEAST_EYE_DISTANCE:
                name = path.relative_to(shared).as_posix()
                found.append((*_on_canvas(image, points, second), name, "", "unnamed", _coloured(image)))
    canvases, points, *words = zip(*found, strict=True)
    jpegs = [cv2.imencode(".jpg", canvas, [cv2.IMWRITE_JPEG_QUALITY, 90])[1] for canvas in canvases]
    np.savez(
        folder / "faces.npz",
        jpegs=np.concatenate(jpegs),
        sizes=np.array([len(jpeg) for jpeg in jpegs]),
        points=np.stack(points),
        **dict(zip(("pictures", "people", "parts", "coloured"), map(np.array, words), strict=True)),
    )
    return load_faces(folder)


def _portraits(faces: Path) -> Iterator[tuple[Path, str, str]]:
    """Each portrait with its person's name and its part."""
    for path in sorted((faces / "lfw_gray192").glob("*/*.jpg")):
        yield path, path.parent.name, "held-out" if held_out(path.parent.name) else "train"
    for folder in ("lfw_colour_10x10", "lfw_colour100_12ids"):
        for person in sorted((faces / folder).iterdir()):
            if not held_out(person.name):
                for path in sorted(person.glob("*.jpg"))[:MOST_OF_ONE_PERSON]:
                    yield path, person.name, "train"
    for path in sorted((faces / "rmfd_masked").glob("*/*.jpg")):
        yield path, "", "unnamed"


def _central(detector: Detector, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32] | None:
    """The landmarks of the most certain face, the nearer the middle the better."""
    (faces,) = detector.detect([np.asarray(image, np.uint8)])
    if not len(faces):
        return None
    away = faces.boxes.reshape(-1, 2, 2).mean(1) - np.array(image.shape[1::-1]) / 2
    return faces.landmarks[int(np.argmax(faces.scores - 0.003 * np.hypot(away[:, 0], away[:, 1])))]


def _on_canvas(
    image: npt.NDArray[np.uint8], points: npt.NDArray[np.float32], second: Detector
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """The canvas of a face, and its points there by both detectors; CenterFace's twice if YuNet finds none."""
    template = np.array(TEMPLATE, np.float32) + np.array(CORNER, np.float32)
    (matrix,) = similarity_transforms(points[None], template)
    canvas = cv2.warpAffine(
        image, matrix, (CANVAS, CANVAS), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    first = points @ matrix[:, :2].T + matrix[:, 2]
    (faces,) = second.detect([np.asarray(canvas, np.uint8)])
    other = first
    if len(faces):
        off = np.abs(faces.landmarks - first).mean((1, 2))
        if off.min() < 12:
            other = faces.landmarks[int(off.argmin())]
    return np.asarray(canvas, np.uint8), np.stack([first, other]).astype(np.float32)


def _coloured(image: npt.NDArray[np.uint8]) -> bool:
    return bool(np.abs(image[..., 0].astype(np.int16) - image[..., 2]).mean() > 2)


def manifest_roles(shared: Path) -> dict[str, str]:
    """The role of each picture of LFW in open-set measuring, by its path relative to the folder of the data."""
    with (shared / "faces/lfw_manifest.csv").open(encoding="utf-8", newline="") as file:
        return {f"faces/{row['image']}": row["role"] for row in csv.DictReader(file)}
