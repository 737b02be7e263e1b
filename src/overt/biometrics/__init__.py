"""An image → faces → templates. Arrays in, arrays out; no disk but the packs, no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from overt.biometrics.covering import (
    COVERINGS,
    ChipEvener,
    CoveringJudge,
    bare_equivalent,
    bare_equivalents,
    even_out,
)
from overt.biometrics.detection import DetectionSettings, Detector, load_detector
from overt.biometrics.embedding import Embedder, load_embedder
from overt.biometrics.faces import Faces, FloatArray, ImageArray
from overt.biometrics.mosaic import FaceCut, MaskSettings, cut_face, mask_faces
from overt.biometrics.packs.manifest import Contract, CoveredScale, Covering, ModelPack, OperatingPoint
from overt.biometrics.providers import Precision, Provider, available_providers
from overt.biometrics.quality import QUALITY_MEASURES, Quality, measure_quality

if TYPE_CHECKING:
    from overt.biometrics.tracking import PassageTracker, Tracked

__all__ = [
    "COVERINGS",
    "QUALITY_MEASURES",
    "ChipEvener",
    "Contract",
    "CoveredScale",
    "Covering",
    "CoveringJudge",
    "DetectionSettings",
    "Detector",
    "Embedder",
    "FaceCut",
    "Faces",
    "FloatArray",
    "ImageArray",
    "MaskSettings",
    "ModelPack",
    "OperatingPoint",
    "PassageTracker",
    "Precision",
    "Provider",
    "Quality",
    "Tracked",
    "available_providers",
    "bare_equivalent",
    "bare_equivalents",
    "cut_face",
    "even_out",
    "load_detector",
    "load_embedder",
    "mask_faces",
    "measure_quality",
]


def __getattr__(name: str) -> Any:
    # the tracker's library is 75 MB and half a second to load, which only those who follow people should pay
    if name in {"PassageTracker", "Tracked"}:
        from overt.biometrics import tracking

        return getattr(tracking, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
