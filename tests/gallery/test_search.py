"""The search finds what an exhaustive comparison finds, and refuses what cannot be compared."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overt.errors import ContractError, WatchlistError
from overt.gallery import Candidates, Gallery, Precision, fuse_references, require_contract
from tests.gallery.filler import contract, synthetic_templates

BOTH = pytest.mark.parametrize("precision", ["float32", "int8"])


def exhaustive(templates, owner, probes, n_entries):
    lengths = np.linalg.norm(probes.astype(np.float64), axis=1, keepdims=True)
    scores = (probes / lengths) @ templates.astype(np.float64).T
    best = np.full((len(probes), n_entries), -np.inf)
    for template, entry in enumerate(owner):
        best[:, entry] = np.maximum(best[:, entry], scores[:, template])
    return best


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_entries=st.integers(1, 60),
    most=st.integers(1, 4),
    k=st.integers(1, 70),
    dimension=st.sampled_from([2, 16, 128]),
    spread=st.sampled_from([1.0, 0.3, 0.01]),
    precision=st.sampled_from(["float32", "int8"]),
)
def test_finds_what_an_exhaustive_comparison_finds(*, seed, n_entries, most, k, dimension, spread, precision):
    generator = np.random.default_rng(seed)
    owner = generator.permutation(np.repeat(np.arange(n_entries), generator.integers(1, most + 1, n_entries)))
    templates = synthetic_templates(len(owner), dimension, seed, spread=spread)
    probes = synthetic_templates(11, dimension, seed + 1, spread=spread) * np.float32(3)
    gallery = Gallery(contract(dimension), precision).build(
        list(map(str, range(n_entries))), templates, owner
    )
    got = gallery.search(probes, k)
    truth = exhaustive(templates, owner, probes, n_entries)
    shown = min(k, n_entries)
    np.testing.assert_allclose(got.scores[:, :shown], -np.sort(-truth, axis=1)[:, :shown], atol=2e-6)
    chosen = np.take_along_axis(truth, got.entries[:, :shown], axis=1)
    np.testing.assert_allclose(chosen, got.scores[:, :shown], atol=2e-6)
    assert all(len(set(row)) == shown for row in got.entries[:, :shown].tolist())
    assert (got.entries[:, shown:] == -1).all()
    assert np.isneginf(got.scores[:, shown:]).all()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 80),
    k=st.integers(1, 5),
    dimension=st.sampled_from([2, 16, 128]),
    spread=st.sampled_from([1.0, 0.3, 0.01]),
    shortest=st.sampled_from([0.0, 0.5, 0.95]),
)
def test_eight_bits_find_what_floats_find_among_templates_of_many_lengths(
    *, seed, n, k, dimension, spread, shortest
):
    lengths = np.random.default_rng(seed).uniform(shortest, 1, (n, 1))
    lengths[: n // 4] = 1
    templates = (synthetic_templates(n, dimension, seed, spread=spread) * lengths).astype(np.float32)
    probes = synthetic_templates(9, dimension, seed + 1, spread=spread)
    names = list(map(str, range(n)))
    exact, small = (
        Gallery(contract(dimension), precision).build(names, templates, range(n)).search(probes, k)
        for precision in ("float32", "int8")
    )
    truth = exhaustive(templates, range(n), probes, n)
    shown = min(k, n)
    for got in (exact, small):
        np.testing.assert_allclose(got.scores[:, :shown], -np.sort(-truth, axis=1)[:, :shown], atol=2e-6)
        chosen = np.take_along_axis(truth, got.entries[:, :shown], axis=1)
        np.testing.assert_allclose(chosen, got.scores[:, :shown], atol=2e-6)


@BOTH
def test_an_entry_of_no_length_scores_nothing(precision: Precision):
    templates = np.array([[1, 0], [-1, 0], [0, 1]], np.float32)
    gallery = Gallery(contract(2), precision).build_fused(["a", "b"], templates, [0, 0, 1])
    got = gallery.search(templates[:1] + templates[2:], 2)
    assert got.entries.tolist() == [[1, 0]]
    np.testing.assert_allclose(got.scores, [[0.5**0.5, 0]], atol=1e-6)


@BOTH
def test_a_list_with_one_picture_an_entry_is_searched_as_it_ever_was(precision: Precision):
    templates, probes = synthetic_templates(200, 128, 1), synthetic_templates(20, 128, 2)
    names, owner = list(map(str, range(200))), np.random.default_rng(3).permutation(200)
    fused, plain = Gallery(contract(), precision), Gallery(contract(), precision)
    got = fused.build_fused(names, templates, owner).search(probes, 5)
    before = plain.build(names, templates, owner).search(probes, 5)
    np.testing.assert_array_equal(got.entries, before.entries)
    np.testing.assert_array_equal(got.scores, before.scores)


@BOTH
def test_an_entry_with_several_pictures_scores_by_the_template_of_all(precision: Precision):
    templates = synthetic_templates(7, 128, 1, spread=0.3)
    owner = [1, 0, 1, 2, 1, 0, 2]
    gallery = Gallery(contract(), precision).build_fused(list("abc"), templates, owner)
    got = gallery.search(templates[:1], 3)
    truth = fuse_references(templates, owner) @ templates[0]
    assert gallery.n_templates == 3
    assert got.entries.tolist() == [np.argsort(-truth).tolist()]
    np.testing.assert_allclose(got.scores[0], np.sort(truth)[::-1], atol=1e-6)


@BOTH
def test_an_entry_scores_as_its_best_template(precision: Precision):
    templates = np.eye(4, dtype=np.float32)
    gallery = Gallery(contract(4), precision).build(["a", "b"], templates, [0, 1, 0, 1])
    got = gallery.search(templates[2:3], 2)
    assert got.entries.tolist() == [[0, 1]]
    np.testing.assert_allclose(got.scores, [[1, 0]], atol=1e-6)


@BOTH
def test_equal_scores_come_in_the_order_of_the_watchlist(precision: Precision):
    templates = np.repeat(synthetic_templates(1, 128, 1), 300, axis=0)
    gallery = Gallery(contract(), precision).build([str(i) for i in range(300)], templates, range(300))
    assert gallery.search(templates[:1], 3).entries.tolist() == [[0, 1, 2]]


@BOTH
def test_an_empty_gallery_has_no_candidates(precision: Precision):
    got = Gallery(contract(), precision).search(synthetic_templates(2, 128, 1), 3)
    assert (got.entries == -1).all()
    assert np.isneginf(got.scores).all()


@BOTH
@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, 1e-40, 3e38])
def test_a_probe_that_is_not_a_direction_has_no_candidates_and_harms_no_other(
    precision: Precision, bad: float
):
    templates = synthetic_templates(50, 128, 1)
    gallery = Gallery(contract(), precision).build([str(i) for i in range(50)], templates, range(50))
    probes = templates[:3].copy()
    probes[1] = bad
    got = gallery.search(probes)
    assert got.entries[:, 0].tolist() == [0, -1, 2]
    assert np.isneginf(got.scores[1, 0])


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, 1e-40, 0.05, 0.5])
def test_a_picture_whose_template_is_not_of_unit_length_is_refused(bad: float):
    templates = synthetic_templates(5, 128, 1)
    templates[3] = bad
    with pytest.raises(WatchlistError, match=r"the first is row 3: .* should be 1"):
        Gallery(contract()).build_fused(list("abcde"), templates, range(5))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.5])
def test_a_template_that_is_longer_than_1_is_refused(bad: float):
    templates = synthetic_templates(5, 128, 1)
    templates[3] = bad
    with pytest.raises(WatchlistError, match=r"the first is row 3: .* should be at most 1"):
        Gallery(contract()).build(list("abcde"), templates, range(5))


def test_another_packs_templates_and_probes_are_refused():
    gallery = Gallery(contract()).build(["a"], synthetic_templates(1, 128, 1), [0])
    with pytest.raises(ContractError, match=r"float32 \[m, 128\]"):
        gallery.build(["a"], synthetic_templates(1, 256, 1), [0])
    with pytest.raises(ContractError, match="should be float32"):
        gallery.search(synthetic_templates(1, 256, 1))
    with pytest.raises(ContractError, match="open 1"):
        gallery.require(contract(pack="open"))
    with pytest.raises(ContractError, match="embedded 2"):
        require_contract(gallery.contract, contract(version="2"))
    gallery.require(contract())


@pytest.mark.parametrize(
    ("entries", "owner", "message"),
    [
        (["a", "b"], [0, 0], "'b' has no template"),
        (["a"], [0, 1], "fit together"),
        (["a"], [0], "fit together"),
    ],
)
def test_entries_and_templates_that_do_not_fit_together_are_refused(entries, owner, message):
    gallery = Gallery(contract())
    for build in (gallery.build, gallery.build_fused):
        with pytest.raises(WatchlistError, match=message):
            build(entries, synthetic_templates(2, 128, 1), owner)


def test_results_go_where_the_caller_says():
    gallery = Gallery(contract()).build(["a"], synthetic_templates(1, 128, 1), [0])
    room = Candidates.empty(2, 1)
    assert gallery.search(synthetic_templates(2, 128, 1), out=room) is room
    with pytest.raises(ValueError, match="room"):
        gallery.search(synthetic_templates(3, 128, 1), out=room)


RESIDUE = """
import sys, numpy as np
from overt.gallery import Gallery, quantise_probe
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
precision, scrub = sys.argv[1], sys.argv[2] == "scrub"
templates = synthetic_templates(3000, 128, 1)
gallery = Gallery(contract(), precision).build(list(map(str, range(3000))), templates, range(3000))
probes = synthetic_templates(3, 128, 99)
written, work = np.zeros(128, np.uint8), np.zeros(128, np.float32)
quantise_probe(probes[1], written, work)
needles = [bytes(255 - b for b in part) for part in (probes[1, 40:44].tobytes(), written[40:56].tobytes())]
gallery.search(probes[1:2])
gallery.search(probes, 4)
for array in (written, work, probes):
    array.fill(0)
