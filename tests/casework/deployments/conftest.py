"""A force with a list to search for, and deployments in any state."""

from __future__ import annotations

import pytest

from overt.casework import Office
from tests.casework.deployments.force import Force
from tests.offices import Clock, Staff


@pytest.fixture
def force(office: Office, staff: Staff, clock: Clock) -> Force:
    """A force."""
    return Force(office, staff, clock)
