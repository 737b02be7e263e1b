"""A watchlist from wherever it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overt.errors import EnrolmentError, WatchlistError
from overt.gallery.enrolment import enrol
from overt.gallery.watchlist_file import is_watchlist_file, read_watchlist

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from overt.biometrics import ModelPack, Provider
    from overt.gallery.judgement import EnrolmentLimits
    from overt.gallery.keys import WatchlistKey
    from overt.gallery.report import EnrolmentReport
    from overt.gallery.watchlist import Watchlist

__all__ = ["load_watchlist"]


def load_watchlist(
    path: Path,
    pack: ModelPack,
    *,
    key: WatchlistKey | None = None,
    limits: EnrolmentLimits | None = None,
    provider: Provider = "cpu",
    threads: int = 0,
    today: dt.date | None = None,
    on_row: Callable[[int, int], None] | None = None,
    on_report: Callable[[EnrolmentReport], None] | None = None,
) -> Watchlist:
    """A watchlist from a folder of pictures, a CSV file, or a watchlist file.

    Args:
        path: the folder or file; which of the three it is, its content says.
        pack: the model pack that will search it.
        key: what the watchlist file was locked with.
        limits: as in `enrol`.
        provider: as in `enrol`.
        threads: as in `enrol`.
        today: entries whose expiry lies before it are left out.
        on_row: as in `enrol`.
        on_report: given the report where pictures were enrolled.

    Raises:
        WatchlistError: the file cannot be read, or no key was given for it, or every entry has expired.
        ContractError: the file's templates are of another model pack.
        EnrolmentError: not one entry could be enrolled.
    """
    if is_watchlist_file(path):
        return _read(path, pack, key, today)
    enrolment = enrol(
        path, pack, limits=limits, provider=provider, threads=threads, today=today, on_row=on_row
    )
    if on_report is not None:
        on_report(enrolment.report)
    if not len(enrolment.watchlist):
        raise EnrolmentError(
            f"none of the {len(enrolment.report.rows)} rows of {path} could be enrolled ({_first(enrolment.report)})",
            f"See each row's verdict with `overt enrol {path} --dry-run`",
        )
    return enrolment.watchlist


def _read(path: Path, pack: ModelPack, key: WatchlistKey | None, today: dt.date | None) -> Watchlist:
    if key is None:
        raise WatchlistError(f"{path} is locked", "Give its key file or passphrase")
    watchlist = read_watchlist(path, key, contract=pack.contract)
    if today is None:
        return watchlist
    current = watchlist.current(today)
    if len(watchlist) and not len(current):
        raise WatchlistError(f"every entry of {path} has expired", "Review the watchlist and enrol it again")
    return current


def _first(report: EnrolmentReport) -> str:
    row = next(row for row in report.rows if not row.accepted)
    return f"{row.place}: " + "; ".join(finding.detail for finding in row.all_findings if finding.refuses)
