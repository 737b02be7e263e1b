"""A live deployment."""

from __future__ import annotations

import pytest

from overt.casework import Office
from tests.casework.alerts.cases import Case, ask_for_two
from tests.casework.deployments.force import Force
from tests.offices import Clock, Staff


@pytest.fixture
def case(office: Office, staff: Staff, clock: Clock) -> Case:
    """A deployment that is live."""
    return Case(Force(office, staff, clock))


@pytest.fixture
def case_of_two(case: Case) -> Case:
    """One where the policy asks for two adjudications."""
    ask_for_two(case.office)
    return case
