"""The simulated force at work: a server with its console, a live deployment over a street that is played."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import typer

from overt.casework import deployments
from overt.casework.publication.wording import count
from overt.cli.demonstration.staff import STAFF, Member, hire
from overt.cli.demonstration.world import World, authorise, enrol, plan_street
from overt.errors import RecordsError

if TYPE_CHECKING:
    import socket

    from overt.casework.live import RunView

__all__ = ["serve_demonstration"]

_HOST: Final = "127.0.0.1"
_LOOK_SECONDS: Final = 0.5
_WORDS: Final = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty")


def serve_demonstration(film: Path, references: Path, *, port: int, stays: bool) -> bool:
    """Serve it until Ctrl-C, or, unless it `stays`, until the street has been played once.

    Everything lies in a folder that is removed at the end. Returns whether the deployment was ended and erased in
    order, and, where it was played once, whether anybody was alerted.

    Raises:
        OvertError: the server cannot start, or a picture cannot be enrolled.
    """
    from argon2.profiles import CHEAPEST

    from overt.api import create_app
    from overt.casework import live, open_office
    from overt.console import create_console
    from overt.web import address_of, serve_app

    with (
        _bound(port) as bound,
        TemporaryDirectory(prefix="overt-demo-data-") as folder,
        # Passwords of people who do not exist, in a folder that goes with them: the cheapest digests will do.
        open_office(Path(folder), environment={}, password_cost=CHEAPEST) as office,
    ):
        password = _password()
        world = World(office, hire(office, password))
        pictures = [(file.stem.replace("-", " ").title(), file) for file in sorted(references.iterdir())]
        deployment_id = plan_street(world, enrol(world, pictures), film, loop=stays)
        authorise(world, deployment_id)
        supervisor = live.Supervisor(office)
        address = address_of(bound, _HOST, https=False)
        street = _Street(world, deployment_id, stays=stays)
        serve_app(
            create_app(office, supervisor, also=(street,), pages=create_console),
            bound,
            parts=(supervisor,),
            quiet=True,
            started=lambda: _say_sign_ins(address, deployment_id, password, stays=stays),
        )
        runs = live.list_runs(office, world.staff["operator"], deployment_id)
        _say_what_came(runs)
        return bool(runs) and all(run.in_order for run in runs) and (stays or _alerts(runs) > 0)


def _bound(port: int) -> socket.socket:
    """The port that was asked for, or any if that is taken."""
    from overt.web import bind

    try:
        return bind(_HOST, port)
    except RecordsError:
        return bind(_HOST, 0)


class _Street:
    """The deployment, as a part of the server: what was live before a server starts is suspended by it."""

    def __init__(self, world: World, deployment_id: str, *, stays: bool) -> None:
        self._world = world
        self._deployment_id = deployment_id
        self._stays = stays
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="demo-ending", daemon=True)

    def start(self) -> None:
        """Go live; and end the server once the street has been played, unless it stays."""
        deployments.start_deployment(self._world.office, self._world.staff["operator"], self._deployment_id)
        if not self._stays:
            self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            if not _is_live(self._world, self._deployment_id):
                os.kill(os.getpid(), signal.SIGINT)
                return


def _is_live(world: World, deployment_id: str) -> bool:
    shown = deployments.show_deployment(world.office, world.staff["operator"], deployment_id)
    return shown.state == "live"


def _password() -> str:
    """Three words and a number, easily typed on a phone; for this run, on this machine, alone."""
    return "-".join([*(secrets.choice(_WORDS) for _ in range(3)), f"{secrets.randbelow(9000) + 1000}"])


def _say_sign_ins(address: str, deployment_id: str, password: str, *, stays: bool) -> None:
    lines = [
        "",
        f"The console is at {address}, with a SIMULATED deployment running.",
        f"Everybody's password is {password}",
        "",
        *(
            f"  {member.username:<10} {member.full_name:<16} {_roles(member):<22} {address}{member.begins_at}"
            for member in STAFF
        ),
        "",
        f"  The live page: {address}/live/{deployment_id}",
        "",
        "Ctrl-C ends it: the engine is stopped and erased, and everything that was kept is removed."
        if stays
        else "No terminal: it ends by itself when the street has been played once.",
        "",
    ]
    print("\n".join(lines), flush=True)
    sys.stdout.flush()


def _roles(member: Member) -> str:
    from overt.console.wording import words

    return ", ".join(words("role", role) for role in member.roles)


def _alerts(runs: tuple[RunView, ...]) -> int:
    return sum(run.alerts_received for run in runs)


def _say_what_came(runs: tuple[RunView, ...]) -> None:
    faces = sum(run.passages for run in runs)
    erased = "everything was overwritten" if all(run.in_order for run in runs) else "NOT ended in order"
    typer.echo(
        f"{count(faces, 'face')} seen, {count(_alerts(runs), 'alert')}; {erased}; what was kept is removed."
    )
