"""A still, looked at: every face of it cut out, judged, and made into a template. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from overt.biometrics import MaskSettings, cut_face, packs
from overt.casework.probes.held import HeldFace, HeldShot
from overt.casework.watchlists import desk_for
from overt.errors import ContractError, InputError
from overt.gallery import EnrolmentLimits, decode_probe_picture, judge_face

if TYPE_CHECKING:
    from overt.biometrics import Contract, FloatArray, OperatingPoint
    from overt.casework.probes.models import ProbeVerdict
    from overt.gallery import Finding

__all__ = [
    "CUT_MARGIN",
    "CUT_SIDE",
    "LIMITS",
    "MOST_FACES",
    "Looked",
    "look_at_still",
    "require_few",
    "template_for",
    "verdict_of",
]

CUT_MARGIN: Final = 0.6
"""How much is kept around a face, as a part of its box's longer side: hair, ears and neck are compared too."""
CUT_SIDE: Final = 640
"""Longest side of what is kept, pixels."""
MOST_FACES: Final = 2000
"""Of one probe; a picture or clip with more is refused."""

JPEG_QUALITY: Final = 95

LIMITS: Final = EnrolmentLimits()
"""What a face is held against, to say how it falls short."""
_MASKS: Final = MaskSettings()


@dataclass(eq=False)
class Looked:
    """What was found in a probe.

    Attributes:
        faces: the surest and largest first.
        width: of the pictures, pixels.
        height: likewise.
        pictures: how many were looked at.
        seconds: how long the clip is; None of a still.
        troubles: what was wrong with the file.
    """

    faces: list[HeldFace] = field(repr=False)
    width: int
    height: int
    pictures: int = 1
    seconds: float | None = None
    troubles: tuple[str, ...] = ()


def look_at_still(contract: Contract, content: bytes, name: str) -> Looked:
    """Find every face of a picture.

    Args:
        contract: of the templates to make.
        content: the file.
        name: its name, for messages.

    Raises:
        ImageError: it cannot be read.
        InputError: it shows more faces than can be offered.
        ContractError, PackError: the pack cannot be used.
    """
    picture = decode_probe_picture(
        content, name, most_mib=LIMITS.mib, most_megapixels=LIMITS.megapixels
    ).image
    shared = desk_for(contract)
    with shared.lock:
        faces = shared.desk.find_all(picture)
    require_few(len(faces), name)
    sides = (faces.boxes[:, 2:] - faces.boxes[:, :2]).prod(axis=1)
    faces = faces.take(np.argsort(-sides, kind="stable"))
    found, cuts = [], []
    for at in range(len(faces)):
        cut = cut_face(picture, faces, at, _MASKS, CUT_MARGIN, CUT_SIDE)
        judged = judge_face(picture, faces, at, LIMITS)
        jpeg = cv2.imencode(".jpg", cut.image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
        height, width = cut.image.shape[:2]
        own = faces.boxes[at].copy()
        shot = HeldShot(
            np.asarray(jpeg, np.uint8), (width, height), cut.box, cut.landmarks, own, judged.measures, None
        )
        found.append((shot, judged.findings))
        cuts.append((cut.image, cut.landmarks))
    with shared.lock:
        templates = shared.desk.embed_faces(cuts)
    for (shot, _), (image, _), template in zip(found, cuts, templates, strict=True):
        image.fill(0)
        if template is not None:
            shot.templates[contract] = template
    picture.fill(0)
    height, width = picture.shape[:2]
    return Looked(
        [
            HeldFace(
                f"face-{at + 1}", [shot], verdict_of([shot], findings, shared.desk.point, contract), findings
            )
            for at, (shot, findings) in enumerate(found)
        ],
        width,
        height,
    )


def verdict_of(
    shots: list[HeldShot], findings: tuple[Finding, ...], point: OperatingPoint, contract: Contract
) -> ProbeVerdict:
    """What a face can be used for; what the pack's operating point would not even look at is unusable."""
    best = shots[0].measures
    if (
        contract not in shots[0].templates
        or best["eye_distance"] < point.min_eye_distance
        or best["quality"] < point.min_quality
    ):
        return "unusable"
    return "poor" if any(finding.refuses for finding in findings) else "good"


def template_for(face: HeldFace, contract: Contract) -> FloatArray:
    """The template of a face under a contract, made now where it is not there: the mean of its shots by quality.

    Raises:
        InputError: the recogniser makes nothing of it.
        ContractError, PackError: the pack cannot be used.
    """
    missing = [shot for shot in face.shots if contract not in shot.templates]
    if len(missing) == len(face.shots):
        shared = desk_for(installed(contract))
        with shared.lock:
            made = shared.desk.embed_faces([(shot.image, shot.landmarks) for shot in missing])
        for shot, template in zip(missing, made, strict=True):
            if template is not None:
                shot.templates[contract] = template
    summed = np.zeros(contract.dimension, np.float32)
    for shot in face.shots:
        if contract in shot.templates:
            summed += shot.templates[contract] * np.float32(max(shot.measures["quality"], 1e-3))
    length = float(np.sqrt(summed @ summed))
    if length < 1e-6:
        raise InputError("The recogniser makes nothing of this face", "Choose another", field="face_id")
    return summed / np.float32(length)


def require_few(count: int, name: str) -> None:
    """Refuse a probe with more faces than can be offered.

    Raises:
        InputError: it has.
    """
    if count > MOST_FACES:
        raise InputError(
            f"{name} shows {count} faces, and at most {MOST_FACES} are offered of one probe",
            "Hand in the part that matters",
            field="content",
        )


def installed(contract: Contract) -> Contract:
    """The contract, where templates of it can be made on this machine.

    Raises:
        ContractError: another version of the pack is installed.
        PackError: the pack is missing or altered.
    """
    here = packs.load(contract.pack).contract
    if here != contract:
        raise ContractError(
            f"The collection's templates are of the model pack {contract.pack} {contract.version}, and version "
            f"{here.version} is installed: templates of the two cannot be compared",
            "Re-embed the collection with the installed pack, or install the collection's",
        )
    return contract
