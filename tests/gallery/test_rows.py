"""Folders and tables are read as their makers meant them, and what cannot be understood is named."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from overt.errors import EnrolmentError
from overt.gallery.rows import rows_of_csv, rows_of_folder


def table(folder: Path, text: str | bytes, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def faults(row) -> list[str]:
    return [fault.kind for fault in row.faults]


def test_a_folder_of_pictures_and_subfolders(tmp_path: Path):
    for name in (
        "b_smith.jpg",
        "Anna/2.png",
        "Anna/1.JPG",
        "notes.txt",
        ".hidden.jpg",
        "Anna/.x.jpg",
        "empty/x.txt",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = rows_of_folder(tmp_path)
    assert [
        (row.entry.reference, row.entry.name, [file.name for file in row.files]) for row in found.rows
    ] == [
        ("Anna", "Anna", ["1.JPG", "2.png"]),
        ("b_smith", "b smith", ["b_smith.jpg"]),
    ]
    assert sorted(found.notices) == [
        "passed over empty/x.txt: not a picture",
        "passed over empty: not a picture",
        "passed over notes.txt: not a picture",
    ]


def test_the_same_name_twice_in_a_folder_is_refused_the_second_time(tmp_path: Path):
    for name in ("a.jpg", "a.png", "b.png"):
        (tmp_path / name).touch()
    assert [faults(row) for row in rows_of_folder(tmp_path).rows] == [[], ["repeated"], []]


def test_a_link_that_leads_outside_the_folder_is_refused(tmp_path: Path):
    (tmp_path / "secret.jpg").touch()
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "a.jpg").symlink_to(tmp_path / "secret.jpg")
    assert [faults(row) for row in rows_of_folder(tmp_path / "list").rows] == [["outside-folder"]]


def test_a_folder_without_pictures_is_refused(tmp_path: Path):
    with pytest.raises(EnrolmentError, match="holds no pictures"):
        rows_of_folder(tmp_path)


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\r\n\n"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_of_entries(tmp_path: Path, start: bytes, separator: str):
    (tmp_path / "a;b.jpg").touch()
    lines = [
        ["Image", "Reference", "Name", "Lawful basis", "expiry", "station", "image_date"],
        ["1.jpg", "R1", "Zoë", "warrant", "2030-12-31", "Rayleigh", ""],
        ['"x/2.jpg;x/3.jpg"', "R2", '"O""Neill"', "", "", "", "2020-02-29"],
        ['"a;b.jpg"', "R3", "", "", "", "", ""],
    ]
    text = "\r\n".join(separator.join(cells) for cells in lines) + "\r\n\r\n"
    first, second, third = rows_of_csv(table(tmp_path, start + text.encode())).rows
    assert first.entry.name == "Zoë"
    assert first.entry.lawful_basis == "warrant"
    assert first.entry.expiry == dt.date(2030, 12, 31)
    assert first.entry.notes == {"station": "Rayleigh"}
    assert first.files == (tmp_path / "1.jpg",)
    assert [file.name for file in second.files] == ["2.jpg", "3.jpg"]
    assert second.entry.name == 'O"Neill'
    assert second.entry.image_date == dt.date(2020, 2, 29)
    assert [file.name for file in third.files] == ["a;b.jpg"]
    assert not any(row.faults for row in (first, second, third))


def test_a_bad_row_is_refused_alone(tmp_path: Path):
    text = "image,name,expiry\n1.jpg,A,\n,B,\n3.jpg,,\n4.jpg,D,31/12/2030\n5.jpg,A,\n6.jpg,F,,x\n7.jpg,G,\n"
    found = rows_of_csv(table(tmp_path, text)).rows
    assert [faults(row) for row in found] == [[], *[["malformed"]] * 3, ["repeated"], ["malformed"], []]
    assert found[3].faults[0].detail == "has the expiry '31/12/2030', which is not a date such as 2026-01-31"
    assert found[4].faults[0].detail == "has the reference 'A', which line 2 has already"
    assert found[6].place == "line 8"


@pytest.mark.parametrize("image", ["../outside.jpg", "/etc/passwd", "x/../../outside.jpg", "link.jpg"])
def test_a_path_that_leads_outside_the_folder_is_refused(tmp_path: Path, image: str):
    (tmp_path / "outside.jpg").touch()
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "link.jpg").symlink_to("../outside.jpg")
    rows = rows_of_csv(table(tmp_path / "list", f"image,name\n{image},A\n")).rows
    assert [faults(row) for row in rows] == [["outside-folder"]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no rows"),
        ("\n\n", "has no rows"),
        ("image,name\n", "has no rows"),
        ("picture,name\n1.jpg,A\n", "needs `image` and one of `reference` and `name`"),
        ("image,category\n1.jpg,A\n", "has the columns image, category, and needs"),
        ("image,name,Name\n1.jpg,A,B\n", "has the column 'name' twice"),
        (
            "image,name\n1.jpg,José\n".encode("latin-1"),
            "line 2, is not in UTF-8 (it may be in Windows-1252",
        ),
        ("image,name\n1.jpg,A\n".encode("utf-16") + b"\n", "not the UTF-16 that it is marked as"),
        ("image,name\n1.jpg,A\n".encode("utf-16-le"), "is not a text file, or is in UTF-16 without its mark"),
        (b"image,name\n1.jpg,A\0\n", "is not a text file"),
        ('image,name\n"1.jpg,A\n', "line 2, is not a row of a CSV file"),
        ('image,name\n"1.jpg"x,A\n', "line 2, is not a row of a CSV file"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_whole(tmp_path: Path, content: str | bytes, message: str):
    with pytest.raises(EnrolmentError) as refusal:
        rows_of_csv(table(tmp_path, content))
    assert message in str(refusal.value)


def test_a_table_in_marked_utf16_is_read(tmp_path: Path):
    rows = rows_of_csv(table(tmp_path, "image,name\n1.jpg,José\n".encode("utf-16"))).rows
    assert [row.entry.name for row in rows] == ["José"]


def test_a_missing_table_is_refused(tmp_path: Path):
    with pytest.raises(EnrolmentError, match="No such file"):
        rows_of_csv(tmp_path / "none.csv")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_give_rows_or_a_refusal(tmp_path: Path, content: bytes):
    for start in (b"", b"image,name\n"):
        try:
            rows = rows_of_csv(table(tmp_path, start + content)).rows
        except EnrolmentError:
            continue
        assert all(row.faults or (row.entry.reference and row.files) for row in rows)
