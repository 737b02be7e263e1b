"""An ingestion whose pictures a Ray cluster looks at: the same rows, pictures and templates, whatever is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from overt.casework import cluster_of, clusters, use_cluster
from overt.casework import collections as c
from overt.casework.collections import _looking, _looking_afar
from overt.errors import ClusterError, PackError
from tests.casework.collections.everything import everything, rows_of
from tests.casework.collections.suite import EVERY, Suite, folder_of
from tests.casework.watchlists.desk import collins, hopper

pytest.importorskip("ray")

from overt.gallery.shards import cluster_status
from tests.gallery.conftest import verdict_folder
from tests.gallery.shards.conftest import machines

if TYPE_CHECKING:
    from pathlib import Path

    from overt.biometrics import ModelPack
    from tests.gallery.shards.conftest import Machines

__all__ = ["machines", "verdict_folder"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning:ray"),
    pytest.mark.filterwarnings("ignore::ResourceWarning:subprocess"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.parametrize("database_kind", ["sqlite"]),
]

MANY = {f"P-{n:02}.jpg": collins(lighter=n) for n in range(24)} | {
    "bad.jpg": b"no picture",
    "H-1/front.jpg": hopper(),
    "H-1/same.jpg": hopper(),
}


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that many tasks are under way."""
    monkeypatch.setattr(_looking, "_BATCH", 4)
    monkeypatch.setattr(_looking_afar, "_PICTURES", 2)


@pytest.fixture
def alone(suite: Suite, pack: ModelPack) -> Suite:
    """Another collection, which knows no cluster while it is filled."""
    new = c.NewCollection(name="alone", purpose="The same in one process", pack=pack.manifest.id)
    c.create_collection(suite.office, suite.manager, new)
    return Suite(suite.office, suite.manager, "alone")


def test_a_cluster_brings_in_what_one_process_brings_in(
    suite: Suite, alone: Suite, verdict_folder: Path, tmp_path: Path, machines: Machines
) -> None:
    path = folder_of(tmp_path / "in", MANY)
    here = [alone.ingest(source) for source in (verdict_folder, path)]
    use_cluster(suite.office, machines.address)
    assert cluster_of(suite.office) == machines.address
    afar = [suite.ingest(source) for source in (verdict_folder, path)]
    for one, other in zip(here, afar, strict=True):
        assert rows_of(suite, other) == rows_of(alone, one)
        assert (other.state, other.workers_replaced) == ("finished", 0)
        assert other.refused_by == one.refused_by
    assert len(everything(suite)) > 20
    assert everything(suite) == everything(alone)
    needles = [hopper()[1000:1100], everything(suite)[0].picture[500:600], everything(suite)[0].template]
    for needle in needles:
        assert machines.in_shared_stores(needle) == 0
    written = [file.read_bytes() for file in machines.folder.rglob("*") if file.is_file()]
    assert any(b"ray" in content for content in written)
    assert not any(needle in content for needle in needles for content in written)
    assert not any(needle in content for needle in decoded(hopper()) for content in written)
    assert suite.ingest(path).unchanged == here[1].added + here[1].unchanged


def decoded(picture: bytes) -> list[bytes]:
    """Some rows of its pixels, in both orders of colours."""
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    return [row.tobytes() for at in (100, 200) for row in (image[at, 50:150], image[at, 50:150, ::-1])]


def test_a_node_killed_in_the_middle_loses_and_doubles_nothing(
    suite: Suite, alone: Suite, tmp_path: Path, machines: Machines
) -> None:
    path = folder_of(tmp_path / "in", MANY)
    here = alone.ingest(path)
    use_cluster(suite.office, machines.address)
    source = c.open_pictures(path)
    job = c.begin_ingestion(suite.office, suite.manager, suite.name, source)
    killed = []

    def kill(done: int, _: int) -> None:
        if not killed:
            killed.append(done)
            machines.kill()

    try:
        done = c.carry_out_ingestion(suite.office, suite.manager, job.id, source, kill)
    finally:
        machines.start()
    assert killed == [4]
    assert (done.state, done.done, done.rows) == ("finished", len(MANY), len(MANY))
    assert done.workers_replaced >= 1
    assert rows_of(suite, done) == rows_of(alone, here)
    assert everything(suite) == everything(alone)


