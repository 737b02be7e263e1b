"""Nothing goes to another machine in the clear, and two ends that speak differently find it out at once."""

import datetime as dt
import ipaddress
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from overt.errors import ClusterError
from overt.gallery.shards import _cluster
from tests.gallery.shards.conftest import WHATEVER_RAY_DOES, end_with_descendants

ray = pytest.importorskip("ray")

OWN = ("127.0.0.1", ray.util.get_node_ip_address())
"""Addresses of this machine; Ray takes the second for the first."""

SEARCH = """
import sys
import numpy as np
from overt.gallery.shards import ShardedIndex
from tests.gallery.filler import contract, synthetic_templates
from overt.errors import ClusterError
try:
    index = ShardedIndex(contract(), address=sys.argv[1], shards=2)
except ClusterError as error:
    sys.exit(print(error))
templates = synthetic_templates(500, 128, 1)
index.add(np.arange(500), templates)
print(*index.search(templates[7:9], 1).ids[:, 0])
index.close()
"""


def certificates(folder):
    """An authority's certificate, and one of a node with its key."""
    now = dt.datetime.now(dt.UTC)
    authority, node = (rsa.generate_private_key(65537, 2048) for _ in range(2))

    def certified(subject, key, *, ca):
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "force")])
        return (
            x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(own)) for own in OWN]),
                critical=False,
            )
            .sign(authority, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
        )

    (folder / "force.pem").write_bytes(certified("force", authority, ca=True))
    (folder / "node.pem").write_bytes(certified("node", node, ca=False))
    (folder / "node.key").write_bytes(
        node.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return {
        "RAY_USE_TLS": "1",
        "RAY_TLS_SERVER_CERT": str(folder / "node.pem"),
        "RAY_TLS_SERVER_KEY": str(folder / "node.key"),
        "RAY_TLS_CA_CERT": str(folder / "force.pem"),
    }


@pytest.fixture
def with_tls(tmp_path, monkeypatch):
    """A machine whose calls are encrypted; its address, with this process set up alike."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with tempfile.TemporaryDirectory(prefix="or-", ignore_cleanup_errors=True) as folder:
        settings = certificates(tmp_path) | {"RAY_USAGE_STATS_ENABLED": "0", "RAY_TMPDIR": folder}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        ray = Path(sys.executable).with_name("ray")
        start = [ray, "start", "--head", f"--port={address.rpartition(':')[2]}", "--include-dashboard=false"]
        with (tmp_path / "said").open("wb") as said:
            machine = subprocess.Popen(
                [*start, "--num-cpus=2", *WHATEVER_RAY_DOES], stdout=said, stderr=said, start_new_session=True
            )
        try:
            yield address
        finally:
            end_with_descendants(machine)


@pytest.mark.slow
def test_a_cluster_with_certificates_is_searched_and_turns_away_who_has_none(with_tls, monkeypatch):
    while not listens(with_tls):
        time.sleep(0.2)
    assert search(with_tls).split() == ["7", "8"]
    monkeypatch.delenv("RAY_USE_TLS")
    assert search(with_tls) == (
        f"the cluster at {with_tls} speaks with TLS, and this command without it. Set RAY_USE_TLS and the "
        "certificates alike on every machine, as the page on retrospective search says.\n"
    )


def listens(address):
    machine, _, port = address.partition(":")
    with socket.socket() as knocking:
        return knocking.connect_ex((machine, int(port))) == 0


def search(address):
    """In a process of its own: Ray reads its settings once."""
    return subprocess.check_output(
        [sys.executable, "-c", SEARCH, address], text=True, stderr=subprocess.DEVNULL
    )


def test_what_speaks_in_the_clear_is_met_without_tls_only(monkeypatch):
    def answer(door):
        with door.accept()[0] as visitor:
            visitor.recv(100)
            visitor.sendall(bytes((0, 0, 6, 4, 0, 0, 0, 0, 0)))

    monkeypatch.delenv("RAY_USE_TLS", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as door:
        address = f"127.0.0.1:{door.getsockname()[1]}"
        for tls in (False, True):
            answering = threading.Thread(target=answer, args=(door,))
            answering.start()
            if tls:
                monkeypatch.setenv("RAY_USE_TLS", "1")
                with pytest.raises(ClusterError, match="speaks without TLS, and this command with it"):
                    _cluster._knock(address)
            else:
                _cluster._knock(address)
            answering.join()


def test_only_this_machine_is_spoken_to_in_the_clear(monkeypatch):
    monkeypatch.delenv("RAY_USE_TLS", raising=False)
    assert _cluster._in_the_clear({"127.0.0.1", "127.3.0.9", "::1", "10.0.0.7"}, "10.0.0.7") == []
    assert _cluster._in_the_clear({"127.0.0.1", "10.0.0.8", "10.0.0.7"}, "10.0.0.7") == ["10.0.0.8"]
    monkeypatch.setenv("RAY_USE_TLS", "0")
    assert _cluster._in_the_clear({"10.0.0.8"}, "127.0.0.1") == ["10.0.0.8"]
    monkeypatch.setenv("RAY_USE_TLS", "1")
    assert _cluster._in_the_clear({"10.0.0.8"}, "10.0.0.7") == []


def test_a_machine_that_would_be_spoken_to_in_the_clear_is_left_and_named(monkeypatch):
    """Ray's own answers are put in: two machines are not to be had here."""
    monkeypatch.delenv("RAY_USE_TLS", raising=False)
    left = []
    ray = SimpleNamespace(
        nodes=lambda: [
            {"NodeManagerAddress": "10.0.0.7", "Alive": True},
            {"NodeManagerAddress": "10.0.0.8", "Alive": True},
            {"NodeManagerAddress": "10.0.0.9", "Alive": False},
        ],
        util=SimpleNamespace(get_node_ip_address=lambda: "10.0.0.7"),
        shutdown=lambda: left.append(True),
    )
    with pytest.raises(ClusterError, match=r"what goes to 10\.0\.0\.8 would cross the network in the clear"):
        _cluster.require_cover(ray)
    assert left == [True]
