"""Who looks at clips: a process beside this one, or workers on the office's cluster. The answers are the same."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from overt.casework.clusters import cluster_of
from overt.casework.per_office import PerOffice
from overt.casework.probes._footage import ProbeProgress, begin_footage, faces_heard, told_of
from overt.engine.footage_heard import hear_clip
from overt.errors import InputError, RateError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from overt.biometrics import ModelPack
    from overt.casework.office import Office
    from overt.casework.probes._looking import Looked
    from overt.engine import BeginFootage

    Task: TypeAlias = Callable[[], Iterable[bytes]]
    Outcome: TypeAlias = Looked | InputError | RateError

__all__ = ["CLIPS_AT_ONCE", "Clip", "looked_at", "require_turn", "turns_of"]

CLIPS_AT_ONCE: Final = 2
"""Of one office, on its own machine; each takes a process and a core or more."""

turns_of: Final = PerOffice(lambda _: threading.BoundedSemaphore(CLIPS_AT_ONCE))


@dataclass(frozen=True)
class Clip:
    """A clip that is to be looked at.

    Attributes:
        pack: finds the faces and makes the templates.
        descriptor: of the open file.
        size: bytes of it.
        name: what it is called, for messages.
        actor_id: who hands it in.
        reason: why.
        told: is given how far it is, about twice a second; an error that it raises ends the looking.
    """

    pack: ModelPack
    descriptor: int
    size: int
    name: str
    actor_id: str
    reason: str
    told: Callable[[ProbeProgress], None]


def looked_at(office: Office, clips: Iterable[Clip], most: int) -> Generator[Outcome]:
    """What is found in clips, in their order; what is wrong with one of them is said in its place.

    Args:
        office: whose cluster is used, if it has one.
        clips: some are drawn ahead.
        most: how many there can be.

    Raises:
        EngineError: the process that looks at clips could not begin.
        ClusterError: the cluster cannot be reached, has no room, or another version of Overt.
        ContractError, PackError: a node has another model pack, or none.
    """
    seals = office.policy.deployments.required_seals
    address = cluster_of(office)
    if address is None:
        return (_here(office, clip, seals) for clip in clips)
    return _afar(address, clips, most, seals)


def require_turn(office: Office) -> None:
    """Refuse another clip where as many are looked at as this machine bears; on a cluster there is no such limit.

    Raises:
        RateError: there are.
    """
    if cluster_of(office) is None:
        turn = turns_of(office)
        if not turn.acquire(blocking=False):
            raise _no_turn()
        turn.release()


def _no_turn() -> RateError:
    return RateError(
        f"{CLIPS_AT_ONCE} clips are being looked at at this moment",
        "Try again when one is done",
        wait_seconds=30,
    )


def _here(office: Office, clip: Clip, seals: tuple[str, ...]) -> Outcome:
    turn = turns_of(office)
    if not turn.acquire(blocking=False):
        return _no_turn()
    try:
        heard = hear_clip(
            _begin(clip, seals, threads=0), clip.descriptor, lambda now: clip.told(told_of(now))
        )
        return faces_heard(heard, clip.pack, clip.name)
    except InputError as error:
        return error
    finally:
        turn.release()


def _afar(address: str, clips: Iterable[Clip], most: int, seals: tuple[str, ...]) -> Generator[Outcome]:
    clips = iter(clips)
    first = next(clips, None)
    if first is None:  # pictures alone need no cluster
        return
    from overt.engine.footage_work import ClipWork, clip_parts, read_heard, read_progress
    from overt.gallery.shards import Crew, cluster_status

    under_way: deque[Clip] = deque()
    asked: list[Clip] = []

    def tasks() -> Iterator[Task]:
        for clip in itertools.chain((first,), clips):
            under_way.append(clip)
            asked.append(clip)
            begin = _begin(clip, seals, threads=0 if most == 1 else 1)
            yield partial(clip_parts, begin, clip.pack, clip.descriptor, clip.size)

    def told(number: int, word: bytes) -> None:
        progress = read_progress(word)
        if progress is not None:
            asked[number].told(told_of(progress))

    processors = sum(node.processors for node in cluster_status(address).nodes if node.alive)
    workers = max(1, min(most, processors))
    with Crew(ClipWork, address=address, label="footage", workers=workers) as crew:
        for answer in crew.each(tasks(), told):
            clip = under_way.popleft()
            try:
                yield faces_heard(read_heard(answer), clip.pack, clip.name)
            except InputError as error:
                yield error


def _begin(clip: Clip, seals: tuple[str, ...], threads: int) -> BeginFootage:
    return begin_footage(clip.pack, clip.name, clip.actor_id, clip.reason, seals, threads)
