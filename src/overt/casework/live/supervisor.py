"""The supervisor: keeps every live deployment's engine running, and ends what is over."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from overt.casework.actor import Actor
from overt.casework.deployments import due_moves, end_window, expire_deployment, interrupt_deployment
from overt.casework.events import news_of
from overt.casework.live.lease import BEAT_SECONDS, Lease
from overt.casework.live.left_over import interrupt_left_over
from overt.casework.live.runner import STOP_SECONDS, Runner
from overt.engine import Engine
from overt.errors import ConflictError, OvertError
from overt.records.tables import Deployment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from overt.casework.live.runner import StartEngine
    from overt.casework.office import Office
    from overt.engine import Telemetry

__all__ = ["Supervisor"]

LOOK_SECONDS: Final = 1.0
LOST_LEASE: Final = "another server has taken over"
FAILED: Final = "the supervisor has failed"
STOPPED: Final = "the server was stopped"


class Supervisor:
    """Runs the engines of the deployments that are live, whoever set them so and in whichever process.

    Args:
        office: the office; it must stay open until `close`.
        start_engine: starts an engine; another than `Engine.start` only in tests.
    """

    def __init__(self, office: Office, *, start_engine: StartEngine = Engine.start) -> None:
        self._office = office
        self.start_engine = start_engine
        """Starts an engine on this machine."""
        self._server = Actor.software("server")
        self._runners: dict[str, Runner] = {}
        self._guard = threading.Lock()
        self._closing = threading.Event()
        self._lease: Lease | None = None
        self._thread: threading.Thread | None = None
        self._looked_at: float | None = None
        self.interrupted: tuple[str, ...] = ()
        """Deployments that were live when it started, and were suspended."""
        self.trouble = ""
        """The last thing that went wrong in looking after them."""

    def start(self) -> None:
        """Take the lease, suspend what a crash has left live, and begin.

        Raises:
            RecordsError: another server runs on this database.
        """
        self._lease = Lease.take(self._office)
        try:
            self.interrupted = interrupt_left_over(self._office)
        except BaseException:
            self._lease.give_back()
            raise
        self._thread = threading.Thread(target=self._run, name="overt-supervisor", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop every engine in order, suspend what was live, and give the lease back."""
        if self._thread is None or self._lease is None:
            return
        self._closing.set()
        self.poke()
        self._thread.join()
        self._thread = None
        self._stop_all(STOPPED)
        if self._lease.beat():
            for deployment_id in self._live():
                with contextlib.suppress(ConflictError):  # somebody was quicker
                    interrupt_deployment(self._office, self._server, deployment_id, STOPPED)
        self._lease.give_back()

    def poke(self) -> None:
        """Look now rather than within a second."""
        news_of(self._office).tell()

    @property
    def working(self) -> bool:
        """Whether it holds the lease and has looked at the database within the last ten seconds."""
        thread, looked_at = self._thread, self._looked_at
        return (
            thread is not None
            and thread.is_alive()
            and looked_at is not None
            and time.monotonic() - looked_at < 10 * LOOK_SECONDS
        )

    def telemetry(self) -> Mapping[str, Telemetry]:
        """The newest figures of each deployment that runs here."""
        with self._guard:
            runners = list(self._runners.values())
        return {runner.deployment_id: runner.telemetry for runner in runners if runner.telemetry is not None}

    def _run(self) -> None:
        """The thread's work. If it fails, no engine runs on without it."""
        try:
            self._keep_looking()
        except BaseException:
            self._stop_all(FAILED)
            raise

    def _keep_looking(self) -> None:
        assert self._lease is not None  # noqa: S101 - `start` took it
        news, beaten_at = news_of(self._office), time.monotonic()
        while not self._closing.is_set():
            seen = news.count
            try:
                if time.monotonic() - beaten_at >= BEAT_SECONDS:
                    if not self._lease.beat():
                        break
                    beaten_at = time.monotonic()
                self._look()
                self._looked_at = time.monotonic()
            except (DBAPIError, OvertError) as error:  # while it lasts, `working` turns false
                self.trouble = f"{type(error).__name__}: {error}"
            if not self._closing.is_set():
                news.wait(seen, LOOK_SECONDS)
        else:
            return
        self._stop_all(LOST_LEASE)

    def _look(self) -> None:
        """Bring what runs into line with the database, and end what is over."""
        with self._office.database.reading() as session:
            due = due_moves(session, self._office.now())
        for deployment_id in due.to_end:
            with contextlib.suppress(ConflictError):  # somebody was quicker
                end_window(self._office, self._server, deployment_id)
        for deployment_id in due.to_expire:
            with contextlib.suppress(ConflictError):
                expire_deployment(self._office, self._server, deployment_id)
        self._line_up(frozenset(due.to_end))

    def _line_up(self, ended: frozenset[str]) -> None:
        """Stop the engines of what is not live, and start one for each deployment that is and has none."""
        live = self._live()
        for deployment_id in set(self._runners) - live:
            with self._office.database.reading() as session:
                state = session.scalar(select(Deployment.state).where(Deployment.id == deployment_id))
            why = "the window is over" if deployment_id in ended else f"the deployment is {state}"
            self._runners[deployment_id].stop(why)
        with self._guard:
            for deployment_id, runner in list(self._runners.items()):
                if not runner.is_alive():
                    del self._runners[deployment_id]
            new = [
                Runner(self._office, deployment_id, self.start_engine)
                for deployment_id in sorted(live - set(self._runners))
            ]
            self._runners |= {runner.deployment_id: runner for runner in new}
        for runner in new:
            runner.start()

    def _live(self) -> set[str]:
        with self._office.database.reading() as session:
            return set(session.scalars(select(Deployment.id).where(Deployment.state == "live")))

    def _stop_all(self, reason: str) -> None:
        with self._guard:
            runners = dict(self._runners)
            self._runners.clear()
        for runner in runners.values():
            runner.stop(reason)
        for runner in runners.values():
            runner.join(2 * STOP_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()
