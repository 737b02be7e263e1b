"""The API against its own document, at length. Reading this file takes a while: not where slow tests are left out."""

from __future__ import annotations

import pytest
from hypothesis import settings
from schemathesis import Case

from tests.api.drawn import SETTINGS, World, call_as_one_who_may, described

pytestmark = pytest.mark.slow


@described(limits=True).parametrize()
@settings(max_examples=5, **SETTINGS)
def test_many_requests_of_each_kind(case: Case, world: World) -> None:
    call_as_one_who_may(world, case)
