"""Where a command takes a watchlist's key from: a key file, the environment, or the person at the terminal."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

import typer

from overt.errors import WatchlistError

if TYPE_CHECKING:
    from pathlib import Path

    from overt.gallery import WatchlistKey

__all__ = ["PASSPHRASE_VARIABLE", "key_to_lock", "key_to_open", "make_key_file"]

PASSPHRASE_VARIABLE: Final = "OVERT_WATCHLIST_PASSPHRASE"  # noqa: S105 - the name of a variable, not a secret


def key_to_open(key_file: Path | None) -> WatchlistKey:
    """The key of a watchlist file that exists.

    Raises:
        WatchlistError: the key file is no good, or nobody can be asked for a passphrase.
    """
    from overt.gallery import WatchlistKey

    if key_file is not None:
        return WatchlistKey.from_file(key_file)
    return WatchlistKey.from_passphrase(_passphrase(new=False))


def key_to_lock(key_file: Path | None) -> WatchlistKey | None:
    """The key for a watchlist file to be written; None where the key file has yet to be made (`make_key_file`).

    Raises:
        WatchlistError: the key file is no good, or the passphrase is too short, or nobody can be asked for one.
    """
    from overt.gallery import WatchlistKey

    if key_file is None:
        return WatchlistKey.from_passphrase(_passphrase(new=True))
    return WatchlistKey.from_file(key_file) if key_file.exists() else None


def make_key_file(key_file: Path) -> WatchlistKey:
    """Make a key file, and say so.

    Raises:
        WatchlistError: it cannot be made.
    """
    from overt.gallery import WatchlistKey

    key = WatchlistKey.create(key_file)
    print(f"overt: made the key file {key_file}; without it the watchlist cannot be read", file=sys.stderr)
    return key


def _passphrase(*, new: bool) -> str:
    given = os.environ.get(PASSPHRASE_VARIABLE)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise WatchlistError(
            "the watchlist file needs a key, and there is no terminal to ask for a passphrase",
            f"Give --key-file, or set {PASSPHRASE_VARIABLE}",
        )
    asked: str = typer.prompt(
        "Passphrase of the watchlist", hide_input=True, confirmation_prompt=new, err=True
    )
    return asked
