"""Scales for covered faces in a manifest."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from overt.biometrics import CoveredScale, packs
from overt.biometrics.packs import Manifest
from overt.biometrics.packs._reading import parse_manifest
from overt.errors import PackError

SOUND = CoveredScale(
    covering="lower", scores=(0.9, 0.95), bare=(0.8, 0.9), data="portraits", date="2026-01-01"
)


def test_what_is_written_is_read_again(sound_manifest: Manifest) -> None:
    manifest = msgspec.structs.replace(sound_manifest, covered=(SOUND,))
    assert parse_manifest(packs.manifest_toml(manifest), "pack.toml") == manifest


@pytest.mark.parametrize(
    "wrong",
    [
        {"scores": (0.95, 0.9)},
        {"scores": (0.9,), "bare": (0.8,)},
        {"bare": (0.8,)},
        {"bare": (0.9, 0.8)},
        {"scores": (0.9, 1.2)},
    ],
)
def test_scales_that_cannot_be_are_refused(sound_manifest: Manifest, wrong: dict[str, Any]) -> None:
    manifest = msgspec.structs.replace(sound_manifest, covered=(msgspec.structs.replace(SOUND, **wrong),))
    with pytest.raises(PackError, match="covered names each covering once"):
        parse_manifest(packs.manifest_toml(manifest), "pack.toml")
    twice = msgspec.structs.replace(sound_manifest, covered=(SOUND, SOUND))
    with pytest.raises(PackError, match="covered names each covering once"):
        parse_manifest(packs.manifest_toml(twice), "pack.toml")
