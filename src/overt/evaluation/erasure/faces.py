"""Faces for the proof's footage: made up, or cut out of footage that the user names."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from overt.biometrics import load_detector
from overt.errors import EvaluationError
from overt.evaluation.erasure.film import is_found
from overt.evaluation.protocols.occlusion import draw_occlusion
from overt.evaluation.scene.portraits import N_CROWD, simulated_face
from overt.video import HeapBuffers, open_feed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from overt.biometrics import DetectionSettings, Detector, ImageArray, ModelPack
    from overt.video import FeedFault

__all__ = ["faces_of_footage", "simulated_faces", "some_masked"]

STEP: Final = 6
"""Frames of the footage from one look for faces to the next."""

SMALLEST: Final = 40
"""Least width of a face that is taken, pixels: smaller ones have too little in them to be followed to the bit."""

GREY: Final = 128

MASKED_EVERY: Final = 4
LARGE: Final = 700
"""Height at which a mask is drawn, pixels, about: it is drawn finer than it is shown."""


def simulated_faces(n: int) -> list[ImageArray]:
    """Pictures of n made-up people, uint8 BGR, cut to the face.

    Raises:
        EvaluationError: more are asked for than there are, or the `demo` extra is not installed.
    """
    if n > N_CROWD:
        raise EvaluationError(
            f"{n} faces were asked for and there are {N_CROWD}", "Ask for fewer, or name footage"
        )
    pictures = []
    for number in range(n):
        portrait = simulated_face(number)
        left, top, right, bottom = (max(0, int(edge)) for edge in portrait.box)
        part = portrait.pixels[top:bottom, left:right].astype(np.float32)
        opacity = part[:, :, 3:] / 255
        pictures.append((part[:, :, :3] + GREY * (1 - opacity)).clip(0, 255).astype(np.uint8))
    return pictures


def faces_of_footage(uri: str, n: int, pack: ModelPack, settings: DetectionSettings) -> list[ImageArray]:
    """Cut n faces out of footage: in each frame that is looked at those that are large enough, the largest first.

    Args:
        uri: the footage, as `overt.video.open_feed` takes it.
        n: how many.
        pack: whose detector finds them.
        settings: how it looks.

    Raises:
        EvaluationError: the footage cannot be read or has fewer.
    """
    detector = load_detector(pack, settings)
    pictures: list[ImageArray] = []
    for image in _every_few_frames(uri):
        faces = detector.detect([image])[0]
        widths = faces.boxes[:, 2] - faces.boxes[:, 0]
        for i in np.argsort(-widths).tolist():
            if widths[i] < SMALLEST or len(pictures) == n:
                break
            left, top, right, bottom = faces.boxes[i].astype(int).tolist()
            pictures.append(image[top:bottom, left:right].copy())
        if len(pictures) == n:
            return pictures
    raise EvaluationError(
        f"the footage has {len(pictures)} faces of at least {SMALLEST} pixels, and {n} are needed",
        "Name other footage, or ask for fewer faces",
    )


def some_masked(faces: list[ImageArray], pack: ModelPack, settings: DetectionSettings) -> list[ImageArray]:
    """The same faces, a mask drawn over one in `MASKED_EVERY`; over the next one where its own would not be found.

    Args:
        faces: pictures, each cut to the face.
        pack: whose detector must still find them.
        settings: how it looks.
    """
    detector = load_detector(pack, settings)
    shown, due = list(faces), False
    for number, face in enumerate(faces):
        due = due or number % MASKED_EVERY == 0
        masked = _masked(face, detector, number) if due else None
        if masked is not None:
            shown[number], due = masked, False
    return shown


def _masked(face: ImageArray, detector: Detector, seed: int) -> ImageArray | None:
    """A face with a mask drawn over it; None where it is not found with or without."""
    height, width = face.shape[:2]
    border, larger = max(height, width) // 2, max(1, round(LARGE / height))
    around = cv2.copyMakeBorder(face, border, border, border, border, cv2.BORDER_CONSTANT, value=(GREY,) * 3)
    picture = np.asarray(cv2.resize(around, None, fx=larger, fy=larger), np.uint8)
    found = detector.detect([picture])[0]
    if not len(found):
        return None
    drawn = draw_occlusion(picture, found.landmarks[0], "mask", seed=seed)
    first = larger * border
    cut = drawn[first : first + larger * height, first : first + larger * width]
    return cut if is_found(cut, detector) else None


def _every_few_frames(uri: str) -> Iterator[ImageArray]:
    arrived = threading.Event()
    faults: list[FeedFault] = []
    feed = open_feed(
        "footage", uri, pace="max", buffers=HeapBuffers(), on_frame=arrived.set, on_fault=faults.append
    )
    feed.start()
    try:
        while True:
            arrived.clear()
            frame = feed.newest()
            if frame is None:
                state = feed.status().state
                if state == "ended":
                    return
                if state == "failed":
                    raise EvaluationError(
                        f"the footage cannot be read: {faults[-1].detail}", faults[-1].remedy
                    )
                arrived.wait(0.05)
                continue
            try:
                if frame.index % STEP == 0:
                    yield np.ascontiguousarray(frame.image)
            finally:
                frame.release()
    finally:
        feed.close()
