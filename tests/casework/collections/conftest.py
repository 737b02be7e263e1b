"""A collection to work on, with the embedded pack."""

from __future__ import annotations

import pytest

from overt.biometrics import ModelPack
from overt.casework import Office
from overt.casework import collections as c
from tests.casework.collections.suite import Suite
from tests.offices import Staff


@pytest.fixture
def suite(office: Office, staff: Staff, pack: ModelPack) -> Suite:
    """An empty collection and its manager."""
    manager = staff("watchlist-manager")
    new = c.NewCollection(name="custody", purpose="Custody images", pack=pack.manifest.id)
    c.create_collection(office, manager, new)
    return Suite(office, manager)
