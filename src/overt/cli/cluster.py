"""`overt cluster`: the machines that hold a collection too large for one."""

from __future__ import annotations

from typing import Annotated

import typer

from overt.cli._acting import AsJson  # noqa: TC001 - typer reads the annotations when it runs
from overt.cli._showing import show_table

__all__ = ["cluster"]

cluster = typer.Typer(
    name="cluster", help="The Ray cluster that shards and workers are on.", no_args_is_help=True
)


@cluster.callback()
def _cluster() -> None:
    """The Ray cluster that shards and workers are on."""


@cluster.command("status")
def status(
    address: Annotated[
        str, typer.Option(envvar="OVERT_CLUSTER", help="The head of the cluster, as machine:port.")
    ] = "127.0.0.1:6379",
    *,
    as_json: AsJson = False,
) -> None:
    """Show the cluster's nodes, and the shards of collections and the workers that are on them.

    What is shown are counts. No template, no picture and no name leaves a shard or worker.
    """
    import msgspec

    from overt.gallery.shards import cluster_status

    found = cluster_status(address)
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    show_table(
        ("node", "address", "state", "processors", "memory, GB"),
        [
            (
                node.node[:12],
                node.address,
                "there" if node.alive else "lost",
                str(node.processors),
                f"{node.memory_bytes / 1e9:.1f}",
            )
            for node in found.nodes
        ],
    )
    show_table(
        ("shard", "state", "images", "memory, MB"),
        [
            (
                shard.name,
                "answers" if shard.reached else "does not answer",
                f"{shard.images:,}",
                f"{shard.memory_bytes / 1e6:.0f}",
            )
            for shard in found.shards
        ],
    )
    show_table(
        ("worker", "state", "tasks done"),
        [
            (
                worker.name,
                ("works" if worker.busy else "waits") if worker.reached else "does not answer",
                f"{worker.tasks:,}",
            )
            for worker in found.workers
        ],
    )
