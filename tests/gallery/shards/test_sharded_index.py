"""Over a real cluster of several nodes the answers are those of one process, whatever happens to a node."""

import json
import threading

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from overt.cli.app import app
from overt.errors import ClusterError, ContractError
from overt.gallery.collections import CollectionIndex
from overt.gallery.shards import ShardedIndex, cluster_status
from tests.gallery.filler import contract, synthetic_templates

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning:ray"),
    pytest.mark.filterwarnings("ignore::ResourceWarning:subprocess"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

N = 20_000
TEMPLATES = synthetic_templates(N, 128, 1)
TEMPLATES[N // 2] = TEMPLATES[3]
IDS = np.random.default_rng(1).permutation(2 * N)[:N].astype(np.int64)
PROBES = np.concatenate([synthetic_templates(20, 128, 2), TEMPLATES[:5]])


def database(held=slice(None)):
    def refill():
        for part in np.array_split(np.arange(N)[held], 5):
            yield IDS[part], TEMPLATES[part]

    return refill


def one_process(held=slice(None)):
    index = CollectionIndex(contract())
    index.add(IDS[held], TEMPLATES[held])
    return index


def assert_same(got, wanted):
    np.testing.assert_array_equal(got.ids, wanted.ids)
    np.testing.assert_array_equal(got.scores, wanted.scores)


def test_answers_as_one_process_does_and_keeps_templates_out_of_the_shared_store(machines):
    import ray

    alone = one_process(slice(0, 15_000))
    sharded = ShardedIndex(contract(), address=machines.address, shards=3, label="collection 7")
    try:
        sharded.add(IDS[:15_000], TEMPLATES[:15_000])
        assert_same(sharded.search(PROBES, 9), alone.search(PROBES, 9))
        gone = IDS[3:12_000:5]
        assert sharded.remove(gone) == alone.remove(gone) == len(gone)
        assert sharded.remove(gone) == 0
        assert_same(sharded.search(PROBES, 9), alone.search(PROBES, 9))
        for index in (sharded, alone):
            index.add(IDS[15_000:], TEMPLATES[15_000:])
        assert_same(sharded.search(PROBES, 700), alone.search(PROBES, 700))
        assert len(sharded) == len(alone)
        with pytest.raises(ValueError, match="is held already"):
            sharded.add(IDS[-1:], TEMPLATES[-1:])
        with pytest.raises(ContractError, match="Re-embed"):
            sharded.search(synthetic_templates(1, 256, 1), 1)
        status = cluster_status(machines.address)
        assert [shard.name for shard in status.shards] == [f"collection 7 shard {n} of 3" for n in (1, 2, 3)]
        assert sum(shard.images for shard in status.shards) == len(alone)
        assert all(shard.reached and shard.memory_bytes for shard in status.shards)
        assert sum(node.alive for node in status.nodes) == 3
        told = CliRunner().invoke(app, ["cluster", "status", "--json", "--address", machines.address])
        assert json.loads(told.stdout) == json.loads(msgspec.json.encode(status))
        table = CliRunner().invoke(app, ["cluster", "status", "--address", machines.address]).stdout
        assert "collection 7 shard 2 of 3" in table
        needle = TEMPLATES[5, 40:48].tobytes()
        assert machines.in_shared_stores(needle) == 0
        written = [path for path in machines.folder.rglob("*") if path.is_file()]
        assert written
        assert not any(needle in path.read_bytes() for path in written)
        held = ray.put(TEMPLATES)
        assert machines.in_shared_stores(needle) > 0, "what is in the store is not found there"
        del held
    finally:
        sharded.close()
    assert cluster_status(machines.address).shards == ()


def test_a_node_killed_in_the_middle_of_a_search_costs_time_and_no_answer(machines):
    probes = synthetic_templates(3000, 128, 3)
    wanted = one_process().search(probes, 4)
    sharded = ShardedIndex(contract(), address=machines.address, refill=database(), shards=3)
    try:
        sharded.add(IDS, TEMPLATES)
        found = []
        searching = threading.Thread(target=lambda: found.append(sharded.search(probes, 4)))
        searching.start()
        machines.kill()
        assert not found, "the search was over before the node was killed"
        machines.start()
        searching.join()
        assert_same(found[0], wanted)
        assert sharded.repairs >= 1
        assert_same(sharded.search(PROBES, 4), one_process().search(PROBES, 4))
    finally:
        sharded.close()


def test_a_removed_template_does_not_come_back_with_a_shard_that_is_made_again(machines):
    sharded = ShardedIndex(contract(), address=machines.address, refill=database(), shards=2)
    try:
        sharded.add(IDS, TEMPLATES)
        assert sharded.remove(IDS[:500]) == 500
        machines.kill()
        machines.start()
        sharded.remove(IDS[500:600])
        assert_same(sharded.search(PROBES, 4), one_process(slice(600, None)).search(PROBES, 4))
        assert sharded.repairs >= 1
    finally:
        sharded.close()


def test_what_cannot_be_reached_is_named(machines):
    sharded = ShardedIndex(contract(), address=machines.address, refill=database(), shards=4)
    try:
        sharded.add(IDS, TEMPLATES)
        while machines.nodes:
            machines.kill()
        sharded._patience = 5
        with pytest.raises(
            ClusterError,
            match=r"shard \d of 4, with [45],\d+ of 20,000 images, could not be reached: .* no machine took it",
        ):
            sharded.search(PROBES, 4)
        sharded._patience = 60
        machines.start()
        assert_same(sharded.search(PROBES, 4), one_process().search(PROBES, 4))
    finally:
        sharded.close()


def test_several_collections_share_the_machines(machines):
    several = [ShardedIndex(contract(), address=machines.address, label=f"collection {n}") for n in range(3)]
    try:
        for index in several:
            index.add(IDS, TEMPLATES)
            assert_same(index.search(PROBES, 4), one_process().search(PROBES, 4))
    finally:
        for index in several:
            index.close()
