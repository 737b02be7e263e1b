"""A watchlist file gives back what was written to its owner, and nothing to anyone else."""

import datetime as dt
import os
import stat
import struct
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from overt.errors import ContractError, WatchlistError
from overt.gallery import Entry, ReferenceImage, Watchlist, WatchlistKey, read_watchlist, write_watchlist
from overt.gallery import watchlist_file as format_of
from tests.gallery.filler import contract, synthetic_templates

KEY = WatchlistKey("key-file", bytes(range(32)))


def image(name: str, jpeg: bytes = b"") -> ReferenceImage:
    return ReferenceImage(
        file=name, sha256="00" * 32, width=200, height=300, box=(1.0, 2.0, 3.5, 4.0), quality=0.5, jpeg=jpeg
    )


def small(picture: bytes = b"\xff\xd8 a picture") -> Watchlist:
    entries = (
        Entry(
            reference="A/1",
            name="Édith",
            category="wanted",
            lawful_basis="warrant 12",
            instruction="arrest",
            image_date=dt.date(2024, 2, 29),
            expiry=dt.date(2030, 1, 1),
            notes={"station": "Basildon"},
        ),
        Entry(reference="B/2"),
    )
    images = (image("1.jpg", picture), image("2.jpg"), image("3.jpg", picture * 2))
    return Watchlist(contract(), entries, synthetic_templates(3, 128, 5), np.array([0, 1, 0]), images)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "list.overt-watchlist"
    write_watchlist(small(), path, KEY)
    return path


@pytest.mark.parametrize("picture", [b"", b"x", b"\x00\x01" * 700_000])
def test_reads_back_what_was_written(tmp_path: Path, picture: bytes):
    path, before = tmp_path / "list.overt-watchlist", small(picture)
    write_watchlist(before, path, KEY)
    after = read_watchlist(path, KEY, contract=contract())
    assert (after.contract, after.entries, after.images) == (before.contract, before.entries, before.images)
    np.testing.assert_array_equal(after.templates, before.templates)
    np.testing.assert_array_equal(after.entry_of_template, before.entry_of_template)
    bare = read_watchlist(path, KEY, pictures=False)
    assert [one.jpeg for one in bare.images] == [b""] * 3
    assert bare.images_of(0)[1].file == "3.jpg"


def test_templates_of_covered_faces_come_back_and_make_a_newer_version(tmp_path: Path):
    path, bare = tmp_path / "list.overt-watchlist", small()
    write_watchlist(bare, path, KEY)
    assert path.read_bytes()[16:18] == struct.pack(">H", 1)
    assert read_watchlist(path, KEY).covered == {}
    lower = synthetic_templates(3, 128, 6)
    both = replace(bare, covered={"lower": lower})
    write_watchlist(both, path, KEY)
    assert path.read_bytes()[16:18] == struct.pack(">H", 2)
    after = read_watchlist(path, KEY)
    np.testing.assert_array_equal(after.templates, bare.templates)
    np.testing.assert_array_equal(after.covered["lower"], lower)
    kept = after.current(dt.date(2031, 1, 1))
    np.testing.assert_array_equal(kept.covered["lower"], lower[1:2])
    with pytest.raises(WatchlistError, match="do not fit together"):
        replace(bare, covered={"lower": lower[:2]})


def test_the_file_shows_nothing_and_is_its_owners_alone(written: Path):
    content = written.read_bytes()
    for word in (
        b"A/1",
        "Édith".encode(),
        b"warrant",
        b"embedded",
        b"picture",
        small().templates[0, :4].tobytes(),
    ):
        assert word not in content
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert [one.name for one in written.parent.iterdir()] == [written.name]


def test_no_two_files_are_locked_with_the_same_key(written: Path):
    first = written.read_bytes()
    write_watchlist(small(), written, KEY)
    assert first[60:] != written.read_bytes()[60:]


def test_a_passphrase_locks_and_opens(tmp_path: Path):
    path = tmp_path / "list"
    write_watchlist(small(), path, WatchlistKey.from_passphrase("cafe\u0301 au lait"))
    assert read_watchlist(path, WatchlistKey.from_passphrase("caf\u00e9 au lait")).references == (
        "A/1",
        "B/2",
    )
    with pytest.raises(WatchlistError, match="another key"):
        read_watchlist(path, WatchlistKey.from_passphrase("cafe au lait"))
    with pytest.raises(WatchlistError, match="locked with a passphrase, and a key file was given"):
        read_watchlist(path, KEY)
    with pytest.raises(WatchlistError, match="at least 8"):
        WatchlistKey.from_passphrase("short")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_bit_is_refused(written: Path, data: st.DataObject):
    content = bytearray(written.read_bytes())
    at = data.draw(st.one_of(st.integers(0, 140), st.integers(0, len(content) - 1)))
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    altered = written.with_name("altered")
    altered.write_bytes(content)
    with pytest.raises(WatchlistError) as refusal:
        read_watchlist(altered, KEY)
    assert refusal.value.remedy


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_length_but_its_own_is_refused(written: Path, data: st.DataObject):
    content = written.read_bytes()
    other = written.with_name("other")
    other.write_bytes(
        content[: data.draw(st.integers(0, len(content) - 1))]
        if data.draw(st.booleans())
        else content + data.draw(st.binary(min_size=1, max_size=40))
    )
    with pytest.raises(WatchlistError):
        read_watchlist(other, KEY)


