"""A force with a list to search for, and deployments in any state."""

from __future__ import annotations

import functools

import pytest

from overt.biometrics import packs
from overt.casework import Office
from tests.casework.deployments.force import Force
from tests.offices import Clock, Staff

_load_once = functools.cache(packs.load)


@pytest.fixture
def force(office: Office, staff: Staff, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Force:
    """A force. The pack's files are hashed once for all tests; `overt deployments` is tested without this."""
    monkeypatch.setattr(packs, "load", _load_once)
    return Force(office, staff, clock)
