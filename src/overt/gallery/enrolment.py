"""Enrols pictures of people as a watchlist, and says of every picture why it was taken or refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from overt.gallery.desk import EnrolmentDesk, Look
from overt.gallery.judgement import EnrolmentLimits, Finding, unlike_others
from overt.gallery.look_alikes import find_look_alikes, least_alike
from overt.gallery.report import EnrolmentReport, ImageVerdict, RowVerdict
from overt.gallery.rows import Row, rows_of_csv, rows_of_folder
from overt.gallery.watchlist import Entry, ReferenceImage, Watchlist

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from overt.biometrics import Covering, FloatArray, ModelPack, Provider

__all__ = ["Enrolment", "enrol"]


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
    template each, and one more for each part of the face that the pack compares like with like; at least one must be.
    Of every picture only the face and a margin around it are kept, without the file's metadata.

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
    desk = EnrolmentDesk(pack, limits, provider, threads)
    looks = []
    for done, row in enumerate(listed.rows, 1):
        looks.append(_look_at(desk, row, today))
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
        coverings=desk.coverings,
    )
    return Enrolment(watchlist, report)


@dataclass(eq=False)
class _RowLook:
    findings: list[Finding]
    images: list[Look]

    @property
    def taken(self) -> list[tuple[ReferenceImage, FloatArray, dict[Covering, FloatArray]]]:
        """What is enrolled of the row."""
        return [
            (one.kept, one.template, one.covered)
            for one in self.images
            if one.kept is not None and one.template is not None
        ]


def _look_at(desk: EnrolmentDesk, row: Row, today: dt.date | None) -> _RowLook:
    """Judge a row and its pictures; their templates follow when the desk embeds."""
    findings = list(row.faults)
    expiry = row.entry.expiry
    if today is not None and expiry is not None and expiry < today:
        findings.append(Finding(kind="expired", detail=f"the entry expired on {expiry.isoformat()}"))
    files = () if findings else row.files
    return _RowLook(findings, [desk.judge(desk.read(file, file.name), file.name) for file in files])


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
    scores = least_alike(np.stack([template for _, template, _ in look.taken]))
    for one, score in zip(taken, scores.tolist(), strict=True):
        if score < threshold:
            one.findings.append(unlike_others(score, threshold))


def _gather(pack: ModelPack, rows: tuple[Row, ...], looks: list[_RowLook]) -> Watchlist:
    entries: list[Entry] = []
    owner: list[int] = []
    taken: list[tuple[ReferenceImage, FloatArray, dict[Covering, FloatArray]]] = []
    for row, look in zip(rows, looks, strict=True):
        if look.taken:
            owner += [len(entries)] * len(look.taken)
            taken += look.taken
            entries.append(row.entry)
    dimension = pack.contract.dimension
    coverings = [scale.covering for scale in pack.manifest.covered] if taken else []
    return Watchlist(
        contract=pack.contract,
        entries=tuple(entries),
        templates=np.array([template for _, template, _ in taken], np.float32).reshape(-1, dimension),
        entry_of_template=np.array(owner, np.int64),
        images=tuple(image for image, _, _ in taken),
        covered={part: np.stack([covered[part] for _, _, covered in taken]) for part in coverings},
    )
