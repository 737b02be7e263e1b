"""A collection whose templates a Ray cluster holds: found the same, filled from the database, deleted the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from overt.casework import collections as c
from overt.casework import use_cluster
from overt.casework.collections import index as kept
from tests.casework.collections.suite import Suite, folder_of
from tests.casework.watchlists.desk import collins, hopper

pytest.importorskip("ray")

from tests.gallery.shards.conftest import machines

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gallery.shards.conftest import Machines

__all__ = ["machines"]

FILES = {"A-1/front.jpg": collins(), "A-1/later/side.jpg": collins(mirrored=True), "B-2.jpg": hopper()}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_cluster_finds_what_one_process_finds_after_a_machine_is_lost_too(
    suite: Suite, tmp_path: Path, machines: Machines
) -> None:
    suite.ingest(folder_of(tmp_path / "in", FILES))
    alone = c.index_of(suite.office, suite.name)
    probes = np.random.default_rng(1).standard_normal((5, alone.contract.dimension), np.float32)
    wanted = alone.search(probes, 3)
    kept.forget_index(suite.office, suite.show().id)
    use_cluster(suite.office, machines.address)
    index = c.index_of(suite.office, suite.name)
    try:
        assert index is not alone
        found = index.search(probes, 3)
        np.testing.assert_array_equal(found.ids, wanted.ids)
        np.testing.assert_array_equal(found.scores, wanted.scores)
        machines.kill()
        machines.start()
        np.testing.assert_array_equal(index.search(probes, 3).scores, wanted.scores)
        assert index.repairs
        c.delete_record(suite.office, suite.manager, suite.name, "B-2")
        left = [number for number in wanted.ids[0].tolist() if number != 3]
        assert c.index_of(suite.office, suite.name) is index
        assert index.search(probes[:1], 3).ids[0].tolist() == [*left, -1]
    finally:
        kept.forget_index(suite.office, suite.show().id)