def test_a_whole_chunk_cut_off_moved_or_repeated_is_refused(tmp_path: Path):
    path = tmp_path / "list"
    write_watchlist(small(os.urandom(2**20)), path, KEY)
    content = path.read_bytes()
    size, start = 2**20 + 16, 16 + 6 + struct.unpack(">I", content[18:22])[0] + 32
    chunks = [content[at : at + size] for at in range(start, len(content), size)]
    assert len(chunks) == 4
    first, second, third, last = chunks
    for others in (
        [first, second, third],
        [second, first, third, last],
        [first, second, second, last],
        [first, third, last],
        [*chunks, last],
        [],
    ):
        path.write_bytes(content[:start] + b"".join(others))
        with pytest.raises(WatchlistError, match="altered or truncated"):
            read_watchlist(path, KEY)
    path.write_bytes(content[:start] + b"".join(chunks))
    assert len(read_watchlist(path, KEY)) == 2


def test_a_newer_version_is_refused(written: Path):
    content = written.read_bytes()
    written.write_bytes(content[:16] + struct.pack(">H", format_of.VERSION + 1) + content[18:])
    with pytest.raises(WatchlistError, match=r"version 3, and this Overt reads up to 2\. Update Overt"):
        read_watchlist(written, KEY)


def test_another_packs_file_is_refused(written: Path):
    with pytest.raises(ContractError, match=r"embedded 1 .* cannot be compared with those of open 1"):
        read_watchlist(written, KEY, contract=contract(pack="open"))


def test_something_else_or_nothing_is_refused(tmp_path: Path):
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" * 20)
    with pytest.raises(WatchlistError, match="not a watchlist file"):
        read_watchlist(tmp_path / "photo.jpg", KEY)
    with pytest.raises(WatchlistError, match="No such file"):
        read_watchlist(tmp_path / "missing", KEY)
    with pytest.raises(WatchlistError, match="Is a directory"):
        read_watchlist(tmp_path, KEY)


def test_a_file_that_cannot_be_written_leaves_the_old_one(written: Path, monkeypatch: pytest.MonkeyPatch):
    before = written.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WatchlistError, match="No space left"):
        write_watchlist(small(), written, KEY)
    assert written.read_bytes() == before
    assert [one.name for one in written.parent.iterdir()] == [written.name]


def test_a_key_file_is_its_owners_alone(tmp_path: Path):
    path = tmp_path / "key"
    made = WatchlistKey.create(path)
    assert WatchlistKey.from_file(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert made.secret.hex() not in repr(made)
    assert "secret" not in repr(made)
    with pytest.raises(WatchlistError, match="File exists"):
        WatchlistKey.create(path)
    path.chmod(0o640)
    with pytest.raises(WatchlistError, match="chmod 600"):
        WatchlistKey.from_file(path)
    path.chmod(0o600)
    path.write_text("not a key")
    with pytest.raises(WatchlistError, match="not a key file"):
        WatchlistKey.from_file(path)
    with pytest.raises(WatchlistError, match="No such file"):
        WatchlistKey.from_file(tmp_path / "none")


def test_parts_that_do_not_fit_together_are_refused():
    good = small()
    with pytest.raises(WatchlistError, match="twice"):
        Watchlist(good.contract, (good.entries[0],) * 2, good.templates, good.entry_of_template, good.images)
    with pytest.raises(WatchlistError, match="has a template"):
        Watchlist(good.contract, good.entries, good.templates, np.zeros(3, np.int64), good.images)
    with pytest.raises(WatchlistError, match="do not fit"):
        Watchlist(good.contract, good.entries, good.templates, good.entry_of_template, good.images[:2])


def test_expired_entries_are_left_out():
    good = small()
    last_day, after = dt.date(2030, 1, 1), dt.date(2030, 1, 2)
    assert good.current(last_day).references == ("A/1", "B/2")
    left = good.current(after)
    assert left.references == ("B/2",)
    assert left.entry_of_template.tolist() == [0]
    np.testing.assert_array_equal(left.templates, good.templates[1:2])
    assert left.images == (good.images[1],)


def test_a_scrypt_setting_that_would_eat_the_memory_is_refused_before_it_is_tried(tmp_path: Path):
    header = msgspec.msgpack.encode(
        {"lock": {"type": "scrypt", "salt": bytes(32), "log2_n": 30, "r": 8, "p": 1}}
    )
    path = tmp_path / "list"
    path.write_bytes(format_of.MAGIC + struct.pack(">HI", 1, len(header)) + header + bytes(100))
    with pytest.raises(WatchlistError, match="header"):
        read_watchlist(path, WatchlistKey.from_passphrase("long enough"))
