"""The proof of erasure: the engine is searched for faces that have gone, and so is one that keeps them.

For the proof to hold, nothing of any face may be found, in any form, 250 ms after its last use or later; nothing may
have been written; and on the test build, whose erasure is switched off, every form must have been found.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from overt.biometrics import DetectionSettings
from overt.engine import Begin, CoveredTemplates, Durations, EngineLimits, SealState
from overt.evaluation.erasure.book import needles_of_footage
from overt.evaluation.erasure.faces import faces_of_footage, simulated_faces, some_masked
from overt.evaluation.erasure.film import compose_footage
from overt.evaluation.erasure.forms import FORMS, FormMaker
from overt.evaluation.erasure.memory import may_read_sealed
from overt.evaluation.erasure.search import Build, Findings, Showing, search_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from overt.biometrics import FloatArray, ModelPack
    from overt.evaluation.erasure.film import Footage
    from overt.evaluation.erasure.needles import NeedleIndex

__all__ = ["AGES_MS", "ErasureReport", "prove_erasure"]

AGES_MS: Final = (100, 250, 500, 1000)
LIMIT_MS: Final = 250
SILENT_AGE_MS: Final = 1000
LEAKY_AGE_MS: Final = 250
DECOYS: Final = 64

SELF_ERASING: Final = frozenset({"quality patch"})
"""Forms that the code overwrites where it makes them, whatever build it is: the test build does not keep them."""

KEPT_WHEN_SILENT: Final = frozenset({"decoded planes"})
"""A decoder keeps the last picture of a camera that has fallen silent: the next picture is coded against it."""

READABLE: Final = Build("overt.evaluation.erasure.readable_engine")
LEAKY: Final = Build("overt.evaluation.erasure.leaky_engine", overwrite_freed=False)


class ErasureReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the proof found.

    Attributes:
        holds: whether the proof holds.
        residues: form → age in ms → faces of which anything was found.
        residues_when_silent: the same where the camera fell silent after the faces, so that no later picture came.
        where: the kinds of memory in which residues were found, with how many needles.
        prover_found_when_erasure_off: whether the search found every form in the test build.
        found_when_erasure_off: form → faces found in the test build.
        ages_measured_ms: age → least, median and greatest age at which the engine really stood still.
        faces: how many faces were shown.
        covered_faces: how many of them looked covered, and were made even and searched for among references made so.
        needles: form → how many needles were searched for.
        searched_mib: memory read in all searchings of the engine together.
        unread_bytes: readable memory that could not be read.
        written_bytes: bytes that the engine caused to be written to storage.
        writable_files: files that it held open for writing.
        files_with_faces: new or changed files in which a face was found.
        seals: as the engine reported them.
        left_open: seals that were left open so that the proof could look inside; none where it has root's rights.
        erasure_ms: capture to overwritten, as the engine itself measured it.
        erasure_after_use_ms: last use to overwritten, likewise.
    """

    holds: bool
    residues: dict[str, dict[str, int]]
    residues_when_silent: dict[str, dict[str, int]]
    where: dict[str, int]
    prover_found_when_erasure_off: bool
    found_when_erasure_off: dict[str, int]
    ages_measured_ms: dict[str, dict[str, float]]
    faces: int
    covered_faces: int = 0
    source: str
    pack: str
    needles: dict[str, int]
    searched_mib: int
    unread_bytes: int
    written_bytes: int
    writable_files: list[str]
    files_with_faces: list[str]
    seals: dict[str, SealState]
    left_open: list[str]
    erasure_ms: Durations
    erasure_after_use_ms: Durations


