"""A pack is loaded only when everything about it is what it says."""

from __future__ import annotations

import hashlib
import tomllib
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overt.biometrics import packs
from overt.biometrics.packs import Licence, Manifest, OperatingPoint, manifest_toml
from overt.biometrics.packs._sources import built_in, shipped
from overt.errors import PackError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.biometrics.packs.conftest import Draft


def test_a_sound_pack_is_loaded_with_its_contract_and_files(draft: Draft) -> None:
    pack = packs.load(draft.write())
    assert (pack.contract.pack, pack.contract.version, pack.contract.dimension) == ("mine", "1", 16)
    assert pack.detector_file.read_bytes() == draft.contents["detector.onnx"]
    assert pack.recogniser_file.read_bytes() == draft.contents["recogniser.onnx"]


def test_an_altered_file_is_refused(draft: Draft) -> None:
    folder = draft.write()
    content = bytearray(draft.contents["recogniser.onnx"])
    content[-10] ^= 1
    (folder / "recogniser.onnx").write_bytes(content)
    with pytest.raises(PackError, match="is not what its manifest says") as caught:
        packs.load(folder)
    assert "again" in caught.value.remedy


def test_a_truncated_file_is_refused(draft: Draft) -> None:
    folder = draft.write()
    (folder / "detector.onnx").write_bytes(draft.contents["detector.onnx"][:-1])
    with pytest.raises(PackError, match="truncated"):
        packs.load(folder)


def test_a_file_with_something_appended_is_refused(draft: Draft) -> None:
    folder = draft.write()
    (folder / "detector.onnx").write_bytes(draft.contents["detector.onnx"] + b"\0")
    with pytest.raises(PackError, match="should have"):
        packs.load(folder)


def test_a_missing_file_is_refused(draft: Draft) -> None:
    folder = draft.write()
    (folder / "detector.onnx").unlink()
    with pytest.raises(PackError, match="missing"):
        packs.load(folder)


def test_a_link_is_not_taken_for_a_file(draft: Draft, tmp_path: Path) -> None:
    folder = draft.write()
    elsewhere = tmp_path / "elsewhere.onnx"
    (folder / "detector.onnx").rename(elsewhere)
    (folder / "detector.onnx").symlink_to(elsewhere)
    with pytest.raises(PackError, match="not a plain file"):
        packs.load(folder)


@pytest.mark.parametrize(
    ("changes", "what", "remedy"),
    [
        ({"licence": None}, "licence", "under which terms"),
        ({"licence__weights": None}, "weights", "under which terms"),
        ({"licence__training_data": "  "}, "empty", "under which terms"),
        ({"licence__operational_use": None}, "operational_use", "under which terms"),
        ({"detector__family": "retinaface"}, "retinaface", "centerface, scrfd, yunet"),
        ({"recogniser__layout": "sphereface"}, "sphereface", "arcface-112, dlib-150, five-point"),
        ({"recogniser__size": 128}, "112 pixels", "size = 112"),
        ({"recogniser__layout": "five-point"}, "needs five points", "points ="),
        ({"recogniser__points": [[1.0, 1.0]] * 5}, "has its own points", "Leave points out"),
        (
            {"recogniser__layout": "dlib-150", "recogniser__size": 150, "recogniser__points": [[1, 1]]},
            "five",
            "eyes",
        ),
        ({"recogniser__divide": [1.0, 0.0, 1.0]}, "divide may not be zero", "Correct"),
        ({"recogniser__file": "other.onnx"}, "not listed", "SHA-256"),
        ({"operating_point__threshold": 1.5}, "threshold", "Correct"),
        ({"operating_point__clear_below": 0.9}, "clear_below", "Correct"),
        ({"operating_point__confirmations": 0}, "confirmations", "Correct"),
        ({"id": "../mine"}, "cannot be a pack's id", "small letters"),
        ({"detector__score_threshold": 0.0}, "score_threshold", "Correct"),
        ({"version": None}, "version", "Correct"),
    ],
)
def test_a_manifest_that_cannot_be_is_refused_with_a_remedy(
    draft: Draft, changes: dict[str, Any], what: str, remedy: str
) -> None:
    with pytest.raises(PackError) as caught:
        packs.load(draft.write(**changes))
    assert what in caught.value.what
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    "name", ["../detector.onnx", "/etc/passwd", "a/b.onnx", "..", ".hidden", "pack.toml", "a\\b"]
)
def test_a_file_name_that_leaves_the_folder_is_refused(draft: Draft, name: str) -> None:
    draft.contents[name] = b"x"
    with pytest.raises(PackError, match="not a plain file name"):
        packs.load(draft.write())


