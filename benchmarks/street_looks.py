"""Portraits spoilt as a street spoils them, and what a pack makes of each; `passages.py` and `resolution.py` use it.

A portrait is turned, narrowed, blurred, reduced by averaging to a wanted distance between the eyes, lit, made noisy
and compressed, and stands in a frame of its mean colour. The pack's own detector then has to find it there, and its
own recogniser makes the template, so that nothing is known of the face that an engine would not know. What was done
once is kept in the cache's folder; delete it when you have done, for it holds biometric data.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import msgspec
import numpy as np
import numpy.typing as npt
import onnxruntime
from held_out import held_out
from research_packs import RESEARCH_PACKS, make_research_pack

import overt.biometrics
from overt.biometrics import (
    DetectionSettings,
    Detector,
    Embedder,
    Faces,
    FloatArray,
    ImageArray,
    ModelPack,
    load_detector,
    measure_quality,
    packs,
)
from overt.biometrics.alignment import ARCFACE_112, align_faces
from overt.biometrics.sessions import Network
from overt.evaluation.protocols import Preparation, TemplateCache, code_version, make_templates, pack_name
from overt.evaluation.protocols.templates import face_meant

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

__all__ = [
    "Flags",
    "Looks",
    "Numbers",
    "People",
    "Portrait",
    "Spoiling",
    "Standing",
    "bootstrapped",
    "chosen_packs",
    "common_options",
    "look_at",
    "read_people",
    "read_portrait",
    "spoilt",
    "strict_threshold",
    "table_head",
    "table_row",
]

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FRAMES = (64, 128, 192, 256, 384, 512, 640, 1024, 2048, 4096)
"""Sides of the square frames, pixels: few, because a detector keeps memory for few shapes."""
BATCH = 8
SEED = 5
VERSION = 1
"""Of what this file does to a portrait: raise it when that changes, and looks are taken anew."""


@dataclass(frozen=True, slots=True)
class Spoiling:
    """What a street does to a portrait.

    Attributes:
        eyes: pixels between the eyes after the reduction; None leaves the portrait's own.
        blur: deviation of a Gaussian, in distances between the eyes.
        motion: length of the path, in distances between the eyes.
        direction: of the motion, degrees.
        lean: rotation in the picture, degrees.
        turn: degrees to the side, as far as narrowing the picture shows it.
        light: factor on the grey levels.
        noise: deviation, grey levels.
        jpeg: quality of the compression, 1 to 100; None for none.
        shrink: how many pixels of the frame, along a side, make one of the copy that the detector sees.
        seed: of the noise.
    """

    eyes: float | None = None
    blur: float = 0.0
    motion: float = 0.0
    direction: float = 0.0
    lean: float = 0.0
    turn: float = 0.0
    light: float = 1.0
    noise: float = 0.0
    jpeg: int | None = None
    shrink: int = 1
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture of somebody.

    Attributes:
        path: the file.
        identity: who it is.
        role: as the manifest has it.
        eyes: pixels between the eyes as the pack's detector sees them, or the usual distance where it sees none.
        template: float32 [d]; all zero where no face was found.
    """

    path: Path
    identity: str
    role: str
    eyes: float
    template: FloatArray


@dataclass(frozen=True)
class People:
    """Everybody in the manifest.

    Attributes:
        gallery: the picture of each enrolled person.
        half: 0 or 1 for each identity, by lot: people who tune and people who test.
    """

    portraits: tuple[Portrait, ...]
    half: dict[str, int]

    @property
    def gallery(self) -> tuple[Portrait, ...]:
        """One picture of each person with two or more."""
        return self.of_role("gallery")

    def of_role(self, *roles: str) -> tuple[Portrait, ...]:
        """The portraits of these roles."""
        return tuple(p for p in self.portraits if p.role in roles)


@dataclass(frozen=True, slots=True)
class Looks:
    """What a pack made of spoilt portraits, in their order.

    Attributes:
        found: bool [n], whether the detector found a face where it is.
        templates: float32 [n, d], of unit length; zero where none was found.
        measures: float32 [n, 8], `Quality.vector`.
        scalar: float32 [n], `Quality.scalar`.
        length: float32 [n], of the recogniser's output before it is brought to unit length.
        network: float32 [n], LightQNet's quality; NaN where its file is not at hand.
    """

    found: Flags
    templates: FloatArray
    measures: FloatArray
    scalar: FloatArray
    length: FloatArray
    network: FloatArray

    def take(self, rows: npt.NDArray[np.intp] | Flags) -> Looks:
        """Some of them."""
        return Looks(*(getattr(self, field.name)[rows] for field in dataclasses.fields(self)))

    def and_then(self, others: Looks) -> Looks:
        """These and others."""
        names = [field.name for field in dataclasses.fields(self)]
        return Looks(*(np.concatenate([getattr(self, name), getattr(others, name)]) for name in names))


