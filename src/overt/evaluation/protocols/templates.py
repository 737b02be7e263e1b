"""Pictures into templates, by the networks of a pack: the face that is meant, aligned and embedded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import numpy.typing as npt

from overt.biometrics import (
    ChipEvener,
    Faces,
    even_out,
    load_detector,
    load_embedder,
    measure_quality,
)
from overt.errors import EvaluationError, ImageError
from overt.evaluation.protocols.cache import Made, TemplateCache
from overt.evaluation.protocols.occlusion import draw_occlusion
from overt.gallery.pictures import decode_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from overt.biometrics import Covering, FloatArray, ImageArray, ModelPack, Provider
    from overt.evaluation.protocols.preparation import Preparation

__all__ = ["Templates", "face_meant", "make_templates", "padded"]

BORDER: Final = 0.5
"""Of the picture's longer side, on every side, in its mean colour: as enrolment does it."""

BATCH: Final = 8
SAVED_EVERY: Final = 64
MIB: Final = 64.0
MEGAPIXELS: Final = 100.0


@dataclass(frozen=True, slots=True)
class Templates:
    """What became of pictures, in their order.

    Attributes:
        vectors: float32 [n, d], of unit length, or all zero where there is none.
        found: bool [n], whether there is one.
        eye_distance: float32 [n], pixels between the eyes in the picture; 0 where no face was found.
        quality: float32 [n], the quality scalar; 0 likewise.
        digests: the SHA-256 of each file, hexadecimal.
        coverings: what of each face looks covered, of the parts for which the pack compares faces like with like.
        evened: float32 [n, d] by those parts: the templates made with the part even, for references of every face
            and else of faces that look covered there; zero elsewhere.
    """

    vectors: FloatArray
    found: npt.NDArray[np.bool_]
    eye_distance: FloatArray
    quality: FloatArray
    digests: tuple[str, ...]
    coverings: tuple[Covering | None, ...] = ()
    evened: Mapping[Covering, FloatArray] = field(default_factory=dict)


