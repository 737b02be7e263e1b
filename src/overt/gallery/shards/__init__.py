"""A collection over several machines: Ray places its shards, and this asks them all; and crews, which share out work.

The answers are those of one process. Needs the extra `cluster`.
"""

from overt.gallery.shards._hand import Work
from overt.gallery.shards.crew import Crew
from overt.gallery.shards.index import ShardedIndex
from overt.gallery.shards.status import ClusterStatus, NodeStatus, ShardStatus, WorkerStatus, cluster_status

__all__ = [
    "ClusterStatus",
    "Crew",
    "NodeStatus",
    "ShardStatus",
    "ShardedIndex",
    "Work",
    "WorkerStatus",
    "cluster_status",
]
