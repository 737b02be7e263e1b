"""A collection's index answers as a comparison of every template does, whatever was added and removed before."""

import subprocess
import sys
import threading
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overt.errors import ContractError, EnrolmentError
from overt.gallery.collections import CollectionIndex, Found, best_of
from tests.gallery.filler import contract, synthetic_templates

BOTH = pytest.mark.parametrize("precision", ["float32", "int8"])


def plain(ids, templates, probes, k):
    """Every probe with every template in float64, stated in float32; ties by id."""
    found = Found.nothing(len(probes), k)
    for i, probe in enumerate(probes.astype(np.float64)):
        scores = ((probe / np.linalg.norm(probe)) * templates).sum(axis=1).astype(np.float32)
        order = np.lexsort((ids, -scores))[:k]
        found.ids[i, : len(order)], found.scores[i, : len(order)] = ids[order], scores[order]
    return found


def assert_same(got: Found, wanted: Found):
    np.testing.assert_array_equal(got.ids, wanted.ids)
    np.testing.assert_array_equal(got.scores, wanted.scores)


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(0, 400),
    dimension=st.sampled_from([2, 16, 100, 128, 256]),
    spread=st.sampled_from([1.0, 0.3, 0.01]),
    doubled=st.sampled_from([1, 2, 40]),
    k=st.integers(1, 30),
    room=st.sampled_from([7, 64, 65_536]),
    threads=st.sampled_from([1, 3]),
    precision=st.sampled_from(["int8", "float32"]),
    removals=st.lists(st.floats(0, 1), max_size=3),
)
def test_answers_as_a_plain_scan_does_after_any_additions_and_removals(
    *, seed, n, dimension, spread, doubled, k, room, threads, precision, removals
):
    generator = np.random.default_rng(seed)
    templates = np.repeat(synthetic_templates(-(-n // doubled), dimension, seed, spread=spread), doubled, 0)[
        :n
    ]
    ids = generator.permutation(3 * n)[:n].astype(np.int64)
    probes = np.concatenate(
        [synthetic_templates(3, dimension, seed + 1, spread=spread) * np.float32(5), templates[:2]]
    )
    index = CollectionIndex(contract(dimension), precision=precision, threads=threads, room=room)
    held = np.zeros(n, bool)
    for part in np.array_split(np.arange(n), 4):
        index.add(ids[part], templates[part])
        held[part] = True
        assert_same(index.search(probes, k), plain(ids[held], templates[held], probes, k))
    for share in removals:
        gone = held & (generator.random(n) < share)
        assert index.remove(ids[gone]) == gone.sum()
        held &= ~gone
        assert len(index) == held.sum()
        assert_same(index.search(probes, k), plain(ids[held], templates[held], probes, k))
    index.add(ids[~held], templates[~held])
    assert_same(index.search(probes, k), plain(ids, templates, probes, k))


@BOTH
def test_the_same_picture_many_times_over_comes_by_its_ids(precision):
    templates = np.repeat(synthetic_templates(1, 128, 1), 3000, axis=0)
    index = CollectionIndex(contract(), precision=precision, room=1024)
    index.add(range(3000)[::-1], templates)
    index.add(range(3000, 5000), synthetic_templates(2000, 128, 2))
    assert index.search(templates[:1], 5).ids.tolist() == [[0, 1, 2, 3, 4]]


@BOTH
@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, 1e-40, 3e38])
def test_a_probe_that_is_not_a_direction_finds_nothing_and_harms_no_other(precision, bad):
    templates = synthetic_templates(50, 128, 1)
    index = CollectionIndex(contract(), precision=precision)
    index.add(range(50), templates)
    probes = templates[:3].copy()
    probes[1] = bad
    found = index.search(probes, 2)
    assert found.ids[[0, 2], 0].tolist() == [0, 2]
    assert found.ids[1].tolist() == [-1, -1]
    assert np.isneginf(found.scores[1]).all()


@BOTH
def test_an_empty_collection_and_no_probes_find_nothing(precision):
    index = CollectionIndex(contract(), precision=precision)
    assert index.search(synthetic_templates(2, 128, 1), 3).ids.tolist() == [[-1] * 3] * 2
    index.add([5], synthetic_templates(1, 128, 1))
    assert index.search(np.zeros((0, 128), np.float32), 3).ids.shape == (0, 3)
    assert index.remove([5, 6]) == 1
    assert index.search(synthetic_templates(1, 128, 1), 1).ids.tolist() == [[-1]]
    assert len(index) == 0


def test_a_closed_index_holds_nothing_and_can_be_filled_again():
    index = CollectionIndex(contract(), threads=3, room=10)
    templates = synthetic_templates(45, 128, 1)
    for first_id in (0, 100):
        index.add(range(first_id, first_id + 45), templates)
        kept = index._blocks[0]
        assert index.search(templates[20:21], 1).ids.tolist() == [[first_id + 20]]
        index.close()
        assert len(index) == 0
        assert not kept.templates.any()
        assert not kept._codes.any()


