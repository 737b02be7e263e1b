"""The worker: a desk of its own, on a machine of its own. It writes nothing, and keeps no picture."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import cv2

from overt.gallery.collection_desk import CollectionDesk
from overt.gallery.looking.answers import Fault, write_fault, write_looks
from overt.gallery.looking.expected import Expected
from overt.gallery.looking.offered import Received
from overt.gallery.pictures import Picture

if TYPE_CHECKING:
    from overt.gallery.desk import Look
    from overt.gallery.looking.offered import Offered

__all__ = ["LookingWork"]


class LookingWork:
    """Takes pictures, looks at them and gives the looks: what a crew's worker does (`overt.gallery.shards.Crew`).

    Args:
        expected: what `Expected.written` gave; where this machine cannot do it, each answer says why.
    """

    def __init__(self, expected: bytes) -> None:
        cv2.setNumThreads(1)  # as many workers as processors
        self._received = Received()
        asked = Expected.read(expected)
        pack = asked.pack_of(os.uname().nodename)
        self._desk = (
            pack if isinstance(pack, Fault) else CollectionDesk(pack, asked.limits, threads=1, covered=False)
        )

    def take(self, part: bytes) -> None:
        """The next part of the pictures."""
        self._received.take(part)

    def do(self) -> bytes:
        """Look at all that came."""
        desk = self._desk
        if isinstance(desk, Fault):
            return write_fault(desk)
        looks = [_look(desk, one) for one in self._received.pictures()]
        desk.embed()
        desk.embed_faces([])  # overwrites what it holds of faces
        return write_looks(looks)

    def told(self) -> bytes:
        """Nothing: a task is short."""
        return b""

    def clear(self) -> None:
        """Overwrite what came."""
        self._received.clear()


def _look(desk: CollectionDesk, one: Offered) -> Look:
    read = desk.read(one.content, one.name)
    try:
        return desk.judge(read, one.name)
    finally:
        if isinstance(read, Picture):
            read.image.fill(0)
