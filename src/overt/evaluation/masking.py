"""Whether masked pictures are safe: the recogniser itself is set upon what leaves the engine.

The attacker is given more than a real one would have: he knows where the face is and, from the unmasked original, its
five landmarks; he has a good reference picture of the person; and he may enrol pictures that were masked in the same
way. A masked picture is safe when the scores of enrolled people lie where strangers' scores lie.

Method: identification trials as in ISO/IEC 19795-1 (mated and non-mated comparisons); area under the receiver
operating characteristic as the probability that a mated score exceeds a non-mated one (Hanley and McNeil, 1982), its
interval by a bootstrap over people.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

import cv2
import msgspec
import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from overt.biometrics import DetectionSettings, FloatArray, ImageArray, load_detector, load_embedder
from overt.engine.masking import MaskSettings, encode_jpeg, masked_frame, masked_size
from overt.engine.pipeline import MASKING_SCORE
from overt.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from overt.biometrics import Detector, Embedder, ModelPack
    from overt.evaluation.masking_people import Person

__all__ = ["AUC_LIMIT", "FRAME", "MaskingReport", "MaskingRow", "study_masking"]

FRAME: Final = (720, 1280)
"""Height and width of the frames that faces are put into, pixels."""

AUC_LIMIT: Final = 2 / 3
"""An attack that prefers the right one of two people in fewer than two of three cases identifies nobody."""

SIGNIFICANCE: Final = 0.01
MASKED_JPEG: Final = 80
BOOTSTRAPS: Final = 400
PADDING: Final = 0.5
DETECTOR_SIDE: Final = 512

Case = Literal["clear", "detected", "undetected", "as run"]
Enrolled = Literal["clear", "masked"]


class MaskingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of masked picture against one kind of enrolment.

    Attributes:
        case: `clear` is not masked; `detected` has the face's true box masked; `undetected` has only the frame
            reduced; `as run` has what the pack's detector found masked, as the engine does.
        enrolled: whether the attacker enrolled clear pictures, or pictures masked likewise.
        face_height: height of the face's box in the 1280 by 720 frame, pixels.
        n_mated: trials of a person against their own reference.
        n_nonmated: trials against other people's.
        auc: probability that a mated score exceeds the same picture's non-mated one.
        auc_interval: 95%, by bootstrap over people.
        rank_one: share of people whose own reference scores highest; `chance` is 1 ÷ `n_mated`.
        mated_over: share of mated scores at or over the operating threshold.
        strangers_over: share of non-mated scores at or over it.
        mated_quantiles: 5, 50, 95 and 99% of the mated scores.
        stranger_quantiles: the same of the non-mated ones.
        missed: share of faces not covered by the mask (only for `as run`).
        safe: mated scores over the threshold are no more than strangers' (binomial test, 1%), and the interval of
            `auc` ends below `AUC_LIMIT`.
    """

    case: Case
    enrolled: Enrolled
    face_height: int
    n_mated: int
    n_nonmated: int
    auc: float
    auc_interval: tuple[float, float]
    rank_one: float
    mated_over: float
    strangers_over: float
    mated_quantiles: tuple[float, float, float, float]
    stranger_quantiles: tuple[float, float, float, float]
    missed: float | None
    safe: bool


class MaskingReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured on whom.

    Attributes:
        people: where the pictures came from.
        cells: squares of the mosaic across a face box's longer side.
        margin: how far the mosaic reaches past the box, as a share of its longer side.
        long_side: longest side of a masked frame, pixels.
        threshold: the pack's operating threshold.
        rows: the first is the attack without any mask.
        safe: every row of what leaves the engine (`detected`, `as run`; clear enrolment) is safe.
    """

    pack: str
    people: str
    n_people: int
    cells: int
    margin: float
    long_side: int
    mask_score: float
    threshold: float
    rows: tuple[MaskingRow, ...]
    safe: bool


@dataclass(frozen=True, slots=True)
class _Portrait:
    """A picture with its face's true box (float32 [4]) and landmarks (float32 [5, 2])."""

    image: ImageArray
    box: FloatArray
    landmarks: FloatArray


