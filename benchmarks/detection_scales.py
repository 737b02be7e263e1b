"""Faces near and far, by the detector's input: `detection_scales.py [--pack NAME …] [--table NAME …]`.

- `range`: portraits of the held-out people, reduced or enlarged to so many pixels between the eyes *in the copy that
  the detector sees*, each in the middle of a frame that is larger than the portrait.
- `marked`: the pictures of `groups/dlib_faces`, whose faces people marked; smaller and smaller copies of them.
- `crowds`: `groups/linzaer_imgs` and frames of `video/crowd.mp4`. Nobody marked these. In place of truth stands a
  stronger detector (SCRFD-2.5G, for comparison alone) on tiles at full resolution and a copy of 640: what it is sure
  of (a score of 0.6) should be found, and a find is called false only where it sees nothing even at 0.2.
- `cost`: processor time for one 1280 by 720 frame, as a ratio to a copy of 640, taken in turn in one run.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

import av
import cv2
import numpy as np
import numpy.typing as npt
from street_looks import (
    Spoiling,
    chosen_packs,
    common_options,
    read_people,
    read_portrait,
    spoilt,
    table_head,
    table_row,
)

from overt.biometrics import DetectionSettings, Detector, FloatArray, ImageArray, load_detector
from overt.biometrics.packs import DetectorSpec
from overt.biometrics.sessions import Network
from overt.rates import exact_interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    from overt.biometrics import ModelPack

TABLES = ("range", "marked", "crowds", "cost")
EYES: Final = (4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256)
PORTRAITS: Final = 80
LARGE: Final = 20
"""Portraits whose eyes are more than 100 pixels apart: their frames are of two million pixels and more."""
FRAMES: Final = 12
SETTINGS: Final[tuple[tuple[str, DetectionSettings], ...]] = (
    ("320", DetectionSettings(long_side=320)),
    ("480", DetectionSettings(long_side=480)),
    ("640", DetectionSettings(long_side=640)),
    ("960", DetectionSettings(long_side=960)),
    ("1280", DetectionSettings(long_side=1280)),
    ("640 and 1280 (two-scale)", DetectionSettings(long_side=640, far="two-scale")),
    ("640 and full tiles of 640", DetectionSettings(long_side=640, far="tiles")),
)
BANDS: Final = ((8, 12), (12, 16), (16, 24), (24, 32), (32, 48), (48, 96), (96, 4000))
"""Of a face's height, pixels of the full picture."""
OVERLAP: Final = 0.35
SURE: Final = 0.6
PERHAPS: Final = 0.2

_STRONGER: Final = DetectorSpec(
    family="scrfd", file="det_2.5g.onnx", colour="rgb", mean=(127.5, 127.5, 127.5), divide=128.0, nms_iou=0.4
)


def stronger(data: Path) -> Detector:
    """The detector that stands in for truth."""
    network = Network(data / "weights/det/det_2.5g.onnx", threads=1)
    settings = DetectionSettings(
        long_side=640, far="tiles", score_threshold=PERHAPS, max_faces=2000, max_batch=1
    )
    return Detector(network, _STRONGER, settings)


def detector_of(pack: ModelPack, settings: DetectionSettings) -> Detector:
    """The pack's detector, one picture at a time on one thread."""
    return load_detector(pack, settings, threads=1)


def rate(hits: int, of: int) -> str:
    """A rate with its exact interval and the count behind it."""
    if not of:
        return "none"
    low, high = exact_interval(hits, of)
    return f"{hits / of:.0%} ({low:.0%} to {high:.0%}) of {of}"


def overlaps(a: FloatArray, b: FloatArray) -> FloatArray:
    """Intersection over union of each box of one set with each of another, float32 [a, b]."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(2)
    sizes = [(boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (a, b)]
    return np.asarray(shared / np.maximum(sizes[0][:, None] + sizes[1] - shared, 1e-9), np.float32)


def paired(truth: FloatArray, found: FloatArray) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which of the true boxes were found and which finds are true; each serves once, the best overlap first."""
    hit, right = np.zeros(len(truth), bool), np.zeros(len(found), bool)
    if len(truth) and len(found):
        shared = overlaps(truth, found)
        for flat in np.argsort(-shared, axis=None):
            i, j = divmod(int(flat), len(found))
            if shared[i, j] < OVERLAP:
                break
            if not hit[i] and not right[j]:
                hit[i] = right[j] = True
    return hit, right


def ranges(pack: ModelPack, asked: argparse.Namespace) -> None:
    """Portraits found, by the pixels between the eyes in the copy that the detector sees."""
    table_head("pack", "pixels between the eyes in the copy", "faces found")
    people = read_people(pack, asked.data, asked.cache)
    portraits = people.of_role("mated", "nonmated")[:PORTRAITS]
    detector = detector_of(pack, DetectionSettings(long_side=4096))
    for eyes in EYES:
        found, tried = 0, portraits if eyes <= 100 else portraits[:LARGE]
        for portrait in tried:
            frame = spoilt(read_portrait(portrait.path), portrait.eyes, Spoiling(eyes=eyes))
            middle = frame.shape[0] / 2
            boxes = detector.detect([frame])[0].boxes
            inside = (boxes[:, :2] < middle).all(1) & (boxes[:, 2:] > middle).all(1)
            # a nose or an eye that is taken for a face is no find
            large = boxes[:, 3] - boxes[:, 1] > 1.2 * eyes
            found += bool((inside & large).any())
        table_row(pack.manifest.id, eyes, rate(found, len(tried)))


