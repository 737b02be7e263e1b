"""The reference portraits with something drawn over their faces, as `benchmarks/occlusion.py` uses them.

Of every picture are kept: the template as the recogniser makes it, those with each part made even, and what the judge
of coverings sees, of the chip and of worn copies of it. What was done once is kept in the cache.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import msgspec
import numpy as np
import numpy.typing as npt
from score_people import pictures_of

import overt
from overt.biometrics import DetectionSettings, load_detector, load_embedder
from overt.biometrics.alignment import chip_template
from overt.biometrics.covering import COVERINGS, CoveringJudge, even_out
from overt.evaluation.protocols import code_version, draw_occlusion, pack_name
from overt.evaluation.protocols.templates import face_meant, padded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics import Faces, FloatArray, ImageArray, ModelPack

__all__ = [
    "WORN",
    "ChipMaker",
    "CoveredFaces",
    "Part",
    "covered_faces",
    "figures_of",
    "people_of_half",
    "pictures_under",
]

WORN = 3
"""Worn copies of each chip, by lot."""

NARROW = (9.0, 36.0)
"""Pixels between the eyes of a worn copy, by lot, as often near one end as near the other."""

_SAVED_EVERY = 50

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """Pictures of one role.

    Attributes:
        paths: of the files.
        people: whose they are.
    """

    paths: tuple[Path, ...]
    people: tuple[str, ...]


@dataclass(frozen=True)
class CoveredFaces:
    """What became of n pictures.

    Attributes:
        found: bool [n], whether a face was found when it was covered.
        judged: int64 [n], what looks covered: the place in `COVERINGS`, from 1; 0 for nothing.
        templates: float32 [n, 1 + coverings, d]: as they are, and with each part made even; zero where no face is.
        figures: float32 [n, 1 + WORN, f], what the judge sees of the chip and of worn copies of it.
    """

    found: Flags
    judged: npt.NDArray[np.int64]
    templates: FloatArray
    figures: FloatArray


def people_of_half(
    data: Path, half: int, strangers: int, keep: Sequence[str] | None = None
) -> dict[str, Part]:
    """The pictures of one half of the people by lot, by role; of the strangers the first so many.

    Args:
        data: the reference data.
        half: 0 or 1.
        strangers: how many of them.
        keep: only these people.
    """
    lines = pictures_of(data)
    names = sorted({line["identity"] for line in lines})
    lot = np.random.default_rng(1).permutation(np.arange(len(names)) % 2)
    half_of = dict(zip(names, lot.tolist(), strict=True))
    parts = {}
    for role in ("gallery", "mated", "nonmated"):
        own = [
            line
            for line in lines
            if line["role"] == role
            and half_of[line["identity"]] == half
            and (keep is None or line["identity"] in keep)
        ]
        own = own[:strangers] if role == "nonmated" else own
        parts[role] = Part(
            tuple(data / "faces" / line["image"] for line in own), tuple(line["identity"] for line in own)
        )
    return parts


def covered_faces(pack: ModelPack, paths: Sequence[Path], kind: str, cache: Path) -> CoveredFaces:
    """Pictures, something of a kind drawn over each face; `bare` draws nothing.

    The cache does not hang on the judge's model, so that another one can be tried on what it holds.

    Args:
        pack: makes the templates.
        paths: of the pictures.
        kind: what is drawn.
        cache: a folder of the evaluation's own.
    """
    path = cache / f"covered-{pack.manifest.id}-{_digest(pack, kind)}.npz"
    held: dict[str, tuple[bool, FloatArray, FloatArray]] = {}
    if path.is_file():
        with np.load(path) as kept:
            rows = zip(kept["names"], kept["found"], kept["templates"], kept["figures"], strict=True)
            held = {str(name): (bool(found), made, figures) for name, found, made, figures in rows}
    wanted = [one for one in paths if one.name not in held]
    maker = ChipMaker(pack)
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    for done, one in enumerate(wanted, 1):
        held[one.name] = maker.make(one, kind)
        if done % _SAVED_EVERY == 0 or done == len(wanted):
            words = f"{pack.manifest.id}, {kind}: {done} of {len(wanted)}"
            print(f"\r{words}   ", end="", file=sys.stderr, flush=True)
            found, made, figures = zip(*held.values(), strict=True)
            np.savez(
                path,
                names=np.array(list(held)),
                found=found,
                templates=np.stack(made),
                figures=np.stack(figures),
            )
            path.chmod(0o600)
    found, made, figures = zip(*(held[one.name] for one in paths), strict=True)
    places = {covering: place for place, covering in enumerate(COVERINGS, 1)}
    judged = [
        maker.judge.covering_of(each[0]) if there else None
        for there, each in zip(found, figures, strict=True)
    ]
    return CoveredFaces(
        np.array(found),
        np.array([0 if covering is None else places[covering] for covering in judged], np.int64),
        np.stack(made),
        np.stack(figures),
    )


def figures_of(pack: ModelPack, paths: Sequence[Path], kind: str = "bare") -> FloatArray:
    """What the judge sees of every picture in which a face is found, float32 [m, 1 + WORN, f]."""
    maker = ChipMaker(pack)
    seen = [maker.figures(one, kind) for one in paths]
    return np.stack([one for one in seen if one is not None])


def pictures_under(folder: Path) -> list[Path]:
    """The pictures under a folder, by name."""
    return sorted(one for one in folder.rglob("*") if one.suffix.lower() in {".jpg", ".jpeg", ".png"})


def _digest(pack: ModelPack, kind: str) -> str:
    code = code_version()
    covering = hashlib.sha256((Path(overt.__file__).parent / "biometrics/covering.py").read_bytes())
    told = msgspec.json.encode((pack_name(pack), code.scoring, code.drawing, covering.hexdigest(), kind))
    return hashlib.sha256(told).hexdigest()[:24]


class ChipMaker:
    """Cuts chips out of pictures, and makes templates of them.

    Attributes:
        judge: of coverings.
    """

    def __init__(self, pack: ModelPack) -> None:
        self._spec = pack.manifest.recogniser
        self._detector = load_detector(pack, DetectionSettings(long_side=640, max_batch=1), threads=1)
        self._embedder = load_embedder(pack, threads=1, batch_sizes=(1,))
        self.judge = CoveringJudge(self._spec)
        left, right = chip_template(self._spec)[0][:2]
        self._between_eyes = float(np.hypot(*(right - left)))

    def make(self, path: Path, kind: str) -> tuple[bool, FloatArray, FloatArray]:
        """Whether there is a face, its templates, and what the judge sees of it."""
        side = self._embedder.chip_size
        chips = np.zeros((1 + len(COVERINGS), side, side, 3), np.uint8)
        templates = np.zeros((len(chips), self._embedder.dimension), np.float32)
        found = self._cut(path, kind, chips[:1])
        figures = self._seen(chips[0], path.name)
        if found:
            for chip, covering in zip(chips[1:], COVERINGS, strict=True):
                np.copyto(chip, chips[0])
                even_out(chip, covering, self._spec)
            self._embedder.embed(chips, templates)
        return found, templates, figures

    def chips(self, paths: Sequence[Path], kind: str) -> tuple[ImageArray, Flags]:
        """The chips of pictures, uint8 [n, side, side, 3], and which of them have a face; the others are black."""
        side = self._embedder.chip_size
        chips = np.zeros((len(paths), side, side, 3), np.uint8)
        found = [self._cut(path, kind, chips[i : i + 1]) for i, path in enumerate(paths)]
        return chips, np.array(found)

    def embed(self, chips: ImageArray) -> FloatArray:
        """Their templates."""
        templates = np.zeros((len(chips), self._embedder.dimension), np.float32)
        self._embedder.embed(chips, templates)
        return templates

    def figures(self, path: Path, kind: str) -> FloatArray | None:
        """What the judge sees of a picture."""
        side = self._embedder.chip_size
        chips = np.zeros((1, side, side, 3), np.uint8)
        return self._seen(chips[0], path.name) if self._cut(path, kind, chips) else None

    def _seen(self, chip: ImageArray, name: str) -> FloatArray:
        rng = np.random.default_rng(int(hashlib.sha256(name.encode()).hexdigest()[:12], 16))
        copies = [chip, *(self._worn(chip, rng) for _ in range(WORN))]
        return np.stack([self.judge.figures(each).copy() for each in copies])

    def _worn(self, chip: ImageArray, rng: np.random.Generator) -> ImageArray:
        """The chip as a camera far away would have given it: few pixels, out of focus, dark, noisy, compressed."""
        side = len(chip)
        eyes = float(np.exp(rng.uniform(np.log(NARROW[0]), np.log(NARROW[1]))))
        small = max(8, round(side * eyes / self._between_eyes))
        worn = cv2.resize(chip, (small, small), interpolation=cv2.INTER_AREA)
        worn = cv2.GaussianBlur(worn, (0, 0), float(rng.uniform(0.2, 1.2)))
        noisy = worn * rng.uniform(0.4, 1.2) + rng.normal(0, rng.uniform(0.5, 4), worn.shape)
        jpeg = cv2.imencode(
            ".jpg",
            np.clip(noisy, 0, 255).astype(np.uint8),
            [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))],
        )[1]
        again = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
        return np.asarray(cv2.resize(again, (side, side), interpolation=cv2.INTER_LINEAR), np.uint8)

    def _cut(self, path: Path, kind: str, chips: ImageArray) -> bool:
        content = path.read_bytes()
        bare = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        if bare is None:
            return False
        image, face = self._find(np.asarray(bare, np.uint8))
        if face is not None and kind != "bare":
            seed = int(hashlib.sha256(content).hexdigest()[:12], 16) ^ 1
            covered = draw_occlusion(image, face.landmarks[0], kind, seed=seed)  # type: ignore[arg-type]  # a name of one
            image, face = self._find(covered, bordered=image.shape != bare.shape)
        if face is None:
            return False
        self._embedder.align(image, face.landmarks, chips)
        return True

    def _find(self, image: ImageArray, *, bordered: bool = False) -> tuple[ImageArray, Faces | None]:
        face = face_meant(self._detector.detect([image])[0], image)
        if face is not None or bordered:
            return image, face
        image = padded(image)
        return image, face_meant(self._detector.detect([image])[0], image)
