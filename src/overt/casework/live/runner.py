"""One live deployment's engine, kept running: started, listened to, started again after a death, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, ParamSpec, Protocol, Self, TypeVar

from sqlalchemy.exc import DBAPIError

from overt.casework.actor import Actor
from overt.casework.alerts import take_alert
from overt.casework.deployments import interrupt_deployment
from overt.casework.events import news_of
from overt.casework.live._figures import figures_of
from overt.casework.live._frames import frames_of
from overt.casework.live.runs import (
    prepare_run,
    record_end,
    record_fault,
    record_ready,
    record_telemetry,
)
from overt.engine import Alert, Begin, Closed, Engine, Fault, MaskedFrame, Ready, Telemetry
from overt.errors import ConflictError, EngineError, OvertError, RecordsError, WireError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from overt.casework.commands import Command
    from overt.casework.live.models import PreparedRun
    from overt.casework.office import Office
    from overt.engine import Outward

__all__ = ["Runner", "RunningEngine", "StartEngine"]

P = ParamSpec("P")
T = TypeVar("T")

TELEMETRY_SECONDS: Final = 5.0
STOP_SECONDS: Final = 15.0
"""How long an engine that was told to stop may take to say that all is overwritten before it is killed."""
LONGEST_PAUSE: Final = 60.0
DATABASE_SECONDS: Final = 60.0
"""How long a run waits for a database that does not answer, holding its alerts, before it gives up."""


class RunningEngine(Protocol):
    """What a runner needs of an engine; `overt.engine.Engine` is one."""

    ready: Ready

    @property
    def pid(self) -> int:
        """The engine's process."""

    def messages(self) -> Iterator[Outward]:
        """What it says, `Closed` last; EngineError where it died."""

    def stop(self, reason: str = ...) -> None:
        """Tell it to end."""

    def __enter__(self) -> Self:
        """Until it is left."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Stopped, and gone."""


StartEngine = Callable[[Begin], RunningEngine]


