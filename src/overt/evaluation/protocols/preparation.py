"""How a picture becomes a template in an evaluation, and digests of all that its scores hang on."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import msgspec

import overt
from overt.evaluation.protocols.occlusion import OcclusionKind

if TYPE_CHECKING:
    from overt.biometrics import ModelPack

__all__ = ["Code", "PackName", "Padding", "Preparation", "code_version", "pack_name"]

Padding = Literal["auto", "always", "never"]

_PACKAGE: Final = Path(overt.__file__).parent
_SCORING: Final = (
    "biometrics/alignment.py",
    "biometrics/embedding.py",
    "biometrics/faces.py",
    "biometrics/sessions.py",
    "biometrics/detection/*.py",
    "evaluation/protocols/templates.py",
)
"""The code by which a picture becomes a template."""

_DRAWING: Final = ("evaluation/protocols/occlusion/*.py",)
"""And that by which its face is covered before."""


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """How pictures are prepared.

    Attributes:
        pad: whether a border is put around a picture before its face is sought: `always`, `never`, or `auto`, where
            no face is found without.
        long_side: the longer side of the copy that a face is sought in, pixels.
        occlusion: what is drawn over the face of a probe; None for nothing.
        seed: of what is drawn.
    """

    pad: Padding = "auto"
    long_side: int = 640
    occlusion: OcclusionKind | None = None
    seed: int = 1


class PackName(msgspec.Struct, frozen=True, kw_only=True):
    """A model pack in a result: its id, its version, and a digest of its networks and how they are fed."""

    id: str
    version: str
    digest: str


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """The software in a result.

    Attributes:
        version: of the package.
        scoring: digest of the code by which a picture becomes a template.
        drawing: digest of the code that draws over faces.
    """

    version: str
    scoring: str
    drawing: str


def pack_name(pack: ModelPack) -> PackName:
    """The pack's name and digest. Texts, licences and thresholds are not in the digest: they change no score."""
    manifest = pack.manifest
    networks = {manifest.detector.file, manifest.recogniser.file}
    told = msgspec.json.encode(
        {
            "detector": manifest.detector,
            "recogniser": manifest.recogniser,
            "files": sorted((file.name, file.sha256) for file in manifest.files if file.name in networks),
        },
        order="sorted",
    )
    return PackName(id=manifest.id, version=manifest.version, digest=hashlib.sha256(told).hexdigest())


@cache
def code_version() -> Code:
    """The version and the digests of the code as it is installed."""
    return Code(version=overt.__version__, scoring=_digest(_SCORING), drawing=_digest(_DRAWING))


def _digest(patterns: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for pattern in patterns:
        for file in sorted(_PACKAGE.glob(pattern)):
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
