from __future__ import annotations

import pytest

from overt.casework import Office
from tests.casework.retention.rows import Rows
from tests.offices import Staff


@pytest.fixture
def rows(office: Office, staff: Staff) -> Rows:
    return Rows(office, staff)
