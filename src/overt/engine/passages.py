"""Passages: which view of a person is worth an embedding, and what the views add up to.

A passage goes through *looks*. A look starts with nothing, gathers a few observations, and ends in an alert or
in the passage being cleared; when it ends its template is overwritten, and only a mark stays. A notably better
view later starts the next look, again from nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics import FloatArray, OperatingPoint
    from overt.engine.pools import LeasePool, PooledLease

__all__ = ["Finding", "LookPolicy", "Passage", "PassageBook", "Shot"]


@dataclass(frozen=True, slots=True)
class LookPolicy:
    """How many observations a look may cost, and when another is worth it.

    Attributes:
        max_shots: most observations embedded in one look.
        look_seconds: longest time a look stays undecided, on the feed's clock.
        spacing_seconds: least time between two observations of one look.
        better: how many times better than the best one used an observation must be to be worth it at once,
        better_by: and by how much.
        again_seconds: after this time an observation as good as the best one used starts another look.
        anyway_seconds: after this time any usable observation does: a tracker can have passed to another person.
        max_looks: looks a passage may cost in all.
        weigh_seconds: how often the quality of a passage that is not in a look is measured.
    """

    max_shots: int = 3
    look_seconds: float = 0.6
    spacing_seconds: float = 0.12
    better: float = 1.25
    better_by: float = 0.08
    again_seconds: float = 1.5
    anyway_seconds: float = 3.0
    max_looks: int = 20
    weigh_seconds: float = 0.2


@dataclass(slots=True)
class Look:
    """What an undecided look holds: the weighted sums of its templates, and what its shots agreed on.

    There is one sum for each part of the face that may be covered, and one for bare faces: only what is compared with
    the same references is added up.
    """

    lease: PooledLease
    began: float
    shots: int = 0
    summed: dict[int, int] = field(default_factory=dict)
    agreeing: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Passage:
    """One person going once through one zone; of an unmatched person nothing more is ever held.

    Attributes:
        look: the open look, or None.
        looks: looks spent so far.
        best_quality: the best quality scalar that was used, so that a better view is known when it comes.
        last_shot: time of the last observation used, seconds on the feed's clock.
        last_weighed: time of the last observation considered, used or not.
        alerted: the entries (indices) that the passage has alerted on.
    """

    feed: str
    number: int
    look: Look | None = None
    looks: int = 0
    best_quality: float = 0.0
    last_shot: float = 0.0
    last_weighed: float = 0.0
    alerted: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Shot:
    """An observation chosen to be embedded: whose it is, its quality and its time on the feed's clock."""

    passage: Passage
    look: Look
    quality: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Finding:
    """An alert: the shot that completed it, the entry's index, the fused score, and how many shots it fused."""

    shot: Shot
    entry: int
    score: float
    observations: int