def make_templates(
    pack: ModelPack,
    pictures: Sequence[tuple[str, Path]],
    preparation: Preparation,
    *,
    references: bool = False,
    cache: TemplateCache | None = None,
    provider: Provider = "cpu",
    threads: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Templates:
    """A template for each picture in which a face is found, and of faces that look covered a second one.

    Args:
        pack: makes them.
        pictures: where each is listed, for messages, and its file.
        preparation: how.
        references: whether they are to be enrolled: then faces that are covered are compared with them too.
        cache: of this pack and preparation; what it holds is not made again.
        provider: where the networks run.
        threads: threads of one inference; 0 takes every core.
        progress: is told how many of how many pictures are done.

    Raises:
        EvaluationError: a file cannot be read as a picture.
        ProviderError: the provider is missing.
    """
    known: dict[str, Made] = {}
    digests = []
    maker: _Maker | None = None
    try:
        for done, (place, path) in enumerate(pictures, 1):
            content = _content(path, place)
            digest = hashlib.sha256(content).hexdigest()
            digests.append(digest)
            held = known.get(digest)
            if held is None and cache is not None:
                held = cache.get(digest, references=references)
            if held is not None:
                known[digest] = held
            elif maker is None or not maker.waits_for(digest):
                maker = maker or _Maker(pack, preparation, provider, threads, references=references)
                maker.add(digest, _decoded(content, path, place))
            if maker is not None and maker.full:
                _keep(maker.finish(), known, cache)
            if progress is not None:
                progress(done, len(pictures))
    finally:
        if maker is not None:
            _keep(maker.finish(), known, cache)
        if cache is not None:
            cache.flush()
    n, dimension = len(digests), pack.contract.dimension
    vectors = np.zeros((n, dimension), np.float32)
    found = np.zeros(n, bool)
    for row, digest in enumerate(digests):
        template = known[digest].template
        if template is not None:
            vectors[row], found[row] = template, True
    evened: dict[Covering, FloatArray] = {}
    for at, scale in enumerate(pack.manifest.covered):
        evened[scale.covering] = np.zeros((n, dimension), np.float32)
        for row, digest in enumerate(digests):
            alike = known[digest].evened
            if alike is not None:
                evened[scale.covering][row] = alike[at]
    return Templates(
        vectors,
        found,
        np.array([known[digest].eye_distance for digest in digests], np.float32),
        np.array([known[digest].quality for digest in digests], np.float32),
        tuple(digests),
        tuple(known[digest].covering for digest in digests),
        evened,
    )


def _keep(made: dict[str, Made], known: dict[str, Made], cache: TemplateCache | None) -> None:
    known.update(made)
    if cache is not None:
        for digest, one in made.items():
            cache.put(digest, one)
        cache.flush()


def _content(path: Path, place: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EvaluationError(
            f"{place}: {path.name} cannot be read: {error.strerror}", "Check the file's name and rights"
        ) from error


def _decoded(content: bytes, path: Path, place: str) -> ImageArray:
    try:
        return decode_picture(content, path.name, most_mib=MIB, most_megapixels=MEGAPIXELS).image
    except ImageError as error:
        raise EvaluationError(
            f"{place}: {error.what}", "Remove it, or save it again as JPEG or PNG"
        ) from error


class _Maker:
    """Detects one picture at a time and embeds the faces together."""

    def __init__(
        self,
        pack: ModelPack,
        preparation: Preparation,
        provider: Provider,
        threads: int,
        *,
        references: bool,
    ) -> None:
        self._detector = load_detector(pack, preparation.detection, provider=provider, threads=threads)
        self._embedder = load_embedder(pack, provider=provider, threads=threads, batch_sizes=(1, BATCH))
        self._preparation = preparation
        self._spec = pack.manifest.recogniser
        self._parts: tuple[Covering, ...] = tuple(scale.covering for scale in pack.manifest.covered)
        self._evener = ChipEvener(self._spec, self._parts)
        self._references = references
        side = self._embedder.chip_size
        self._chips = np.zeros((SAVED_EVERY, side, side, 3), np.uint8)
        self._faces: list[tuple[str, float, float]] = []
        self._none: list[str] = []

    @property
    def full(self) -> bool:
        return len(self._faces) == SAVED_EVERY or len(self._none) == SAVED_EVERY

    def waits_for(self, digest: str) -> bool:
        return digest in self._none or any(digest == waiting for waiting, _, _ in self._faces)

    def add(self, digest: str, image: ImageArray) -> None:
        bare = image
        image, face = self._find(bare)
        kind = self._preparation.occlusion
        if face is not None and kind is not None:
            seed = int(digest[:12], 16) ^ self._preparation.seed
            covered = draw_occlusion(image, face.landmarks[0], kind, seed=seed)
            image, face = self._find(covered, bordered=image is not bare)
        if face is None:
            self._none.append(digest)
            return
        row = len(self._faces)
        self._embedder.align(image, face.landmarks, self._chips[row : row + 1])
        quality = measure_quality(image, face)
        self._faces.append((digest, float(quality.eye_distance[0]), float(quality.scalar[0])))

    def _find(self, image: ImageArray, *, bordered: bool = False) -> tuple[ImageArray, Faces | None]:
        """The picture, perhaps with a border, and the face that is meant."""
        pad = self._preparation.pad
        if bordered or pad != "always":
            face = face_meant(self._detector.detect([image])[0], image)
            if face is not None or bordered or pad == "never":
                return image, face
        image = padded(image)
        return image, face_meant(self._detector.detect([image])[0], image)

    def finish(self) -> dict[str, Made]:
        """What every waiting picture became."""
        n = len(self._faces)
        vectors = self._embedded(self._chips[:n])
        coverings, evened = self._made_even(self._chips[:n])
        made = {digest: Made(None, 0.0, 0.0) for digest in self._none}
        for i, (digest, eyes, quality) in enumerate(self._faces):
            wanted = [part for part in self._parts if self._references or coverings[i] == part]
            usable = vectors[i].any() and all(evened[i, self._parts.index(part)].any() for part in wanted)
            made[digest] = Made(
                vectors[i] if usable else None,
                eyes,
                quality,
                coverings[i] if usable else None,
                evened[i] if usable and self._parts else None,
                self._references,
            )
        self._faces.clear()
        self._none.clear()
        return made

    def _made_even(self, chips: ImageArray) -> tuple[list[Covering | None], FloatArray]:
        """What looks covered of each face, and its templates with that part even, float32 [n, parts, d].

        Of references every part is made even, as enrolment does it; of others only what looks covered, as an engine
        does it.
        """
        evened = np.zeros((len(chips), len(self._parts), self._embedder.dimension), np.float32)
        worn = chips.copy() if self._parts else chips
        coverings = self._evener.prepare(worn)
        for place, part in enumerate(self._parts):
            rows = np.flatnonzero([self._references or covering == part for covering in coverings])
            if not len(rows):
                continue
            alike = chips[rows]
            for chip in alike:
                even_out(chip, part, self._spec)
            evened[rows, place] = self._embedded(alike)
        return coverings, evened

    def _embedded(self, chips: ImageArray) -> FloatArray:
        vectors = np.zeros((len(chips), self._embedder.dimension), np.float32)
        self._embedder.embed(chips, vectors)
        return vectors


def padded(image: ImageArray) -> ImageArray:
    """The picture with a border of its mean colour, so that a tightly cut face has surroundings."""
    border = max(1, int(max(image.shape[:2]) * BORDER))
    colour = cv2.mean(image)
    out = cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_CONSTANT, value=colour)
    return np.asarray(out, np.uint8)


def face_meant(faces: Faces, image: ImageArray) -> Faces | None:
    """The one face that a picture is of: large and near the middle.

    The largest by area, less twice the squared distance of its middle from the picture's.
    """
    if not len(faces):
        return None
    corners = faces.boxes.reshape(-1, 2, 2)
    sides = corners[:, 1] - corners[:, 0]
    middle = np.array(image.shape[1::-1], np.float32) / 2
    away = ((corners.mean(axis=1) - middle) ** 2).sum(axis=1)
    return faces.take(np.array([int(np.argmax(sides.prod(axis=1) - 2 * away))]))