def study_masking(
    pack: ModelPack,
    people: Sequence[Person],
    *,
    source: str,
    settings: MaskSettings | None = None,
    mask_score: float = MASKING_SCORE,
    heights: Sequence[int] = (24, 40, 64, 120, 240),
    threads: int = 1,
    seed: int = 1,
    progress: Callable[[str], None] | None = None,
) -> MaskingReport:
    """Attack masked pictures of enrolled people with the pack's own recogniser.

    Args:
        pack: detector, recogniser and operating threshold.
        people: each with a reference picture and another one.
        source: where the pictures come from, for the report.
        settings: how pictures are masked; the engine's own by default.
        mask_score: the least detector's score of what is masked in the case `as run`.
        heights: of the face's box in a 1280 by 720 frame, pixels.
        threads: for inference.
        seed: of the faces' places and of the bootstrap.
        progress: is told each step.

    Raises:
        EvaluationError: fewer than 10 people have a face in both of their pictures.
    """
    masks = settings or MaskSettings()
    tell = progress or (lambda _: None)
    finder = load_detector(pack, DetectionSettings(long_side=DETECTOR_SIDE), threads=threads)
    embedder = load_embedder(pack, threads=threads)
    pairs = _found(finder, people)
    if len(pairs) < 10:
        raise EvaluationError(
            f"Only {len(pairs)} of {len(people)} people have a face in both of their pictures",
            "Give a folder with one folder a person, each with two or more pictures that show the face",
        )
    references, probes = [a for a, _ in pairs], [b for _, b in pairs]
    enrolled = _templates(embedder, references)
    threshold = pack.manifest.operating_point.threshold
    judge = partial(_judge, threshold=threshold, seed=seed)
    rows = [judge("clear", "clear", 0, references=enrolled, probes=_templates(embedder, probes))]
    live = load_detector(pack, DetectionSettings(score_threshold=mask_score), threads=threads)
    for height in heights:
        for case in ("detected", "undetected", "as run"):
            tell(f"{case}, {height} px")
            detector = live if case == "as run" else None
            mine, missed = _masked(
                probes, case=case, height=height, masks=masks, detector=detector, seed=seed
            )
            attacked = _templates(embedder, mine)
            rows.append(judge(case, "clear", height, references=enrolled, probes=attacked, missed=missed))
            if case != "as run":
                theirs, _ = _masked(
                    references, case=case, height=height, masks=masks, detector=None, seed=seed + 1
                )
                likewise = _templates(embedder, theirs)
                rows.append(judge(case, "masked", height, references=likewise, probes=attacked))
    leaving = [row for row in rows if row.case in {"detected", "as run"} and row.enrolled == "clear"]
    return MaskingReport(
        pack=f"{pack.manifest.id} {pack.manifest.version}",
        people=source,
        n_people=len(pairs),
        cells=masks.cells,
        margin=masks.margin,
        long_side=masks.long_side,
        mask_score=mask_score,
        threshold=threshold,
        rows=tuple(rows),
        safe=all(row.safe for row in leaving),
    )


def _found(detector: Detector, people: Sequence[Person]) -> list[tuple[_Portrait, _Portrait]]:
    pairs = []
    for person in people:
        reference, probe = _portrait(detector, person.reference), _portrait(detector, person.probe)
        if reference is not None and probe is not None:
            pairs.append((reference, probe))
    return pairs


def _portrait(detector: Detector, image: ImageArray) -> _Portrait | None:
    """The picture with a border, so that a tight crop can be detected, and its largest face."""
    border = int(PADDING * max(image.shape[:2]))
    padded = np.asarray(
        cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_REPLICATE), np.uint8
    )
    faces = detector.detect([padded])[0]
    if not len(faces):
        return None
    largest = int(np.argmax(faces.boxes[:, 3] - faces.boxes[:, 1]))
    return _Portrait(padded, faces.boxes[largest], faces.landmarks[largest])


def _templates(embedder: Embedder, portraits: Sequence[_Portrait]) -> FloatArray:
    out = np.empty((len(portraits), embedder.dimension), np.float32)
    chips = np.empty((1, embedder.chip_size, embedder.chip_size, 3), np.uint8)
    for i, portrait in enumerate(portraits):
        embedder.align(portrait.image, portrait.landmarks[None], chips)
        embedder.embed(chips, out[i : i + 1])
    return out


def _masked(
    portraits: Sequence[_Portrait],
    *,
    case: Case,
    height: int,
    masks: MaskSettings,
    detector: Detector | None,
    seed: int,
) -> tuple[list[_Portrait], float | None]:
    """What the attacker makes of each masked frame, and the share of faces that the mask did not cover."""
    rng = np.random.default_rng(seed)
    made, missed = [], 0
    for portrait in portraits:
        scene = _in_frame(portrait, height, rng)
        none = np.zeros((0, 4), np.float32)
        boxes = none if case == "undetected" else scene.box[None]
        if detector is not None:
            boxes = detector.detect([scene.image])[0].boxes
            missed += not _covers(boxes, scene.box, masks.margin)
        out = np.empty((*masked_size(*FRAME, masks), 3), np.uint8)
        masked_frame(scene.image, boxes, none, masks, out)
        left = cv2.imdecode(np.frombuffer(encode_jpeg(out, MASKED_JPEG), np.uint8), cv2.IMREAD_COLOR)
        made.append(_enlarged(np.asarray(left, np.uint8), scene))
    return made, None if detector is None else missed / len(portraits)


