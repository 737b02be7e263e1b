import gc
import re
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overt.engine.pools import OVERWRITTEN, LeasePool, size_class
from overt.errors import EngineError


def test_a_released_lease_is_overwritten_before_release_returns():
    pool = LeasePool()
    lease = pool.take((48, 64, 3), np.uint8, "frame", time.monotonic_ns())
    memory = lease.array
    memory[:] = 7
    lease.release()
    assert (memory == OVERWRITTEN).all()


def test_a_lease_that_is_lost_is_overwritten_when_it_is_collected():
    pool = LeasePool()
    lease = pool.take((32,), np.float32, "template", time.monotonic_ns())
    memory = lease.array
    memory[:] = 1.5
    del lease
    gc.collect()
    assert (memory.view(np.uint8) == OVERWRITTEN).all()
    assert pool.leases_out == 0


def test_a_second_release_does_nothing_to_the_next_holder():
    pool = LeasePool()
    first = pool.take((100,), np.uint8, "chip", time.monotonic_ns())
    first.release()
    second = pool.take((100,), np.uint8, "chip", time.monotonic_ns())
    second.array[:] = 9
    first.release()
    assert (second.array == 9).all()
    assert pool.leases_out == 1


def test_memory_is_handed_out_again_and_never_to_two_at_once():
    pool = LeasePool()
    now = time.monotonic_ns()
    for _ in range(50):
        leases = [pool.take((720, 1280, 3), np.uint8, "frame", now) for _ in range(3)]
        for value, lease in enumerate(leases):
            lease.array[:] = value
        assert [int(lease.array.max()) for lease in leases] == [0, 1, 2]
        for lease in leases:
            lease.release()
    assert pool.held_bytes == 3 * size_class(720 * 1280 * 3)


def test_the_time_from_last_use_is_counted_from_the_last_touch():
    pool = LeasePool()
    captured = time.monotonic_ns() - 5_000_000_000
    lease = pool.take((10,), np.uint8, "chip", captured)
    lease._last_use_ns -= 2_000_000_000
    lease.release()
    touched = pool.take((10,), np.uint8, "chip", captured)
    touched._last_use_ns -= 2_000_000_000
    touched.touch()
    touched.release()
    assert pool.erasure.summary().n == 2
    assert pool.erasure.percentile_ms(1) >= 4_900
    assert pool.after_use.summary().max >= 2_000
    assert pool.after_use.percentile_ms(1) < 1_000
    assert pool.overwritten_by_form == {"chip": 2}


def test_the_test_build_leaves_the_bytes_standing_and_counts_no_erasure():
    pool = LeasePool(overwrites=False)
    lease = pool.take((10,), np.uint8, "chip", time.monotonic_ns())
    memory = lease.array
    memory[:] = 7
    lease.release()
    pool.wipe_all()
    assert (memory == 7).all()
    assert pool.erasure.summary().n == 0


def test_wiping_reaches_leases_scratch_and_free_blocks():
    pool = LeasePool()
    leased = pool.take((10, 10), np.uint8, "chip", time.monotonic_ns())
    small = leased.array
    scratch = pool.allocate((300, 300), np.float32)
    leased.array[:] = 1
    scratch[:] = 2.0
    pool.wipe_all()
    assert (small == OVERWRITTEN).all()
    assert (scratch.view(np.uint8) == OVERWRITTEN).all()


def test_scratch_begins_as_zeros_even_where_a_lease_was():
    pool = LeasePool()
    pool.take((1024,), np.uint8, "chip", time.monotonic_ns()).release()
    assert not pool.allocate((1024,), np.uint8).any()


def test_a_full_pool_says_so_and_still_serves_what_it_has():
    pool = LeasePool(limit_bytes=2**20)
    lease = pool.take((2**19,), np.uint8, "frame", time.monotonic_ns())
    with pytest.raises(EngineError, match="limit is 1 MiB"):
        pool.take((2**20,), np.uint8, "frame", time.monotonic_ns())
    lease.release()
    pool.take((2**19,), np.uint8, "frame", time.monotonic_ns())


def test_the_memory_is_left_out_of_dumps_and_forks_and_locked_where_allowed():
    pool = LeasePool()
    lease = pool.take((1 << 18,), np.uint8, "frame", time.monotonic_ns())
    address = lease.array.ctypes.data
    flags = mapping_flags(address)
    assert {"dd", "dc"} <= flags
    assert ("lo" in flags) == (pool.locked_bytes == pool.held_bytes)


def mapping_flags(address):
    inside = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        bounds = re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line)
        if bounds:
            inside = int(bounds[1], 16) <= address < int(bounds[2], 16)
        elif inside and line.startswith("VmFlags:"):
            return set(line.split()[1:])
    raise AssertionError("no mapping holds that address")


@given(st.integers(min_value=0, max_value=2**30))
def test_a_block_holds_its_request_and_wastes_little(n_bytes):
    size = size_class(n_bytes)
    assert size >= max(n_bytes, 1)
    assert size <= max(64, 2 * n_bytes, 4096)
    if n_bytes > 65_536:
        assert size <= n_bytes * 9 / 8
        assert size % 4096 == 0
    assert size_class(size) == size


@given(
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from(["|u1", "<f4"])), min_size=1, max_size=40),
    st.randoms(),
)
def test_leases_never_overlap(requests, random):
    pool = LeasePool(lock=False)
    held = []
    for number, (length, kind) in enumerate(requests):
        lease = pool.take((length, 7), kind, "chip", 0)
        lease.array[:] = number
        held.append((number, lease))
        if random.random() < 0.4:
            held.pop(random.randrange(len(held)))[1].release()
        assert all((lease.array == number).all() for number, lease in held)


def test_threads_may_take_and_release_at_once():
    pool = LeasePool()
    wrong = []

    def work(mark):
        for _ in range(300):
            lease = pool.take((128,), np.uint8, "template", time.monotonic_ns())
            lease.array[:] = mark
            if (lease.array != mark).any():
                wrong.append(mark)
            lease.release()

    threads = [threading.Thread(target=work, args=(mark,)) for mark in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert pool.leases_out == 0
    assert pool.erasure.summary().n == 6 * 300
