"""A pinned file over https: from a real TLS server, with every way in which it can go wrong."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from overt.biometrics.packs._web import open_url
from overt.errors import PackError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = bytes(range(256)) * 2000


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        plain = f"http://127.0.0.1:{self.server.server_address[1]}/file"
        match self.path:
            case "/file":
                self._send(CONTENT)
            case "/moved":
                self._redirect("/file")
            case "/downgraded":
                self._redirect(plain)
            case "/round":
                self._redirect("/round")
            case "/long":
                self._send(CONTENT + b"x")
            case "/short":
                self._send(CONTENT[:-1])
            case "/broken":
                self.send_response(200)
                self.send_header("Content-Length", str(len(CONTENT)))
                self.end_headers()
                self.wfile.write(CONTENT[:1000])
            case "/silent":
                self.server.gate.wait(30)
            case "/drip":
                self.send_response(200)
                self.end_headers()
                for _ in range(3):
                    self.wfile.write(CONTENT[: 1 << 18])
            case _:
                self.send_error(404)

    def _send(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            self.wfile.write(content)
        except OSError:
            self.close_connection = True

    def _redirect(self, place: str) -> None:
        self.send_response(302)
        self.send_header("Location", place)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


class _Server(ThreadingHTTPServer):
    def __init__(self, certificate: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.gate = threading.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is part of the tests."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of its own for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The server's address."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with _Server(certificate) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"https://127.0.0.1:{running.server_address[1]}"
        running.gate.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def trust(certificate: Path) -> ssl.SSLContext:
    """Trusts the server's certificate."""
    return ssl.create_default_context(cafile=str(certificate))


@pytest.mark.parametrize("path", ["/file", "/moved"])
def test_a_file_is_fetched(server: str, trust: ssl.SSLContext, path: str) -> None:
    assert open_url(server + path, len(CONTENT), context=trust) == CONTENT


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/absent", "404"),
        ("/downgraded", "http"),
        ("/round", "redirect"),
        ("/long", "more than"),
        ("/short", "broke off after"),
        ("/broken", "could not be fetched|broke off"),
    ],
)
def test_what_goes_wrong_is_said(server: str, trust: ssl.SSLContext, path: str, what: str) -> None:
    with pytest.raises(PackError, match=what) as caught:
        open_url(server + path, len(CONTENT), context=trust)
    assert caught.value.remedy


def test_a_silent_server_is_given_up(server: str, trust: ssl.SSLContext) -> None:
    with pytest.raises(PackError, match="timed out"):
        open_url(f"{server}/silent", len(CONTENT), context=trust, silence=0.3)


def test_a_file_that_takes_too_long_is_given_up(server: str, trust: ssl.SSLContext) -> None:
    with pytest.raises(PackError, match="did not arrive within"):
        open_url(f"{server}/drip", 10**9, context=trust, patience=0.0)


def test_a_certificate_that_nobody_vouches_for_is_refused(server: str) -> None:
    with pytest.raises(PackError, match="certificate verify failed"):
        open_url(f"{server}/file", len(CONTENT))


def test_a_server_that_is_not_there_is_said() -> None:
    with pytest.raises(PackError, match="could not be fetched") as caught:
        open_url("https://127.0.0.1:9/file", 10)
    assert "--from FOLDER" in caught.value.remedy


@pytest.mark.parametrize("url", ["http://127.0.0.1/file", "file:///etc/passwd", "ftp://127.0.0.1/file"])
def test_anything_but_https_is_refused(url: str) -> None:
    with pytest.raises(PackError, match="is not https"):
        open_url(url, 10)
