"""What the tests about collections offer: a collection, its manager, and folders of pictures in the public domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from overt.casework import Actor, Office
from overt.casework import collections as c
from overt.casework.commands import Work
from overt.casework.paging import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import TypeVar

    T = TypeVar("T")

EVERY = Page(limit=500)


@dataclass
class Suite:
    """A watchlist manager at work on one collection, which is called `custody`."""

    office: Office
    manager: Actor
    name: str = "custody"

    def ingest(self, path: Path) -> c.IngestionView:
        """Bring in what is there."""
        source = c.open_pictures(path)
        try:
            job = c.begin_ingestion(self.office, self.manager, self.name, source)
            return c.carry_out_ingestion(self.office, self.manager, job.id, source)
        finally:
            source.close()

    def rows(self, ingestion: c.IngestionView) -> list[c.IngestedRow]:
        """What became of each row."""
        return list(c.show_ingestion_rows(self.office, self.manager, ingestion.id, EVERY).items)

    def results(self, ingestion: c.IngestionView) -> dict[str, str]:
        """The same by the picture's name, in a word; of a refused one why."""
        return {
            row.image: "+".join(one.kind for one in row.findings if one.refuses) or row.result
            for row in self.rows(ingestion)
        }

    def show(self) -> c.CollectionView:
        """The collection as it is now."""
        return c.show_collection(self.office, self.manager, self.name)

    def record(self, reference: str) -> c.RecordView:
        """A record as it is now."""
        return c.show_record(self.office, self.manager, self.name, reference)

    def pairs(self) -> list[tuple[str, str, str]]:
        """What the report says: kind and both references."""
        found = c.report_pairs(self.office, self.manager, self.name, EVERY).items
        return [(pair.kind, pair.first.reference, pair.second.reference) for pair in found]

    def numbers(self) -> list[int]:
        """What a search over everything finds."""
        index = c.index_of(self.office, self.name)
        if not len(index):
            return []
        probe = np.ones((1, index.contract.dimension), np.float32)
        return sorted(int(number) for number in index.search(probe, len(index)).ids[0])

    def ask(self, question: Callable[[Work], T]) -> T:
        """An answer of one of the functions that the rest of casework calls within its own transaction."""
        with self.office.database.transaction() as session:
            return question(Work(self.office, session, self.manager, self.office.now()))


def folder_of(folder: Path, files: Mapping[str, bytes]) -> Path:
    """A folder with these files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder
