"""A force, engines that do as they are told, and a supervisor over them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from overt.casework import Office
from overt.casework import deployments as d
from overt.casework.live import Supervisor
from overt.records.tables import Deployment
from tests.casework.deployments.force import Force
from tests.casework.live.engines import Garage
from tests.casework.live.street import film_street
from tests.offices import Clock, Staff


@pytest.fixture
def force(office: Office, staff: Staff, clock: Clock) -> Force:
    """A force whose engines are started again quickly, twice."""
    policy = office.policy
    quick = msgspec.structs.replace(policy.deployments, restarts=2, restart_seconds=0.01)
    office.policy = msgspec.structs.replace(policy, deployments=quick)
    return Force(office, staff, clock)


@pytest.fixture
def garage() -> Garage:
    """Engines."""
    return Garage()


@pytest.fixture
def supervisor(force: Force, garage: Garage) -> Iterator[Supervisor]:
    """A supervisor at work."""
    with Supervisor(force.office, start_engine=garage.start) as at_work:
        yield at_work


@pytest.fixture
def until(force: Force) -> Callable[..., Deployment]:
    """Wait until a deployment is in a state."""

    def wait(deployment_id: str, state: str, seconds: float = 20) -> Deployment:
        deadline = time.monotonic() + seconds
        while True:
            with force.office.database.transaction() as session:
                deployment = session.get_one(Deployment, deployment_id)
            if deployment.state == state:
                return deployment
            assert time.monotonic() < deadline, f"still {deployment.state}, not {state}"
            time.sleep(0.02)

    return wait


@pytest.fixture
def reasons(force: Force) -> Callable[[str], list[str | None]]:
    """The reasons of a deployment's moves."""

    def of(deployment_id: str) -> list[str | None]:
        shown = d.show_deployment(force.office, force.operator, deployment_id)
        return [made.reason for made in shown.moves]

    return of


@pytest.fixture(scope="session")
def street_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of a simulated street."""
    return film_street(tmp_path_factory.mktemp("street"))
