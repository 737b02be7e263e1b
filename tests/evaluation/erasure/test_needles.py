import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overt.evaluation.erasure.needles import LENGTH, Needle, NeedleIndex, cut_all, cut_needles


def needles_of(rng, n):
    return [Needle("form", i, rng.bytes(LENGTH)) for i in range(n)]


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 9_900), min_size=1, max_size=8))
def test_a_needle_is_found_wherever_it_lies(seed, offsets):
    rng = np.random.default_rng(seed)
    memory = np.frombuffer(bytearray(10_000), np.uint8)
    needles = needles_of(rng, 8)
    placed = {}
    for needle, offset in zip(needles, offsets, strict=False):
        if all(abs(offset - other) >= LENGTH for other in placed):
            memory[offset : offset + LENGTH] = np.frombuffer(needle.content, np.uint8)
            placed[offset] = needle
    found = {hit.offset: hit.needle for hit in NeedleIndex(needles).search(memory)}
    assert found == placed


def test_a_needle_that_is_changed_in_one_byte_anywhere_is_not_found():
    needles = needles_of(np.random.default_rng(1), 3)
    index = NeedleIndex(needles)
    for place in range(LENGTH):
        memory = np.frombuffer(bytearray(b"\0" * 64 + needles[1].content + b"\0" * 64), np.uint8)
        memory[64 + place] ^= 1
        assert list(index.search(memory)) == []


def test_nothing_is_found_in_other_peoples_noise():
    rng = np.random.default_rng(2)
    memory = np.frombuffer(bytearray(rng.bytes(1 << 24)), np.uint8)
    assert list(NeedleIndex(needles_of(rng, 5_000)).search(memory)) == []


def test_needles_across_the_borders_of_what_is_read_at_once_are_found():
    needles = needles_of(np.random.default_rng(3), 2)
    memory = np.frombuffer(bytearray(5 << 20), np.uint8)
    offset = (1 << 21) - 13
    memory[offset : offset + LENGTH] = np.frombuffer(needles[0].content, np.uint8)
    assert [hit.offset for hit in NeedleIndex(needles).search(memory)] == [offset]


def test_the_same_needle_of_two_faces_is_reported_for_both():
    content = np.random.default_rng(4).bytes(LENGTH)
    index = NeedleIndex([Needle("chip", 0, content), Needle("chip", 1, content), Needle("chip", 1, content)])
    memory = np.frombuffer(bytearray(b"\0" * 8 + content + b"\0" * 8), np.uint8)
    assert sorted(hit.needle.face for hit in index.search(memory)) == [0, 1]


def test_needles_are_cut_from_rich_rows_and_never_from_flat_ones():
    rng = np.random.default_rng(5)
    rows = np.full((40, 200), 128, np.uint8)
    assert cut_needles(rows, "bgr frame", 0) == []
    rows[10:30, 60:120] = rng.integers(0, 255, (20, 60))
    needles = cut_needles(rows, "bgr frame", 7)
    assert needles
    assert all(len(set(needle.content)) >= 10 and needle.face == 7 for needle in needles)
    assert all(needle.content in rows.tobytes() for needle in needles)


def test_a_template_is_covered_from_end_to_end():
    template = np.random.default_rng(6).normal(size=128).astype(np.float32)
    needles = cut_all(template.view(np.uint8), "template float32", 0)
    covered = np.zeros(512, bool)
    for needle in needles:
        at = template.tobytes().index(needle.content)
        covered[at : at + LENGTH] = True
    assert covered.all()
    assert cut_all(np.zeros(512, np.uint8), "template float32", 0) == []


def test_needles_can_be_left_out():
    needles = needles_of(np.random.default_rng(7), 3)
    index = NeedleIndex(needles).without({needles[1].content})
    assert [needle.face for needle in index.needles] == [0, 2]


def test_a_needle_of_another_length_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        NeedleIndex([Needle("chip", 0, b"short")])
