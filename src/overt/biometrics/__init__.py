"""An image → faces → templates. Arrays in, arrays out; no disk but the packs, no clock."""

from overt.biometrics.detection import DetectionSettings, Detector, load_detector
from overt.biometrics.embedding import Embedder, load_embedder
from overt.biometrics.faces import Faces, FloatArray, ImageArray
from overt.biometrics.packs.manifest import Contract, ModelPack, OperatingPoint
from overt.biometrics.providers import Precision, Provider, available_providers

__all__ = [
    "Contract",
    "DetectionSettings",
    "Detector",
    "Embedder",
    "Faces",
    "FloatArray",
    "ImageArray",
    "ModelPack",
    "OperatingPoint",
    "Precision",
    "Provider",
    "available_providers",
    "load_detector",
    "load_embedder",
]
