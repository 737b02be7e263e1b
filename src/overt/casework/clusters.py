"""Which Ray cluster an office's searches, ingestions and footage go to, in this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from overt.casework.per_office import PerOffice

if TYPE_CHECKING:
    from overt.casework.office import Office

__all__ = ["cluster_of", "use_cluster"]


@dataclass(eq=False)
class _Chosen:
    address: str | None = None


_of: Final = PerOffice(lambda _: _Chosen())


def use_cluster(office: Office, address: str) -> None:
    """Have a Ray cluster do what is large from now on; answers are the same.

    Args:
        office: whose.
        address: of the cluster's head, `machine:port`.
    """
    _of(office).address = address


def cluster_of(office: Office) -> str | None:
    """The address of the cluster's head; None where this process does everything itself."""
    return _of(office).address
