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

__all__ = ["GONE", "LARGEST_CALL", "NAMESPACE", "answers", "connect", "ray_library", "spawn", "stop"]

NAMESPACE: Final = "overt"

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
            ray.init(address=address, namespace=NAMESPACE, configure_logging=False, log_to_driver=False)
        except (OSError, RuntimeError, ValueError) as error:
            raise ClusterError(
                f"no Ray cluster answers at {address}",
                "Start one as the page on retrospective search says, or give its head as machine:port",
            ) from error
    return ray


def _knock(address: str) -> None:
    machine, _, port = address.rpartition(":")
    socket.create_connection((machine, int(port)), timeout=_PATIENCE).close()


def spawn(ray: Any, kind: type, name: str, threads: int, *given: object) -> Any:
    """Have Ray place an actor, spread over the nodes.

    Args:
        ray: the library.
        kind: the actor's class.
        name: shown by `cluster_status`; a few letters are added, so that it is the only one.
        threads: processors that it takes.
        *given: to its constructor.
    """
    actor = ray.remote(kind).options(
        name=f"{name} {secrets.token_hex(4)}",
        namespace=NAMESPACE,
        num_cpus=threads,
        max_concurrency=4,
        max_restarts=0,  # a new one is empty: whoever asked must fill it
        scheduling_strategy="SPREAD",
    )
    return actor.remote(*given)


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