def prove_erasure(
    pack: ModelPack,
    *,
    source: str | None = None,
    n_faces: int = 20,
    ages_ms: Sequence[int] = AGES_MS,
    progress: Callable[[str], None] = lambda _: None,
) -> ErasureReport:
    """Prove that the engine forgets.

    Args:
        pack: the model pack that it runs.
        source: footage whose faces are shown to it; made-up faces if None.
        n_faces: how many different faces.
        ages_ms: how long after their last use its memory is searched.
        progress: is told what is going on.

    Raises:
        EvaluationError: the proof could not be carried out.
        EngineError: the engine could not start, or died.
    """
    detection = DetectionSettings()
    decoys = _decoys(pack)
    progress("composing the footage")
    faces = simulated_faces(n_faces) if source is None else faces_of_footage(source, n_faces, pack, detection)
    if pack.manifest.covered:
        faces = some_masked(faces, pack, detection)
    begin = Begin(
        pack=str(pack.folder),
        contract=pack.contract,
        # Every face is to be embedded, so that every form is made of every face.
        operating_point=msgspec.structs.replace(pack.manifest.operating_point, min_quality=0.0),
        feeds=(),
        entries=tuple(f"decoy {i}" for i in range(DECOYS)),
        templates=decoys.tobytes(),
        entry_of_template=tuple(range(DECOYS)),
        covered=tuple(
            CoveredTemplates(covering=scale.covering, templates=decoys.tobytes())
            for scale in pack.manifest.covered
        ),
        limits=EngineLimits(detection=detection),
    )
    with tempfile.TemporaryDirectory(prefix="overt-proof-") as folder:
        footage = compose_footage(Path(folder), faces)
        progress("making the needles")
        maker = FormMaker(pack, detection, decoys)
        indexes = needles_of_footage(footage, maker)
        groups = range(len(footage.groups))
        build = Build() if may_read_sealed() else READABLE
        showings = [Showing(group, age) for age in ages_ms for group in groups]
        showings += [Showing(group, SILENT_AGE_MS, silent=True) for group in groups]
        sealed = search_engine(begin, footage, indexes, showings, build=build, progress=progress)
        leaky = _search_leaky(begin, footage, indexes, progress)
    report = _report(sealed, leaky, indexes, ages_ms, faces=n_faces, source=source or "simulated", pack=pack)
    # a pack that compares covered faces is proven only with such faces in the footage
    proven = bool(maker.covered) or not pack.manifest.covered
    return msgspec.structs.replace(report, covered_faces=len(maker.covered), holds=report.holds and proven)


def _search_leaky(
    begin: Begin, footage: Footage, indexes: Sequence[NeedleIndex], progress: Callable[[str], None]
) -> Findings:
    showings = [Showing(group, LEAKY_AGE_MS, silent=True) for group in range(len(footage.groups))]
    return search_engine(
        begin, footage, indexes, showings, build=LEAKY, progress=lambda step: progress(f"erasure off: {step}")
    )


def _report(
    sealed: Findings,
    leaky: Findings,
    indexes: Sequence[NeedleIndex],
    ages_ms: Sequence[int],
    *,
    faces: int,
    source: str,
    pack: ModelPack,
) -> ErasureReport:
    residues = {form: {str(age): sealed.count(form, age) for age in ages_ms} for form in FORMS}
    silent = {form: {str(SILENT_AGE_MS): sealed.count(form, SILENT_AGE_MS, silent=True)} for form in FORMS}
    off = {form: leaky.count(form, LEAKY_AGE_MS, silent=True) for form in FORMS}
    found = all(off[form] for form in FORMS if form not in SELF_ERASING)
    clean = all(
        not count for ages in residues.values() for age, count in ages.items() if int(age) >= LIMIT_MS
    )
    clean_silent = all(
        not any(ages.values()) for form, ages in silent.items() if form not in KEPT_WHEN_SILENT
    )
    nothing_written = not (sealed.written or sealed.writable or sealed.files_with_faces)
    where: dict[str, int] = {}
    for residue in sealed.residues:
        for name, count in residue.where.items():
            key = f"{residue.form} in {Path(name).name if name.startswith('/') else name}"
            where[key] = where.get(key, 0) + count
    needles: dict[str, int] = dict.fromkeys(FORMS, 0)
    for index in indexes:
        for needle in index.needles:
            needles[needle.form] += 1
    telemetry = sealed.telemetry
    return ErasureReport(
        holds=clean and clean_silent and nothing_written and found,
        residues=residues,
        residues_when_silent=silent,
        where=where,
        prover_found_when_erasure_off=found,
        found_when_erasure_off=off,
        ages_measured_ms={
            str(age): {
                "min": round(min(measured), 1),
                "median": round(statistics.median(measured), 1),
                "max": round(max(measured), 1),
            }
            for age, measured in sealed.measured_ms.items()
        },
        faces=faces,
        source=source,
        pack=pack.contract.pack,
        needles=needles,
        searched_mib=sealed.searched_bytes >> 20,
        unread_bytes=sealed.unread_bytes,
        written_bytes=sealed.written,
        writable_files=sealed.writable,
        files_with_faces=sealed.files_with_faces,
        seals=sealed.seals,
        left_open=[name for name, seal in sealed.seals.items() if "on purpose" in seal.detail],
        erasure_ms=telemetry.erasure_ms if telemetry else Durations(),
        erasure_after_use_ms=telemetry.erasure_after_use_ms if telemetry else Durations(),
    )


def _decoys(pack: ModelPack) -> FloatArray:
    """A watchlist of nobody: templates drawn by lot, whom no face resembles."""
    drawn = np.random.default_rng(1).normal(size=(DECOYS, pack.contract.dimension))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)