class _Measuring(Embedder):
    """An embedder that notes how long each output was."""

    lengths: list[float]

    @staticmethod
    def _to_unit_length(given: FloatArray, out: FloatArray) -> None:
        _Measuring.lengths += np.linalg.norm(given, axis=1).tolist()
        Embedder._to_unit_length(given, out)  # noqa: SLF001 - its own base


# -- reading ---------------------------------------------------------------------------------------------------------


def read_people(pack: ModelPack, data: Path, cache: Path | None, *, everybody: bool = False) -> People:
    """The people of the reference manifest, with their unspoilt templates.

    Args:
        pack: makes the templates.
        data: the reference data.
        cache: of templates.
        everybody: those as well on whom a recogniser of the project's own may have been trained.
    """
    folder = data / "faces"
    with (folder / "lfw_manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if everybody or held_out(row["identity"])]
    preparation = Preparation()
    kept = TemplateCache(cache, pack, preparation) if cache is not None else None
    pictures = [(row["image"], folder / row["image"]) for row in rows]
    made = make_templates(pack, pictures, preparation, cache=kept, threads=1)
    usual = float(np.median(made.eye_distance[made.found]))
    names = sorted({row["identity"] for row in rows})
    lot = np.random.default_rng(1).permutation(np.arange(len(names)) % 2).tolist()
    # a distance far from the others' is a wrong find in the picture's corner, and no measure of the face
    known = made.found & (np.abs(np.log(np.maximum(made.eye_distance, 1) / usual)) < 0.35)
    portraits = tuple(
        Portrait(path, row["identity"], row["role"], float(eyes) if sure else usual, template)
        for row, (_, path), sure, eyes, template in zip(
            rows, pictures, known, made.eye_distance, made.vectors, strict=True
        )
    )
    return People(portraits, dict(zip(names, lot, strict=True)))


def common_options(parser: argparse.ArgumentParser, tables: Sequence[str]) -> None:
    """The options that these scripts share."""
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument(
        "--pack", action="append", help=f"one of {', '.join(RESEARCH_PACKS)}, or a pack's name or folder"
    )
    parser.add_argument("--table", action="append", choices=tables)
    parser.add_argument(
        "--everybody",
        action="store_true",
        help="the people, too, on whom a recogniser of the project's own may have been trained",
    )
    parser.add_argument("--cache", type=Path, help="where looks and templates are kept; else nowhere")


def chosen_packs(names: Iterable[str], data: Path, scratch: Path) -> list[ModelPack]:
    """The packs of these names; the research packs are put together in `scratch`."""
    return [
        packs.load(make_research_pack(data, scratch, name) if name in RESEARCH_PACKS else name)
        for name in names
    ]


# -- looking ---------------------------------------------------------------------------------------------------------


def look_at(
    pack: ModelPack,
    jobs: Sequence[tuple[Portrait, Spoiling]],
    *,
    data: Path,
    cache: Path | None,
    title: str = "",
) -> Looks:
    """What the pack makes of each portrait, spoilt.

    Args:
        pack: its detector and recogniser.
        jobs: which portrait, and what is done to it.
        data: the reference data, for LightQNet.
        cache: folder of what was done before.
        title: for the progress.
    """
    path = cache / f"looks-{_key(pack, jobs)}.npz" if cache is not None else None
    if path is not None and path.exists():
        with np.load(path) as held:
            return Looks(*(held[field.name] for field in dataclasses.fields(Looks)))
    looks = _look_at(pack, jobs, data, title)
    if path is not None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        np.savez(path, **{field.name: getattr(looks, field.name) for field in dataclasses.fields(Looks)})
        path.chmod(0o600)
    return looks


def _key(pack: ModelPack, jobs: Sequence[tuple[Portrait, Spoiling]]) -> str:
    digest = hashlib.sha256(msgspec.json.encode((pack_name(pack).digest, code_version().scoring)))
    room = Path(overt.biometrics.__file__).parent
    for file in (room / "quality.py", room / "_occlusion.py"):
        digest.update(file.read_bytes())
    digest.update(bytes([VERSION]))
    for portrait, spoiling in jobs:
        digest.update(f"{portrait.path.name}{portrait.eyes:.3f}{dataclasses.astuple(spoiling)}".encode())
    return digest.hexdigest()[:32]


def _look_at(pack: ModelPack, jobs: Sequence[tuple[Portrait, Spoiling]], data: Path, title: str) -> Looks:
    spec = pack.manifest.recogniser
    embedder = _Measuring(Network(pack.recogniser_file, threads=1), spec, pack.contract, (1, BATCH))
    _Measuring.lengths = []
    judge = _judge(data / "weights/other/lightqnet-dm100.onnx")
    detectors: dict[int, Detector] = {}
    n, side = len(jobs), embedder.chip_size
    found, chips = np.zeros(n, bool), np.zeros((BATCH, side, side, 3), np.uint8)
    templates, network = np.zeros((n, embedder.dimension), np.float32), np.full(n, np.nan, np.float32)
    measures, scalar = np.zeros((n, 8), np.float32), np.zeros(n, np.float32)
    lengths = np.zeros(n, np.float32)
    waiting: list[int] = []

    def embed() -> None:
        start = len(_Measuring.lengths)
        out = np.zeros((len(waiting), embedder.dimension), np.float32)
        embedder.embed(chips[: len(waiting)], out)
        templates[waiting], lengths[waiting] = out, _Measuring.lengths[start:]
        waiting.clear()

    for row, (portrait, spoiling) in enumerate(jobs):
        frame = spoilt(read_portrait(portrait.path), portrait.eyes, spoiling)
        copy = max(frame.shape) // spoiling.shrink
        if spoiling.shrink == 1:
            copy = FRAMES[-1]
        if copy not in detectors:
            detectors[copy] = load_detector(pack, DetectionSettings(long_side=copy, max_batch=1), threads=1)
        face = _face(detectors[copy].detect([frame])[0], frame)
        if face is not None:
            found[row] = True
            quality = measure_quality(frame, face)
            measures[row], scalar[row] = quality.vector[0], quality.scalar[0]
            embedder.align(frame, face.landmarks, chips[len(waiting) : len(waiting) + 1])
            if judge is not None:
                network[row] = _judged(judge, frame, face)
            waiting.append(row)
        if len(waiting) == BATCH or (waiting and row == n - 1):
            embed()
        if sys.stderr.isatty():
            print(f"\r{title}: {row + 1} of {n}   ", end="", file=sys.stderr)
    if waiting:
        embed()
    return Looks(found, templates, measures, scalar, lengths, network)


def read_portrait(path: Path) -> ImageArray:
    """The portrait, grey: uint8 [h, w]."""
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise SystemExit(f"{path} cannot be read as a picture")
    return np.asarray(image, np.uint8)


def _face(faces: Faces, frame: ImageArray) -> Faces | None:
    """The face in the middle of the frame; one elsewhere is no find."""
    face = face_meant(faces, frame)
    if face is None:
        return None
    left, top, right, bottom = face.boxes[0]
    x = y = min(frame.shape[:2]) / 2
    return face if left < x < right and top < y < bottom else None


def _judge(path: Path) -> onnxruntime.InferenceSession | None:
    if not path.exists():
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _judged(judge: onnxruntime.InferenceSession, frame: ImageArray, face: Faces) -> float:
    chip = np.zeros((1, 112, 112, 3), np.uint8)
    align_faces(frame, face.landmarks, np.array(ARCFACE_112, np.float32), chip)
    pixels = (cv2.resize(chip[0], (96, 96)).astype(np.float32) - 128.0) / 128.0
    (given,) = judge.run(None, {"input:0": pixels.transpose(2, 0, 1)[None]})
    return float(np.ravel(given)[0])


# -- spoiling --------------------------------------------------------------------------------------------------------


def spoilt(image: ImageArray, eyes: float, how: Spoiling) -> ImageArray:
    """The portrait in the middle of a frame, spoilt: uint8 [s, s, 3], s one of `FRAMES`.

    Args:
        image: uint8 [h, w], grey as the reference portraits are.
        eyes: pixels between the eyes in it.
        how: what is done.
    """
    grey = cv2.mean(image)[0]
    height, width = image.shape[:2]
    side = 2 * max(height, width)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), how.lean, 1.0)
    turn[0] *= math.cos(math.radians(how.turn))
    middle = turn @ np.array([width / 2, height / 2, 1.0])
    turn[:, 2] += side / 2 - middle
    canvas = cv2.warpAffine(
        image, turn, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=grey
    )
    if how.blur > 0:
        canvas = cv2.GaussianBlur(canvas, (0, 0), how.blur * eyes, borderType=cv2.BORDER_REPLICATE)
    if how.motion * eyes > 1:
        canvas = cv2.filter2D(canvas, -1, _path(how.motion * eyes, how.direction))
    if how.eyes is not None:
        small = max(8, round(side * how.eyes / eyes))
        method = cv2.INTER_AREA if small < side else cv2.INTER_LINEAR
        canvas = cv2.resize(canvas, (small, small), interpolation=method)
    size = next(frame for frame in FRAMES if frame >= canvas.shape[0])
    gap = size - canvas.shape[0]
    canvas = cv2.copyMakeBorder(
        canvas, gap // 2, gap - gap // 2, gap // 2, gap - gap // 2, cv2.BORDER_CONSTANT, value=grey
    )
    lit = canvas.astype(np.float32) * how.light
    if how.noise > 0:
        grain = np.random.default_rng(how.seed).normal(0, how.noise, (size, size))
        lit += grain.astype(np.float32)
    frame = np.clip(np.rint(lit), 0, 255).astype(np.uint8)
    if how.jpeg is not None:
        _, packed = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, how.jpeg])
        frame = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR), np.uint8)


