"""Folders, manifests and pairs: what is taken, and what is refused by name."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from overt.errors import EvaluationError
from overt.evaluation.protocols import is_passages_file, read_dataset, read_pairs, read_passages


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    for name in ("ann/1.jpg", "ann/2.jpg", "ann/3.jpg", "bob/1.jpg", "eve/1.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"not read here")
    (folder / "ann/notes.txt").write_text("no picture")
    return folder


def _manifest(folder: Path, *rows: str, head: str = "image,identity,role,sex") -> Path:
    path = folder / "manifest.csv"
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return path


def test_a_folder_enrols_the_first_picture_and_searches_for_the_others(pictures: Path) -> None:
    dataset = read_dataset(pictures)
    assert [(s.identity, s.path.name, s.role) for s in dataset.samples] == [
        ("ann", "1.jpg", "gallery"),
        ("ann", "2.jpg", "mated"),
        ("ann", "3.jpg", "mated"),
        ("bob", "1.jpg", "nonmated"),
        ("eve", "1.png", "nonmated"),
    ]


def test_a_manifest_says_who_is_what_and_further_columns_are_groups(pictures: Path) -> None:
    path = _manifest(
        pictures,
        "ann/1.jpg,ann,gallery,f",
        "ann/2.jpg,ann,Mated,f",
        "bob/1.jpg,bob,nonmated,",
        "ann/3.jpg,ann,extra,f",
        "gone.jpg,,extra,",
    )
    dataset = read_dataset(path)
    assert Counter(s.role for s in dataset.samples) == {"gallery": 1, "mated": 1, "nonmated": 1}
    assert dataset.extra == 2
    assert dataset.group_columns == ("sex",)
    assert [s.groups["sex"] for s in dataset.samples] == ["f", "f", ""]
    assert dataset.samples[1].place == "line 3"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["ann/1.jpg,ann,galery,f"], "line 2, has the role 'galery'"),
        (["ann/1.jpg,,gallery,f"], "line 2, has no identity"),
        (["ann/1.jpg,ann"], "line 2, has no role"),
        ([",ann,gallery,f"], "line 2, has no image"),
        (["ann/1.jpg,ann,gallery,f", "ann/9.jpg,ann,mated,f"], "line 3, names the picture ann/9.jpg"),
        (
            ["a.jpg,ann,gallery,f", "b.jpg,ann,mated,f"],
            "line 2, names the picture a.jpg, which is not there (2",
        ),
        (["ann/1.jpg,ann,gallery,f", "ann/1.jpg,ann,mated,f"], "line 3, names the picture of line 2 again"),
        (["bob/1.jpg,bob,mated,m"], "line 2, is a mated probe of bob, who has no gallery row"),
        (
            ["ann/1.jpg,ann,gallery,f", "ann/2.jpg,ann,nonmated,f"],
            "line 3, is a non-mated probe of ann, who is enrolled",
        ),
        (["ann/1.jpg,ann,gallery,f,more"], "line 2, has 5 cells under 4 columns"),
        (["ann/1.jpg,ann,extra,f"], "has no row to evaluate"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_what_to_do(
    pictures: Path, rows: list[str], said: str
) -> None:
    with pytest.raises(EvaluationError) as refused:
        read_dataset(_manifest(pictures, *rows))
    assert said in refused.value.what
    assert refused.value.remedy


def test_a_table_without_the_columns_is_refused(pictures: Path) -> None:
    with pytest.raises(EvaluationError, match="has no column role"):
        read_dataset(_manifest(pictures, "ann/1.jpg,ann", head="image,identity"))
    with pytest.raises(EvaluationError, match="cannot be read: No such file"):
        read_dataset(pictures / "nothing.csv")
    (pictures / "latin.csv").write_bytes(b"image,identity,role\nann/1.jpg,Ren\xe9,gallery\n")
    with pytest.raises(EvaluationError, match="is not in UTF-8"):
        read_dataset(pictures / "latin.csv")
    (pictures / "empty").mkdir()
    with pytest.raises(EvaluationError, match="holds no pictures"):
        read_dataset(pictures / "empty")


def test_a_column_of_notes_is_no_group(tmp_path: Path) -> None:
    rows = []
    for i in range(60):
        (tmp_path / f"{i}.jpg").write_bytes(b"")
        rows.append(f"{i}.jpg,person {i},nonmated,note {i}")
    dataset = read_dataset(_manifest(tmp_path, *rows))
    assert dataset.group_columns == ()
    assert "60 values" in dataset.notices[0]


def test_pairs_are_found_beside_the_file_in_the_dataset_and_in_a_folder_beside(pictures: Path) -> None:
    (pictures / "lists").mkdir()
    rows = "image_a,image_b,same\nann/1.jpg,ann/2.jpg,1\nann/1.jpg,bob/1.jpg,0\n"
    for place, dataset in (
        (pictures, None),
        (pictures / "lists", pictures),
        (pictures.parent, None),
    ):
        file = place / "pairs.csv"
        file.write_text(rows, encoding="utf-8")
        pairs = read_pairs(file, dataset)
        assert pairs.root == pictures
        assert [(p.a.name, p.b.parent.name, p.same) for p in pairs.pairs] == [
            ("1.jpg", "ann", True),
            ("1.jpg", "bob", False),
        ]
        file.unlink()


def test_pairs_are_found_where_a_manifests_pictures_are(pictures: Path) -> None:
    manifest = pictures.parent / "elsewhere" / "manifest.csv"
    manifest.parent.mkdir()
    manifest.write_text(f"image,identity,role\n{pictures / 'ann/1.jpg'},ann,gallery\n", encoding="utf-8")
    file = manifest.parent / "pairs.csv"
    file.write_text("image_a,image_b,same\nann/1.jpg,ann/2.jpg,yes\n", encoding="utf-8")
    assert read_pairs(file, manifest).root == pictures


def test_a_pair_that_cannot_be_used_is_named(pictures: Path) -> None:
    file = pictures / "pairs.csv"
    for rows, said in (
        ("ann/1.jpg,ann/2.jpg,perhaps", "line 2, is no pair"),
        ("ann/1.jpg,,1", "line 2, is no pair"),
        ("ann/1.jpg,ann/8.jpg,1", "line 2, names the picture ann/8.jpg"),
        ("ann/1.jpg,ann/2.jpg,1\nann/2.jpg,ann/1.jpg,0", "line 3, says the contrary of line 2"),
        ("", "holds no pairs"),
    ):
        file.write_text(f"image_a,image_b,same\n{rows}\n", encoding="utf-8")
        with pytest.raises(EvaluationError, match=said):
            read_pairs(file)


def test_pairs_that_say_nothing_new_are_taken_and_said(pictures: Path) -> None:
    file = pictures / "pairs.csv"
    rows = (
        "ann/1.jpg,ann/2.jpg,1.0",
        "ann/2.jpg,ann/1.jpg,TRUE",
        "ann/1.jpg,ann/1.jpg,1",
        "ann/1.jpg,bob/1.jpg,0.0",
    )
    file.write_text("\n".join(("image_a,image_b,same", *rows)), encoding="utf-8")
    pairs = read_pairs(file)
    assert [pair.same for pair in pairs.pairs] == [True, True, True, False]
    assert [notice.split(" are ")[0] for notice in pairs.notices] == ["1 pairs", "1 pairs"]


def test_passages_have_a_film_and_two_times(tmp_path: Path) -> None:
    (tmp_path / "gate.mp4").write_bytes(b"")
    file = tmp_path / "passages.csv"

    def write(*rows: str) -> Path:
        file.write_text("\n".join(("identity,feed,enter,leave", *rows)) + "\n", encoding="utf-8")
        return file

    film = read_passages(write("ann,gate.mp4,1.5,4", ",gate.mp4,0:01:00,1:02:03.5"))
    assert [(p.identity, p.enter, p.leave) for p in film.passages] == [("ann", 1.5, 4), ("", 60, 3723.5)]
    assert is_passages_file(file)
    for row, said in (
        ("ann,door.mp4,1,2", "names the film 'door.mp4'"),
        ("ann,gate.mp4,soon,2", "has the time 'soon' under enter"),
        ("ann,gate.mp4,3,2", "leaves before it enters"),
    ):
        with pytest.raises(EvaluationError, match=said):
            read_passages(write(row))
    assert not is_passages_file(tmp_path)
