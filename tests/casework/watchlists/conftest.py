"""A list to work on, with the embedded pack."""

from __future__ import annotations

import pytest

from overt.biometrics import ModelPack
from overt.casework import Office
from overt.casework import watchlists as w
from tests.casework.watchlists.desk import Desk
from tests.offices import Staff


@pytest.fixture
def desk(office: Office, staff: Staff, pack: ModelPack) -> Desk:
    """An empty list, its manager, and an authorising officer."""
    manager, officer = staff("watchlist-manager"), staff("authorising-officer")
    new = w.NewWatchlist(title="Tonight", purpose="High street", pack=pack.manifest.id)
    return Desk(office, manager, officer, w.create_watchlist(office, manager, new))
