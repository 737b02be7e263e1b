"""A clip, looked at by a sealed process of its own; what it gives back becomes faces that can be searched for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from overt.biometrics import Faces
from overt.casework.probes._looking import LIMITS, MOST_FACES, Looked, verdict_of
from overt.casework.probes.held import HeldFace, HeldShot
from overt.engine import BeginFootage, FootageLimits
from overt.errors import InputError
from overt.gallery import judge_face

if TYPE_CHECKING:
    from overt.biometrics import Contract, ModelPack
    from overt.engine import FootagePassage, FootageProgress, FootageShot
    from overt.engine.footage_heard import FootageHeard

__all__ = ["ProbeProgress", "begin_footage", "faces_heard", "told_of"]


@dataclass(frozen=True)
class ProbeProgress:
    """How far the looking is.

    Attributes:
        seconds: of the clip that have been looked at.
        of_seconds: how long the clip says it is; 0 where it does not say.
        faces: passages found so far.
        working_seconds: since it began.
    """

    seconds: float
    of_seconds: float
    faces: int
    working_seconds: float


def begin_footage(  # noqa: PLR0917 - the clip, whose it is, and how it is looked at
    pack: ModelPack,
    name: str,
    actor_id: str,
    reason: str,
    required_seals: tuple[str, ...],
    threads: int,
) -> BeginFootage:
    """What a footage run is told of a clip.

    Args:
        pack: finds the faces and makes the templates.
        name: what the clip is called, for messages.
        actor_id: who hands it in.
        reason: why.
        required_seals: without which the process refuses to begin.
        threads: of one inference; 0 takes every core.
    """
    return BeginFootage(
        pack=str(pack.folder.absolute()),
        contract=pack.contract,
        operating_point=pack.manifest.operating_point,
        clip=name,
        handed_in_by=actor_id,
        reason=reason,
        limits=FootageLimits(threads=threads, most_passages=MOST_FACES, required_seals=required_seals),
    )


def faces_heard(heard: FootageHeard, pack: ModelPack, name: str) -> Looked:
    """The faces of what was heard of a clip.

    Args:
        heard: by a footage run, here or elsewhere.
        pack: that the run used.
        name: what the clip is called, for messages.

    Raises:
        InputError: nothing of it can be read, or the process could not bear it.
    """
    if not heard.progress.looked_at and not heard.passages:
        why = heard.troubles[0] if heard.troubles else None
        raise InputError(
            f"Nothing of {name} can be read" + (f": {why.detail}" if why else ""),
            (why.remedy if why else "") or "Copy it again from where it was recorded",
            field="content",
        )
    passages = sorted(heard.passages, key=lambda passage: (passage.first_seconds, passage.number))
    last = heard.progress
    return Looked(
        [_face(at + 1, passage, pack) for at, passage in enumerate(passages)],
        width=last.width,
        height=last.height,
        pictures=last.looked_at,
        seconds=max(last.seconds, 0.0),
        troubles=_words(heard),
    )


def told_of(progress: FootageProgress) -> ProbeProgress:
    """How far a run is, as it is told to people."""
    return ProbeProgress(progress.seconds, progress.of_seconds, progress.passages, progress.working_seconds)


def _words(heard: FootageHeard) -> tuple[str, ...]:
    words = [fault.detail for fault in heard.troubles]
    if heard.progress.damaged:
        words.append(
            f"{heard.progress.damaged} damaged pictures or packets of about {heard.progress.decoded} were passed over"
        )
    return tuple(dict.fromkeys(words))


def _face(number: int, passage: FootagePassage, pack: ModelPack) -> HeldFace:
    shots = [_shot(shot, pack.contract) for shot in passage.shots]
    best = shots[0]
    one = Faces(
        best.box[np.newaxis],
        best.landmarks[np.newaxis],
        np.array([best.measures["detector_score"]], np.float32),
    )
    findings = judge_face(best.image, one, 0, LIMITS).findings
    point = pack.manifest.operating_point
    return HeldFace(
        f"face-{number}",
        shots,
        verdict_of(shots, findings, point, pack.contract),
        findings,
        first_seconds=round(passage.first_seconds, 3),
        last_seconds=round(passage.last_seconds, 3),
    )


def _shot(shot: FootageShot, contract: Contract) -> HeldShot:
    jpeg = np.frombuffer(shot.cut, np.uint8).copy()
    height, width = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR)).shape[:2]
    return HeldShot(
        jpeg=jpeg,
        size=(width, height),
        box=np.array(shot.box, np.float32),
        landmarks=np.array(shot.landmarks, np.float32),
        picture_box=np.array(shot.picture_box, np.float32),
        measures=dict(shot.measures),
        seconds=round(shot.seconds, 3),
        templates={contract: np.frombuffer(shot.template, "<f4").astype(np.float32)},
    )
