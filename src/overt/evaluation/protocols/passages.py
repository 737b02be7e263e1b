"""Identification of passages on footage, by the engine itself: what the street sees."""

from __future__ import annotations

import csv
import hashlib
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import numpy.typing as npt

from overt.biometrics import DetectionSettings
from overt.engine import Alert, Begin, Closed, CoveredTemplates, Engine, EngineLimits, Fault, FeedSpec
from overt.errors import EvaluationError
from overt.evaluation.metrics import FEWEST_TRIALS, INSUFFICIENT, difference_of, estimate
from overt.evaluation.protocols.dataset import read_csv, usable_columns
from overt.evaluation.protocols.preparation import code_version, pack_name
from overt.evaluation.protocols.results import (
    DataName,
    PassageGroup,
    PassageGroups,
    PassageResult,
    Provenance,
)
from overt.evaluation.protocols.trials import Plan
from overt.rates import count_interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from overt.biometrics import ModelPack
    from overt.evaluation.metrics import Insufficient, Interval
    from overt.gallery import Watchlist

__all__ = [
    "PASSAGE_COLUMNS",
    "Film",
    "Passage",
    "is_passages_file",
    "read_passages",
    "recognise_passages",
    "write_passages",
]

Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]

PASSAGE_COLUMNS: Final = ("identity", "feed", "enter", "leave")

SLACK_SECONDS: Final = 1.0
"""An alert comes when a passage's look is over, and truth is written by hand: so far past either end still counts."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One person going once through a feed's picture.

    Attributes:
        identity: who, as the watchlist has the name or reference; empty for somebody unknown.
        feed: the film, as the file names it.
        enter: seconds from the film's start.
        leave: likewise.
        groups: the person's group by column.
    """

    identity: str
    feed: str
    enter: float
    leave: float
    groups: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Film:
    """The ground truth of one or more films.

    Attributes:
        name: the file's.
        passages: in their order.
        films: each feed's file.
        group_columns: the columns of groups.
        notices: what the reader should know of how it was taken.
    """

    name: str
    passages: tuple[Passage, ...]
    films: dict[str, Path]
    group_columns: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def is_passages_file(path: Path) -> bool:
    """Whether a CSV file has the columns of passages and none for pictures."""
    if not path.is_file():
        return False
    columns = set(read_csv(path, ()).columns)
    return columns.issuperset(PASSAGE_COLUMNS) and "image" not in columns


def read_passages(path: Path) -> Film:
    """Ground truth out of a CSV file with the columns `identity`, `feed`, `enter`, `leave`, and any more as groups.

    A feed is a film's path, relative to the file. Times are seconds from the film's start, or hours, minutes and
    seconds with colons.

    Raises:
        EvaluationError: a row cannot be used; the message names it.
    """
    passages: list[Passage] = []
    films: dict[str, Path] = {}
    table = read_csv(path, PASSAGE_COLUMNS)
    further = tuple(column for column in table.columns if column and column not in PASSAGE_COLUMNS)
    for row in table.rows():
        where = f"{path.name}, {row.place}"
        feed = row.values.get("feed", "")
        film = path.parent / feed
        if not feed or not film.is_file():
            raise EvaluationError(
                f"{where}, names the film {feed!r}, which is not there",
                "Paths are relative to the file: correct it",
            )
        enter, leave = (_seconds(row.values.get(column, ""), where, column) for column in ("enter", "leave"))
        if leave < enter:
            raise EvaluationError(
                f"{where}, leaves before it enters", "Exchange the two times, or correct them"
            )
        films[feed] = film
        groups = {column: row.values.get(column, "") for column in further}
        passages.append(Passage(row.values.get("identity", ""), feed, enter, leave, groups))
    if not passages:
        raise EvaluationError(f"{path.name} holds no passages", "Give it at least one row")
    columns, notices = usable_columns(further, [passage.groups for passage in passages])
    return Film(path.name, tuple(passages), films, columns, notices)


