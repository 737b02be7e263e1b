"""How a picture becomes a template in an evaluation, and digests of all that its scores hang on."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, Literal

import msgspec

import overt
from overt.biometrics import DetectionSettings
from overt.biometrics.packs import networks_digest
from overt.evaluation.protocols.occlusion import OcclusionKind
from overt.score_code import digest_of_code

if TYPE_CHECKING:
    from overt.biometrics import ModelPack

__all__ = ["Code", "PackName", "Padding", "Preparation", "code_version", "pack_name"]

Padding = Literal["auto", "always", "never"]

_SCORING: Final = (
    "biometrics/alignment.py",
    "biometrics/embedding.py",
    "biometrics/faces.py",
    "biometrics/sessions.py",
    "biometrics/detection/*.py",
    "evaluation/protocols/templates.py",
)
"""The code by which a picture becomes a template."""

_COVERING: Final = ("biometrics/covering.py", "biometrics/_covering_model.py")
"""And that by which it is made again with a part of the face even."""

_DRAWING: Final = ("evaluation/protocols/occlusion/*.py",)
"""And that by which its face is covered before."""


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """How pictures are prepared.

    Attributes:
        pad: whether a border is put around a picture before its face is sought: `always`, `never`, or `auto`, where
            no face is found without.
        long_side: the longer side of the copy that a face is sought in, pixels.
        far: how faces too small for that copy are sought as well.
        occlusion: what is drawn over the face of a probe; None for nothing.
        seed: of what is drawn.
    """

    pad: Padding = "auto"
    long_side: int = 640
    far: Literal["none", "two-scale", "tiles"] = "none"
    occlusion: OcclusionKind | None = None
    seed: int = 1

    @property
    def detection(self) -> DetectionSettings:
        """How faces are sought, one picture at a time."""
        return DetectionSettings(long_side=self.long_side, far=self.far, max_batch=1)


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
        covering: digest of the code that judges what looks covered and makes it even.
        drawing: digest of the code that draws over faces.
    """

    version: str
    scoring: str
    covering: str
    drawing: str


def pack_name(pack: ModelPack) -> PackName:
    """The pack's name and the digest of its networks."""
    manifest = pack.manifest
    return PackName(id=manifest.id, version=manifest.version, digest=networks_digest(manifest))


@cache
def code_version() -> Code:
    """The version and the digests of the code as it is installed."""
    return Code(
        version=overt.__version__,
        scoring=digest_of_code(_SCORING),
        covering=digest_of_code(_COVERING),
        drawing=digest_of_code(_DRAWING),
    )
