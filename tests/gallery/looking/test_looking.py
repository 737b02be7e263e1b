"""Pictures go to a worker in parts and come back as looks: to the bit what the desk here sees, or a clear fault."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overt.biometrics import ModelPack, packs
from overt.errors import ClusterError, ContractError, OvertError, PackError
from overt.gallery import CollectionDesk, EnrolmentLimits, Look
from overt.gallery.looking import Expected, LookingWork, Offered, parts_of, read_looks
from overt.gallery.looking.offered import LARGEST_PART, Received

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    threads = cv2.getNumThreads()
    yield
    cv2.setNumThreads(threads)


@pytest.fixture(scope="module")
def pictures(verdict_folder: Path) -> list[Offered]:
    """One for each verdict, in an order that does not fill the recogniser's batches."""
    files = sorted(path for path in verdict_folder.rglob("*") if path.is_file())
    return [Offered(str(path.relative_to(verdict_folder)), path.read_bytes()) for path in files]


def looked(work: LookingWork, pictures: Sequence[Offered]) -> list[Look]:
    """What a crew would have it do."""
    for part in parts_of(pictures):
        work.take(part)
    answer = work.do()
    work.clear()
    return read_looks(answer)


def assert_same(one: Look, other: Look) -> None:
    """Every field, arrays to the bit."""
    for name in (field.name for field in fields(Look)):
        mine, others = getattr(one, name), getattr(other, name)
        if name == "faces":
            for array in ("boxes", "landmarks", "scores"):
                np.testing.assert_array_equal(getattr(mine, array), getattr(others, array), strict=True)
        elif name == "template" and mine is not None:
            np.testing.assert_array_equal(mine, others, strict=True)
        else:
            assert mine == others, name


def test_a_worker_sees_to_the_bit_what_the_desk_here_sees(pack: ModelPack, pictures: list[Offered]) -> None:
    desk = CollectionDesk(pack, covered=False)
    here = [desk.judge(desk.read(one.content, one.name), one.name) for one in pictures]
    desk.embed()
    work = LookingWork(Expected.here(pack).written())
    afar = [look for some in (pictures[:5], [], pictures[5:]) for look in looked(work, some)]
    assert len(afar) == len(here) > 10
    for one, other in zip(here, afar, strict=True):
        assert_same(one, other)
    assert {finding.kind for look in afar for finding in look.findings} >= {
        "unreadable",
        "too-large",
        "no-face",
    }
    assert sum(look.accepted for look in afar) >= 4


def test_limits_go_with_what_is_asked(pack: ModelPack, pictures: list[Offered]) -> None:
    strict = EnrolmentLimits(eye_distance=1000.0, mib=0.2)
    looks = looked(LookingWork(Expected.here(pack, strict).written()), pictures[:6])
    assert not any(look.accepted for look in looks)
    assert "too-small" in {finding.kind for look in looks for finding in look.findings}


def test_pictures_are_overwritten_once_they_were_looked_at(
    pack: ModelPack, pictures: list[Offered], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    judge = CollectionDesk.judge

    def watched(desk, read, name):
        seen.append(read)
        return judge(desk, read, name)

    monkeypatch.setattr(CollectionDesk, "judge", watched)
    work = LookingWork(Expected.here(pack).written())
    (one,) = (one for one in pictures if one.name == "good-hopper.jpg")
    for part in parts_of([one]):
        work.take(part)
    held = work._received._held
    assert one.content in held
    work.do()
    work.clear()
    assert not any(held)
    assert not seen[0].image.any()
    assert not work._desk._chips.any()
    assert not work._desk._templates.any()


def other_version(expected: Expected) -> Expected:
    return msgspec.structs.replace(expected, contract=msgspec.structs.replace(expected.contract, version="0"))


def no_such_pack(expected: Expected) -> Expected:
    return msgspec.structs.replace(
        expected, contract=msgspec.structs.replace(expected.contract, pack="no-such-pack")
    )


def other_networks(expected: Expected) -> Expected:
    return msgspec.structs.replace(expected, networks="0" * 64)


def other_code(expected: Expected) -> Expected:
    return msgspec.structs.replace(expected, code="0" * 64)


@pytest.mark.parametrize(
    ("differs", "error", "message"),
    [
        (other_version, ContractError, r"has the model pack embedded .*, and 0 is needed.*overt models pull"),
        (no_such_pack, PackError, r"no-such-pack is not on this machine"),
        (other_networks, PackError, r"networks differ.*overt models pull embedded"),
        (other_code, ClusterError, r"another version of Overt.*same version"),
    ],
)
def test_a_node_that_would_see_something_else_sees_nothing_and_is_named(
    pack: ModelPack, pictures: list[Offered], differs, error: type[OvertError], message: str
) -> None:
    work = LookingWork(differs(Expected.here(pack)).written())
    with pytest.raises(error, match=message) as found:
        looked(work, pictures[:1])
    assert f"node {os.uname().nodename}" in str(found.value)
    assert str(packs.packs_folder()) not in str(found.value)


@given(
    st.lists(
        st.tuples(st.text(max_size=40), st.binary(max_size=200), st.integers(0, 2 * LARGEST_PART)), max_size=5
    )
)
def test_what_is_cut_into_parts_is_put_together_again(pictures) -> None:
    sent = [Offered(name, content + bytes(more)) for name, content, more in pictures]
    received = Received()
    for _ in range(2):  # a task after another
        for part in parts_of(sent):
            assert 0 < len(part) <= LARGEST_PART
            received.take(part)
        got = list(received.pictures())
        assert [(one.name, one.content) for one in got] == [(one.name, one.content) for one in sent]
        received.clear()


def test_too_little_and_too_much_are_noticed() -> None:
    first, *_, last = parts = list(parts_of([Offered("a", bytes(3 * LARGEST_PART))]))
    received = Received()
    received.take(first)
    with pytest.raises(ValueError, match=f"{LARGEST_PART} bytes came of"):
        list(received.pictures())
    for part in parts[1:]:
        received.take(part)
    with pytest.raises(ValueError, match="announced"):
        received.take(last)
    with pytest.raises(ValueError, match="does not say"):
        Received().take(b"few")
