"""What the record costs: keys, sealing and opening, the audit chain. Prints a line for each step.

On a busy machine only the ratios within one run say something.

Run it as python benchmarks/records.py [--entries 10000] [--chain 100000]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from overt.casework import open_office
from overt.records.audit_export import export_lines, verify_export
from overt.records.verification import verify_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from overt.casework import Office


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000, help="keys and sealed fields")
    parser.add_argument("--chain", type=int, default=100_000, help="entries of the audit chain")
    parser.add_argument(
        "--database", help="another database than SQLite in a temporary folder; it must be empty"
    )
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_office(Path(folder) / "office", database_url=given.database, environment={}) as office,
    ):
        _vault(office, given.entries)
        _chain(office, given.chain, Path(folder))


def _vault(office: Office, count: int) -> None:
    vault, now = office.vault, office.now()
    with office.database.transaction() as session:
        top = vault.new_key(session, "watchlist", now)
        with timed(f"make {count} keys"):
            keys = vault.new_keys(session, "entry", now, count, parent=top)
        with timed(f"seal {count} fields"):
            sealed = [(key, vault.seal(session, key, bytes(600), about=key), key) for key in keys]
    with office.database.transaction() as session:
        with timed(f"open {count} fields"):
            vault.open_many(session, sealed)
        with timed(f"open {count} templates under the same keys"):
            vault.open_many(session, sealed)
    with office.database.transaction() as session, timed(f"destroy {count + 1} keys"):
        vault.destroy(session, [top])
    with timed("write the file anew"):
        office.database.compact()


def _chain(office: Office, count: int, folder: Path) -> None:
    with office.database.transaction() as session, timed(f"append {count} audit entries"):
        for number in range(count):
            office.audit.append(
                session,
                at=office.now(),
                actor_id="person-3f9c0d5e7a1b2c4d",
                actor_name="ada",
                via="api",
                command="entries.show",
                outcome="done",
                subject="entry-3f9c0d5e7a1b2c4d",
                details={"number": number},
            )
    with office.database.reading() as session:
        with timed(f"verify {count} audit entries"):
            assert verify_records(session).ok
        with timed(f"export {count} audit entries"), (folder / "chain.jsonl").open("wb") as out:
            out.writelines(export_lines(session))
    with timed(f"verify the export of {count} audit entries"):
        assert verify_export(folder / "chain.jsonl").ok


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long something took."""
    begun = time.perf_counter()
    yield
    print(f"{time.perf_counter() - begun:8.3f} s  {what}")


if __name__ == "__main__":
    main()
