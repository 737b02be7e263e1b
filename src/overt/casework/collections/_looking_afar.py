"""Pictures looked at by a cluster's workers: this process reads the files, and puts what comes back in order."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from overt.casework.clusters import cluster_of
from overt.casework.collections._asking import open_row
from overt.casework.collections._desks import pack_for
from overt.casework.collections._taking import Looked
from overt.gallery import EnrolmentLimits, Look
from overt.gallery.looking import Expected, LookingWork, Offered, parts_of, read_looks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from overt.biometrics import Contract
    from overt.casework.collections._asking import Asked
    from overt.casework.collections.sources import IngestionSource
    from overt.casework.office import Office

__all__ = ["LookingCrew", "looked_at_afar", "looking_crew", "looks_of"]

_PICTURES: Final = 16
_BYTES: Final = 16 * 2**20
_ROWS: Final = 64


class LookingCrew(Protocol):
    """Who looks at pictures, task after task."""

    losses: int
    """Workers that were lost and replaced."""

    def each(
        self,
        tasks: Iterable[Callable[[], Iterable[bytes]]],
        told: Callable[[int, bytes], None] | None = None,
    ) -> Iterator[bytes]:
        """Their answers, in the order of the tasks, some of which are drawn ahead."""


@contextmanager
def looking_crew(office: Office, contract: Contract, label: str) -> Iterator[LookingCrew | None]:
    """Workers on the office's cluster that make templates of this contract; None where it has no cluster.

    Raises:
        ClusterError: no cluster answers, or it has no room.
        ContractError, PackError: this process does not have the pack, so that it cannot say what workers must have.
    """
    address = cluster_of(office)
    if address is None:
        yield None
        return
    from overt.gallery.shards import Crew

    expected = Expected.here(pack_for(contract))
    with Crew(LookingWork, expected.written(), address=address, label=label) as crew:
        yield crew


@dataclass(eq=False)
class _Group:
    """Rows that go together; those whose picture is to be looked at are at `places`."""

    looked: list[Looked] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    offered: list[Offered] = field(default_factory=list)
    size: int = 0

    @property
    def full(self) -> bool:
        return len(self.offered) >= _PICTURES or self.size >= _BYTES or len(self.looked) >= _ROWS


def looked_at_afar(crew: LookingCrew, asked: Iterable[Asked], source: IngestionSource) -> Iterator[Looked]:
    """The rows in their order, with their pictures looked at by the crew.

    Raises:
        ClusterError, ContractError, PackError: the crew cannot; says which node, where it is one.
    """
    under_way: deque[_Group] = deque()

    def tasks() -> Iterator[Callable[[], Iterable[bytes]]]:
        for group in _groups(asked, source):
            under_way.append(group)
            yield partial(parts_of, group.offered)

    for answer in crew.each(tasks()):
        group = under_way.popleft()
        for place, look in zip(group.places, read_looks(answer), strict=True):
            before = group.looked[place]
            group.looked[place] = Looked(before.row, look, before.sha256)
        yield from group.looked


def looks_of(crew: LookingCrew, groups: Iterable[list[Offered]]) -> Iterator[list[Look]]:
    """What the crew sees in each group of pictures, in their order."""
    tasks = (partial(parts_of, group) for group in groups)
    return (read_looks(answer) for answer in crew.each(tasks))


def _groups(asked: Iterable[Asked], source: IngestionSource) -> Iterator[_Group]:
    """Rows with as many pictures as make a task; rows without one go along."""
    group, most_mib = _Group(), EnrolmentLimits().mib
    for one in asked:
        opened = open_row(one, source, most_mib)
        look = None
        if isinstance(opened.content, bytes):
            group.places.append(len(group.looked))
            group.offered.append(Offered(one.row.image, opened.content))
            group.size += len(opened.content)
        elif opened.content is not None:
            look = Look(one.row.image, [opened.content])
        group.looked.append(Looked(one.row, look, opened.sha256))
        if group.full:
            yield group
            group = _Group()
    if group.looked:
        yield group
