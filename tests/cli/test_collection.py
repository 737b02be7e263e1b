"""`overt collection`, as it is typed."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.casework.collections.suite import folder_of
from tests.casework.watchlists.desk import collins, hopper, zip_of
from tests.cli.typed import Typed

if TYPE_CHECKING:
    from pathlib import Path

    from overt.biometrics import ModelPack
    from overt.casework import Office
    from tests.offices import Clock, Staff

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


@pytest.fixture
def typed(
    office: Office, clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Types `overt collection …`, which goes by the time that it is."""
    clock.time = datetime.now(UTC)
    return Typed("collection", office, monkeypatch, capsys, ("collections",))


def test_a_collections_whole_life(typed: Typed, staff: Staff, pack: ModelPack, tmp_path: Path) -> None:
    manager = staff("watchlist-manager")
    path = folder_of(tmp_path / "in", {"A/1.jpg": collins(), "B/1.jpg": hopper(), "bad.jpg": b"x"})
    status, _, error = typed(manager, "ingest", "custody", str(path), "--json")
    assert status == 1
    assert "`overt collection create`" in error, "nothing is made by the way"
    made = typed.json(manager, "create", "custody", "--purpose", "Custody images", "--pack", pack.manifest.id)
    assert (made["name"], made["records"], made["pack"]) == ("custody", 0, pack.manifest.id)

    status, out, error = typed(manager, "ingest", "custody", str(path), "--json")
    done = json.loads(out)
    assert (status, error) == (1, ""), "a row was refused"
    assert (done["state"], done["rows"], done["added"], done["refused"], done["pairs"]) == (
        "finished",
        3,
        2,
        1,
        0,
    )
    assert [(row["image"], row["findings"][0]["kind"]) for row in done["report"]] == [
        ("bad.jpg", "unreadable")
    ]

    archive = tmp_path / "more.zip"
    archive.write_bytes(zip_of({"C/1.jpg": collins(mirrored=True), "A/1.jpg": collins()}))
    status, out, error = typed(manager, "ingest", "custody", str(archive))
    assert (status, error) == (0, "")
    assert "1 added, 0 changed, 1 unchanged, 0 refused" in out
    assert "1 pairs of images should be looked at" in out

    listed = typed.json(manager, "ingestions", "custody")
    assert [(one["source"], one["kind"], one["added"]) for one in listed] == [
        ("more.zip", "archive", 1),
        ("in", "folder", 2),
    ]
    rows = typed.json(manager, "ingestions", "custody", "--rows", listed[1]["id"], "--result", "added")
    assert [row["reference"] for row in rows] == ["A", "B"]
    (pair,) = typed.json(manager, "report", "custody")
    assert (pair["kind"], pair["first"]["reference"], pair["second"]["reference"]) == (
        "same-person",
        "A",
        "C",
    )
    record = typed.json(manager, "show", "custody", "--reference", "b")
    assert (record["reference"], len(record["images"])) == ("B", 1)
    to = tmp_path / "seen.jpg"
    picture = ("picture", "custody", record["images"][0]["id"], "--to", str(to))
    assert typed(manager, *picture) == (0, f"{to}\n", "")
    assert to.read_bytes().startswith(b"\xff\xd8")
    status, _, error = typed(manager, *picture)
    assert (status, "is there already" in error) == (1, True)
    decision = ("--found", "same-person", "--reason", "the same scar")
    assert typed.json(manager, "decide", "custody", pair["id"], *decision)["decision"]["reason"] == (
        "the same scar"
    )
    assert typed.json(manager, "report", "custody", "--undecided") == []
    assert [one["id"] for one in typed.json(manager, "report", "custody", "--decided")] == [pair["id"]]
    assert typed.json(manager, "due", "custody") == []
    due = typed.json(manager, "due", "custody", "--within", "3660")
    assert {one["reference"] for one in due} == {"A", "B", "C"}
    changed = typed.json(manager, "change", "custody", "--name", "cells", "--review-days", "30")
    assert (changed["name"], changed["review_days"], changed["purpose"]) == ("cells", 30, "Custody images")
    assert typed.json(manager, "change", "cells", "--name", "custody")["name"] == "custody"
    assert (
        typed.json(manager, "review-record", "custody", "B", "--review-by", "2027-01-31")["review_by"]
        == "2027-01-31"
    )
    gone = typed.json(manager, "delete-record", "custody", "A")
    assert (gone["images"], gone["keys"]) == (1, 1)
    assert typed.json(manager, "report", "custody") == []

    made = typed.json(manager, "re-embed", "custody", "--pack", "dlib")
    assert (made["next"]["pack"], made["next"]["made"], made["next"]["left"]) == ("dlib", 2, 0)
    assert typed.json(manager, "switch", "custody")["pack"] == "dlib"
    (shown,) = typed.json(staff("investigator"), "list")
    assert (shown["records"], shown["images"], shown["searched"], shown["not_compared"]) == (2, 2, 2, 2)
    assert typed.json(manager, "report", "custody", "--compare") == []
    status, out, _ = typed(manager, "delete", "custody", "--yes")
    assert (status, out.strip()) == (0, "custody is deleted, with 2 records")


def test_what_cannot_be_understood_is_said(
    typed: Typed, staff: Staff, pack: ModelPack, tmp_path: Path
) -> None:
    manager = staff("watchlist-manager")
    for words, said in (
        (("create", "collection-1", "--purpose", "x", "--pack", pack.manifest.id), "does not begin as an id"),
        (("create", "a b", "--purpose", "x", "--pack", pack.manifest.id), "name"),
        (("create", "a", "--purpose", "x", "--review-days", "9999"), "policy allows 2192"),
        (("ingestions", "a", "--result", "lost"), "added, changed, unchanged, refused"),
        (("report", "a", "--kind", "odd"), "same-picture, same-person, two-people"),
        (("re-embed", "a", "--abandon", "--pack", "dlib"), "takes no pack"),
        (("show", "a"), "no collection a"),
        (("change", "a"), "Nothing is named"),
        (("decide", "a", "pair-1", "--found", "odd", "--reason", "x"), "same-person"),
        (("picture", "a", "image-1", "--to", str(tmp_path / "no" / "x.jpg")), "There is no folder"),
    ):
        status, out, error = typed(manager, *words)
        assert (status, out) == (1, "")
        assert said in error
    status, _, error = typed(staff("investigator"), "create", "a", "--purpose", "x")
    assert (status, "may not" in error) == (1, True)


def test_where_no_cluster_answers_the_same_goes_on_without_one(
    typed: Typed, staff: Staff, pack: ModelPack, tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    manager = staff("watchlist-manager")
    path = folder_of(tmp_path / "in", {"A/1.jpg": collins()})
    typed.json(manager, "create", "custody", "--purpose", "Custody images", "--pack", pack.manifest.id)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
        status, _, error = typed(manager, "ingest", "custody", str(path), "--cluster", address, "--json")
    assert status == 1
    assert f"no Ray cluster answers at {address}" in error
    (failed,) = typed.json(manager, "ingestions", "custody")
    assert (failed["state"], failed["done"], failed["workers_replaced"]) == ("failed", 0, 0)
    done = typed.json(manager, "ingest", "custody", str(path))
    assert (done["id"], done["state"], done["added"]) == (failed["id"], "finished", 1)
