import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from overt.engine import _landlock, seal
from overt.engine.launch import engine_environment, parse_arguments, start_process
from overt.engine.seal import SEALS
from tests.engine.sealed_child import run, start

ATTEMPTS = """
import errno, mmap, threading
from pathlib import Path
folder = Path(sys.executable and %r)

def attempt(action):
    try:
        action()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

def all_attempts():
    return {
        "make": attempt(lambda: os.close(os.open(folder / "new", os.O_CREAT | os.O_WRONLY))),
        "open for writing": attempt(lambda: os.close(os.open(folder / "old", os.O_WRONLY))),
        "truncate": attempt(lambda: os.truncate(folder / "old", 0)),
        "remove": attempt(lambda: os.unlink(folder / "old")),
        "rename": attempt(lambda: os.rename(folder / "old", folder / "other")),
        "link": attempt(lambda: os.link(folder / "old", folder / "linked")),
        "symbolic link": attempt(lambda: os.symlink("x", folder / "symbolic")),
        "make a folder": attempt(lambda: os.mkdir(folder / "folder")),
        "make a pipe": attempt(lambda: os.mkfifo(folder / "pipe")),
        "shared memory": attempt(lambda: os.close(os.open("/dev/shm/overt-new", os.O_CREAT | os.O_RDWR))),
        "bind a socket": attempt(lambda: socket.socket(socket.AF_UNIX).bind(str(folder / "socket"))),
    }

def grow():
    trial = os.memfd_create("trial")
    return attempt(lambda: os.write(trial, b"x"))

def elsewhere(action):
    found = []
    thread = threading.Thread(target=lambda: found.append(action()))
    thread.start()
    thread.join()
    return found[0]

def status(field, task="self"):
    path = f"/proc/self/task/{task}/status" if task != "self" else "/proc/self/status"
    for line in Path(path).read_text().splitlines():
        if line.startswith(field + ":"):
            return line.split()[1]

def locked_growth():
    before = int(status("VmLck"))
    with mmap.mmap(-1, 32 << 20):
        return int(status("VmLck")) - before

files = [n for n in range(3, 200) if n != told.wire and attempt(lambda: os.fstat(n)) == "done"]
listener = socket.socket()
tell(
    seals={name: [state.held, state.detail] for name, state in states.items()},
    here=all_attempts(),
    beside=elsewhere(all_attempts),
    read=(folder / "old").read_text(),
    grow=grow(),
    grow_beside=elsewhere(grow),
    no_new_privileges=[status("NoNewPrivs"), elsewhere(lambda: status("NoNewPrivs", threading.get_native_id()))],
    locked_growth=locked_growth(),
    listen=attempt(lambda: listener.bind(("127.0.0.1", 0))),
    variables=sorted(os.environ),
    files=files,
    outputs=[os.readlink(f"/proc/self/fd/{n}") for n in (0, 1, 2)],
)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("open")
    (folder / "old").write_text("written before")
    return folder


@pytest.fixture(scope="module")
def found(folder):
    """What a sealed process could still do; it inherits an open file and a secret that it should not have."""
    os.environ["OVERT_TEST_SECRET"] = "hunter2"
    read, write = os.pipe()
    try:
        return run(ATTEMPTS % str(folder), more_files=(read, write))
    finally:
        del os.environ["OVERT_TEST_SECRET"]
        os.close(read)
        os.close(write)


needs_landlock = pytest.mark.skipif(not _landlock.abi(), reason="the kernel has no Landlock")


def test_every_seal_is_reported_by_name_and_with_what_was_tried(found):
    assert tuple(found["seals"]) == SEALS
    assert all(detail for _, detail in found["seals"].values())


@pytest.mark.parametrize("name", [n for n in SEALS if n not in {"memory-locked", "no-filesystem-writes"}])
def test_seals_that_every_kernel_can_hold_are_held(found, name):
    assert found["seals"][name][0], found["seals"][name][1]


@needs_landlock
@pytest.mark.parametrize("where", ["here", "beside"])
def test_nothing_can_be_written_to_the_file_system_from_any_thread(found, folder, where):
    assert found["seals"]["no-filesystem-writes"][0]
    refused = {"EACCES", "EXDEV"}
    if _landlock.abi() < 3:
        del found[where]["truncate"]
    assert {what: how for what, how in found[where].items() if how not in refused} == {}
    assert (folder / "old").read_text() == "written before"
    assert [path.name for path in folder.iterdir()] == ["old"]


def test_files_can_still_be_read(found):
    assert found["read"] == "written before"


def test_no_file_can_grow_even_one_that_has_no_name(found):
    assert found["grow"] == found["grow_beside"] == "EFBIG"


def test_no_thread_can_gain_privileges(found):
    assert found["no_new_privileges"] == ["1", "1"]


def test_memory_taken_after_the_sealing_is_locked_where_it_may_be(found):
    held, detail = found["seals"]["memory-locked"]
    if "is locked" in detail:
        assert found["locked_growth"] >= 32 << 10
    else:
        swaps = Path("/proc/swaps").read_text().splitlines()[1:]
        assert held == (not swaps)


@pytest.mark.skipif(_landlock.abi() < 4, reason="the kernel's Landlock does not know the network")
def test_it_cannot_listen_for_connections(found):
    assert found["listen"] == "EACCES"


def test_the_environment_is_a_closed_list_without_the_parents_secrets(found):
    assert "OVERT_TEST_SECRET" not in found["variables"]
    assert set(found["variables"]) <= set(engine_environment()) | {"LC_CTYPE"}


def test_only_the_wire_is_open(found):
    assert found["files"] == []
    assert found["outputs"] == ["/dev/null"] * 3


def test_an_unknown_variable_breaks_the_seal():
    states = run(
        "tell(**{n: s.held for n, s in states.items()})", more_environment={"AWS_SECRET_ACCESS_KEY": "x"}
    )
    assert not states["clean-environment"]


def test_without_the_allocators_settings_freed_memory_is_found_and_named():
    detail = run("tell(d=states['freed-memory-overwritten'].detail)", overwrite_freed=False)["d"]
    assert "malloc 200" in detail
    assert "Python object" in detail


def test_without_the_first_stage_writing_is_found_possible_and_nothing_is_left_behind():
    tried = Path("/tmp")  # noqa: S108 - where the seal tries to write
    before = set(tried.glob(".overt-*"))
    found = run(
        "tell(held=states['no-filesystem-writes'].held, p=states['no-new-privileges'].held)", confined=False
    )
    assert found == {"held": False, "p": False}
    assert set(tried.glob(".overt-*")) == before


def test_a_seal_left_open_for_a_test_is_not_called_held():
    found = run("tell(**{n: s.held for n, s in states.items()})", relaxed=("not-dumpable", "no-core-dump"))
    assert not found["not-dumpable"]
    assert not found["no-core-dump"]
    assert found["no-file-growth"]


def test_a_crash_dumps_no_core():
    def died_with_core(relaxed):
        child = start("tell(ready=True)\nos.abort()", relaxed=relaxed)
        assert child.heard()["ready"]
        _, status = os.waitpid(child.process.pid, 0)
        child.process.returncode = 0
        child.wire.close()
        assert os.WTERMSIG(status) == signal.SIGABRT
        return os.WCOREDUMP(status)

    assert not died_with_core(())
    # The limit alone, without the seal beside it, is enough too.
    assert not died_with_core(("not-dumpable",))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read any process")
def test_another_process_of_the_same_user_cannot_read_its_memory():
    child = start("tell(ready=True)\nwire.recv(1)")
    assert child.heard()["ready"]
    with pytest.raises(PermissionError):
        os.open(f"/proc/{child.process.pid}/mem", os.O_RDONLY)
    child.end()


WITNESS = """
import mmap, time
import numpy as np
from overt.engine import pools
pool = pools.LeasePool()
lease = pool.take((4096,), np.uint8, "frame", time.monotonic_ns())
lease.array[:] = 7
class Witness:
    def wipe_all(self):
        pool.wipe_all()
        shared[:4] = lease.array[:4].tobytes()