del written, work
if scrub:
    gallery.scrub()
print(*find(needles))
"""


@BOTH
def test_a_smaller_search_leaves_nothing_of_a_larger_one_before(precision: Precision):
    gallery = Gallery(contract(), precision).build(
        list(map(str, range(50))), synthetic_templates(50, 128, 1), range(50)
    )
    gallery.search(synthetic_templates(6, 128, 99))
    gallery.search(synthetic_templates(2, 128, 98))
    assert gallery._probes[1].any()
    assert not gallery._probes[2:].any()
    per_probe = (gallery._scores,) if precision == "float32" else (gallery._written, gallery._sums)
    assert not any(work[2:].any() for work in per_probe)


@BOTH
@pytest.mark.parametrize("scrub", ["scrub", "leave"])
def test_scrub_leaves_nothing_of_a_probe_in_memory(precision: Precision, scrub: str):
    """In a process of its own, started as the engine is: freed memory is overwritten."""
    tunables = {
        "GLIBC_TUNABLES": "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0",
        "PYTHONMALLOC": "malloc",
    }
    ran = subprocess.run(
        [sys.executable, "-c", RESIDUE, precision, scrub],
        env={**tunables, "PATH": "/usr/bin", "OPENBLAS_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    residues = [int(word) for word in ran.stdout.split()]
    if scrub == "leave":
        assert residues[0] > 0, "the search for residues finds nothing even where there must be some"
        assert residues[1] > 0 or precision == "float32"
    else:
        assert residues == [0, 0]