def _seconds(text: str, where: str, column: str) -> float:
    try:
        parts = [float(part) for part in text.split(":")]
    except ValueError:
        parts = []
    if not parts or len(parts) > 3 or not all(math.isfinite(part) and part >= 0 for part in parts):
        raise EvaluationError(
            f"{where}, has the time {text!r} under {column}", "Write seconds, or hours:minutes:seconds"
        )
    return float(sum(part * 60.0**power for power, part in enumerate(reversed(parts))))


def write_passages(path: Path, passages: Iterable[Passage]) -> None:
    """Write ground truth in the form that `read_passages` reads."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(PASSAGE_COLUMNS)
        writer.writerows((p.identity, p.feed, f"{p.enter:.3f}", f"{p.leave:.3f}") for p in passages)


def recognise_passages(
    pack: ModelPack,
    film: Film,
    watchlist: Watchlist,
    plan: Plan | None = None,
    *,
    threshold: float | None = None,
) -> PassageResult:
    """Run every film through a sealed engine, at full pace without skipping a frame, and count its alerts.

    Args:
        pack: under test.
        film: footage with its truth.
        watchlist: made with the pack.
        plan: how; its `long_side` and `far` are the engine's.
        threshold: the least fused score that alerts; the pack's own where None.

    Raises:
        EngineError: the engine could not begin, or died. A film's faults are notices in the result.
    """
    plan = plan or Plan()
    point = pack.manifest.operating_point
    if threshold is not None:
        point = msgspec.structs.replace(point, threshold=threshold, note="given for the evaluation")
    feeds = list(film.films)
    begin = Begin(
        pack=str(pack.folder.absolute()),
        contract=pack.contract,
        operating_point=point,
        # a feed's name is shown in faults, and must not be a path
        feeds=tuple(
            FeedSpec(name=f"feed-{i}", uri=str(film.films[feed].absolute()), pace="max")
            for i, feed in enumerate(feeds)
        ),
        entries=watchlist.references,
        templates=np.ascontiguousarray(watchlist.templates, "<f4").tobytes(),
        entry_of_template=tuple(int(entry) for entry in watchlist.entry_of_template),
        covered=tuple(
            CoveredTemplates(covering=part, templates=np.ascontiguousarray(each, "<f4").tobytes())
            for part, each in watchlist.covered.items()
        ),
        limits=EngineLimits(
            provider=plan.provider,
            threads=plan.threads,
            detection=DetectionSettings(long_side=plan.preparation.long_side, far=plan.preparation.far),
        ),
    )
    run = _run(begin, feeds, plan)
    return _judged(pack, film, watchlist, plan, run, threshold=point.threshold)


@dataclass(frozen=True, slots=True)
class _EngineRun:
    """What the engine said: its alerts without their crops, its faults, and how many passages it saw."""

    alerts: tuple[Alert, ...]
    faults: tuple[str, ...]
    seen: int


def _run(begin: Begin, feeds: Sequence[str], plan: Plan) -> _EngineRun:
    alerts: list[Alert] = []
    faults: list[str] = []
    closed: Closed | None = None
    with Engine.start(begin) as engine:
        for message in engine.messages():
            if isinstance(message, Alert):
                alerts.append(msgspec.structs.replace(message, crop=b""))
                if plan.progress is not None:
                    plan.progress(f"footage, {len(alerts)} alerts", 0, 0)
            elif isinstance(message, Fault):
                feed = feeds[int(message.feed.removeprefix("feed-"))] if message.feed else "the engine"
                faults.append(f"{feed}: {message.kind}: {message.detail}")
            elif isinstance(message, Closed):
                closed = message
    telemetry = closed.telemetry if closed is not None else None
    seen = sum(feed.passages for feed in telemetry.feeds) if telemetry is not None else 0
    return _EngineRun(tuple(alerts), tuple(faults), seen)


def _judged(
    pack: ModelPack,
    film: Film,
    watchlist: Watchlist,
    plan: Plan,
    run: _EngineRun,
    *,
    threshold: float,
) -> PassageResult:
    names = {
        word: entry.reference
        for entry in watchlist.entries
        for word in (_word(entry.name), _word(entry.reference))
    }
    entries = [names.get(_word(p.identity), "") if p.identity else "" for p in film.passages]
    feeds = list(film.films)
    hit = np.zeros(len(film.passages), bool)
    wrong: set[tuple[str, int]] = set()
    true_alerts = 0
    for alert in run.alerts:
        feed = feeds[int(alert.feed.removeprefix("feed-"))]
        right = [
            i
            for i, (passage, entry) in enumerate(zip(film.passages, entries, strict=True))
            if entry == alert.entry
            and passage.feed == feed
            and passage.enter - SLACK_SECONDS <= alert.media_seconds <= passage.leave + SLACK_SECONDS
        ]
        hit[right] = True
        true_alerts += bool(right)
        if not right:
            wrong.add((alert.feed, alert.passage))
    mated = np.array([bool(entry) for entry in entries])
    people = np.unique([_word(p.identity) for p in film.passages], return_inverse=True)[1].astype(np.int64)
    strangers = int((~mated).sum())
    # which stranger alerted is not known, for the wire tells nobody apart; that somebody did is
    alarmed = np.arange(strangers) < min(len(wrong), strangers)
    false_alerts = len(run.alerts) - true_alerts
    return PassageResult(
        threshold=threshold,
        n_gallery=len(watchlist.entries),
        n_passages=len(film.passages),
        n_mated=int(mated.sum()),
        n_nonmated=strangers,
        tpir=estimate(hit[mated], people[mated], seed=plan.seed),
        fpir=estimate(alarmed, np.arange(strangers), seed=plan.seed),
        alerts=len(run.alerts),
        true_alerts=true_alerts,
        false_alerts=false_alerts,
        passages_seen=run.seen,
        false_positives_per_passage=false_alerts / run.seen if run.seen >= FEWEST_TRIALS else INSUFFICIENT,
        false_positives_interval=_per_passage(false_alerts, run.seen) if run.seen >= FEWEST_TRIALS else None,
        groups=_groups(film, hit, mated, people, plan.seed),
        missed=tuple(
            f"{p.feed}, {p.enter:g} to {p.leave:g} s"
            for p, found, on_list in zip(film.passages, hit, mated, strict=True)
            if on_list and not found
        ),
        notices=(*film.notices, *run.faults),
        provenance=Provenance(
            pack=pack_name(pack),
            data=_data_name(film, watchlist),
            calibration=None,
            preparation=plan.preparation,
            seed=plan.seed,
            code=code_version(),
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        ),
    )


def _per_passage(alerts: int, seen: int) -> Interval:
    low, high = count_interval(alerts)
    return low / seen, high / seen


def _groups(
    film: Film, hit: Flags, mated: Flags, people: Codes, seed: int
) -> dict[str, PassageGroups] | Insufficient:
    """The passages of people on the watchlist by group."""
    columns = {}
    for column in film.group_columns:
        labels = np.array([passage.groups[column] for passage in film.passages], np.str_)
        parts = {str(value): mated & (labels == value) for value in np.unique(labels[mated])}
        rates = {value: estimate(hit[part], people[part], seed=seed) for value, part in parts.items()}
        columns[column] = PassageGroups(
            values={
                value: PassageGroup(n_mated=int(part.sum()), tpir=rates[value])
                for value, part in parts.items()
            },
            fnir=difference_of(
                {
                    value: (~hit[part], people[part])
                    for value, part in parts.items()
                    if not isinstance(rates[value], str)
                },
                seed=seed,
            ),
        )
    return columns or INSUFFICIENT


def _word(text: str) -> str:
    """A name without the differences that file names make."""
    return " ".join(text.casefold().replace("-", " ").replace("_", " ").split())


def _data_name(film: Film, watchlist: Watchlist) -> DataName:
    digest = hashlib.sha256()
    films = {}
    for feed, path in film.films.items():
        with path.open("rb") as file:
            films[feed] = hashlib.file_digest(file, "sha256").hexdigest()
    lines = [msgspec.json.encode((p.identity, films[p.feed], p.enter, p.leave)) for p in film.passages]
    lines += [image.sha256.encode() for image in watchlist.images]
    for line in sorted(lines):
        digest.update(line + b"\n")
    return DataName(
        name=film.name,
        digest=digest.hexdigest(),
        images=len(watchlist.images),
        identities=len({_word(p.identity) for p in film.passages if p.identity}),
    )
