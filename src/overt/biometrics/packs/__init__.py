"""Model packs: what they say of themselves, how they arrive, and that they are what they say.

A pack is a folder with a `pack.toml` and the ONNX files that it lists with size and SHA-256. Nothing unverified is
loaded.
"""

from overt.biometrics.packs._adding import add
from overt.biometrics.packs._drafting import draft
from overt.biometrics.packs._folders import packs_folder
from overt.biometrics.packs._loading import installed, load
from overt.biometrics.packs._networks import networks_digest, scoring_digest
from overt.biometrics.packs._points import adjusted
from overt.biometrics.packs._pulling import pull
from overt.biometrics.packs._sources import built_in_names
from overt.biometrics.packs._status import PackStatus, available, verify
from overt.biometrics.packs._writing import manifest_toml
from overt.biometrics.packs.manifest import (
    Contract,
    DetectorSpec,
    Licence,
    Manifest,
    MeasuredRate,
    ModelPack,
    OperatingPoint,
    RecogniserSpec,
    WeightsFile,
)

__all__ = [
    "Contract",
    "DetectorSpec",
    "Licence",
    "Manifest",
    "MeasuredRate",
    "ModelPack",
    "OperatingPoint",
    "PackStatus",
    "RecogniserSpec",
    "WeightsFile",
    "add",
    "adjusted",
    "available",
    "built_in_names",
    "draft",
    "installed",
    "load",
    "manifest_toml",
    "networks_digest",
    "packs_folder",
    "pull",
    "scoring_digest",
    "verify",
]
