"""A collection over several machines: Ray places its shards, and this asks them all.

The answer is that of one process. Needs the extra `cluster`.
"""

from overt.gallery.shards.index import ShardedIndex
from overt.gallery.shards.status import ClusterStatus, NodeStatus, ShardStatus, cluster_status

__all__ = ["ClusterStatus", "NodeStatus", "ShardStatus", "ShardedIndex", "cluster_status"]
