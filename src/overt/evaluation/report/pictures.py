"""The worst cases as pictures, for a page whose reader asked for them and whose data allows it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

import cv2

from overt.errors import EvaluationError, ImageError
from overt.evaluation.protocols import IdentificationResult
from overt.gallery.pictures import decode_picture

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from overt.evaluation.protocols import Dataset, Result

__all__ = ["worst_pictures"]

SIDE: Final = 144
MIB: Final = 64.0
MEGAPIXELS: Final = 100.0


def worst_pictures(result: Result, dataset: Dataset) -> Mapping[str, tuple[str, ...]]:
    """By the row of each worst probe, its picture; for people on the list, what was enrolled of them beside it.

    Args:
        result: of an identification; another has none.
        dataset: that it was had with.

    Returns:
        Addresses that hold the pictures themselves, JPEG, 144 pixels at most.

    Raises:
        EvaluationError: a picture can no longer be read.
    """
    if not isinstance(result, IdentificationResult):
        return {}
    samples = {sample.place: sample for sample in dataset.samples}
    enrolled: dict[str, Path] = {}
    for sample in dataset.samples:
        if sample.role == "gallery":
            enrolled.setdefault(sample.identity, sample.path)
    shown = {}
    for case in (*result.lowest_mates, *result.highest_strangers):
        sample = samples[case.place]
        paths = [sample.path, enrolled.get(sample.identity)]
        shown[case.place] = tuple(_held(path) for path in paths if path is not None)
    return shown


def _held(path: Path) -> str:
    try:
        image = decode_picture(path.read_bytes(), path.name, most_mib=MIB, most_megapixels=MEGAPIXELS).image
    except (OSError, ImageError) as error:
        raise EvaluationError(
            f"{path.name} can no longer be shown", "Put it back, or leave out --pictures"
        ) from error
    part = SIDE / max(image.shape[:2])
    if part < 1:
        image = cv2.resize(image, None, fx=part, fy=part, interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg.tobytes()).decode()}"
