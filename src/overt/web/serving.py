"""The server's process: a socket, uvicorn on it, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import logging.config
import signal
import socket
import ssl
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from overt.errors import OvertError, RecordsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from overt.web.parts import Part

__all__ = ["address_of", "bind", "serve_app"]

_LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"err": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "overt": {"handlers": ["err"], "level": "INFO", "propagate": False},
        "uvicorn": {"handlers": ["err"], "level": "WARNING", "propagate": False},
    },
}
_HEADER_BYTES: Final = 16 << 10
_CONNECTIONS: Final = 256
_END_SECONDS: Final = 10


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Port 0 takes any that is free.

    Raises:
        RecordsError: the port is in use, or the address is none of this machine's.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # Named as TCP, for asyncio sends small answers at once only where it knows that; else each waits 40 ms.
        bound = socket.socket(family[0], socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(family[4])
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise RecordsError(
                f"Port {port} of {host} is in use", "Stop what uses it, or name another with --port"
            ) from error
        raise RecordsError(
            f"No server can listen at {host}, port {port}: {error.strerror}",
            "Name an address of this machine with --host, and a port that you may use",
        ) from error
    return bound


def address_of(bound: socket.socket, host: str, *, https: bool) -> str:
    """The URL that a bound socket is reached at."""
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if https else 'http'}://{shown}:{bound.getsockname()[1]}"


class _Server(uvicorn.Server):
    """Ends what runs before it lets the last connections go: live engines are stopped, and erased, first."""

    def __init__(self, config: uvicorn.Config, parts: tuple[Part, ...]) -> None:
        super().__init__(config)
        self._parts = parts

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for part in self._parts:
            await asyncio.to_thread(part.close)
        await super().shutdown(sockets)


def serve_app(
    app: FastAPI,
    bound: socket.socket,
    *,
    parts: tuple[Part, ...] = (),
    certificate: Path | None = None,
    private_key: Path | None = None,
    proxy: str | None = None,
    started: Callable[[], object] = lambda: None,
    quiet: bool = False,
) -> None:
    """Serve until SIGTERM or SIGINT, and end in order.

    Args:
        app: the application.
        bound: where.
        parts: what is closed before connections are; closing twice must do no harm.
        certificate: for TLS, with the chain, PEM.
        private_key: of the certificate, PEM.
        proxy: the address of a proxy in front, whose word about the client's address is taken.
        started: called once requests are answered.
        quiet: no line for each request, for a terminal that somebody reads; what goes wrong is told all the same.

    Raises:
        OvertError: a part could not start, or the certificate cannot be used.
    """
    logging.config.dictConfig(_LOGGING)
    if quiet:
        logging.getLogger("overt").setLevel(logging.WARNING)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        proxy_headers=proxy is not None,
        forwarded_allow_ips=proxy or "",
        h11_max_incomplete_event_size=_HEADER_BYTES,
        http="h11",
        ws="none",
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=_END_SECONDS,
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise RecordsError(
            "The certificate or its private key cannot be used", "Give both as PEM, and the key that fits"
        ) from error
    # A part that cannot start says so itself, in one line: uvicorn's own account of it would be a traceback.
    logging.getLogger("uvicorn.error").addFilter(lambda _: _failure(app) is None)
    with _quiet_ends():
        server = _Server(config, parts)
        try:
            asyncio.run(_run(server, bound, started))
        except SystemExit:
            if _failure(app) is None:
                raise
    if (failure := _failure(app)) is not None:
        raise failure


def _failure(app: FastAPI) -> OvertError | None:
    failure = getattr(app.state, "failure", None)
    return failure if isinstance(failure, OvertError) else None


async def _run(server: _Server, bound: socket.socket, started: Callable[[], object]) -> None:
    async def tell() -> None:
        while not server.started and not server.should_exit:
            await asyncio.sleep(0.02)
        if server.started:
            started()

    telling = asyncio.create_task(tell())
    await server.serve(sockets=[bound])
    telling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await telling


@contextlib.contextmanager
def _quiet_ends() -> Iterator[None]:
    """Uvicorn sends itself the signal again once it has ended; by then there is nothing left to do."""
    before = {name: signal.signal(name, lambda *_: None) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