witness = Witness()
pools._pools.add(witness)
tell(pid=os.getpid())
time.sleep(600)
"""


def test_when_the_parent_dies_the_pools_are_overwritten_and_the_process_ends(repository):
    shared = os.memfd_create("witness")
    os.ftruncate(shared, 4096)
    before = f"import mmap\nshared = mmap.mmap({shared}, 4096)"
    parent = (
        "import sys, time\n"
        f"sys.path.insert(0, {str(repository)!r})\n"
        "from tests.engine.sealed_child import start\n"
        f"child = start({WITNESS!r}, before={before!r}, more_files=({shared},))\n"
        "print(child.heard()['pid'], flush=True)\n"
        "time.sleep(600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, pass_fds=(shared,))
    child = int(process.stdout.readline())
    assert os.pread(shared, 4, 0) == b"\0\0\0\0"
    process.kill()
    process.wait()
    process.stdout.close()
    gone = wait_until(lambda: not Path(f"/proc/{child}").exists() or is_zombie(child))
    assert gone
    assert os.pread(shared, 4, 0) == b"\xa5\xa5\xa5\xa5"
    os.close(shared)


def wait_until(true, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def is_zombie(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_child_whose_parent_is_already_gone_ends_at_once():
    child = start("tell(still_here=True)", parent=1 << 22)
    assert child.heard() == {}
    assert child.end() == 0


def test_the_engine_outlives_the_thread_that_started_it_and_ends_with_the_wire():
    started = []
    thread = threading.Thread(target=lambda: started.append(start_process()))
    thread.start()
    thread.join()
    process, end = started[0]
    limits = Path(f"/proc/{process.pid}/limits")
    assert wait_until(lambda: "Max core file size        1 " in limits.read_text(), seconds=60)
    assert process.poll() is None
    end.close()
    assert process.wait(60) == 0


def test_arguments_are_read_as_they_are_written():
    told = parse_arguments(["--wire", "5", "--parent", "77"])
    assert (told.wire, told.parent) == (5, 77)


def test_sealing_does_not_reach_the_process_that_starts_it(tmp_path):
    run("tell(ok=True)")
    (tmp_path / "file").write_text("still free")
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_the_inference_runtime_keeps_no_database_and_starts_no_thread_of_its_own():
    program = (
        "import onnxruntime\n"
        "def name(n):\n"
        "    try: return os.readlink(f'/proc/self/fd/{n}')\n"
        "    except FileNotFoundError: return ''\n"
        "tell(threads=len(os.listdir('/proc/self/task')),"
        " files=[name(n) for n in os.listdir('/proc/self/fd') if int(n) > 2])"
    )
    found = run(program)
    # The main thread, and the one that waits for the parent's death.
    assert found["threads"] == 2
    assert [name for name in found["files"] if name and not name.startswith(("socket:", "/proc/"))] == []


def test_a_user_id_without_an_account_has_no_home_and_is_sealed_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_account() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_account)
    monkeypatch.setattr(seal, "_could_make_a_file", lambda _folder: False)
    monkeypatch.setattr(_landlock, "abi", lambda: 7)
    assert seal._no_filesystem_writes().held
