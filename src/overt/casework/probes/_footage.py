"""A clip, looked at by a sealed process of its own; what it gives back becomes faces that can be searched for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from overt.biometrics import Faces
from overt.casework.probes._looking import LIMITS, MOST_FACES, Looked, verdict_of
from overt.casework.probes.held import HeldFace, HeldShot
from overt.engine import (
    BeginFootage,
    Closed,
    Fault,
    FootageEngine,
    FootageLimits,
    FootagePassage,
    FootageProgress,
)
from overt.errors import EngineError, InputError, WireError
from overt.gallery import judge_face

if TYPE_CHECKING:
    from collections.abc import Callable

    from overt.biometrics import Contract, ModelPack
    from overt.engine import FootageShot

__all__ = ["ProbeProgress", "look_at_footage"]


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


@dataclass
class _Heard:
    """What the process has said so far."""

    passages: list[FootagePassage] = field(default_factory=list)
    progress: FootageProgress = field(default_factory=lambda: FootageProgress(seconds=0.0))
    troubles: list[Fault] = field(default_factory=list)


def look_at_footage(  # noqa: PLR0917 - the clip, whose it is, and how it is looked at
    pack: ModelPack,
    clip: int,
    name: str,
    actor_id: str,
    reason: str,
    required_seals: tuple[str, ...],
    progress: Callable[[ProbeProgress], None],
) -> Looked:
    """Turn a clip into passages.

    Args:
        pack: finds the faces and makes the templates.
        clip: the descriptor of the clip, open for reading.
        name: what it is called, for messages.
        actor_id: who hands it in.
        reason: why.
        required_seals: without which the process refuses to begin.
        progress: is told about twice a second.

    Raises:
        InputError: nothing of it can be read, or the process could not bear it.
        EngineError: the process could not begin.
    """
    begin = BeginFootage(
        pack=str(pack.folder.absolute()),
        contract=pack.contract,
        operating_point=pack.manifest.operating_point,
        clip=name,
        handed_in_by=actor_id,
        reason=reason,
        limits=FootageLimits(most_passages=MOST_FACES, required_seals=required_seals),
    )
    heard = _Heard()
    with FootageEngine.start(begin, clip) as engine:
        try:
            for message in engine.messages():
                _hear(message, heard, progress)
        except EngineError as error:
            # What was given before the clip broke the process is whole; a clip that gave nothing is refused.
            heard.troubles.append(Fault(kind="engine", detail=error.what, remedy=error.remedy))
        except WireError as error:
            raise EngineError(
                "The engine has said what no engine says, and was ended", "Look at `overt doctor`"
            ) from error
    if not heard.progress.looked_at and not heard.passages:
        why = heard.troubles[0] if heard.troubles else None
        raise InputError(
            f"Nothing of {name} can be read" + (f": {why.detail}" if why else ""),
            (why.remedy if why else "") or "Copy it again from where it was recorded",
            field="content",
        )
    heard.passages.sort(key=lambda passage: (passage.first_seconds, passage.number))
    last = heard.progress
    return Looked(
        [_face(at + 1, passage, pack) for at, passage in enumerate(heard.passages)],
        width=last.width,
        height=last.height,
        pictures=last.looked_at,
        seconds=max(last.seconds, 0.0),
        troubles=_words(heard),
    )


def _hear(message: object, heard: _Heard, progress: Callable[[ProbeProgress], None]) -> None:
    if isinstance(message, FootagePassage):
        heard.passages.append(message)
    elif isinstance(message, Fault):
        heard.troubles.append(message)
    elif isinstance(message, FootageProgress):
        heard.progress = message
        progress(
            ProbeProgress(message.seconds, message.of_seconds, message.passages, message.working_seconds)
        )
    elif isinstance(message, Closed) and message.reason == "the pipeline failed on every picture":
        heard.troubles.append(Fault(kind="bad-frame", detail=message.reason))


def _words(heard: _Heard) -> tuple[str, ...]:
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


def no_progress(_: ProbeProgress) -> None:
    """Tell nobody."""
