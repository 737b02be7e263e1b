"""`overt cluster`: where no cluster is, it says so at once."""

import socket

import pytest
from typer.testing import CliRunner

from overt.cli.app import app
from overt.errors import ClusterError

pytest.importorskip("ray")


def test_where_nobody_listens_there_is_no_cluster():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and does not listen
        address = f"127.0.0.1:{held.getsockname()[1]}"
        done = CliRunner().invoke(app, ["cluster", "status"], env={"OVERT_CLUSTER": address})
    assert isinstance(done.exception, ClusterError)
    assert f"no Ray cluster answers at {address}" in str(done.exception)


def test_what_is_no_address_is_no_cluster():
    done = CliRunner().invoke(app, ["cluster", "status", "--address", "nowhere"])
    assert isinstance(done.exception, ClusterError)