def _path(length: float, direction: float) -> FloatArray:
    """The kernel of an even motion, float32 [k, k], of sum 1."""
    reach = math.ceil(length / 2) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    along = np.linspace(-length / 2, length / 2, 8 * reach)
    x = reach + along * math.cos(math.radians(direction))
    y = reach + along * math.sin(math.radians(direction))
    np.add.at(kernel, (np.rint(y).astype(int), np.rint(x).astype(int)), 1.0)
    return np.asarray(kernel / kernel.sum(), np.float32)


# -- judging ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """The scores of trials: each person's own entry, where it is first, and the best of the strangers.

    Attributes:
        mated: float64 [m], the score of the own entry; -inf where it is not first, or nothing was found.
        mated_people: int64 [m].
        strangers: float64 [n], the best score of each trial of somebody who is not on the list.
        stranger_people: int64 [n].
    """

    mated: Numbers
    mated_people: npt.NDArray[np.int64]
    strangers: Numbers
    stranger_people: npt.NDArray[np.int64]

    def threshold(self, fpir: float) -> float:
        """The least threshold, just above a stranger's score, that holds the rate."""
        return strict_threshold(self.strangers, fpir)

    def tpir(self, fpir: float) -> float:
        """TPIR at the threshold for this FPIR on these trials."""
        return float((self.mated > self.threshold(fpir)).mean())

    def of(self, people: npt.NDArray[np.bool_]) -> Standing:
        """The trials of some people; `people` is indexed by their numbers."""
        mated, strangers = people[self.mated_people], people[self.stranger_people]
        return Standing(
            self.mated[mated],
            self.mated_people[mated],
            self.strangers[strangers],
            self.stranger_people[strangers],
        )


