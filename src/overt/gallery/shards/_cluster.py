"""Ray, and the few things that are asked of it.

Templates go from this process to an actor's own memory and nowhere else: what one call carries stays below the size
from which Ray would put it into its shared store, from where it could be spilled to disk. Nothing is logged.
"""

from __future__ import annotations

import os
import secrets
import socket
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from overt.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "GONE",
    "LARGEST_CALL",
    "SHARDS",
    "WORKERS",
    "answers",
    "connect",
    "is_done",
    "placed",
    "processors",
    "ray_library",
    "stop",
]

SHARDS: Final = "overt"
"""Namespace of the actors that hold templates."""
WORKERS: Final = "overt workers"
"""Namespace of the actors that do tasks."""

_LENT_TO: Final = 16
"""To so many actors a processor can be lent: shards work only while they are asked, and several collections and
crews share the machines."""
_PLACES: Final = 4

_PATIENCE: Final = 5.0

LARGEST_CALL: Final = 64 * 1024
"""Bytes that one call may carry. Ray keeps up to 100 KB of an argument out of its shared store."""


class Gone(Enum):
    """In place of an answer: the actor is gone, with the node that it was on or by itself."""

    GONE = "gone"


GONE: Final = Gone.GONE


def ray_library() -> Any:
    """The library.

    Raises:
        ClusterError: it is not installed.
    """
    # read when the library is loaded: it reports to nobody, and leaves the variables of accelerators alone
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
        import ray.util
    except ImportError as error:
        raise ClusterError("Ray is not installed here", "Install overt[cluster]") from error
    return ray


def connect(address: str) -> Any:
    """Join the cluster at this address, and return the library; a process belongs to one cluster at most.

    Raises:
        ClusterError: Ray is not installed, or no cluster answers.
    """
    ray = ray_library()
    if not ray.is_initialized():
        try:
            _knock(address)  # Ray itself would wait for many minutes
            ray.init(address=address, namespace=SHARDS, configure_logging=False, log_to_driver=False)
        except (OSError, RuntimeError, ValueError) as error:
            raise ClusterError(
                f"no Ray cluster answers at {address}",
                "Start one as the page on retrospective search says, or give its head as machine:port",
            ) from error
    return ray


def _knock(address: str) -> None:
    machine, _, port = address.rpartition(":")
    socket.create_connection((machine, int(port)), timeout=_PATIENCE).close()


def processors(ray: Any) -> int:
    """How many the nodes lend, and 1 at least."""
    return max(1, int(ray.cluster_resources().get("CPU", 0)))


def placed(
    ray: Any,
    *,
    kind: type,
    given: tuple[object, ...],
    name: str,
    namespace: str,
    threads: int,
    patience: float,
) -> Any:
    """Have Ray place an actor, spread over the nodes, and wait until it is there.

    Args:
        ray: the library.
        kind: the actor's class, with a method `about` that takes nothing.
        given: to its constructor.
        name: shown by `cluster_status`; a few letters are added, so that it is the only one.
        namespace: of the name.
        threads: that it works with.
        patience: seconds within which a node must take it.

    Raises:
        ClusterError: none did, or the actor cannot be made there.
    """
    actors = ray.remote(kind)
    for _ in range(_PLACES):
        actor = actors.options(
            name=f"{name} {secrets.token_hex(4)}",
            namespace=namespace,
            num_cpus=threads / _LENT_TO,
            max_concurrency=4,
            max_restarts=0,  # a new one is empty: whoever asked must fill it
            scheduling_strategy="SPREAD",
        ).remote(*given)
        try:
            ray.get(actor.about.remote(), timeout=patience)
        except ray.exceptions.GetTimeoutError as error:
            stop(ray, actor)
            raise ClusterError(
                f"{name}: no machine took it in {patience:g} s",
                "See `overt cluster status`, and start a node",
            ) from error
        except (ray.exceptions.RayActorError, ray.exceptions.NodeDiedError) as error:
            if getattr(error, "actor_init_failed", False):
                raise ClusterError(
                    f"{name} cannot be made on its node",
                    "See that every node has the same overt[cluster] installed",
                ) from error
        else:
            return actor
    raise ClusterError(
        f"{name} was placed {_PLACES} times, and lost each time",
        "See `overt cluster status`, and start a node",
    )


def is_done(ray: Any, reference: Any, seconds: float) -> bool:
    """Wait so long for a call, and say whether it is done or lost."""
    return bool(ray.wait([reference], timeout=seconds)[0])


def answers(ray: Any, calls: Sequence[Callable[[], Any]], *, patience: float | None = None) -> list[Any]:
    """What calls of actors give, or `GONE`; all are made before any is waited for.

    Args:
        ray: the library.
        calls: each makes one call and returns its reference.
        patience: seconds to wait for each.

    Raises:
        TimeoutError: patience is at its end.
    """
    references = [_answer(ray, call) for call in calls]
    return [
        GONE if reference is GONE else _answer(ray, partial(ray.get, reference, timeout=patience))
        for reference in references
    ]


def _answer(ray: Any, ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except (ray.exceptions.RayActorError, ray.exceptions.NodeDiedError, ray.exceptions.ObjectLostError):
        return GONE


def stop(ray: Any, actor: Any) -> None:
    """End an actor; its memory goes with its process."""
    ray.kill(actor, no_restart=True)