def _in_frame(portrait: _Portrait, height: int, rng: np.random.Generator) -> _Portrait:
    """The portrait at a random place of a frame that is filled with its border's mean colour."""
    scale = height / float(portrait.box[3] - portrait.box[1])
    small = cv2.resize(
        portrait.image,
        None,
        fx=scale,
        fy=scale,
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC,
    )
    edge = portrait.image[0].mean(axis=0)
    frame = np.empty((*FRAME, 3), np.uint8)
    frame[:] = edge.astype(np.uint8)
    ratio = np.array([small.shape[1], small.shape[0]], np.float32) / np.array(
        [portrait.image.shape[1], portrait.image.shape[0]], np.float32
    )
    centre = (portrait.box[:2] + portrait.box[2:]) / 2 * ratio
    room = height + 8
    target = np.array([rng.integers(room, FRAME[1] - room), rng.integers(room, FRAME[0] - room)])
    at = (target - centre).round().astype(int)
    top, left = max(0, int(at[1])), max(0, int(at[0]))
    part = small[top - int(at[1]) :, left - int(at[0]) :][: FRAME[0] - top, : FRAME[1] - left]
    frame[top : top + part.shape[0], left : left + part.shape[1]] = part
    shift = at.astype(np.float32)
    box = np.asarray(portrait.box * np.tile(ratio, 2) + np.tile(shift, 2), np.float32)
    return _Portrait(frame, box, np.asarray(portrait.landmarks * ratio + shift, np.float32))


def _covers(boxes: FloatArray, face: FloatArray, margin: float) -> bool:
    """Whether some widened box holds four fifths of the face."""
    side = margin * np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    width = np.minimum(boxes[:, 2] + side, face[2]) - np.maximum(boxes[:, 0] - side, face[0])
    height = np.minimum(boxes[:, 3] + side, face[3]) - np.maximum(boxes[:, 1] - side, face[1])
    area = float((face[2] - face[0]) * (face[3] - face[1]))
    return bool((np.maximum(width, 0) * np.maximum(height, 0) >= 0.8 * area).any())


def _enlarged(masked: ImageArray, scene: _Portrait) -> _Portrait:
    """The surroundings of the face out of the masked frame, enlarged smoothly, with the true landmarks."""
    ratio = np.array([masked.shape[1] / FRAME[1], masked.shape[0] / FRAME[0]], np.float32)
    box = np.asarray(scene.box * np.tile(ratio, 2), np.float32)
    reach = 1.0 * float(box[3] - box[1]) + 2
    left, top = np.maximum(np.floor(box[:2] - reach), 0).astype(int)
    right, bottom = np.ceil(box[2:] + reach).astype(int)
    part = masked[top:bottom, left:right]
    factor = max(1.0, 160.0 / max(float(box[3] - box[1]), 1.0))
    big = cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    grown = np.array([big.shape[1] / part.shape[1], big.shape[0] / part.shape[0]], np.float32)
    corner = np.array([left, top], np.float32)
    # a pixel's middle stays its middle: half a pixel is added before a scaling and taken off after it
    landmarks = np.asarray(((scene.landmarks + 0.5) * ratio - corner) * grown - 0.5, np.float32)
    return _Portrait(np.asarray(big, np.uint8), box, landmarks)


def _judge(
    case: Case,
    enrolled: Enrolled,
    height: int,
    *,
    references: FloatArray,
    probes: FloatArray,
    threshold: float,
    seed: int,
    missed: float | None = None,
) -> MaskingRow:
    scores = probes @ references.T
    n = len(scores)
    mated = np.diag(scores)
    strangers = scores[~np.eye(n, dtype=bool)].reshape(n, n - 1)
    each = ((mated[:, None] > strangers) + 0.5 * (mated[:, None] == strangers)).mean(axis=1)
    rng = np.random.default_rng(seed)
    resampled = each[rng.integers(0, n, (BOOTSTRAPS, n))].mean(axis=1)
    low, high = (float(edge) for edge in np.quantile(resampled, (0.025, 0.975)))
    over, over_strangers = int((mated >= threshold).sum()), int((strangers >= threshold).sum())
    # a share that may be as high as 3 ÷ n where none were seen (the rule of three)
    chance = max(over_strangers, 3) / strangers.size
    likely = bool(binom.sf(over - 1, n, chance) > SIGNIFICANCE) if over else True
    return MaskingRow(
        case=case,
        enrolled=enrolled,
        face_height=height,
        n_mated=n,
        n_nonmated=int(strangers.size),
        auc=float(each.mean()),
        auc_interval=(low, high),
        rank_one=float((mated > strangers.max(axis=1)).mean()),
        mated_over=over / n,
        strangers_over=over_strangers / strangers.size,
        mated_quantiles=_quantiles(mated),
        stranger_quantiles=_quantiles(strangers),
        missed=missed,
        safe=likely and high < AUC_LIMIT,
    )


def _quantiles(scores: npt.NDArray[np.float32]) -> tuple[float, float, float, float]:
    a, b, c, d = (float(q) for q in np.quantile(scores, (0.05, 0.5, 0.95, 0.99)))
    return a, b, c, d
