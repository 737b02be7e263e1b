"""How good a look at a face one observation is: seven measures and the detector's score, and one scalar of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from overt.biometrics._occlusion import occlusion_of
from overt.biometrics.alignment import ARCFACE_112, similarity_transforms

if TYPE_CHECKING:
    from overt.biometrics.faces import Faces, FloatArray, ImageArray

__all__ = ["QUALITY_MEASURES", "Quality", "measure_quality"]

QUALITY_MEASURES = (
    "eye_distance",
    "sharpness",
    "yaw",
    "pitch",
    "roll",
    "exposure",
    "detector_score",
    "occlusion",
)

SIDE = 64
_TEMPLATE = np.array(ARCFACE_112, np.float32) * (SIDE / 112)

# A mean face's five points, millimetres: x to the right of the picture, y down, z towards the camera. Where detectors
# put them on level faces (the medians of CenterFace, SCRFD and YuNet differ by 2 mm), with depths of a common head.
_FACE = np.array(
    [(-31.5, -34.5, 0.0), (31.5, -34.5, 0.0), (0.0, 0.0, 27.0), (-26.0, 28.0, 6.0), (26.0, 28.0, 6.0)],
    np.float64,
)
_FACE_INVERSE = np.linalg.pinv(_FACE - _FACE.mean(0))

GOOD_EYE_DISTANCE = 40.0
GOOD_SHARPNESS = 0.08


@dataclass(frozen=True, slots=True)
class Quality:
    """The measures of n faces, each float32 [n].

    Attributes:
        eye_distance: pixels between the eyes, in the picture at full resolution.
        sharpness: 0 to 1, the part of the face's contrast that lies in detail finer than about an eighth of the
            distance between the eyes.
        yaw: degrees, positive where the face turns to the right of the picture; from the five landmarks.
        pitch: degrees, positive where it looks down; from the landmarks, so that a face of unusual proportions is off
            by a few degrees.
        roll: degrees, positive where the head leans clockwise.
        exposure: 0 to 1, how far the face is from lost in darkness or in light.
        detector_score: 0 to 1, as the detector gave it.
        occlusion: 0 to 1, an estimate of how likely the lower face or the eyes are covered.
    """

    eye_distance: FloatArray
    sharpness: FloatArray
    yaw: FloatArray
    pitch: FloatArray
    roll: FloatArray
    exposure: FloatArray
    detector_score: FloatArray
    occlusion: FloatArray

    def __len__(self) -> int:
        return len(self.eye_distance)

    @property
    def vector(self) -> FloatArray:
        """The measures side by side, float32 [n, 8], in the order of `QUALITY_MEASURES`."""
        return np.stack([getattr(self, name) for name in QUALITY_MEASURES], axis=1).astype(np.float32)

    @property
    def scalar(self) -> FloatArray:
        """One figure a face, float32 [n], 0 (useless) to 1: the product of six parts, each 0 to 1.

        - size: √(eye distance ÷ 40 px), at most 1
        - sharpness: √(sharpness ÷ 0.08), at most 1
        - pose: cos²(yaw) · cos²(pitch), and 0 beyond 90°; roll costs nothing, as alignment takes it out
        - exposure
        - detector: the square root of its score
        - occlusion: 1 − occlusion ÷ 2
        """
        size = np.sqrt(np.clip(self.eye_distance / GOOD_EYE_DISTANCE, 0.0, 1.0))
        sharp = np.sqrt(np.clip(self.sharpness / GOOD_SHARPNESS, 0.0, 1.0))
        yaw, pitch = (np.radians(np.clip(angle, -90.0, 90.0)) for angle in (self.yaw, self.pitch))
        pose = np.cos(yaw) ** 2 * np.cos(pitch) ** 2
        product = (
            size * sharp * pose * self.exposure * np.sqrt(self.detector_score) * (1 - self.occlusion / 2)
        )
        return np.asarray(np.clip(product, 0.0, 1.0), np.float32)


def measure_quality(image: ImageArray, faces: Faces) -> Quality:
    """Measures every face of a picture.

    Args:
        image: uint8 [h, w, 3], blue, green, red, at full resolution.
        faces: its faces.

    Returns:
        The measures, in the order of the faces. Landmarks that coincide give zeros and no error.
    """
    n = len(faces)
    yaw, pitch, roll = head_pose(faces.landmarks)
    apart = faces.landmarks[:, 1] - faces.landmarks[:, 0]
    eye_distance = np.hypot(apart[:, 0], apart[:, 1]).astype(np.float32)
    sharpness, exposure, occlusion = (np.zeros(n, np.float32) for _ in range(3))
    patch = np.zeros((SIDE, SIDE, 3), np.uint8)
    grey = np.zeros((SIDE, SIDE), np.uint8)
    soft = np.zeros((SIDE, SIDE), np.uint8)
    for i, matrix in enumerate(similarity_transforms(faces.landmarks, _TEMPLATE)):
        cv2.warpAffine(image, matrix, (SIDE, SIDE), dst=patch, borderMode=cv2.BORDER_REPLICATE)
        cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY, dst=grey)
        sharpness[i] = _sharpness(grey, soft)
        exposure[i] = _exposure(grey)
        occlusion[i] = occlusion_of(patch, grey)
    for scratch in (patch, grey, soft):
        scratch.fill(0)
    return Quality(
        eye_distance, sharpness, yaw, pitch, roll, exposure, faces.scores.astype(np.float32), occlusion
    )


def head_pose(landmarks: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Yaw, pitch and roll, degrees, of faces from five landmarks [n, 5, 2].

    The pose of a mean face under scaled orthographic projection, by least squares (the first step of DeMenthon and
    Davis, "Model-based object pose in 25 lines of code", 1995).
    """
    points = landmarks.astype(np.float64)
    centred = points - points.mean(1, keepdims=True)
    axes = np.einsum("dk,nkc->ncd", _FACE_INVERSE, np.nan_to_num(centred))
    first, second = axes[:, 0], axes[:, 1]
    scale = np.maximum((np.linalg.norm(first, axis=1) + np.linalg.norm(second, axis=1)) / 2, 1e-9)[:, None]
    first, second = first / scale, second / scale
    roll = np.degrees(np.arctan2(second[:, 0] - first[:, 1], first[:, 0] + second[:, 1]))
    turn = np.radians(roll)
    # taken level again, the depth's shift to the right is sin(yaw), and downwards sin(pitch)
    right = np.cos(turn) * first[:, 2] + np.sin(turn) * second[:, 2]
    down = -np.sin(turn) * first[:, 2] + np.cos(turn) * second[:, 2]
    yaw = np.degrees(np.arcsin(np.clip(right, -1.0, 1.0)))
    pitch = np.degrees(np.arcsin(np.clip(down, -1.0, 1.0)))
    return yaw.astype(np.float32), pitch.astype(np.float32), roll.astype(np.float32)


def _sharpness(grey: npt.NDArray[np.uint8], soft: npt.NDArray[np.uint8]) -> float:
    """The part of a patch's variance that a small blur takes away; free of brightness and contrast."""
    cv2.blur(grey, (3, 3), dst=soft)
    spread = cv2.meanStdDev(grey)[1][0, 0]
    lost = cv2.norm(grey, soft, cv2.NORM_L2) / SIDE
    return float(lost * lost / max(spread * spread, 1.0))


def _exposure(grey: npt.NDArray[np.uint8]) -> float:
    """1 in the middle, falling to 0 where the mean nears black (from 80 down) or white (from 200 up), and with the
    part of the face that is black or white altogether.
    """
    mean = cv2.mean(grey)[0]
    level = min(1.0, mean / 80.0, (255.0 - mean) / 55.0)
    lost = 1.0 - cv2.countNonZero(cv2.inRange(grey, 4, 251)) / grey.size
    return max(0.0, level) * (1.0 - lost)
