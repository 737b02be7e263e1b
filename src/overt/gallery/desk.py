"""Judges pictures one after another, and makes the templates of several together."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from overt.biometrics import Faces, even_out, load_embedder
from overt.errors import ImageError
from overt.gallery.face_finder import FaceFinder
from overt.gallery.judgement import EnrolmentLimits, Finding, FindingKind, judge_faces
from overt.gallery.pictures import Picture, PictureTooLargeError, decode_picture, read_picture
from overt.gallery.watchlist import ReferenceImage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics import Covering, FloatArray, ImageArray, ModelPack, Provider

__all__ = ["EnrolmentDesk", "Look"]

_BATCH: Final = 8
_KEPT_MARGIN: Final = 0.75  # of the face's box, on every side
_KEPT_SIDE: Final = 640
_KEPT_JPEG_QUALITY: Final = 95
_SAME_FACE: Final = 0.5
"""The least part, of what two boxes cover together, that both cover where they are of one face."""


@dataclass(eq=False)
class Look:
    """One picture, looked at.

    Attributes:
        file: its name.
        findings: what was found about it.
        measures: the face's quality by measure, and `quality`, their scalar; empty where no face was chosen.
        size: width and height of the picture, pixels; None where it could not be read.
        faces: every face in it, the one that was judged among them.
        face: index of that one; None where there is none or it cannot be told which.
        kept: what is kept of an accepted picture.
        template: of an accepted picture, once `EnrolmentDesk.embed` has run: float32 [dimension], of unit length.
        covered: likewise, made with each part of the face even for which the pack compares covered faces like with
            like.
    """

    file: str
    findings: list[Finding] = field(default_factory=list)
    measures: dict[str, float] = field(default_factory=dict)
    size: tuple[int, int] | None = None
    faces: Faces = field(default_factory=Faces.none, repr=False)
    face: int | None = None
    kept: ReferenceImage | None = None
    template: FloatArray | None = None
    covered: dict[Covering, FloatArray] = field(default_factory=dict, repr=False)

    @property
    def accepted(self) -> bool:
        """Whether the picture is fit to be enrolled and has its template."""
        return self.kept is not None and self.template is not None


@dataclass(frozen=True, eq=False)
class Remade:
    """Templates of a kept picture, as in `Look`."""

    template: FloatArray
    covered: dict[Covering, FloatArray]


class EnrolmentDesk:
    """Looks at pictures one after another, and embeds the faces of several together.

    `read` may run in any thread, and ahead of the rest; `judge` and `embed` are not for two threads at once.

    Args:
        pack: makes the templates.
        limits: what every picture is held to.
        provider: where the networks run.
        threads: threads of one inference; 0 takes every core.
        covered: whether templates with a part of the face even are made too, where the pack has a use for them.
    """

    def __init__(
        self,
        pack: ModelPack,
        limits: EnrolmentLimits | None = None,
        provider: Provider = "cpu",
        threads: int = 0,
        *,
        covered: bool = True,
    ) -> None:
        self.contract = pack.contract
        self.point = pack.manifest.operating_point
        self.threshold = self.point.threshold
        self.limits = limits or EnrolmentLimits()
        self._finder = FaceFinder(pack, provider, threads)
        self._embedder = load_embedder(pack, provider=provider, threads=threads, batch_sizes=(1, _BATCH))
        side = self._embedder.chip_size
        self._chips: ImageArray = np.zeros((_BATCH, side, side, 3), np.uint8)
        self._templates: FloatArray = np.zeros((_BATCH, self._embedder.dimension), np.float32)
        self._spec = pack.manifest.recogniser
        self.coverings = tuple(scale.covering for scale in pack.manifest.covered) if covered else ()
        self._waiting: list[Look] = []

    def read(self, picture: Path | bytes, name: str) -> Picture | Finding:
        """Read and decode a picture file, or the content of one; a finding says why it cannot be."""
        most = {"most_mib": self.limits.mib, "most_megapixels": self.limits.megapixels}
        try:
            if isinstance(picture, Path):
                return read_picture(picture, **most)
            return decode_picture(picture, name, **most)
        except ImageError as error:
            there = not isinstance(picture, Path) or picture.exists()
            return _not_read(error, there=there)

    def judge(self, read: Picture | Finding, name: str) -> Look:
        """Judge what `read` gave; the template follows with `embed`."""
        look = Look(name)
        if isinstance(read, Finding):
            look.findings.append(read)
            return look
        faces = self._finder.find(read.image)
        judged = judge_faces(read.image, faces, self.limits)
        look.findings += judged.findings
        look.measures = judged.measures
        look.size, look.faces, look.face = (read.image.shape[1], read.image.shape[0]), faces, judged.face
        if judged.face is None or not judged.accepted:
            return look
        one = faces.take(np.array([judged.face]))
        look.kept = _keep(read.image, one, name, read.sha256, judged.measures["quality"])
        slot = len(self._waiting)
        self._embedder.align(read.image, one.landmarks, self._chips[slot : slot + 1])
        self._waiting.append(look)
        if len(self._waiting) == _BATCH:
            self.embed()
        return look

    def again(self, picture: bytes, box: tuple[float, float, float, float]) -> Remade | None:
        """The templates of a kept picture once more, for covered faces too; None where its face is not found.

        Args:
            picture: as it is kept.
            box: of its face, left, top, right, bottom, pixels of the picture.
        """
        self.embed()
        read = self.read(picture, "the kept picture")
        if isinstance(read, Finding):
            return None
        faces = self._finder.find(read.image)
        shared = [_shared(found, box) for found in faces.boxes.tolist()]
        if not shared or max(shared) < _SAME_FACE:
            return None
        look, one = Look("the kept picture"), faces.take(np.array([int(np.argmax(shared))]))
        self._embedder.align(read.image, one.landmarks, self._chips[:1])
        self._waiting.append(look)
        self.embed()
        return None if look.template is None else Remade(look.template, look.covered)

    def embed(self) -> None:
        """Give every look that waits its template."""
        n = len(self._waiting)
        if not n:
            return
        self._embedder.embed(self._chips[:n], self._templates[:n])
        for look, template in zip(self._waiting, self._templates, strict=False):
            if template.any():
                look.template = template.copy()
            else:
                look.kept = None
                look.findings.append(Finding(kind="no-template", detail="the recogniser made nothing of it"))
        for covering in self.coverings:
            self._embed_covered(covering, n)
        self._waiting.clear()

    def find_all(self, image: ImageArray) -> Faces:
        """Every face of a picture, uint8 [h, w, 3] in blue, green, red."""
        return self._finder.find_all(image)

    def embed_faces(self, faces: Sequence[tuple[ImageArray, FloatArray]]) -> list[FloatArray | None]:
        """The template of each of some faces; None where the recogniser makes nothing of one.

        What waits to be embedded together is embedded first. Nothing of these faces is left behind.

        Args:
            faces: of each its picture, uint8 [h, w, 3] in blue, green, red, and landmarks, float32 [5, 2], in pixels
                of it.
        """
        self.embed()
        made: list[FloatArray | None] = []
        for at in range(0, len(faces), _BATCH):
            group = faces[at : at + _BATCH]
            n = len(group)
            for slot, (image, landmarks) in enumerate(group):
                self._embedder.align(image, landmarks[np.newaxis], self._chips[slot : slot + 1])
            self._embedder.embed(self._chips[:n], self._templates[:n])
            made += [template.copy() if template.any() else None for template in self._templates[:n]]
        self._chips.fill(0)
        self._templates.fill(0)
        self._embedder.scrub()
        return made

    def _embed_covered(self, covering: Covering, n: int) -> None:
        """The same with a part of every face made even; a face of which nothing is made then is refused."""
        chips = self._chips[:n].copy()
        for chip in chips:
            even_out(chip, covering, self._spec)
        self._embedder.embed(chips, self._templates[:n])
        for look, template in zip(self._waiting, self._templates, strict=False):
            if template.any():
                look.covered[covering] = template.copy()
            elif look.template is not None:
                look.kept = look.template = None
                look.findings.append(Finding(kind="no-template", detail="the recogniser made nothing of it"))


def _shared(one: Sequence[float], other: Sequence[float]) -> float:
    """The part that two boxes share of what they cover together."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    both = max(0.0, across) * max(0.0, down)
    whole = sum((right - left) * (bottom - top) for left, top, right, bottom in (one, other)) - both
    return both / whole if whole > 0 else 0.0