CHILD = """
import os, signal, sys
from pathlib import Path
from overt.casework import Actor, Role, collections as c, open_office, use_cluster
from overt.casework.collections import _looking, _looking_afar, ingesting

_looking._BATCH, _looking_afar._PICTURES = 4, 2
folder, pictures, person, address = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
taken, take = [], ingesting.take_batch


def take_and_die(*args):
    result = take(*args)
    taken.append(result)
    if len(taken) == 3:  # its rows are written, and not committed
        os.kill(os.getpid(), signal.SIGKILL)
    return result


ingesting.take_batch = take_and_die
with open_office(folder, environment={}) as office:
    use_cluster(office, address)
    manager = Actor(person, "manager", frozenset({Role.WATCHLIST_MANAGER}), "cli")
    source = c.open_pictures(pictures)
    job = c.begin_ingestion(office, manager, "custody", source)
    c.carry_out_ingestion(office, manager, job.id, source)
"""


def test_the_process_that_ingests_is_killed_and_goes_on_and_its_workers_end(
    suite: Suite, alone: Suite, tmp_path: Path, machines: Machines
) -> None:
    path = folder_of(tmp_path / "in", MANY)
    here = alone.ingest(path)
    child = tmp_path / "child.py"
    child.write_text(CHILD)
    ended = subprocess.run(
        [sys.executable, str(child), str(suite.office.folder), str(path), suite.manager.id, machines.address],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    (cut_short,) = c.list_ingestions(suite.office, suite.manager, suite.name, EVERY).items
    assert (cut_short.state, cut_short.done, suite.show().images) == ("running", 8, 7)
    use_cluster(suite.office, machines.address)
    done = suite.ingest(path)
    assert (done.id, done.state, done.done) == (cut_short.id, "finished", len(MANY))
    assert rows_of(suite, done) == rows_of(alone, here)
    assert everything(suite) == everything(alone)
    until = time.monotonic() + 60
    while cluster_status(machines.address).workers and time.monotonic() < until:
        time.sleep(0.2)
    assert cluster_status(machines.address).workers == ()


def test_another_packs_templates_are_made_by_a_cluster_as_by_one_process(
    suite: Suite, alone: Suite, tmp_path: Path, machines: Machines, dlib_pack: ModelPack
) -> None:
    path = folder_of(tmp_path / "in", dict(list(MANY.items())[-9:]))
    for one in (alone, suite):
        one.ingest(path)
        c.begin_re_embedding(one.office, one.manager, one.name, dlib_pack.manifest.id)
        if one is suite:
            use_cluster(suite.office, machines.address)
        made = c.carry_out_re_embedding(one.office, one.manager, one.name).next
        assert made is not None
        assert (made.made, made.left) == (7, 0)
        c.switch_templates(one.office, one.manager, one.name)
    assert [held.template for held in everything(suite)] == [held.template for held in everything(alone)]
    assert len(everything(suite)[0].template) == 4 * dlib_pack.contract.dimension


def test_a_node_without_the_pack_is_named_and_what_is_done_is_done(
    suite: Suite, tmp_path: Path, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder_of(tmp_path / "in", MANY)
    use_cluster(suite.office, machines.address)
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("OVERT_HOME", str(tmp_path / "nothing"))
        machines.start()
    try:
        with pytest.raises(PackError, match=f"On the node {os.uname().nodename}.*overt models pull embedded"):
            suite.ingest(path)
    finally:
        machines.kill()
    (failed,) = c.list_ingestions(suite.office, suite.manager, suite.name, EVERY).items
    assert failed.state == "failed"
    assert "overt models pull embedded" in failed.failure
    done = suite.ingest(path)
    assert (done.id, done.state, done.done, done.failure) == (failed.id, "finished", len(MANY), "")


def test_a_cluster_that_is_gone_altogether_is_told_and_the_rest_goes_without_it(
    suite: Suite, alone: Suite, tmp_path: Path, machines: Machines
) -> None:
    """The last test of this file: it leaves no cluster."""
    path = folder_of(tmp_path / "in", MANY)
    here = alone.ingest(path)
    use_cluster(suite.office, machines.address)
    source = c.open_pictures(path)
    job = c.begin_ingestion(suite.office, suite.manager, suite.name, source)

    def power_cut(*_: int) -> None:
        for machine in machines._all:
            machines._end(machine)

    with pytest.raises(ClusterError, match=r"is gone\. Start it again, or go on without a cluster"):
        c.carry_out_ingestion(suite.office, suite.manager, job.id, source, power_cut)
    (failed,) = c.list_ingestions(suite.office, suite.manager, suite.name, EVERY).items
    assert failed.state == "failed"
    assert 4 <= failed.done < len(MANY), "what had come back is taken"
    assert "is gone" in failed.failure
    with pytest.raises(ClusterError, match="no Ray cluster answers"):
        suite.ingest(path)
    clusters._of(suite.office).address = None
    done = suite.ingest(path)
    assert (done.id, done.state, done.done) == (failed.id, "finished", len(MANY))
    assert rows_of(suite, done) == rows_of(alone, here)
    assert everything(suite) == everything(alone)
