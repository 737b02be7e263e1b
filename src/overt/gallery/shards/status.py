"""What a cluster is made of now: its nodes, and the shards that are on them."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from overt.gallery.shards._cluster import GONE, NAMESPACE, answers, connect

__all__ = ["ClusterStatus", "NodeStatus", "ShardStatus", "cluster_status"]

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


class ClusterStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster.

    Attributes:
        address: of its head.
        ray: the library's version here.
        nodes: all that it has had.
        shards: all that are placed.
    """

    address: str
    ray: str
    nodes: tuple[NodeStatus, ...]
    shards: tuple[ShardStatus, ...]


def cluster_status(address: str) -> ClusterStatus:
    """Ask a cluster for its nodes, and each shard for what it holds.

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
    named = [
        one["name"]
        for one in ray.util.list_named_actors(all_namespaces=True)
        if one["namespace"] == NAMESPACE
    ]
    return ClusterStatus(
        address=address,
        ray=str(ray.__version__),
        nodes=tuple(sorted(nodes, key=lambda node: (node.address, node.node))),
        shards=tuple(_shard(ray, name) for name in sorted(named)),
    )


def _shard(ray: Any, name: str) -> ShardStatus:
    shown = name.rsplit(" ", 1)[0]
    try:
        (said,) = answers(ray, [ray.get_actor(name, namespace=NAMESPACE).about.remote], patience=_PATIENCE)
    except (TimeoutError, ValueError):  # busy, or ended since it was named
        said = GONE
    if said is GONE:
        return ShardStatus(name=shown, reached=False, images=0, memory_bytes=0)
    images, memory, _ = said
    return ShardStatus(name=shown, reached=True, images=images, memory_bytes=memory)
