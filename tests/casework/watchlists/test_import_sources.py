"""What others made: ZIPs that would harm are refused by name, tables are read or refused clearly."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from overt.casework.policy import WatchlistPolicy
from overt.casework.watchlists import ArchiveLimits, ArchiveSource, FolderSource, open_source
from overt.casework.watchlists._import_rows import NEEDED_COLUMNS, escaped, rows_of, unescaped
from overt.errors import ImageError, InputError
from tests.casework.watchlists.desk import COLUMNS, zip_of

ROW = "A,Name,seed,consent,unknown,none,2026-07-01,1.jpg,taken today,2026-06-01"
TABLE = f"{COLUMNS}\n{ROW}\n".encode()
GOOD = {"list.csv": TABLE, "1.jpg": b"picture"}


class Held:
    """A table alone, as an import source."""

    name = "list.csv"

    def __init__(self, content: bytes) -> None:
        self.content = content

    def table(self) -> bytes:
        return self.content

    def fault_of(self, picture: str) -> str:
        return "has no name" if not picture else ""

    def read(self, picture: str, most: int) -> bytes:
        raise ImageError(f"{picture} of {most} bytes is missing")

    def close(self) -> None:
        """Nothing is open."""


def rows(content: bytes | str):
    held = Held(content.encode() if isinstance(content, str) else content)
    return rows_of(held, WatchlistPolicy())


def refusal(content: bytes, **limits: float) -> InputError:
    with pytest.raises(InputError) as found:
        ArchiveSource(io.BytesIO(content), ArchiveLimits(**limits) if limits else None)
    assert found.value.field == "source"
    return found.value


def test_a_table_and_its_pictures_are_read_straight_from_the_zip() -> None:
    source = ArchiveSource(io.BytesIO(zip_of({"in/list.csv": TABLE, "in/p/1.jpg": b"picture"})))
    assert (source.name, source.table()) == ("list.csv", TABLE)
    assert source.read("p/1.jpg", 100) == b"picture"
    assert source.read("p/1.jpg", 3) == b"pict"
    with pytest.raises(ImageError, match=r"2\.jpg is not in the ZIP"):
        source.read("p/2.jpg", 100)
    source.close()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil.jpg", "leads outside"),
        ("in/../../evil.jpg", "leads outside"),
        ("/etc/evil.jpg", "absolute path"),
        ("C:/evil.jpg", "absolute path"),
        ("..\\evil.jpg", "backslash"),
        ("evil\x07.jpg", "control characters"),
        ("inner.zip", "is an archive itself"),
        ("inner.TAR", "is an archive itself"),
    ],
)
def test_an_unsafe_name_refuses_the_zip_and_is_named(name: str, reason: str) -> None:
    found = refusal(zip_of(GOOD | {name: b"x"}))
    assert reason in found.what
    assert "evil" in found.what or "inner" in found.what
    assert found.what.isprintable()


def _with_attributes(mode: int) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("list.csv", TABLE)
        member = zipfile.ZipInfo("link.jpg")
        member.create_system, member.external_attr = 3, mode << 16
        archive.writestr(member, "/etc/passwd")
    return held.getvalue()


def test_links_and_devices_are_refused() -> None:
    assert "link.jpg in the ZIP is a link" in refusal(_with_attributes(stat.S_IFLNK | 0o777)).what
    assert "not a plain file" in refusal(_with_attributes(stat.S_IFIFO | 0o644)).what


def test_an_encrypted_member_is_refused() -> None:
    content = bytearray(zip_of(GOOD))
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    assert "is encrypted" in refusal(bytes(content)).what


@pytest.mark.parametrize(
    ("members", "limits", "reason"),
    [
        ({"bomb.jpg": bytes(2 * 2**20)}, {}, "times in unpacking"),
        ({f"{at}.jpg": b"x" for at in range(20)}, {"members": 10}, "21 files, and the limit is 10"),
        ({"big.jpg": bytes(range(256)) * 40}, {"member_bytes": 10_000}, "MiB, and the limit"),
        ({"a.jpg": bytes(6000), "b.jpg": bytes(6000)}, {"bytes": 10_000}, "unpacks to more than"),
    ],
)
def test_bombs_are_refused_before_anything_is_unpacked(members: dict, limits: dict, reason: str) -> None:
    assert reason in refusal(zip_of(GOOD | members), **limits).what


def test_members_that_share_their_bytes_are_refused() -> None:
    content = bytearray(
        zip_of({"list.csv": TABLE, "a.jpg": b"x" * 50, "b.jpg": b"y" * 50}, zipfile.ZIP_STORED)
    )
    first, second = (content.rindex(name) - 46 for name in (b"a.jpg", b"b.jpg"))
    content[second + 42 : second + 46] = content[first + 42 : first + 46]
    assert "overlaps" in refusal(bytes(content)).what


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice_is_refused() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for _ in range(2):
            archive.writestr("list.csv", TABLE)
    assert "twice" in refusal(held.getvalue()).what


def test_a_method_that_others_unpack_without_bounds_is_refused() -> None:
    assert "other than deflate" in refusal(zip_of(GOOD, zipfile.ZIP_LZMA)).what


@pytest.mark.parametrize(
    ("members", "reason"),
    [({"1.jpg": b""}, "no CSV file"), ({"a.csv": TABLE, "b.csv": TABLE}, "holds 2 CSV files")],
)
def test_a_zip_holds_one_table(members: dict[str, bytes], reason: str) -> None:
    assert reason in refusal(zip_of(members)).what


def test_what_file_managers_leave_in_a_zip_is_passed_over() -> None:
    source = ArchiveSource(io.BytesIO(zip_of(GOOD | {"__MACOSX/._list.csv": b"x", ".hidden.csv": b"x"})))
    assert source.table() == TABLE


def test_a_damaged_member_is_said_to_be_damaged() -> None:
    content = bytearray(zip_of(GOOD, zipfile.ZIP_STORED))
    content[content.index(b"picture")] ^= 1
    source = ArchiveSource(io.BytesIO(bytes(content)))
    with pytest.raises(ImageError, match=r"1\.jpg is damaged"):
        source.read("1.jpg", 100)


CELLS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_ZIP = zip_of(GOOD | {"p/2.png": bytes(range(200))})


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_ZIP) - 1), st.integers(0, 255)), min_size=1, max_size=8))
@example([(len(_ZIP) - 6, 255)])
def test_a_zip_with_any_bytes_changed_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    content = bytearray(_ZIP)
    for at, value in changes:
        content[at] = value
    try:
        source = ArchiveSource(io.BytesIO(bytes(content)))
        source.table()
        source.read("1.jpg", 1000)
    except (InputError, ImageError):
        pass


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(_ZIP) - 1))
def test_a_truncated_zip_is_refused(length: int) -> None:
    with pytest.raises(InputError):
        ArchiveSource(io.BytesIO(_ZIP[:length]))


@pytest.mark.parametrize(
    "name", ["../outside.jpg", "/etc/hostname", "link.jpg", "sub/../../outside.jpg", "a\\b"]
)
def test_a_folder_gives_nothing_from_outside(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "sub").mkdir()
    (tmp_path / "outside.jpg").write_bytes(b"secret")
    (folder / "link.jpg").symlink_to("../outside.jpg")
    (folder / "list.csv").write_bytes(TABLE)
    assert FolderSource(folder / "list.csv").fault_of(name)


def test_a_folder_reads_plain_files_only(tmp_path: Path) -> None:
    import os

    (tmp_path / "list.csv").write_bytes(TABLE)
    (tmp_path / "1.jpg").write_bytes(b"picture")
    os.mkfifo(tmp_path / "2.jpg")
    source = open_source(tmp_path / "list.csv")
    assert (source.table(), source.read("1.jpg", 100)) == (TABLE, b"picture")
    for name in ("2.jpg", "3.jpg", ""):
        with pytest.raises(ImageError, match="is not there"):
            source.read(name, 100)
    with pytest.raises(InputError, match="not a file"):
        open_source(tmp_path / "nothing.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_can_be_told_are_read(encoding: str) -> None:
    (row,) = rows(TABLE.decode().replace("Name", "Zoë Ñandú").encode(encoding))
    assert row.name == "Zoë Ñandú"
    assert row.findings == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            TABLE.decode().replace("Name", "Zoë").encode("cp1252"),
            "line 2, is not in UTF-8 (it may be in Windows-1252",
        ),
        (TABLE.decode().encode("utf-16-le"), "UTF-16 without its mark"),
        (b"", "lacks the columns reference, name"),
        (COLUMNS.encode(), "has no rows"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is not"),
        (b'a,"b\n', "is not a row of a CSV file"),
        (COLUMNS.replace(",image,", ",").encode() + b"\n", "lacks the columns image"),
        (TABLE.replace(b"name,", b"name,name,", 1), "has the column 'name' twice"),
    ],
)
def test_a_table_that_cannot_be_taken_is_refused_whole(content: bytes, message: str) -> None:
    with pytest.raises(InputError) as found:
        rows(content)
    assert message in found.value.what


@pytest.mark.parametrize(
    ("column", "cell", "detail"),
    [
        ("date_of_birth", "", "lacks the date_of_birth"),
        ("date_of_birth", "31.1.1990", "not a date such as 2026-01-31, or `unknown`"),
        ("expires_on", "unknown", "not a date such as 2026-01-31"),
        ("expires_on", "2026-02-30", "not a date"),
        ("image_date", "01/02/2026", "not a date"),
        ("image_date", "", "lacks the image_date"),
        ("image_source", "", "lacks the image_source"),
        ("name", "", "name that cannot be taken"),
        ("reference", "", "reference that cannot be taken"),
        ("lawful_basis", "", "lawful_basis that cannot be taken"),
        ("instruction", "", "instruction that cannot be taken"),
        ("image", "a.jpg;b.jpg;c.jpg", "3 images and 2 of the column image_source"),
        ("name", "x" * 201, "name that cannot be taken"),
    ],
)
def test_a_row_that_cannot_be_understood_says_which_cell(column: str, cell: str, detail: str) -> None:
    cells = dict(zip(COLUMNS.split(","), ROW.split(","), strict=True)) | {column: cell}
    if column == "image":
        cells["image_source"] = "a;b"
    bad, good = rows(f"{COLUMNS}\n{','.join(cells.values())}\n{ROW.replace('A,', 'B,', 1)}\n")
    assert any(detail in finding.detail and finding.kind == "malformed" for finding in bad.findings)
    assert bad.entry is None
    assert good.findings == ()


def test_a_reference_twice_in_a_table_is_refused_the_second_time() -> None:
    first, second = rows(TABLE + ROW.replace("A,", "a,", 1).encode())
    assert first.findings == ()
    assert [(one.kind, one.detail) for one in second.findings] == [
        ("repeated", "has the reference of line 2")
    ]


def test_several_pictures_have_a_source_and_a_date_each_or_one_for_all() -> None:
    cells = ROW.replace("1.jpg", "1.jpg; 2.jpg").replace("taken today,2026-06-01", "a; b,unknown")
    (row,) = rows(f"{COLUMNS}\n{cells}\n")
    assert [(one.file, one.source, one.taken_on) for one in row.pictures] == [
        ("1.jpg", "a", None),
        ("2.jpg", "b", None),
    ]


def test_a_column_that_is_not_known_is_noticed_and_harms_nothing() -> None:
    (row,) = rows(
        TABLE.replace(b"image_date\n", b"image_date,hat\n").replace(b"2026-06-01\n", b"2026-06-01,red\n")
    )
    assert [(one.refuses, "hat" in one.detail) for one in row.findings] == [(False, True)]
    assert row.entry is not None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        rows(content)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(CELLS, max_size=30), min_size=len(NEEDED_COLUMNS), max_size=len(NEEDED_COLUMNS)))
def test_any_cells_are_a_row_with_its_verdict(cells: list[str]) -> None:
    written = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    found = rows(f"{COLUMNS}\n{written}\n{ROW}\n")
    assert all(row.entry is not None or row.findings for row in found)
    assert found[-1].entry is not None


@given(st.text(alphabet="'=+-@\t\r x", max_size=8))
def test_what_is_escaped_for_spreadsheets_comes_back_as_it_was(cell: str) -> None:
    assert unescaped(escaped(cell)) == cell
    assert not escaped(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_zip_whose_headers_lie_about_sizes_unpacks_no_more_than_asked() -> None:
    content = bytearray(zip_of({"list.csv": TABLE, "1.jpg": bytes(300_000)}))
    at = content.rindex(b"1.jpg") - 46
    content[at + 24 : at + 28] = struct.pack("<I", 100)  # says that it unpacks to 100 bytes
    source = ArchiveSource(io.BytesIO(bytes(content)))
    try:
        read = source.read("1.jpg", 1000)
    except ImageError:
        read = b""
    assert len(read) <= 1001
