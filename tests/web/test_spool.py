"""A large upload is never on disk in the clear, and reads back as it was sent."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overt.web.spool import SealedSpool

PLAIN = b"the picture of somebody who is sought " * 400


def _on_disk(spool: SealedSpool) -> bytes:
    return os.pread(spool._file, 1 << 20, 0)


def test_the_file_has_no_name_and_holds_nothing_readable(tmp_path: Path) -> None:
    with SealedSpool(tmp_path) as spool:
        spool.write(PLAIN)
        assert list((tmp_path / "tmp").iterdir()) == []
        held = _on_disk(spool)
        assert len(held) == len(PLAIN)
        assert b"somebody" not in held
        spool.seek(0)
        assert spool.read() == PLAIN


def test_two_uploads_of_the_same_bytes_look_nothing_alike(tmp_path: Path) -> None:
    with SealedSpool(tmp_path) as one, SealedSpool(tmp_path) as other:
        one.write(PLAIN)
        other.write(PLAIN)
        assert _on_disk(one)[:64] != _on_disk(other)[:64]


@given(
    parts=st.lists(st.binary(max_size=70), max_size=8),
    reads=st.lists(st.tuples(st.integers(0, 600), st.integers(0, 90)), max_size=8),
)
def test_any_part_reads_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], reads: list[tuple[int, int]]
) -> None:
    whole = b"".join(parts)
    with SealedSpool(tmp_path_factory.getbasetemp()) as spool:
        for part in parts:
            spool.write(part)
        for at, length in reads:
            spool.seek(at)
            assert spool.read(length) == whole[at : at + length]
        assert spool.seek(0, os.SEEK_END) == len(whole)


def test_an_archive_in_it_can_be_read(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("people.csv", "reference,name\n")
        archive.writestr("a.jpg", os.urandom(5000))
    with SealedSpool(tmp_path) as spool:
        for at in range(0, len(made.getvalue()), 777):
            spool.write(made.getvalue()[at : at + 777])
        spool.seek(0)
        with zipfile.ZipFile(spool) as archive:
            assert archive.namelist() == ["people.csv", "a.jpg"]
            assert archive.testzip() is None
