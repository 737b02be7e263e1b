"""An investigator with a pack to look with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from overt.biometrics import ModelPack
from overt.casework import Actor, Office
from overt.casework import probes as p
from overt.evaluation.scene import Scene, SceneSettings
from tests.offices import Staff


@pytest.fixture
def investigator(staff: Staff) -> Actor:
    """Whoever hands it in."""
    return staff("investigator")


@pytest.fixture
def open_one(office: Office, investigator: Actor, pack: ModelPack) -> Callable[[bytes], p.ProbeView]:
    """Hand in a file."""
    new = p.NewProbe(name="exhibit 1", reason="Robbery, doorbell picture", pack=pack.manifest.id)
    return lambda content: p.open_probe(office, investigator, new, content)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few seconds of a simulated street."""
    film = tmp_path_factory.mktemp("clip") / "till camera.mp4"
    Scene(SceneSettings(seconds=6)).write(film)
    return film
