"""The office: an open database with its vault, its audit chain and the policy; what every command works in."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

from argon2.profiles import RFC_9106_LOW_MEMORY

from overt.casework.policy import Policy, read_policy
from overt.errors import RecordsError
from overt.records import AuditChain, Database, MasterKey, Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    import argon2

__all__ = ["DATABASE_FILE", "MASTER_KEY_FILE", "POLICY_FILE", "Office", "open_office", "utc_now"]

DATABASE_FILE: Final = "overt.sqlite3"
MASTER_KEY_FILE: Final = "master.key"
POLICY_FILE: Final = "policy.toml"


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(eq=False)
class Office:
    """What every command works in.

    Attributes:
        folder: where the database (if it is SQLite), the master key and the policy are.
        database: the open database.
        vault: seals and opens.
        audit: the chain.
        policy: the force's own limits.
        now: the clock, UTC.
        password_cost: what a guess at a password costs: Argon2id's parameters. A digest made with others is made
            anew when its owner next signs in.
    """

    folder: Path
    database: Database
    vault: Vault
    audit: AuditChain
    policy: Policy
    now: Callable[[], datetime] = field(default=utc_now)
    password_cost: argon2.Parameters = field(default_factory=lambda: RFC_9106_LOW_MEMORY)

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


def open_office(
    folder: Path,
    *,
    database_url: str | None = None,
    key_file: Path | None = None,
    policy_file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    clock: Callable[[], datetime] = utc_now,
    make: bool = True,
    password_cost: argon2.Parameters = RFC_9106_LOW_MEMORY,
) -> Office:
    """Open an office, and make what an empty folder lacks: the database and a master key.

    Args:
        folder: the data folder.
        database_url: another database than SQLite in the folder.
        key_file: the master key's file; `master.key` in the folder where None.
        policy_file: the policy; `policy.toml` in the folder where None.
        environment: where `OVERT_MASTER_KEY` is looked for; the process's own where None.
        clock: the time, UTC.
        make: False refuses a folder without a database.
        password_cost: Argon2id's parameters; the second choice of RFC 9106, section 4 (64 MiB) where not given.

    Raises:
        RecordsError: the database cannot be opened, or there is none and `make` is False.
        VaultError: the master key is missing or wrong.
        PolicyError: the policy file cannot be used.
    """
    environment = os.environ if environment is None else environment
    policy = read_policy(policy_file or folder / POLICY_FILE)
    file = folder / DATABASE_FILE
    if not make and database_url is None and not file.exists():
        raise RecordsError(
            f"There is no database in {folder}", f"Make one with `overt serve --data {folder}`"
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise RecordsError(f"The folder {folder} cannot be made: {error.strerror}", "Name another") from error
    database = Database.open(database_url or f"sqlite:///{file}", make=make)
    try:
        now = clock()
        with database.transaction() as session:
            new = not Vault.is_made(session)
            key = _master_key(key_file or folder / MASTER_KEY_FILE, environment, make=new and make)
            vault = Vault.open(session, key, now)
            audit = AuditChain.open(session, vault, now)
    except BaseException:
        database.close()
        raise
    return Office(
        folder=folder,
        database=database,
        vault=vault,
        audit=audit,
        policy=policy,
        now=clock,
        password_cost=password_cost,
    )


def _master_key(file: Path, environment: Mapping[str, str], *, make: bool) -> MasterKey:
    from overt.records import KEY_VARIABLE

    if make and KEY_VARIABLE not in environment and not file.exists():
        return MasterKey.make(file)
    return MasterKey.read(file, environment)
