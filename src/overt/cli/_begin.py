"""From what a command was given to what the engine is told: the pack, the watchlist, `Begin`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from overt.cli._run_state import RunState, Sought
from overt.engine import Begin, CoveredTemplates, EngineLimits, FeedSpec
from overt.errors import ContractError, WatchlistError

if TYPE_CHECKING:
    from overt.biometrics import ModelPack
    from overt.gallery import Watchlist

__all__ = ["begin_and_state"]


def begin_and_state(
    pack: ModelPack,
    watchlist: Watchlist,
    feeds: tuple[FeedSpec, ...],
    limits: EngineLimits,
    *,
    title: str,
    threshold: float | None = None,
) -> tuple[Begin, RunState]:
    """What the engine is told, and the state that its messages go into.

    Entries that have expired are left out.

    Args:
        pack: the verified pack.
        watchlist: of that pack.
        feeds: what is watched.
        limits: how.
        title: what is being done, for the head of the view.
        threshold: the least similarity that alerts; the pack's own where None.

    Raises:
        ContractError: the watchlist was made with another pack.
        WatchlistError: no entry is left.
    """
    if watchlist.contract != pack.contract:
        made, here = watchlist.contract, pack.contract
        raise ContractError(
            f"The watchlist was made with the pack {made.pack} {made.version}, "
            f"and this is {here.pack} {here.version}",
            f"Enrol it again, or run with --pack {made.pack}",
        )
    current = watchlist.current(datetime.now(UTC).date())
    if not current.entries:
        raise WatchlistError("Every entry of the watchlist has expired", "Review the list before it is used")
    point = pack.manifest.operating_point
    if threshold is not None:
        point = msgspec.structs.replace(point, threshold=threshold, note="given on the command line")
    begin = Begin(
        pack=str(pack.folder.absolute()),
        contract=pack.contract,
        operating_point=point,
        feeds=feeds,
        entries=current.references,
        templates=np.ascontiguousarray(current.templates, "<f4").tobytes(),
        entry_of_template=tuple(int(entry) for entry in current.entry_of_template),
        covered=tuple(
            CoveredTemplates(covering=part, templates=np.ascontiguousarray(each, "<f4").tobytes())
            for part, each in current.covered.items()
        ),
        limits=limits,
    )
    state = RunState(
        title=title,
        feeds=tuple(feed.name for feed in feeds),
        sought={entry.reference: Sought(entry.title, entry.instruction) for entry in current.entries},
        threshold=point.threshold,
        measured=pack.manifest.measured,
        comparisons=len(current.entries),
    )
    return begin, state