def test_what_cannot_be_held_is_refused_whole():
    index = CollectionIndex(contract())
    templates = synthetic_templates(4, 128, 1)
    index.add([3, 1], templates[:2])
    with pytest.raises(ContractError, match=r"float32 \[n, 128\].*Re-embed"):
        index.add([7], synthetic_templates(1, 256, 1))
    with pytest.raises(ContractError, match="probes of embedded 1"):
        index.search(synthetic_templates(1, 256, 1), 1)
    with pytest.raises(ContractError, match="Re-embed the collection"):
        index.require(contract(version="2"))
    index.require(contract())
    with pytest.raises(EnrolmentError, match=r"the first is of image 8: length 0\.5"):
        index.add([7, 8], templates[2:] * np.array([[1], [0.5]], np.float32))
    for ids, why in (([7, 7], "twice"), ([7, 1], "1 is held"), ([7], "1 ids"), ([-1, 7], "negative")):
        with pytest.raises(ValueError, match=why):
            index.add(ids, templates[2:])
    assert len(index) == 2
    assert index.search(templates[2:3], 2).ids.tolist() != [[7, 8]]


def test_parts_found_apart_become_what_is_found_together():
    templates, probes = synthetic_templates(900, 128, 1), synthetic_templates(4, 128, 2)
    templates[600] = templates[100]
    parts = []
    for part in np.array_split(np.arange(900), 3):
        index = CollectionIndex(contract())
        index.add(part, templates[part])
        parts.append(index.search(probes, 7))
    assert_same(best_of(parts, 4, 7), plain(np.arange(900), templates, probes, 7))
    assert_same(best_of([], 4, 7), Found.nothing(4, 7))


@BOTH
def test_searches_at_once_see_each_change_whole_or_not_at_all(precision):
    """Each pair holds two images of one direction, added and removed in one go: a search finds both or neither."""
    pairs = synthetic_templates(40, 128, 1)
    index = CollectionIndex(contract(), precision=precision, threads=2, room=50)
    index.add(range(1000, 1200), synthetic_templates(200, 128, 2))
    stop = threading.Event()
    wrong, searches = [], count()

    def search(seed):
        generator = np.random.default_rng(seed)
        while not stop.is_set():
            pair = int(generator.integers(40))
            found = index.search(pairs[pair : pair + 1], 2)
            next(searches)
            near = found.scores[0] > 0.999
            if near.any() and found.ids[0].tolist() != [2 * pair, 2 * pair + 1]:
                wrong.append(found)
            if not near.any() and found.ids[0].min() < 0:
                wrong.append(found)

    def change(first):
        for _ in range(30):
            for pair in range(first, 40, 2):
                index.add([2 * pair, 2 * pair + 1], pairs[[pair, pair]])
            for pair in range(first, 40, 2):
                assert index.remove([2 * pair + 1, 2 * pair]) == 2

    searchers = [threading.Thread(target=search, args=(seed,)) for seed in range(4)]
    changers = [threading.Thread(target=change, args=(first,)) for first in range(2)]
    for thread in [*searchers, *changers]:
        thread.start()
    for thread in changers:
        thread.join()
    stop.set()
    for thread in searchers:
        thread.join()
    assert not wrong
    assert next(searches) > 20
    assert len(index) == 200


RESIDUE = """
import sys, numpy as np
from overt.gallery.collections import CollectionIndex
from tests.gallery.filler import contract, synthetic_templates

def find(needles):
    found = [0] * len(needles)
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            span, rights, *rest = line.split()
            if rights[:2] != "rw" or "[v" in line:
                continue
            low, high = (int(x, 16) for x in span.split("-"))
            memory.seek(low)
            block = memory.read(high - low)
            for i, needle in enumerate(needles):
                found[i] += block.count(needle.translate(FLIP))
            del block
    return found

FLIP = bytes(255 - i for i in range(256))
precision, remove, spare = sys.argv[1], sys.argv[2] == "remove", int(sys.argv[3])
index = CollectionIndex(contract(), precision=precision, room=1000)
templates = synthetic_templates(2600, 128, 1)
index.add(range(2600), templates)
index.search(templates[7:8] + templates[8:9], 3)
needles = [bytes(255 - b for b in templates[7, 40:44].tobytes())]
if precision == "int8":
    needles.append(bytes(255 - b for b in index._blocks[0]._codes[7, 40:56].tobytes()))
templates.fill(0)
if remove:
    index.remove(np.setdiff1d(np.arange(2600), [3] * spare) if spare else [7])
print(*find(needles))
"""


@BOTH
@pytest.mark.parametrize(("remove", "spare"), [("keep", 0), ("remove", 0), ("remove", 1)], ids=str)
def test_nothing_of_a_removed_template_is_left_in_memory(precision, remove, spare):
    """In a process whose allocator overwrites what is freed, as the engine's does; one removed, or all but one."""
    tunables = {
        "GLIBC_TUNABLES": "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0",
        "PYTHONMALLOC": "malloc",
    }
    ran = subprocess.run(
        [sys.executable, "-c", RESIDUE, precision, remove, str(spare)],
        env={**tunables, "PATH": "/usr/bin", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    residues = [int(word) for word in ran.stdout.split()]
    if remove == "keep":
        assert min(residues) > 0, "the search for residues finds nothing even where there must be some"
    else:
        assert max(residues) == 0
