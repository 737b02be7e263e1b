"""Enrols pictures of people as a watchlist, and says of every picture why it was taken or refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from overt.biometrics import load_embedder
from overt.errors import ImageError
from overt.gallery.face_finder import FaceFinder
from overt.gallery.judgement import EnrolmentLimits, Finding, FindingKind, judge_faces
from overt.gallery.look_alikes import find_look_alikes, least_alike
from overt.gallery.pictures import PictureTooLargeError, read_picture
from overt.gallery.report import EnrolmentReport, ImageVerdict, RowVerdict
from overt.gallery.rows import Row, rows_of_csv, rows_of_folder
from overt.gallery.watchlist import Entry, ReferenceImage, Watchlist

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from overt.biometrics import Faces, FloatArray, ImageArray, ModelPack, Provider

__all__ = ["Enrolment", "enrol"]

_BATCH: Final = 8
_KEPT_MARGIN: Final = 0.75  # of the face's box, on every side
_KEPT_SIDE: Final = 640
_KEPT_JPEG_QUALITY: Final = 95


@dataclass(frozen=True, eq=False)
class Enrolment:
    """A watchlist, possibly empty, and what became of every row that was offered for it."""

    watchlist: Watchlist
    report: EnrolmentReport


def enrol(
    source: Path,
    pack: ModelPack,
    *,
    limits: EnrolmentLimits | None = None,
    provider: Provider = "cpu",
    threads: int = 0,
    today: dt.date | None = None,
    on_row: Callable[[int, int], None] | None = None,
) -> Enrolment:
    """Enrol a folder of pictures, or a CSV file and the pictures it names.

    A row that is refused harms no other. An entry is enrolled with those of its pictures that are accepted, one
    template each; at least one must be. Of every picture only the face and a margin around it are kept, without
    the file's metadata.

    Args:
        source: the folder (see `rows_of_folder`) or CSV file (see `rows_of_csv`).
        pack: makes the templates.
        limits: what every picture is held to.
        provider: where the networks run.
        threads: threads of one inference; 0 takes every core.
        today: entries whose expiry lies before it are refused.
        on_row: called after each row with how many rows are done and how many there are.

    Raises:
        EnrolmentError: the source as a whole cannot be read.
        ProviderError: the provider is missing.
    """
    listed = rows_of_folder(source) if source.is_dir() else rows_of_csv(source)
    limits = limits or EnrolmentLimits()
    desk = _Desk(pack, limits, provider, threads)
    looks = []
    for done, row in enumerate(listed.rows, 1):
        looks.append(desk.look_at(row, today))
        if on_row is not None:
            on_row(done, len(listed.rows))
    desk.embed()
    threshold = pack.manifest.operating_point.threshold
    verdicts = tuple(_verdict(row, look, threshold) for row, look in zip(listed.rows, looks, strict=True))
    watchlist = _gather(pack, listed.rows, looks)
    report = EnrolmentReport(
        source=str(source),
        contract=pack.contract,
        limits=limits,
        threshold=threshold,
        rows=verdicts,
        look_alikes=find_look_alikes(watchlist, threshold),
        notices=listed.notices,
    )
    return Enrolment(watchlist, report)


@dataclass(eq=False)
class _Look:
    """One picture, looked at. It has a chip to embed, and later a template, only if it was accepted."""

    file: str
    findings: list[Finding] = field(default_factory=list)
    measures: dict[str, float] = field(default_factory=dict)
    kept: ReferenceImage | None = None
    template: FloatArray | None = None


@dataclass(eq=False)
class _RowLook:
    findings: list[Finding]
    images: list[_Look]

    @property
    def taken(self) -> list[tuple[ReferenceImage, FloatArray]]:
        """What is enrolled of the row."""
        return [
            (one.kept, one.template)
            for one in self.images
            if one.kept is not None and one.template is not None
        ]


class _Desk:
    """Looks at rows one after another, and embeds the faces of several together."""

    def __init__(self, pack: ModelPack, limits: EnrolmentLimits, provider: Provider, threads: int) -> None:
        self._limits = limits
        self._finder = FaceFinder(pack, provider, threads)
        self._embedder = load_embedder(pack, provider=provider, threads=threads, batch_sizes=(1, _BATCH))
        side = self._embedder.chip_size
        self._chips: ImageArray = np.zeros((_BATCH, side, side, 3), np.uint8)
        self._templates: FloatArray = np.zeros((_BATCH, self._embedder.dimension), np.float32)
        self._waiting: list[_Look] = []

    def look_at(self, row: Row, today: dt.date | None) -> _RowLook:
        """Judge a row and its pictures; their templates follow with `embed`."""
        findings = list(row.faults)
        expiry = row.entry.expiry
        if today is not None and expiry is not None and expiry < today:
            findings.append(Finding(kind="expired", detail=f"the entry expired on {expiry.isoformat()}"))
        return _RowLook(findings, [] if findings else [self._look(file) for file in row.files])

    def _look(self, path: Path) -> _Look:
        look = _Look(path.name)
        try:
            picture = read_picture(path, most_mib=self._limits.mib, most_megapixels=self._limits.megapixels)
        except ImageError as error:
            look.findings.append(_not_read(path, error))
            return look
        faces = self._finder.find(picture.image)
        judged = judge_faces(picture.image, faces, self._limits)
        look.findings += judged.findings
        look.measures = judged.measures
        if judged.face is None or not judged.accepted:
            return look
        one = faces.take(np.array([judged.face]))
        look.kept = _keep(picture.image, one, path.name, picture.sha256, judged.measures["quality"])
        slot = len(self._waiting)
        self._embedder.align(picture.image, one.landmarks, self._chips[slot : slot + 1])
        self._waiting.append(look)
        if len(self._waiting) == _BATCH:
            self.embed()
        return look

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
        self._waiting.clear()


def _not_read(path: Path, error: ImageError) -> Finding:
    if isinstance(error, PictureTooLargeError):
        return Finding(
            kind="too-large",
            detail=error.what,
            measured=round(error.measured, 3),
            limit=error.limit,
            unit=error.unit,
        )
    kind: FindingKind = "unreadable" if path.exists() else "missing"
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


def _verdict(row: Row, look: _RowLook, threshold: float) -> RowVerdict:
    _notice_unlike(look, threshold)
    images = tuple(
        ImageVerdict(
            file=one.file,
            accepted=one.template is not None,
            findings=tuple(one.findings),
            measures=one.measures,
        )
        for one in look.images
    )
    return RowVerdict(
        place=row.place,
        reference=row.entry.reference,
        name=row.entry.name,
        accepted=bool(look.taken),
        findings=tuple(look.findings),
        images=images,
    )


def _notice_unlike(look: _RowLook, threshold: float) -> None:
    """Pictures of one entry that do not resemble each other may show two people."""
    taken = [one for one in look.images if one.template is not None]
    if len(taken) < 2:
        return
    scores = least_alike(np.stack([template for _, template in look.taken]))
    for one, score in zip(taken, scores.tolist(), strict=True):
        if score < threshold:
            one.findings.append(
                Finding(
                    kind="unlike-others",
                    detail=f"resembles the entry's other pictures by {score:.3f} only, "
                    f"less than the operating point's {threshold:g}",
                    refuses=False,
                    measured=round(score, 4),
                    limit=threshold,
                )
            )


def _gather(pack: ModelPack, rows: tuple[Row, ...], looks: list[_RowLook]) -> Watchlist:
    entries: list[Entry] = []
    owner: list[int] = []
    taken: list[tuple[ReferenceImage, FloatArray]] = []
    for row, look in zip(rows, looks, strict=True):
        if look.taken:
            owner += [len(entries)] * len(look.taken)
            taken += look.taken
            entries.append(row.entry)
    dimension = pack.contract.dimension
    return Watchlist(
        contract=pack.contract,
        entries=tuple(entries),
        templates=np.array([template for _, template in taken], np.float32).reshape(-1, dimension),
        entry_of_template=np.array(owner, np.int64),
        images=tuple(image for image, _ in taken),
    )
