"""`overt serve --cluster`: a clip that is sent to the API is looked at by a worker, and the server ends in order."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import argon2
import httpx
import pytest

from overt.casework import open_office, people
from overt.evaluation.scene import Scene, SceneSettings
from tests.api.test_serving import refused, serving
from tests.offices import Staff

pytest.importorskip("ray")

from overt.gallery.shards import cluster_status
from tests.gallery.shards.conftest import machines

if TYPE_CHECKING:
    from tests.gallery.shards.conftest import Machines

__all__ = ["machines"]

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::FutureWarning")]


def test_a_clip_goes_to_the_cluster(tmp_path: Path, machines: Machines) -> None:
    with open_office(tmp_path / "data", environment={}, password_cost=argon2.profiles.CHEAPEST) as office:
        new = people.NewToken(name="clips", scopes=("probes",), days=1)
        token = people.add_token(office, Staff(office)("investigator"), new).secret
    film = tmp_path / "till.mp4"
    Scene(SceneSettings(seconds=6)).write(film)
    answers: list[httpx.Response] = []

    with serving(tmp_path / "data", "--cluster", machines.address) as server:

        def send() -> None:
            answers.append(
                httpx.post(
                    f"{server.url}/api/v1/probes",
                    files={"file": ("till.mp4", film.read_bytes())},
                    data={"reason": "Robbery at the till"},
                    headers={"Authorization": f"Bearer {token}"},
                    timeout=600,
                )
            )

        sending = threading.Thread(target=send)
        sending.start()
        seen = set()
        while sending.is_alive():
            seen |= {worker.name.partition(" ")[0] for worker in cluster_status(machines.address).workers}
            time.sleep(0.2)
        sending.join()
        (answer,) = answers
        assert answer.status_code == 201, answer.text
        assert answer.json()["faces"]
        assert seen == {"footage"}
        status, said = server.end()
    assert status == 0
    assert "Traceback" not in said


def test_a_cluster_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    said = refused("--data", str(tmp_path / "data"), "--port", "0", "--cluster", "127.0.0.1:1")
    assert "no Ray cluster answers at 127.0.0.1:1" in said
