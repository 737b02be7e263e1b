"""What a run left behind is overwritten when nothing newer has done so, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from overt.engine.scrubbing import STALE_NS, Scrubber

if TYPE_CHECKING:
    from collections.abc import Collection


class Told:
    """Stands for detector, embedder and gallery, and notes what is scrubbed."""

    def __init__(self) -> None:
        self.scrubs: list[Collection[int] | None] = []

    def sizes_for(self, n: int) -> frozenset[int]:
        return frozenset({4} if n == 4 else {1})

    def scrub(self, sizes: Collection[int] | None = None) -> None:
        self.scrubs.append(sizes)


class Engine:
    """A scrubber over parts that only note, and a clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0
        self.detector, self.embedder, self.gallery = Told(), Told(), Told()
        parts: tuple[Any, ...] = (self.detector, self.embedder, self.gallery)
        self.scrubber = Scrubber(*cast("Any", parts), clock=lambda: self.now)

    def later(self) -> None:
        self.now += STALE_NS + 1


def test_nothing_is_scrubbed_while_it_is_new() -> None:
    engine = Engine()
    engine.scrubber.detected([(720, 1280, 3)])
    engine.scrubber.embedded(1)
    engine.scrubber.scrub_stale()
    assert engine.detector.scrubs == engine.embedder.scrubs == engine.gallery.scrubs == []


def test_what_has_gone_stale_is_scrubbed_once() -> None:
    engine = Engine()
    engine.scrubber.detected([(720, 1280, 3)])
    engine.scrubber.embedded(3)
    engine.later()
    engine.scrubber.scrub_stale()
    engine.scrubber.scrub_stale()
    assert engine.detector.scrubs == engine.embedder.scrubs == engine.gallery.scrubs == [None]


def test_runs_of_a_size_in_use_need_no_scrub_whatever_their_number() -> None:
    engine = Engine()
    for n in (3, 1, 2, 1):
        engine.scrubber.embedded(n)
        engine.now += STALE_NS // 2 + 1
        engine.scrubber.scrub_stale()
    assert engine.embedder.scrubs == []


def test_a_batch_size_that_is_in_use_is_left_to_its_next_run() -> None:
    engine = Engine()
    engine.scrubber.embedded(4)
    engine.later()
    engine.scrubber.embedded(1)
    engine.scrubber.scrub_stale()
    assert engine.embedder.scrubs == [[4]]
    assert engine.gallery.scrubs == []
    engine.later()
    engine.scrubber.scrub_stale()
    assert engine.embedder.scrubs == [[4], None]
    assert engine.gallery.scrubs == [None]
