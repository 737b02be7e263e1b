"""What the server says of itself to those who look after it."""

from __future__ import annotations

import pytest

from overt.casework import Office
from overt.casework.system import list_packs, show_system
from overt.errors import AuthorityError
from tests.offices import Staff


def test_the_system_says_what_it_is_and_nothing_of_cases(office: Office, staff: Staff) -> None:
    shown = show_system(office, staff("administrator"))
    assert shown.master_key_from == "file"
    assert shown.vault_keys >= 1
    assert 0 < shown.disk_free_bytes <= shown.disk_bytes
    assert (shown.database_bytes is None) == (shown.database == "postgresql")
    assert shown.live_deployments == 0
    assert str(office.folder) not in shown.model_dump_json()


def test_packs_are_listed_with_their_licences(office: Office, staff: Staff) -> None:
    found = {one.name: one for one in list_packs(office, staff("auditor")).packs}
    assert {"embedded", "open"} <= set(found)
    assert found["embedded"].weights_licence
    assert found["embedded"].training_data
    with pytest.raises(AuthorityError):
        list_packs(office, staff("lfr-operator"))
