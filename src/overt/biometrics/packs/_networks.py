"""What of a pack its templates, and its scores, hang on, in one digest each."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from overt.biometrics.packs.manifest import Manifest

__all__ = ["networks_digest", "scoring_digest"]

_NO_SCORES: Final = ("id", "version", "title", "licence", "operating_point", "measured")
"""Fields of a manifest that change no score; whatever else there is, or will be, is taken to change some."""


def networks_digest(manifest: Manifest) -> str:
    """SHA-256, hexadecimal, over a pack's networks and how they are fed.

    Texts, licences and operating points are not in it: they change no score.
    """
    networks = {manifest.detector.file, manifest.recogniser.file}
    told = msgspec.json.encode(
        {
            "detector": manifest.detector,
            "recogniser": manifest.recogniser,
            "files": sorted((file.name, file.sha256) for file in manifest.files if file.name in networks),
        },
        order="sorted",
    )
    return hashlib.sha256(told).hexdigest()


def scoring_digest(manifest: Manifest) -> str:
    """SHA-256, hexadecimal, over everything in a manifest that a score can hang on, whatever runs the networks."""
    told: dict[str, Any] = msgspec.to_builtins(manifest)
    for name in _NO_SCORES:
        told.pop(name, None)
    told["files"] = sorted((file.name, file.sha256) for file in manifest.files)
    return hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()
