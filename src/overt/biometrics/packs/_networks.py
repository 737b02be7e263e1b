"""What of a pack its scores hang on, in one digest."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from overt.biometrics.packs.manifest import Manifest

__all__ = ["networks_digest"]


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
