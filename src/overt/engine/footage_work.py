"""Clips looked at on another machine: how one goes there, who looks, and how what was heard comes back.

A clip's bytes go from a node's network into a sealed file in its memory, from there to the footage engine of that
node, and the passages come back as the engine's wire writes them. Nothing of either is written to a disk.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Final

import msgspec

from overt.biometrics import ModelPack
from overt.engine._freed import overwrite_freed
from overt.engine.clip_memory import HeldClip
from overt.engine.footage_heard import FootageHeard, hear_clip
from overt.engine.footage_wire import BeginFootage, FootageProgress
from overt.errors import ClusterError, ContractError, EngineError, PackError
from overt.gallery.looking import Expected
from overt.score_code import digest_of_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from overt.errors import OvertError

__all__ = ["ClipWork", "clip_parts", "read_heard", "read_progress"]

PART: Final = 64 * 1024
_CODE: Final = ("engine/*.py", "video/*.py")
"""What looks at clips, beside what looks at faces."""

_RAISED: Final[dict[str, type[OvertError]]] = {
    "pack": PackError,
    "contract": ContractError,
    "build": ClusterError,
    "engine": EngineError,
}


class _Task(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done, ahead of the clip's bytes; `begin.pack` is filled in on the node."""

    begin: BeginFootage
    expected: bytes
    code: str
    size: int


class _Refusal(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    what: str
    remedy: str


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    heard: FootageHeard | None = None
    refusal: _Refusal | None = None


_answers: Final = msgspec.msgpack.Decoder(_Answer)


def clip_parts(begin: BeginFootage, pack: ModelPack, clip: int, size: int) -> Iterator[bytes]:
    """A clip as a task for `ClipWork`, in parts of at most 64 KiB.

    Args:
        begin: what is to be done with it.
        pack: that the node must have, as it is on this machine.
        clip: the descriptor of the clip, open for reading; it stays the caller's.
        size: bytes of it.
    """
    yield msgspec.msgpack.encode(
        _Task(begin=begin, expected=Expected.here(pack).written(), code=digest_of_code(_CODE), size=size)
    )
    at = 0
    while at < size and (part := os.pread(clip, min(PART, size - at), at)):
        at += len(part)
        yield part


def read_heard(answer: bytes) -> FootageHeard:
    """What was heard of a clip.

    Raises:
        PackError: the node lacks the model pack, or has it altered; says which node.
        ContractError: it has another version of it.
        ClusterError: it has another version of Overt, or the clip did not come over whole.
        EngineError: the process that looks at clips could not begin there.
    """
    read = _answers.decode(answer)
    if read.heard is None:
        refusal = read.refusal or _Refusal(kind="build", what="A node has given an empty answer", remedy="")
        raise _RAISED[refusal.kind](refusal.what, refusal.remedy)
    return read.heard


def read_progress(told: bytes) -> FootageProgress | None:
    """How far a worker is with its clip, out of what it tells; None before it has begun."""
    return msgspec.msgpack.decode(told, type=FootageProgress) if told else None


class ClipWork:
    """Takes a clip, has the footage engine look at it: what a crew's worker does (`overt.gallery.shards.Crew`)."""

    def __init__(self) -> None:
        overwrite_freed()
        self._node = os.uname().nodename
        self._task: _Task | None = None
        self._clip: HeldClip | None = None
        self._lock = threading.Lock()
        self._told = b""

    def take(self, part: bytes) -> None:
        """What is to be done, and after it the clip."""
        if self._task is None or self._clip is None:
            self._task = msgspec.msgpack.decode(part, type=_Task)
            self._clip = HeldClip(self._task.size)
        else:
            self._clip.write(part)

    def do(self) -> bytes:
        """Look at it."""
        task, clip = self._task, self._clip
        if task is None or clip is None:
            raise ValueError("no clip came")
        try:
            done = self._done(task, clip)
        except EngineError as error:
            done = self._refused("engine", f"On the node {self._node}: {error.what}", error.remedy)
        return msgspec.msgpack.encode(done)

    def told(self) -> bytes:
        """The last `FootageProgress`."""
        with self._lock:
            return self._told

    def clear(self) -> None:
        """Overwrite the clip."""
        if self._clip is not None:
            self._clip.close()
        self._task = self._clip = None
        self._say(None)

    def _done(self, task: _Task, clip: HeldClip) -> _Answer:
        if digest_of_code(_CODE) != task.code:
            return self._refused(
                "build",
                f"The node {self._node} has another version of Overt, which may look at clips in another way",
                "Install the same version of Overt on every node and start them again",
            )
        pack = Expected.read(task.expected).pack_of(self._node)
        if not isinstance(pack, ModelPack):
            return self._refused(pack.kind, pack.what, pack.remedy)
        try:
            descriptor = clip.sealed()
        except ValueError:
            return self._refused(
                "build",
                f"{task.begin.clip} did not come whole to the node {self._node}",
                "See that nobody writes to it, and begin again",
            )
        begin = msgspec.structs.replace(task.begin, pack=str(pack.folder.absolute()))
        return _Answer(heard=hear_clip(begin, descriptor, self._say))

    def _say(self, progress: FootageProgress | None) -> None:
        with self._lock:
            self._told = b"" if progress is None else msgspec.msgpack.encode(progress)

    @staticmethod
    def _refused(kind: str, what: str, remedy: str) -> _Answer:
        return _Answer(refusal=_Refusal(kind=kind, what=what, remedy=remedy))