class PassageBook:
    """The open passages of all feeds.

    Args:
        point: what decides an alert.
        policy: what a look may cost.
        pool: where the template of a look is leased from.
        dimension: length of a template.
        kinds: of templates, which are summed apart.
    """

    def __init__(
        self, point: OperatingPoint, policy: LookPolicy, pool: LeasePool, dimension: int, kinds: int = 1
    ) -> None:
        self._point = point
        self._policy = policy
        self._pool = pool
        self._dimension = dimension
        self._kinds = kinds
        self._open: dict[str, dict[int, Passage]] = {}
        self._seen: dict[str, int] = {}

    def seen(self, feed: str) -> int:
        """Passages of a feed that had at least one usable face: the "faces seen" of the record."""
        return self._seen.get(feed, 0)

    def in_alert(self, feed: str, track: int) -> bool:
        """Whether the open passage of a track has alerted."""
        passage = self._open.get(feed, {}).get(track)
        return passage is not None and bool(passage.alerted)

    @property
    def undecided(self) -> int:
        """Looks whose template is held at this moment."""
        return sum(p.look is not None for passages in self._open.values() for p in passages.values())

    def due(self, feed: str, track: int, seconds: float) -> bool:
        """Whether an observation of a track could be worth an embedding now, before its quality is measured."""
        passage = self._open.get(feed, {}).get(track)
        if passage is None:
            return True
        policy = self._policy
        if passage.look is not None:
            return passage.look.shots < policy.max_shots and not (
                0 <= seconds - passage.last_shot < policy.spacing_seconds
            )
        return passage.looks < policy.max_looks and not (
            0 <= seconds - passage.last_weighed < policy.weigh_seconds
        )

    def consider(
        self, feed: str, track: int, quality: float, seconds: float, captured_ns: int
    ) -> Shot | None:
        """Take a usable observation of a track, which was `due`, into its passage's look if it is worth that.

        Args:
            feed: the feed's name.
            track: the track's number within the feed.
            quality: the observation's quality scalar, 0 to 1, already found usable.
            seconds: its time on the feed's clock.
            captured_ns: `time.monotonic_ns` of its frame.
        """
        passages = self._open.setdefault(feed, {})
        passage = passages.get(track)
        if passage is None:
            passage = passages[track] = Passage(feed, self._seen.get(feed, 0) + 1)
            self._seen[feed] = passage.number
        passage.last_weighed = seconds
        if not self._worth(passage, quality, seconds):
            return None
        if passage.look is None:
            lease = self._pool.take((self._kinds, self._dimension), np.float32, "template", captured_ns)
            lease.array.fill(0)
            passage.look = Look(lease, seconds)
            passage.looks += 1
        passage.last_shot = seconds
        passage.best_quality = max(passage.best_quality, quality)
        return Shot(passage, passage.look, quality, seconds)

    def _worth(self, passage: Passage, quality: float, seconds: float) -> bool:
        policy = self._policy
        if passage.look is not None or passage.looks == 0:
            return True
        much_better = quality >= max(
            policy.better * passage.best_quality, passage.best_quality + policy.better_by
        )
        since = seconds - passage.last_shot
        return (
            much_better
            or (since >= policy.again_seconds and quality >= passage.best_quality)
            or since >= policy.anyway_seconds
        )

    def fuse(
        self, shots: list[Shot], templates: FloatArray, fused: FloatArray, kinds: Sequence[int] = ()
    ) -> None:
        """Add each shot's template to its look, and write the look's quality-weighted mean, of unit length.

        Args:
            shots: n shots, no two of one passage.
            templates: float32 [n, dimension], of unit length.
            fused: float32 [n, dimension], written.
            kinds: [n], of each shot's template; all 0 where not given.
        """
        for i, shot in enumerate(shots):
            look, kind = shot.look, kinds[i] if kinds else 0
            total = look.lease.array[kind]
            look.summed[kind] = look.summed.get(kind, 0) + 1
            weight = max(shot.quality, 1e-3)
            np.multiply(templates[i], np.float32(weight), out=fused[i])
            np.add(total, fused[i], out=total)
            look.shots += 1
            look.lease.touch()
            length = max(float(np.sqrt(np.dot(total, total))), 1e-12)
            np.divide(total, np.float32(length), out=fused[i])

    def decide(
        self,
        shots: list[Shot],
        single: tuple[Sequence[int], Sequence[float]],
        fused: tuple[Sequence[int], Sequence[float]],
        kinds: Sequence[int] = (),
    ) -> list[Finding]:
        """Judge each shot's passage: alert, clear, or look on.

        Args:
            shots: n shots, already fused.
            single: for each shot's own template, the best entry's index [n] (-1: none) and its score [n].
            fused: the same for the look's fused template.
            kinds: [n], as in `fuse`.

        Returns:
            The alerts. Looks that ended, either way, have been overwritten.
        """
        point, policy = self._point, self._policy
        findings: list[Finding] = []
        for i, shot in enumerate(shots):
            passage, look = shot.passage, shot.look
            own_entry, own_score = single[0][i], single[1][i]
            plausible = own_entry >= 0 and (point.clear_below is None or own_score >= point.clear_below)
            if plausible:
                look.agreeing[own_entry] = look.agreeing.get(own_entry, 0) + 1
            entry, score = fused[0][i], fused[1][i]
            if entry >= 0 and score >= point.threshold and look.agreeing.get(entry, 0) >= point.confirmations:
                if entry not in passage.alerted:
                    passage.alerted.add(entry)
                    kind = kinds[i] if kinds else 0
                    findings.append(Finding(shot, entry, score, look.summed.get(kind, 0)))
                self._end_look(passage)
            elif (
                not plausible
                or look.shots >= policy.max_shots
                or shot.seconds - look.began >= policy.look_seconds
            ):
                self._end_look(passage)
        return findings

    def expire(self, feed: str, seconds: float) -> None:
        """Clear the looks of a feed that have been undecided too long, or whose clock went back."""
        for passage in self._open.get(feed, {}).values():
            look = passage.look
            if look is not None and not 0 <= seconds - look.began < self._policy.look_seconds:
                self._end_look(passage)

    def end(self, feed: str, track: int) -> None:
        """Forget a passage that has left the picture."""
        passage = self._open.get(feed, {}).pop(track, None)
        if passage is not None:
            self._end_look(passage)

    def end_feed(self, feed: str) -> None:
        """Forget every open passage of a feed."""
        for track in list(self._open.get(feed, {})):
            self.end(feed, track)

    def end_all(self) -> None:
        """Forget every open passage."""
        for feed in list(self._open):
            self.end_feed(feed)

    @staticmethod
    def _end_look(passage: Passage) -> None:
        if passage.look is not None:
            passage.look.lease.release()
            passage.look = None