def marked(pack: ModelPack, asked: argparse.Namespace) -> None:
    """Marked faces found in smaller and smaller copies, by their height in the copy."""
    bands = ((4, 8), (8, 12), (12, 16), (16, 24), (24, 48), (48, 200))
    table_head("pack", "copy", *(f"{low} to {high} px high" for low, high in bands), "other finds")
    folder = asked.data / "groups/dlib_faces"
    for side in (100, 160, 240, 320, 500):
        detector = detector_of(pack, DetectionSettings(long_side=side))
        wanted, hits, others, n = np.zeros(len(bands), int), np.zeros(len(bands), int), 0, 0
        for name, boxes in marked_faces(folder).items():
            image = read(folder / name)
            shrink = min(1.0, side / max(image.shape[:2]))
            (faces,) = detector.detect([image])
            middle = (faces.boxes[:, None, :2] + faces.boxes[:, None, 2:]) / 2
            inside = np.logical_and(middle > boxes[:, :2], middle < boxes[:, 2:]).min(axis=2)
            height = (boxes[:, 3] - boxes[:, 1]) * shrink
            for i, (low, high) in enumerate(bands):
                here = (height >= low) & (height < high)
                wanted[i] += int(here.sum())
                hits[i] += int(inside.any(0)[here].sum())
            others += int((~inside.any(1)).sum())
            n += 1
        table_row(
            pack.manifest.id,
            side,
            *(rate(int(hit), int(of)) for hit, of in zip(hits, wanted, strict=True)),
            f"{others} in {n} pictures",
        )


def marked_faces(folder: Path) -> dict[str, FloatArray]:
    """The boxes that people drew, by picture."""
    boxes: dict[str, list[list[float]]] = {}
    for name in ("training.xml", "testing.xml"):
        for image in ElementTree.parse(folder / name).getroot().iter("image"):  # noqa: S314 - reference data
            for box in image.iter("box"):
                left, top, width, height = (float(box.attrib[k]) for k in ("left", "top", "width", "height"))
                boxes.setdefault(Path(image.attrib["file"]).name, []).append(
                    [left, top, left + width, top + height]
                )
    return {name: np.array(rows, np.float32) for name, rows in boxes.items()}


def read(path: Path) -> ImageArray:
    """A picture in blue, green, red."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise SystemExit(f"{path} cannot be read as a picture")
    return np.asarray(image, np.uint8)


def frames_of(path: Path, n: int) -> Iterator[ImageArray]:
    """Frames of a film, evenly spread."""
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        wanted = set(np.linspace(0, max(stream.frames - 1, 0), n).astype(int).tolist())
        for i, frame in enumerate(film.decode(stream)):
            if i in wanted:
                yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def crowds(pack: ModelPack, asked: argparse.Namespace) -> None:
    """What each input finds of what the stronger detector is sure of, by height; and what is false."""
    truth = stronger(asked.data)
    stills = [read(path) for path in sorted((asked.data / "groups/linzaer_imgs").glob("*.jpg"))]
    sources = (
        ("crowds", [image for image in stills if max(image.shape) >= 1000]),
        ("street film", list(frames_of(asked.data / "video/crowd.mp4", FRAMES))),
    )
    table_head(
        "pack",
        "pictures",
        "copy",
        *(f"{low} to {high} px high" for low, high in BANDS),
        "false finds a picture",
    )
    for name, images in sources:
        known = [truth.detect([image])[0] for image in images]
        for copy, settings in SETTINGS:
            detector = detector_of(pack, settings)
            wanted, hits, false = np.zeros(len(BANDS), int), np.zeros(len(BANDS), int), 0
            for image, faces in zip(images, known, strict=True):
                boxes = detector.detect([image])[0].boxes
                sure = faces.boxes[faces.scores >= SURE]
                hit, _ = paired(sure, boxes)
                height = sure[:, 3] - sure[:, 1]
                for i, (low, high) in enumerate(BANDS):
                    here = (height >= low) & (height < high)
                    wanted[i] += int(here.sum())
                    hits[i] += int(hit[here].sum())
                false += int((~paired(faces.boxes, boxes)[1]).sum())
            table_row(
                pack.manifest.id,
                f"{len(images)} of {name}",
                copy,
                *(rate(int(hit), int(of)) for hit, of in zip(hits, wanted, strict=True)),
                f"{false / len(images):.2f}",
            )


def cost(pack: ModelPack, asked: argparse.Namespace) -> None:
    """Processor time of each input for one frame of 1280 by 720, as a ratio to the copy of 640."""
    table_head("pack", "copy", "processor time, ratio to 640")
    frames = list(frames_of(asked.data / "video/crowd.mp4", 5))
    detectors = [(name, detector_of(pack, settings)) for name, settings in SETTINGS]
    for _, detector in detectors:
        detector.warm(*frames[0].shape[:2])
    spent: dict[str, list[float]] = {name: [] for name, _ in detectors}
    for frame in frames:
        for name, detector in detectors:
            start = time.process_time()
            detector.detect([frame])
            spent[name].append(time.process_time() - start)
    usual = float(np.median(spent["640"]))
    for name, times in spent.items():
        table_row(pack.manifest.id, name, f"{np.median(times) / usual:.2f}")


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    common_options(parser, TABLES)
    asked = parser.parse_args()
    tables = {"range": ranges, "marked": marked, "crowds": crowds, "cost": cost}
    with tempfile.TemporaryDirectory() as scratch:
        for pack in chosen_packs(asked.pack or ("embedded",), asked.data, Path(scratch)):
            for name in asked.table or TABLES:
                tables[name](pack, asked)


if __name__ == "__main__":
    main()
