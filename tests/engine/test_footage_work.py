"""A clip on another machine: in memory alone, not to be changed; and a node that would see otherwise says so."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from overt.biometrics import ModelPack
from overt.engine import BeginFootage, FootageProgress, clip_in_memory, footage_work
from overt.engine.clip_memory import HeldClip
from overt.engine.footage_work import ClipWork, clip_parts, read_heard, read_progress
from overt.errors import ClusterError, ContractError, OvertError, PackError

CONTENT = os.urandom(150_000)
NODE = os.uname().nodename


@pytest.fixture
def clip() -> Iterator[int]:
    """An open clip that is none."""
    descriptor = clip_in_memory(CONTENT)
    yield descriptor
    os.close(descriptor)


def _begin(pack: ModelPack) -> BeginFootage:
    return BeginFootage(
        pack="/where/it/is/not",
        contract=pack.contract,
        operating_point=pack.manifest.operating_point,
        clip="till camera",
        handed_in_by="person-1",
        reason="Robbery at the till",
    )


def _answered(pack: ModelPack, clip: int, size: int = len(CONTENT)) -> bytes:
    work = ClipWork()
    for part in clip_parts(_begin(pack), pack, clip, size):
        assert len(part) <= 64 * 1024
        work.take(part)
    try:
        return work.do()
    finally:
        work.clear()


def test_a_held_clip_cannot_be_changed_and_is_overwritten() -> None:
    held = HeldClip(len(CONTENT))
    for first in range(0, len(CONTENT), 50_000):
        held.write(CONTENT[first : first + 50_000])
    descriptor = held.sealed()
    again = os.dup(descriptor)
    try:
        assert os.pread(descriptor, len(CONTENT), 0) == CONTENT
        with pytest.raises(PermissionError):
            os.pwrite(descriptor, b"x", 0)
        with pytest.raises(PermissionError):
            os.ftruncate(descriptor, 0)
        with pytest.raises(PermissionError):
            Path(f"/proc/self/fd/{descriptor}").write_bytes(b"x")
        held.close()
        assert os.pread(again, len(CONTENT), 0) == bytes(len(CONTENT))
    finally:
        os.close(again)


def test_a_worker_overwrites_what_it_frees() -> None:
    look = "from overt.engine._freed import find_unerased; from overt.engine.footage_work import ClipWork; {}"
    left = []
    for first in ("", "ClipWork(); "):
        told = subprocess.run(
            [sys.executable, "-c", look.format(f"{first}print(*find_unerased(), sep=',')")],
            capture_output=True,
            text=True,
            check=True,
        )
        left.append(set(told.stdout.strip().split(",")))
    assert {"malloc 4000", "malloc 60000"} <= left[0]
    assert not {"malloc 4000", "malloc 60000"} & left[1]


@pytest.mark.parametrize("size", [0, 10])
def test_more_than_was_announced_is_not_taken(size: int) -> None:
    held = HeldClip(size)
    try:
        with pytest.raises(ValueError, match="announced"):
            held.write(bytes(11))
        if size:
            with pytest.raises(ValueError, match="announced"):
                held.sealed()
    finally:
        held.close()


def test_a_worker_says_what_a_run_on_this_machine_says(pack: ModelPack, clip: int) -> None:
    heard = read_heard(_answered(pack, clip))
    assert heard.troubles
    assert heard.troubles[0].feed == "till camera"
    assert (heard.passages, heard.progress.looked_at) == ([], 0)


def test_a_node_with_another_pack_is_named(pack: ModelPack, clip: int) -> None:
    manifest = pack.manifest
    cases: list[tuple[dict[str, object], type[OvertError]]] = [
        ({"version": "0"}, ContractError),
        ({"detector": msgspec.structs.replace(manifest.detector, score_threshold=0.123)}, PackError),
        ({"id": "another-pack"}, PackError),
    ]
    for changes, error in cases:
        altered = msgspec.structs.replace(manifest, **changes)  # type: ignore[arg-type]  # fields of several types
        other = ModelPack(manifest=altered, folder=pack.folder)
        with pytest.raises(error, match=NODE):
            read_heard(_answered(other, clip))


def test_a_node_with_other_code_is_named(pack: ModelPack, clip: int, monkeypatch: pytest.MonkeyPatch) -> None:
    work = ClipWork()
    for part in clip_parts(_begin(pack), pack, clip, len(CONTENT)):
        work.take(part)
    monkeypatch.setattr(footage_work, "digest_of_code", lambda _: "another")
    with pytest.raises(ClusterError, match=f"{NODE} has another version of Overt"):
        read_heard(work.do())
    work.clear()


def test_a_clip_that_does_not_come_whole_is_said(pack: ModelPack, clip: int) -> None:
    with pytest.raises(ClusterError, match=f"till camera did not come whole to the node {NODE}"):
        read_heard(_answered(pack, clip, len(CONTENT) + 1))


def test_it_tells_how_far_it_is() -> None:
    work = ClipWork()
    assert read_progress(work.told()) is None
    work._say(FootageProgress(seconds=2.5, passages=3))
    assert read_progress(work.told()) == FootageProgress(seconds=2.5, passages=3)
    work.clear()
    assert read_progress(work.told()) is None
