"""The API against its own document: whatever is sent, the answer is one that it tells of, and never a 500."""

from __future__ import annotations

from hypothesis import settings
from schemathesis import Case

from tests.api.drawn import SETTINGS, World, call_as_everyone, described


@described(limits=False).parametrize()
@settings(max_examples=1, **SETTINGS)
def test_a_few_requests_of_each_kind(case: Case, world: World) -> None:
    call_as_everyone(world, case)
