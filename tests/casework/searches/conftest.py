"""A collection to search in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from overt.biometrics import ModelPack
from overt.casework import Office
from tests.casework.searches.cases import Shop
from tests.offices import Clock, Staff


@pytest.fixture
def shop(office: Office, staff: Staff, clock: Clock, pack: ModelPack) -> Iterator[Shop]:
    """An empty collection of the embedded pack, and people."""
    made = Shop(office, staff, clock, pack)
    yield made
    made.close()
