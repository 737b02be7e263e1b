"""A process that holds keys or faces leaves no core dump, however it ends."""

import os
import subprocess
import sys

import pytest

CRASH = """
import os, resource, signal
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
{first}
os.kill(os.getpid(), signal.SIGSEGV)
"""
EVERY_COMMAND = """
import ctypes, resource
import overt.cli.app as cli
cli.app = lambda: print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE))
cli.main()
"""


def dumps(first, folder):
    crashed = subprocess.Popen([sys.executable, "-c", CRASH.format(first=first)], cwd=folder)
    _, status = os.waitpid(crashed.pid, 0)
    crashed.returncode = status
    assert os.WIFSIGNALED(status)
    return os.WCOREDUMP(status) or any(folder.iterdir())


def test_a_crash_leaves_no_core_dump(tmp_path):
    assert not dumps("import overt.undumped as u; u.never_dumped()", tmp_path)
    if not dumps("", tmp_path):
        pytest.skip("this machine takes no core dumps of anything")


def test_every_command_begins_with_it():
    said = subprocess.check_output([sys.executable, "-c", EVERY_COMMAND], text=True)
    dumpable, soft, hard = said.split()
    assert dumpable == "0"
    assert (soft, hard) in {("0", "0"), ("1", "1")}