@pytest.mark.parametrize("digest", ["", "0" * 63, "G" * 64, "A" * 64])
def test_a_file_without_a_proper_hash_is_refused(draft: Draft, digest: str) -> None:
    files = draft.manifest()["files"]
    files[0]["sha256"] = digest
    with pytest.raises(PackError, match="lacks a SHA-256"):
        packs.load(draft.write(files=files))


@pytest.mark.parametrize("content", [b"", b"id = ", b"\xff\xfe\x00", b"a = 1", b"x" * 300_000])
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pack.toml").write_bytes(content)
    with pytest.raises(PackError):
        packs.load(tmp_path)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"no readable pack\.toml"):
        packs.load(tmp_path)


def test_a_licence_that_forbids_it_keeps_a_pack_out_of_a_live_deployment(draft: Draft) -> None:
    folder = draft.write(licence__operational_use=False)
    packs.load(folder)
    with pytest.raises(PackError, match="forbids operational use") as caught:
        packs.load(folder, operational=True)
    assert "open" in caught.value.remedy
    packs.load(draft.write(licence__operational_use=False, licence__demonstration=True), operational=True)
    packs.load(draft.write(licence__operational_use=True), operational=True)


def test_a_pack_that_is_not_there_says_how_to_get_it() -> None:
    with pytest.raises(PackError, match="overt models pull embedded"):
        packs.load("embedded")
    with pytest.raises(PackError, match="overt models add"):
        packs.load("mine")
    with pytest.raises(PackError, match="cannot be a pack's name"):
        packs.load("..")


def test_a_pack_under_another_name_is_refused(draft: Draft, home: Path) -> None:
    draft.folder = home / "other"
    draft.write()
    with pytest.raises(PackError, match="holds the pack mine"):
        packs.load("other")


def test_a_pack_that_poses_as_a_known_one_is_refused(draft: Draft, home: Path) -> None:
    draft.folder = home / "embedded"
    draft.write(id="embedded")
    with pytest.raises(PackError, match="overt models pull embedded"):
        packs.load("embedded")


def test_the_packs_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert packs.packs_folder() == tmp_path / "home/packs"
    monkeypatch.delenv("OVERT_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert packs.packs_folder() == tmp_path / "data/overt/packs"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert packs.packs_folder() == tmp_path / ".local/share/overt/packs"


@pytest.mark.parametrize("name", packs.built_in_names())
def test_the_known_packs_say_where_every_file_comes_from_and_what_their_threshold_rests_on(name: str) -> None:
    known = built_in(name)
    assert known is not None
    assert known.manifest.id == name
    assert {source.gives for source in known.sources} == {file.name for file in known.manifest.files}
    assert not any(source.package and source.url for source in known.sources)
    ships = [source for source in known.sources if source.ships_with_overt]
    assert all(hashlib.sha256(shipped(source.name)).hexdigest() == source.sha256 for source in ships)
    assert all(source.url is None or source.url.startswith("https://") for source in known.sources)
    licence = known.manifest.licence
    assert licence.operational_use or licence.demonstration
    assert licence.operational_use or "`open`" in licence.note
    assert known.manifest.operating_point.note


@given(
    title=st.text(st.characters(exclude_categories=["Cs"])),
    weights=st.text(st.characters(exclude_categories=["Cs"])).filter(str.strip),
    threshold=st.floats(-1, 1),
    clears=st.none() | st.just(-1.0),
    mean=st.tuples(*[st.floats(-1e6, 1e6)] * 3),
)
def test_a_manifest_written_as_toml_reads_back_the_same(
    title: str, weights: str, threshold: float, clears: float | None, mean: tuple[float, float, float]
) -> None:
    known = built_in("embedded")
    assert known is not None
    manifest = msgspec.structs.replace(
        known.manifest,
        title=title,
        licence=Licence(weights=weights, training_data="x", operational_use=False),
        operating_point=OperatingPoint(threshold=threshold, clear_below=clears),
        recogniser=msgspec.structs.replace(known.manifest.recogniser, mean=mean),
    )
    assert msgspec.convert(tomllib.loads(manifest_toml(manifest)), Manifest) == manifest