def _not_read(error: ImageError, *, there: bool) -> Finding:
    if isinstance(error, PictureTooLargeError):
        return Finding(
            kind="too-large",
            detail=error.what,
            measured=round(error.measured, 3),
            limit=error.limit,
            unit=error.unit,
        )
    kind: FindingKind = "unreadable" if there else "missing"
    return Finding(kind=kind, detail=error.what)


def _keep(image: ImageArray, one: Faces, file: str, sha256: str, quality: float) -> ReferenceImage:
    """The part of a picture that a person needs to compare faces; bystanders and surroundings are left out."""
    left, top, right, bottom = (float(side) for side in one.boxes[0])
    margin = _KEPT_MARGIN * max(right - left, bottom - top)
    x0, y0 = max(0, int(left - margin)), max(0, int(top - margin))
    part = image[y0 : int(bottom + margin) + 1, x0 : int(right + margin) + 1]
    scale = min(1.0, _KEPT_SIDE / max(part.shape[:2]))
    if scale < 1:
        part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    jpeg = cv2.imencode(".jpg", part, [cv2.IMWRITE_JPEG_QUALITY, _KEPT_JPEG_QUALITY])[1].tobytes()
    return ReferenceImage(
        file=file,
        sha256=sha256,
        width=part.shape[1],
        height=part.shape[0],
        box=((left - x0) * scale, (top - y0) * scale, (right - x0) * scale, (bottom - y0) * scale),
        quality=quality,
        jpeg=jpeg,
    )