def strict_threshold(strangers: Numbers, fpir: float) -> float:
    """A decision is positive above it: so many of the strangers' scores at most lie there."""
    falling = np.sort(strangers)[::-1]
    return float(falling[min(int(fpir * len(falling) + 1e-9), len(falling) - 1)])


def bootstrapped(standing: Standing, rates: Sequence[float], *, n: int = 1000) -> Numbers:
    """TPIR at each FPIR in n resamples of the people, float64 [n, rates]; the same people for whoever gives the same.

    One draw of people serves both kinds of trial, and the threshold is chosen anew in each.
    """
    people = 1 + int(max(standing.mated_people.max(), standing.stranger_people.max()))
    rng = np.random.default_rng(SEED)
    down = np.argsort(-standing.strangers, kind="stable")
    falling, owners = standing.strangers[down], standing.stranger_people[down]
    order = np.argsort(-standing.mated, kind="stable")
    scores, mates = standing.mated[order], standing.mated_people[order]
    out = np.zeros((n, len(rates)))
    for i in range(n):
        weights = np.bincount(rng.integers(0, people, people), minlength=people)
        above = np.cumsum(weights[owners])
        hits = np.concatenate([[0], np.cumsum(weights[mates])])
        for j, rate in enumerate(rates):
            over = int(np.searchsorted(above, rate * above[-1] + 1e-9, side="right"))
            limit = falling[over] if over < len(falling) else -np.inf
            out[i, j] = hits[np.searchsorted(-scores, -limit, side="left")] / max(hits[-1], 1)
    return out


# -- printing --------------------------------------------------------------------------------------------------------


def table_row(*cells: object) -> None:
    """One row of a Markdown table, at once."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def table_head(*cells: str) -> None:
    """The head of a Markdown table."""
    print()
    table_row(*cells)
    table_row(*("---" for _ in cells))
