"""Tasks are done once each and answered in their order, whatever happens to a worker or its node."""

import os
import threading
import time

import numpy as np
import pytest

from overt.errors import ClusterError, ImageError
from overt.gallery.shards import Crew, cluster_status

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning:ray"),
    pytest.mark.filterwarnings("ignore::ResourceWarning:subprocess"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

END_YOURSELF = b"end yourself"
FAIL = b"fail"
MARK = b"what nobody else may see, and the store would show"


class Reversal:
    """Gives back what it took, from the end to the beginning, after a while."""

    def __init__(self, seconds=0.0):
        self.seconds = seconds
        self.taken = bytearray()
        self.word = b""

    def take(self, part):
        assert len(part) <= 64 * 1024
        self.taken += part

    def do(self):
        if self.taken == END_YOURSELF:
            os._exit(1)
        if self.taken == FAIL:
            raise ZeroDivisionError
        self.word = b"at %d bytes" % len(self.taken)
        time.sleep(self.seconds)
        return bytes(self.taken[::-1])

    def told(self):
        return self.word

    def clear(self):
        self.taken.clear()
        self.word = b""


class Impossible:
    """Its node lacks something."""

    def __init__(self):
        raise FileNotFoundError

    take = do = told = clear = None


def contents(*sizes):
    return [np.random.default_rng(size).bytes(size) for size in sizes]


def tasks(contents, part=50_000):
    """Each in parts, afresh for each asking."""

    def task(content):
        return lambda: (content[first : first + part] for first in range(0, len(content), part))

    return [task(content) for content in contents]


def test_answers_come_in_order_whole_and_not_through_the_shared_store(machines):
    given = [*contents(0, 1, 65_536, 65_537, 3_000_000), MARK * 40_000, *contents(*range(100, 120))]
    with Crew(Reversal, address=machines.address, label="reversal", workers=3) as crew:
        assert list(crew.each(tasks(given, 1_000_000))) == [content[::-1] for content in given]
        assert crew.losses == 0
        workers = cluster_status(machines.address).workers
        assert [worker.name for worker in workers] == [f"reversal worker {n}" for n in (1, 2, 3)]
        assert sum(worker.tasks for worker in workers) == len(given)
        assert all(worker.reached and not worker.busy for worker in workers)
        for needle in (MARK, MARK[::-1]):
            assert machines.in_shared_stores(needle) == 0
            written = [path for path in machines.folder.rglob("*") if path.is_file()]
            assert written
            assert not any(needle in path.read_bytes() for path in written)
        assert list(crew.each([])) == []
    assert cluster_status(machines.address).workers == ()


def test_a_node_killed_in_the_middle_costs_time_and_no_answer(machines):
    given = contents(*range(60_000, 60_024))
    with Crew(Reversal, 0.3, address=machines.address, label="reversal") as crew:
        answers = crew.each(tasks(given))
        found = [next(answers) for _ in range(3)]
        assert sum(worker.busy for worker in cluster_status(machines.address).workers) == 4
        machines.kill()
        machines.start()
        found += answers
        assert found == [content[::-1] for content in given]
        assert crew.losses >= 1


def test_those_that_are_left_do_the_rest_where_none_can_be_replaced(machines):
    """A worker alone is killed, and no node has room for another within the time."""
    given = contents(*range(1000, 1010))
    with Crew(Reversal, 0.2, address=machines.address, label="reversal", workers=2) as crew:
        answers = crew.each(tasks(given))
        first = next(answers)
        crew._patience = 0
        crew._add = refuse
        crew._replace(crew._all[0])
        assert [first, *answers] == [content[::-1] for content in given]


def refuse():
    raise ClusterError("no room", "Make some")


def test_a_task_that_ends_its_workers_ends_four_and_no_more(machines):
    with Crew(Reversal, address=machines.address, label="reversal", workers=2) as crew:
        answers = crew.each(tasks([b"ab", END_YOURSELF]))
        assert next(answers) == b"ba"
        with pytest.raises(ClusterError, match="reversal: task 2 was lost with 4 workers"):
            next(answers)
        assert crew.losses == 4
        assert list(crew.each(tasks([b"ab"]))) == [b"ba"]


def test_an_error_of_a_task_reaches_whoever_asked_and_leaves_the_crew_whole(machines):
    def lost():
        yield b"half of it"
        raise ImageError("it is gone", "Bring it back")

    with Crew(Reversal, address=machines.address, label="reversal", workers=1) as crew:
        with pytest.raises(ImageError, match="it is gone"):
            list(crew.each([lost]))
        with pytest.raises(ZeroDivisionError):
            list(crew.each(tasks([FAIL])))
        assert list(crew.each(tasks([b"ab"]))) == [b"ba"]


def test_it_is_told_how_far_a_task_is(machines):
    words = []
    with Crew(Reversal, 1.5, address=machines.address, label="reversal", workers=1) as crew:
        list(crew.each(tasks([b"abc", b"abcd"]), lambda number, word: words.append((number, word))))
    assert set(words) == {(0, b"at 3 bytes"), (1, b"at 4 bytes")}


def test_dismissed_in_the_middle_it_leaves_nothing_behind(machines):
    crew = Crew(Reversal, 30.0, address=machines.address, label="reversal", workers=1)
    failed = []

    def ask():
        with pytest.raises(ClusterError) as error:
            list(crew.each(tasks([b"ab"])))
        failed.append(error.value)

    asking = threading.Thread(target=ask)
    asking.start()
    while not any(worker.busy for worker in cluster_status(machines.address).workers):
        time.sleep(0.05)
    crew.close()
    asking.join()
    assert "dismissed" in str(failed[0])
    assert cluster_status(machines.address).workers == ()


def test_where_no_worker_can_be_it_says_why(machines):
    with pytest.raises(ClusterError, match="cannot be made on its node"):
        Crew(Impossible, address=machines.address, label="reversal", workers=1)
    crew = Crew(Reversal, 0.3, address=machines.address, label="reversal", workers=2)
    crew._patience = 5
    try:
        answers = crew.each(tasks(contents(*range(20))))
        next(answers)
        while machines.nodes:
            machines.kill()
        with pytest.raises(ClusterError, match="no machine took it in 5 s"):
            list(answers)
        with pytest.raises(ClusterError, match="no machine took it in 5 s"):
            list(crew.each(tasks([b"ab"])))
    finally:
        crew.close()
        machines.start()
        machines.start()
    assert cluster_status(machines.address).workers == ()
