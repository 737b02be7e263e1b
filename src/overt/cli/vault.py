"""`overt vault`: the master key, backups, restoring."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import Annotated

import typer

from overt.cli._acting import ActingAs, AsJson, DatabaseUrl, DataFolder, acting
from overt.cli._showing import show_json

__all__ = ["vault"]

vault = typer.Typer(
    name="vault",
    help="The master key and the whole record: make and rotate keys, back up, restore.",
    no_args_is_help=True,
)


@vault.command()
def new_key(
    file: Annotated[Path, typer.Argument(help="The key file to write, which must not be there yet.")],
) -> None:
    """Make a master key: 32 random bytes in base64, in a file that its owner alone may read."""
    from overt.records import MasterKey

    MasterKey.make(file)
    print(f"Made: {file}\nKeep a copy apart from the database: without the key nothing sealed can be opened.")


@vault.command()
def rotate(
    new_key: Annotated[
        Path,
        typer.Option("--new-key", help="The key file, as `overt vault new-key` makes it.", metavar="FILE"),
    ],
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    username: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Replace the master key by a new one.

    Every key in the database is wrapped anew in one transaction, and the key file in the data folder is replaced; a
    server that runs follows by itself. The old key stays beside it under the date, for backups made with it: take it
    away once none is needed. If this is interrupted, give the same command again: it either never happened, or is
    finished when the database is next opened.
    """
    from overt.casework.vault_room import rotate_vault
    from overt.errors import VaultError
    from overt.records import KEY_VARIABLE, MasterKey

    try:
        new = MasterKey.from_file(new_key)
    except FileNotFoundError as error:
        raise VaultError(
            f"There is no key file {new_key}", f"Make it with `overt vault new-key {new_key}`"
        ) from error
    with acting(data, database, username) as (office, who):
        rotated = rotate_vault(office, who, new)
    if as_json:
        show_json(rotated)
        return
    print(f"The master key was replaced; it wraps {rotated.keys} keys.")
    if rotated.old_key_file is None:
        print(f"Set {KEY_VARIABLE} to what is in {new_key} before the next start.")
    else:
        print(f"The old key is kept as {rotated.old_key_file}, for backups made until now.")


@vault.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, which must not be there yet.")],
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    username: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Write the whole record into one file, from either database, while the server runs.

    What is sealed stays sealed: the master key is not in it, and restoring takes it. What retention deletes later is
    still in the backup, so delete backups in time: docs/records.md says when.
    """
    from overt.casework.vault_room import backup_vault

    with acting(data, database, username) as (office, who):
        made = backup_vault(office, who, file)
    if as_json:
        show_json(made)
        return
    print(f"Written: {file}, {made.rows} rows, {made.size} bytes, {made.audit_entries} audit entries.")
    print(f"SHA-256: {made.digest}\nKeep the master key too, and apart from it.")


@vault.command()
def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    *,
    data: Annotated[
        Path, typer.Option("--data", help="The new data folder: empty, or not there yet.", metavar="FOLDER")
    ],
    database: Annotated[
        str | None,
        typer.Option("--database", help="An empty database, instead of SQLite in the folder.", metavar="URL"),
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key-file",
            help="The master key that the backup was made with; it is copied into the folder. Without it, the one "
            "in OVERT_MASTER_KEY.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty folder; onto the other database too.

    The backup must be whole and signed by its own office, the master key must fit, and the audit chain must verify;
    otherwise nothing is left behind. That it was restored is the next entry of the chain. The file policy.toml is not
    in a backup: copy it yourself.
    """
    from overt.casework.vault_room import restore_vault

    made = restore_vault(file, data, key_file=key_file, database_url=database)
    if as_json:
        show_json(made)
        return
    print(
        f"Restored: {made.rows} rows as of {made.made_at.isoformat(sep=' ', timespec='seconds')}; the audit chain of "
        f"{made.audit_entries} entries is whole.\n"
        "What was deleted after the backup was made is back: run `overt retention run`, and delete again what people "
        "had deleted."
    )