class Runner(threading.Thread):
    """A thread that runs a deployment's engine until it is told to stop, or nothing more can be done.

    Where it ends by itself it suspends the deployment, with the reason.

    Args:
        office: the office.
        deployment_id: of a deployment that is live.
        start_engine: starts an engine, `Engine.start`.
    """

    def __init__(
        self,
        office: Office,
        deployment_id: str,
        start_engine: Callable[[Begin], RunningEngine] = Engine.start,
    ) -> None:
        super().__init__(name=f"overt-{deployment_id}", daemon=True)
        self.deployment_id = deployment_id
        self._office = office
        self._start_engine = start_engine
        self._actor = Actor.software("engine")
        self._policy = office.policy.deployments
        self._guard = threading.Lock()
        self._asked = threading.Event()
        self._asked_reason = ""
        self._engine: RunningEngine | None = None
        self.telemetry: Telemetry | None = None
        self.run_id: str | None = None

    def stop(self, reason: str) -> None:
        """Ask it to end, and its engine; the first reason counts. Returns at once."""
        with self._guard:
            if self._asked.is_set():
                return
            self._asked_reason = reason
            self._asked.set()
            engine = self._engine
        if engine is not None:
            self._stop_engine(engine)

    def run(self) -> None:
        """The thread's work."""
        reason = "the server has failed in keeping its engine running"
        try:
            reason = self._keep_running()
        except (OvertError, DBAPIError, OSError) as error:
            reason = _words(error)
        finally:
            if reason:
                self._suspend(reason)
            frames_of(self._office).forget(self.deployment_id)
            figures_of(self._office).forget(self.deployment_id)
            news_of(self._office).tell()

    def _keep_running(self) -> str:
        """Run engines until told to stop; the reason to suspend the deployment, empty where there is none."""
        deaths, pause = 0, self._policy.restart_seconds
        while not self._asked.is_set():
            prepared = self._persist(prepare_run, self.deployment_id)
            self.run_id, self.telemetry = prepared.run_id, None
            figures_of(self._office).begin(self.deployment_id, prepared.run_id)
            try:
                return self._run_once(prepared)
            except (EngineError, WireError) as error:
                self._end(prepared, _words(error), in_order=False)
                if isinstance(error, EngineError) and error.refused:
                    return f"the engine refused to begin: {error.what}"
                deaths += 1
                if deaths > self._policy.restarts:
                    return f"the engine has died {deaths} times: {error.what}"
            except (OvertError, DBAPIError) as error:
                self._end(prepared, _words(error), in_order=False)
                raise
            self._asked.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        return ""

    def _run_once(self, prepared: PreparedRun) -> str:
        """One engine, from its start to its last word; the reason to suspend the deployment, where there is one.

        Raises:
            EngineError: it could not begin, died, or has failed.
            WireError: it has said what no engine says.
        """
        with self._start_engine(prepared.begin) as engine:
            if self._persist(record_ready, prepared.run_id, engine.ready):
                return ""
            with self._guard:
                self._engine, asked = engine, self._asked.is_set()
            if asked:
                self._stop_engine(engine)
            try:
                closed, failure = self._listen(prepared, engine)
            except ConflictError:
                return ""  # another server has ended this run
            finally:
                with self._guard:
                    self._engine = None
        reason = self._asked_reason or failure or closed.reason
        self._end(prepared, reason, in_order=True, telemetry=closed.telemetry)
        if self._asked.is_set():
            return ""
        if failure:
            raise EngineError(failure)
        return f"the engine has ended: {closed.reason}"

    def _listen(self, prepared: PreparedRun, engine: RunningEngine) -> tuple[Closed, str]:
        """Take in the engine's messages until its last; returns it, and the fatal fault before it if there was one.

        Raises:
            EngineError: the engine died.
            ConflictError: the run has been ended in the record.
        """
        run_id, kept_at, failure = prepared.run_id, time.monotonic(), ""
        for message in engine.messages():
            if isinstance(message, Alert):
                self._persist(take_alert, run_id, message)
            elif isinstance(message, MaskedFrame):
                frames_of(self._office).put(self.deployment_id, message)
            elif isinstance(message, Telemetry):
                self.telemetry = message
                figures_of(self._office).put(self.deployment_id, message, self._office.now())
                if time.monotonic() - kept_at >= TELEMETRY_SECONDS:
                    kept_at = time.monotonic()
                    self._persist(record_telemetry, run_id, message)
            elif isinstance(message, Fault):
                figures_of(self._office).put_fault(self.deployment_id, message, self._office.now())
                self._persist(record_fault, run_id, message)
                failure = f"{message.kind}: {message.detail}" if message.fatal else failure
            elif isinstance(message, Closed):
                self.telemetry = message.telemetry or self.telemetry
                return message, failure
        raise EngineError("The engine has ended without a last word", "Start it again")

    def _end(
        self, prepared: PreparedRun, reason: str, *, in_order: bool, telemetry: Telemetry | None = None
    ) -> None:
        figures_of(self._office).forget(self.deployment_id)
        figures = telemetry or self.telemetry
        self._persist(record_end, prepared.run_id, reason, in_order=in_order, telemetry=figures)

    def _suspend(self, reason: str) -> None:
        """Suspend the deployment, unless it is no longer live."""
        with contextlib.suppress(ConflictError):
            self._persist(interrupt_deployment, self.deployment_id, reason)

    def _stop_engine(self, engine: RunningEngine) -> None:
        """Tell the engine to end, and see that it does."""
        engine.stop(self._asked_reason)

        def kill() -> None:
            if self._engine is engine:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(engine.pid, signal.SIGKILL)

        timer = threading.Timer(STOP_SECONDS, kill)
        timer.daemon = True
        timer.start()

    def _persist(self, give: Command[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Give a command; where the database does not answer, again and again for a while: no alert may be lost.

        Raises:
            RecordsError: it has not worked for a minute.
        """
        began, pause = time.monotonic(), 0.1
        while True:
            try:
                return give(self._office, self._actor, *args, **kwargs)
            except RecordsError:
                if time.monotonic() - began > DATABASE_SECONDS:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, 5.0)


def _words(error: BaseException) -> str:
    return error.what if isinstance(error, OvertError) else type(error).__name__
