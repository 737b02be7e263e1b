"""Ray, and the few things that are asked of it.

Templates go from this process to an actor's own memory and nowhere else: what one call carries stays below the size
from which Ray would put it into its shared store, from where it could be spilled to disk. Nothing is logged.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import secrets
import socket
import threading
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from overt.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

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
_KNOCKS: Final = 3  # a head that is busy may be slow to answer
_OF_ANOTHER_CLUSTER: Final = "might be dead or it's from a different cluster"
_FOR_EVER: Final = "1000000"  # seconds
_HTTP2_GREETING: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
"""What gRPC without TLS begins with: the preface and an empty frame of settings (RFC 9113, section 3.4)."""
_HTTP2_SETTINGS: Final = b"\x04"
"""The type of the frame with which such an end answers; its fourth byte."""

LARGEST_CALL: Final = 64 * 1024
"""Bytes that one call may carry. Ray keeps up to 100 KB of an argument out of its shared store."""


class Gone(Enum):
    """In place of an answer: the actor is gone, with the node that it was on or by itself."""

    GONE = "gone"


GONE: Final = Gone.GONE


_joining: Final = threading.Lock()
_lost_heads: Final[set[str]] = set()


def ray_library() -> Any:
    """The library.

    Raises:
        ClusterError: it is not installed.
    """
    # read when the library is loaded: it reports to nobody, and leaves the variables of accelerators alone
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # or it would start a cluster of its own where it has left one
    os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # or it would end this process a minute after the head was lost, a server with all that it does besides too
    os.environ.setdefault("RAY_gcs_rpc_server_reconnect_timeout_s", _FOR_EVER)
    try:
        import ray
        import ray.util
    except ImportError as error:
        raise ClusterError("Ray is not installed here", "Install overt[cluster]") from error
    return ray


def connect(address: str) -> Any:
    """Join the cluster at this address, and return the library; a process belongs to one cluster at most.

    Raises:
        ClusterError: Ray is not installed, no cluster answers, or it has nodes on other machines without TLS.
    """
    ray = ray_library()
    with _joining:
        if ray.is_initialized() and _lost_heads:
            _leave(ray)
        if not ray.is_initialized():
            _join(ray, address)
    require_head(ray)
    require_cover(ray)
    return ray


def require_cover(ray: Any) -> None:
    """Refuse nodes on other machines that speak in the clear: templates, pictures and clips go there.

    Raises:
        ClusterError: there are some; this process has left the cluster then.
    """
    own = str(ray.util.get_node_ip_address())
    nodes = {str(node["NodeManagerAddress"]) for node in ray.nodes() if node["Alive"]}
    open_to = _in_the_clear(nodes, own)
    if open_to:
        ray.shutdown()
        raise ClusterError(
            f"what goes to {', '.join(open_to)} would cross the network in the clear",
            "Start every node, and this command, with RAY_USE_TLS=1 and the certificates that the page on "
            "retrospective search names",
        )


def _in_the_clear(nodes: Collection[str], own: str) -> list[str]:
    """The nodes that are on other machines, where nothing is encrypted on its way to them."""
    if _with_tls():
        return []
    return sorted(node for node in nodes if node != own and not ipaddress.ip_address(node).is_loopback)


def _with_tls() -> bool:
    return os.environ.get("RAY_USE_TLS", "").lower() in {"1", "true"}  # as Ray itself reads it


def require_head(ray: Any) -> None:
    """Refuse to go on where the cluster's head is gone: Ray would wait for it for ever. Where it is back, join anew.

    Raises:
        ClusterError: nobody listens there.
    """
    with _joining:
        if not ray.is_initialized():
            raise ClusterError("this process has left its Ray cluster", "Begin again")
        address = str(ray.get_runtime_context().gcs_address)
        if not any(_is_there(address) for _ in range(_KNOCKS)):
            _lost_heads.add(address)
            raise ClusterError(
                f"the Ray cluster at {address} is gone", "Start it again, or go on without a cluster"
            )
        if _lost_heads:
            _leave(ray)
            _join(ray, address)


def _is_there(address: str) -> bool:
    try:
        _knock(address)
    except OSError:
        return False
    return True


def _join(ray: Any, address: str) -> None:
    try:
        _knock(address)  # Ray itself would wait for many minutes
        ray.init(address=address, namespace=SHARDS, configure_logging=False, log_to_driver=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise ClusterError(
            f"no Ray cluster answers at {address}",
            "Start one as the page on retrospective search says, or give its head as machine:port",
        ) from error


def _leave(ray: Any) -> None:
    """A cluster whose head was lost: Ray would go on to look for that one, even where another is in its place."""
    ray.shutdown()
    _lost_heads.clear()


def _knock(address: str) -> None:
    """See whether a cluster is there, and speaks as this process does: Ray itself would wait for many minutes.

    Raises:
        OSError: nobody listens.
        ValueError: it is no address.
        ClusterError: one end has TLS and the other has not.
    """
    machine, _, port = address.rpartition(":")
    with socket.create_connection((machine, int(port)), timeout=_PATIENCE) as knocking:
        knocking.sendall(_HTTP2_GREETING)
        plain = _said(knocking)[3:] == _HTTP2_SETTINGS
    if plain == _with_tls():
        raise ClusterError(
            f"the cluster at {address} speaks {'without' if plain else 'with'} TLS, and this command "
            f"{'without' if not plain else 'with'} it",
            "Set RAY_USE_TLS and the certificates alike on every machine, as the page on retrospective search says",
        )


def _said(knocking: socket.socket) -> bytes:
    """The first bytes of the answer; an end with TLS gives an alert, or hangs up."""
    try:
        return knocking.recv(4)
    except ConnectionResetError:
        return b""


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
        ClusterError: none did, the actor cannot be made there, or a machine has joined without TLS.
    """
    actors = ray.remote(kind)
    for _ in range(_PLACES):
        require_head(ray)
        require_cover(ray)
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
    except (
        ray.exceptions.RayActorError,
        ray.exceptions.NodeDiedError,
        ray.exceptions.ObjectLostError,
    ):
        return GONE
    except Exception as error:
        if _OF_ANOTHER_CLUSTER in str(error):  # Ray has no type for it
            return GONE
        raise


def stop(ray: Any, actor: Any) -> None:
    """End an actor; its memory goes with its process. Where the head is gone, its node ends it."""
    with contextlib.suppress(ClusterError, ray.exceptions.ActorHandleNotFoundError):
        require_head(ray)
        ray.kill(actor, no_restart=True)
