"""What the biometrics can do on real photographs, as figures that can fail."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import cv2
import msgspec
import numpy as np
import pytest

from overt.biometrics import (
    DetectionSettings,
    Detector,
    Embedder,
    Faces,
    ImageArray,
    load_detector,
    measure_quality,
)
from overt.biometrics.embedding import load_embedder
from overt.biometrics.sessions import Network
from overt.biometrics.tracking import PassageTracker
from tests.shared_packs import shared_pack

if TYPE_CHECKING:
    from pathlib import Path

    from overt.biometrics.packs import ModelPack

pytestmark = pytest.mark.shared

PACKS = ("embedded", "research-scrfd-retail", "research-yunet-mobile")


@pytest.fixture(scope="module", params=PACKS)
def pack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ModelPack:
    if request.param == "embedded":
        found: ModelPack = request.getfixturevalue("embedded_pack")
        return found
    return shared_pack(tmp_path_factory.mktemp("packs"), request.param)


def read(path: Path, margin: float = 0.0) -> ImageArray:
    image = cv2.imread(str(path))
    assert image is not None, path
    rim = round(margin * image.shape[0])
    return np.asarray(cv2.copyMakeBorder(image, rim, rim, rim, rim, cv2.BORDER_CONSTANT), np.uint8)


def largest(faces: Faces) -> int:
    return int(np.argmax(faces.boxes[:, 2] - faces.boxes[:, 0]))


def templates(
    detector: Detector, embedder: Embedder, images: list[ImageArray]
) -> tuple[np.ndarray, np.ndarray]:
    """One template for the largest face of each picture, and where there was a face at all."""
    side = embedder.chip_size
    chips = np.zeros((len(images), side, side, 3), np.uint8)
    found = np.zeros(len(images), bool)
    for i, image in enumerate(images):
        (faces,) = detector.detect([image])
        found[i] = len(faces) > 0
        if found[i]:
            embedder.align(image, faces.landmarks[largest(faces)][None], chips[i : i + 1])
    out = np.zeros((len(images), embedder.dimension), np.float32)
    embedder.embed(chips, out)
    return out, found


def marked_faces(shared_data: Path) -> dict[str, np.ndarray]:
    """The boxes that people drew, by picture."""
    boxes: dict[str, list[list[float]]] = {}
    for name in ("training.xml", "testing.xml"):
        for image in ET.parse(shared_data / "groups/dlib_faces" / name).getroot().iter("image"):  # noqa: S314  # trusted
            for box in image.iter("box"):
                left, top, width, height = (float(box.attrib[k]) for k in ("left", "top", "width", "height"))
                key = image.attrib["file"].split("/")[-1]
                boxes.setdefault(key, []).append([left, top, left + width, top + height])
    return {name: np.array(rows) for name, rows in boxes.items()}


@pytest.mark.parametrize("far", ["none", "two-scale", "tiles"])
def test_every_marked_face_is_found_and_little_else(pack: ModelPack, shared_data: Path, far: str) -> None:
    detector = load_detector(pack, DetectionSettings(far=far), threads=2)  # type: ignore[arg-type]
    wanted = found = other = 0
    for name, boxes in marked_faces(shared_data).items():
        (faces,) = detector.detect([read(shared_data / "groups/dlib_faces" / name)])
        middle = (faces.boxes[:, None, :2] + faces.boxes[:, None, 2:]) / 2
        inside = ((middle > boxes[:, :2]) & (middle < boxes[:, 2:])).all(2)
        wanted += len(boxes)
        found += int(inside.any(0).sum())
        other += int((~inside.any(1)).sum())
    assert wanted == 43
    assert found == wanted
    assert other <= 4


def test_pairs_of_lfw_are_verified(pack: ModelPack, shared_data: Path) -> None:
    with (shared_data / "faces/lfw_pairs.csv").open() as table:
        rows = list(csv.DictReader(table))
    rng = np.random.default_rng(11)
    pairs = [
        rows[i]
        for same in "10"
        for i in rng.permutation([i for i, row in enumerate(rows) if row["same"] == same])[:60]
    ]
    names = sorted({row[key] for row in pairs for key in ("image_a", "image_b")})
    images = [read(shared_data / "faces/lfw_gray192" / name, margin=0.25) for name in names]
    made, found = templates(load_detector(pack, threads=2), load_embedder(pack, threads=2), images)
    assert found.mean() > 0.98
    place = {name: i for i, name in enumerate(names)}
    scores = np.array([made[place[row["image_a"]]] @ made[place[row["image_b"]]] for row in pairs])
    same = np.array([row["same"] == "1" for row in pairs])
    accuracy = max(float(((scores >= threshold) == same).mean()) for threshold in scores)
    assert accuracy >= 0.95


def test_the_networks_get_their_colours_in_the_right_order(pack: ModelPack, shared_data: Path) -> None:
    """With red and blue exchanged on the way in, the same pictures are told apart worse."""
    folders = sorted((shared_data / "faces/lfw_colour_10x10").iterdir())
    images = [read(path, 0.25) for folder in folders for path in sorted(folder.glob("*.jpg"))[:6]]
    people = np.repeat(np.arange(len(folders)), 6)
    embedder = load_embedder(pack, threads=2)
    detector = load_detector(pack, threads=2)
    spec = pack.manifest.recogniser
    wrong = msgspec.structs.replace(spec, colour="bgr" if spec.colour == "rgb" else "rgb")
    exchanged = Embedder(Network(pack.recogniser_file, threads=2), wrong, pack.contract)
    pair = np.triu_indices(len(images), 1)
    same = (people[:, None] == people)[pair]

    def apart(made: np.ndarray) -> float:
        scores = (made @ made.T)[pair]
        spread = np.sqrt((scores[same].var() + scores[~same].var()) / 2)
        return float((scores[same].mean() - scores[~same].mean()) / spread)

    right, _ = templates(detector, embedder, images)
    other, _ = templates(detector, exchanged, images)
    assert apart(right) > apart(other)


def test_real_masks_raise_the_occlusion_estimate(embedded_pack: ModelPack, shared_data: Path) -> None:
    detector = load_detector(embedded_pack, threads=2)

    def estimates(paths: list[Path]) -> np.ndarray:
        values = []
        for path in paths:
            image = read(path, 0.25)
            (faces,) = detector.detect([image])
            if len(faces):
                quality = measure_quality(image, faces.take(np.array([largest(faces)])))
                if quality.eye_distance[0] >= 10:
                    values.append(float(quality.occlusion[0]))
        return np.array(values)

    masked = estimates(sorted((shared_data / "faces/rmfd_masked").rglob("*.jpg"))[::4])
    bare = estimates(sorted((shared_data / "faces/lfw_colour_10x10").rglob("*.jpg")))
    area = float((masked[:, None] > bare).mean())
    assert len(masked) > 30
    assert len(bare) > 90
    assert area > 0.93


def test_the_quality_scalar_foretells_how_good_a_template_is(shared_data: Path, tmp_path: Path) -> None:
    """Spoilt copies of a picture: the better the scalar, the nearer the template to the clean one's."""
    pack = shared_pack(tmp_path, "research-scrfd-mobile")
    detector, embedder = load_detector(pack, threads=2), load_embedder(pack, threads=2)
    rng = np.random.default_rng(0)
    scalars, similarities = [], []
    for path in sorted((shared_data / "faces/lfw_colour_10x10").rglob("*.jpg"))[::5]:
        clean = read(path)
        spoilt = [clean]
        for _ in range(6):
            scale = float(rng.choice([1, 0.7, 0.5, 0.35, 0.25]))
            copy = cv2.resize(clean, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            if rng.random() < 0.5:
                copy = cv2.GaussianBlur(copy, (0, 0), rng.uniform(0.4, 2.5))
            spoilt.append(np.asarray(copy * rng.uniform(0.15, 1.0), np.uint8))
        found = detector.detect(spoilt)
        if any(len(faces) == 0 for faces in found[:1]):
            continue
        made, _ = templates(detector, embedder, spoilt)
        for k in range(1, 7):
            if len(found[k]) == 1:
                scalars.append(float(measure_quality(spoilt[k], found[k]).scalar[0]))
                similarities.append(float(made[0] @ made[k]))
    ranks = [np.argsort(np.argsort(values)) for values in (scalars, similarities)]
    assert len(scalars) > 60
    assert np.corrcoef(*ranks)[0, 1] > 0.75


@pytest.mark.slow
def test_a_filmed_crowd_is_not_broken_into_pieces(embedded_pack: ModelPack, shared_data: Path) -> None:
    """A busy street, eight seconds at 10 frames a second: passages stay few and long."""
    av = pytest.importorskip("av")
    detector = load_detector(embedded_pack, DetectionSettings(long_side=1280), threads=2)
    tracker = PassageTracker(frame_rate=10)
    seen: dict[int, int] = {}
    faces_seen = settled = 0
    with av.open(str(shared_data / "video/crowd.mp4")) as film:
        for i, frame in enumerate(film.decode(video=0)):
            if i % 3 or i > 240:
                continue
            (faces,) = detector.detect([frame.to_ndarray(format="bgr24")])
            ids = tracker.update(faces, float(frame.time)).ids
            faces_seen += len(faces)
            settled += int((ids >= 0).sum())
            for passage in ids[ids >= 0].tolist():
                seen[passage] = seen.get(passage, 0) + 1
    assert settled > 0.9 * faces_seen
    assert len(seen) < faces_seen / 8
    assert np.median(list(seen.values())) >= 5
