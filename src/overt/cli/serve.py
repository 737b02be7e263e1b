"""`overt serve`: the server of a force's records, and of its live deployments."""

from __future__ import annotations

import ipaddress
import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated

import typer

from overt.cli._acting import DatabaseUrl, DataFolder  # noqa: TC001 - typer reads the annotations when it runs
from overt.errors import InputError

if TYPE_CHECKING:
    from overt.casework import Office

__all__ = ["serve"]


def serve(
    data: DataFolder,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="0 takes any that is free.", envvar="OVERT_PORT")
    ] = 8420,
    *,
    host: Annotated[
        str, typer.Option(help="The address to listen at. Others than this machine's own need TLS.")
    ] = "127.0.0.1",
    database: DatabaseUrl = None,
    key_file: Annotated[
        Path | None, typer.Option(help="The master key's file; master.key in the data folder by default.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="The policy; policy.toml in the data folder by default.")
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="Serve https: the certificate, PEM.")] = None,
    private_key: Annotated[Path | None, typer.Option(help="The certificate's private key, PEM.")] = None,
    behind_proxy: Annotated[
        str | None,
        typer.Option(
            help="A proxy in front does TLS: its address, whose word about the client's is taken.",
            metavar="ADDRESS",
        ),
    ] = None,
    allow_hosts: Annotated[
        list[str] | None,
        typer.Option("--allow-host", help="Answer only to this host name. Give it once for each."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            envvar="OVERT_CLUSTER",
            help="Have a Ray cluster search collections, ingest and look at clips: its head, as machine:port.",
        ),
    ] = None,
) -> None:
    """Serve the console and the API, and run the engines of live deployments.

    An empty folder is given a database, a master key and the default policy. Ready when /health/ready answers 200.
    SIGTERM or Ctrl-C ends it in order: engines are stopped and erased first. With --cluster it begins only where that
    cluster answers; should the cluster be lost later, searches say so, and live deployments go on.
    """
    _check_exposure(host, certificate, private_key, behind_proxy)
    from overt.api import create_app
    from overt.casework import open_office
    from overt.casework.live import Supervisor
    from overt.casework.retention import RetentionClock
    from overt.console import create_console
    from overt.web.serving import address_of, bind, serve_app

    bound = bind(host, port)
    with (
        bound,
        open_office(data, database_url=database, key_file=key_file, policy_file=policy) as office,
    ):
        if cluster is not None:
            _use(office, cluster)
        supervisor, clock = Supervisor(office), RetentionClock(office)
        app = create_app(
            office, supervisor, also=(clock,), hosts=tuple(allow_hosts or ()), pages=create_console
        )
        address = address_of(bound, host, https=certificate is not None)
        serve_app(
            app,
            bound,
            parts=(supervisor,),
            certificate=certificate,
            private_key=private_key,
            proxy=behind_proxy,
            started=lambda: _say_started(office, address, data, database),
        )


def _use(office: Office, cluster: str) -> None:
    """Join the cluster, so that a wrong address is said now, and use it."""
    from overt.casework import use_cluster
    from overt.gallery.shards import cluster_status

    cluster_status(cluster)
    use_cluster(office, cluster)


def _check_exposure(
    host: str, certificate: Path | None, private_key: Path | None, behind_proxy: str | None
) -> None:
    """Passwords and pictures must not cross a network in the clear."""
    if (certificate is None) != (private_key is None):
        raise InputError("TLS takes both --certificate and --private-key", "Give both, or neither")
    try:
        here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if not here and certificate is None and behind_proxy is None:
        raise InputError(
            f"At {host} passwords and pictures would cross the network in the clear",
            "Give --certificate and --private-key, or --behind-proxy with the address of the proxy that does TLS",
        )


def _say_started(office: Office, address: str, data: Path, database: str | None) -> None:
    from overt.casework.system import anybody_there

    line = f"Overt answers at {address}"
    if not anybody_there(office):
        where = f"--data {data}" + (f" --database {database}" if database else "")
        line += f" · nobody can sign in yet: overt users first {where} USERNAME --full-name NAME"
    print(line, flush=True)
    sys.stdout.flush()
