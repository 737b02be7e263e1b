"""What a cluster is made of now: its nodes, and the shards and workers that are on them."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from overt.gallery.shards._cluster import GONE, SHARDS, WORKERS, answers, connect

__all__ = ["ClusterStatus", "NodeStatus", "ShardStatus", "WorkerStatus", "cluster_status"]

_PATIENCE: Final = 10.0


class NodeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A machine of the cluster.

    Attributes:
        node: Ray's id of it.
        address: where it is.
        alive: whether it is there.
        processors: that it lends.
        memory_bytes: that it lends.
    """

    node: str
    address: str
    alive: bool
    processors: int
    memory_bytes: int


class ShardStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a collection.

    Attributes:
        name: the collection's label and which part it is.
        reached: whether it answered.
        images: that it holds.
        memory_bytes: of their templates.
    """

    name: str
    reached: bool
    images: int
    memory_bytes: int


class WorkerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A worker that looks at pictures or footage.

    Attributes:
        name: what it works for and which worker it is.
        reached: whether it answered.
        busy: whether it is at a task.
        tasks: that it has done.
    """

    name: str
    reached: bool
    busy: bool
    tasks: int


class ClusterStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster.

    Attributes:
        address: of its head.
        ray: the library's version here.
        nodes: all that it has had.
        shards: all that are placed.
        workers: likewise.
    """

    address: str
    ray: str
    nodes: tuple[NodeStatus, ...]
    shards: tuple[ShardStatus, ...]
    workers: tuple[WorkerStatus, ...]


def cluster_status(address: str) -> ClusterStatus:
    """Ask a cluster for its nodes, each shard for what it holds, and each worker for what it does.

    Args:
        address: of its head, `machine:port`.

    Raises:
        ClusterError: Ray is not installed, or no cluster answers.
    """
    ray = connect(address)
    nodes = [
        NodeStatus(
            node=str(node["NodeID"]),
            address=str(node["NodeManagerAddress"]),
            alive=bool(node["Alive"]),
            processors=int(node["Resources"].get("CPU", 0)),
            memory_bytes=int(node["Resources"].get("memory", 0)),
        )
        for node in ray.nodes()
    ]
    return ClusterStatus(
        address=address,
        ray=str(ray.__version__),
        nodes=tuple(sorted(nodes, key=lambda node: (node.address, node.node))),
        shards=tuple(_shard(name, said) for name, said in _about(ray, SHARDS)),
        workers=tuple(_worker(name, said) for name, said in _about(ray, WORKERS)),
    )


def _about(ray: Any, namespace: str) -> list[tuple[str, Any]]:
    """The actors of a namespace with what they say of themselves, or `GONE`."""
    named = sorted(
        one["name"]
        for one in ray.util.list_named_actors(all_namespaces=True)
        if one["namespace"] == namespace
    )
    return [(name.rsplit(" ", 1)[0], _said(ray, name, namespace)) for name in named]


def _said(ray: Any, name: str, namespace: str) -> Any:
    try:
        (said,) = answers(ray, [ray.get_actor(name, namespace=namespace).about.remote], patience=_PATIENCE)
    except (TimeoutError, ValueError):  # busy, or ended since it was named
        return GONE
    return said


def _shard(name: str, said: Any) -> ShardStatus:
    if said is GONE:
        return ShardStatus(name=name, reached=False, images=0, memory_bytes=0)
    images, memory, _ = said
    return ShardStatus(name=name, reached=True, images=images, memory_bytes=memory)


def _worker(name: str, said: Any) -> WorkerStatus:
    if said is GONE:
        return WorkerStatus(name=name, reached=False, busy=False, tasks=0)
    tasks, busy, _ = said
    return WorkerStatus(name=name, reached=True, busy=busy, tasks=tasks)
