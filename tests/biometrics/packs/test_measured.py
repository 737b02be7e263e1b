"""Measured false alerts in a manifest."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from overt.biometrics import packs
from overt.biometrics.packs import Manifest, MeasuredRate
from overt.biometrics.packs._reading import parse_manifest
from overt.errors import PackError

SOUND = MeasuredRate(
    threshold=0.9, watchlist=808, trials=2021, false_positives=10, data="portraits", date="2026-01-01"
)


def _with(manifest: Manifest, **changes: Any) -> Manifest:
    return msgspec.structs.replace(manifest, measured=(SOUND, msgspec.structs.replace(SOUND, **changes)))


def test_what_is_written_is_read_again(sound_manifest: Manifest) -> None:
    measured = _with(sound_manifest, threshold=0.95, false_positives=0)
    for manifest in (measured, sound_manifest):
        assert parse_manifest(packs.manifest_toml(manifest), "pack.toml") == manifest


@pytest.mark.parametrize(
    "wrong",
    [{"trials": 0, "false_positives": 0}, {"false_positives": 2022}, {"watchlist": 0}, {"threshold": 1.1}],
)
def test_figures_that_cannot_be_are_refused(sound_manifest: Manifest, wrong: dict[str, Any]) -> None:
    with pytest.raises(PackError, match="each of measured has a threshold"):
        parse_manifest(packs.manifest_toml(_with(sound_manifest, **wrong)), "pack.toml")
