"""A known pack arrives through pip, over https or from a folder; nothing unverified is built, run or kept."""

from __future__ import annotations

import base64
import hashlib
import io
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

import msgspec
import pytest

from overt.biometrics import packs
from overt.biometrics.packs import _index, _loading, _pulling
from overt.biometrics.packs._index import fetch_archives, take_member
from overt.biometrics.packs._sources import BuiltIn, Package, Source
from overt.errors import PackError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.biometrics.packs.conftest import Draft

WHEEL = "thing-1.0-py3-none-any.whl"
SDIST = "thing_models-1.0.tar.gz"


def _wheel(member: bytes) -> bytes:
    """A wheel of the package `thing` with one file in it."""
    files = {
        "thing/detector.onnx": member,
        "thing-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n",
        "thing-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {
        name: base64.urlsafe_b64encode(hashlib.sha256(content).digest()) for name, content in files.items()
    }
    record = "".join(
        f"{name},sha256={digest.decode().rstrip('=')},{len(files[name])}\n"
        for name, digest in digests.items()
    )
    files["thing-1.0.dist-info/RECORD"] = f"{record}thing-1.0.dist-info/RECORD,,\n".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def _sdist(member: bytes, marker: Path) -> bytes:
    """A source archive of `thing_models` whose build script leaves a mark."""
    setup = f"""
from pathlib import Path
from setuptools import setup
Path({str(marker)!r}).write_text("run")
setup(name="thing_models", version="1.0")
"""
    files = {
        "setup.py": setup.encode(),
        "PKG-INFO": b"Metadata-Version: 2.1\nName: thing_models\nVersion: 1.0\n",
        "thing_models/recogniser.onnx": member,
    }
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"thing_models-1.0/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def _package(name: str, archive: str, content: bytes, member: str) -> Package:
    digest = hashlib.sha256(content).hexdigest()
    return Package(name=name, version="1.0", archive=archive, sha256=digest, member=member)


class Shelf:
    """A folder that stands for the package index, and a known pack whose files lie in its archives."""

    def __init__(self, folder: Path, draft: Draft) -> None:
        self.folder = folder
        folder.mkdir()
        self.marker = folder.parent / "build-script-ran"
        detector, recogniser = draft.contents["detector.onnx"], draft.contents["recogniser.onnx"]
        wheel, sdist = _wheel(detector), _sdist(recogniser, self.marker)
        (folder / WHEEL).write_bytes(wheel)
        (folder / SDIST).write_bytes(sdist)
        self.packages = (
            _package("thing", WHEEL, wheel, "thing/detector.onnx"),
            _package("thing_models", SDIST, sdist, "thing_models-1.0/thing_models/recogniser.onnx"),
        )
        self.known = BuiltIn(
            manifest=packs.load(draft.write()).manifest,
            sources=tuple(
                Source(
                    gives=name,
                    convert="no",
                    name=name,
                    sha256=hashlib.sha256(content).hexdigest(),
                    size=len(content),
                    package=package,
                )
                for (name, content), package in zip(draft.contents.items(), self.packages, strict=True)
            ),
        )


@pytest.fixture
def shelf(tmp_path: Path, draft: Draft, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """pip sees this shelf alone, and `mine` is a known pack."""
    made = Shelf(tmp_path / "shelf", draft)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(made.folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for module in (_pulling, _loading):
        monkeypatch.setattr(module, "built_in", lambda name: made.known if name == "mine" else None)
    return made


def test_a_known_pack_is_fetched_with_pip_verified_and_left_alone_when_whole(
    shelf: Shelf, home: Path
) -> None:
    said: list[str] = []
    pack = packs.pull("mine", report=said.append)
    assert pack.manifest == shelf.known.manifest
    assert [item.name for item in home.iterdir()] == ["mine"]
    assert any("with pip" in line for line in said)
    (shelf.folder / WHEEL).unlink()
    said.clear()
    packs.pull("mine", report=said.append)
    assert said == []
    with pytest.raises(PackError, match="found no such package") as caught:
        packs.pull("mine", again=True)
    assert "--from FOLDER" in caught.value.remedy
    packs.load("mine")


def test_a_damaged_pack_is_replaced(shelf: Shelf, home: Path) -> None:
    packs.pull("mine", source=shelf.folder)
    (home / "mine/detector.onnx").write_bytes(b"damaged")
    said: list[str] = []
    packs.pull("mine", source=shelf.folder, report=said.append)
    assert "will be replaced" in said[0]
    packs.load("mine")


def test_an_archive_with_another_hash_is_refused_before_its_build_script_runs(
    shelf: Shelf, home: Path
) -> None:
    other = _sdist(b"something else", shelf.marker)
    (shelf.folder / SDIST).write_bytes(other)
    with pytest.raises(PackError, match="another SHA-256") as caught:
        packs.pull("mine")
    assert "which package index" in caught.value.remedy
    assert not shelf.marker.exists()
    assert list(home.iterdir()) == []


def test_a_source_archive_that_cannot_be_prepared_says_so(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.marker.mkdir()
    with pytest.raises(PackError, match="could not prepare") as caught:
        fetch_archives(shelf.packages, tmp_path)
    assert "setuptools" in caught.value.remedy


def test_an_index_that_cannot_be_reached_says_so(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "https://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(PackError, match="cannot be reached") as caught:
        fetch_archives(shelf.packages[:1], tmp_path)
    assert "network" in caught.value.remedy


@pytest.mark.parametrize(("missing", "remedy"), [("pip", "ensurepip"), ("setuptools", "install 'setuptools")])
def test_a_missing_tool_says_how_to_get_it(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, remedy: str
) -> None:
    monkeypatch.setattr(_index.importlib.util, "find_spec", lambda name: None if name == missing else sys)
    with pytest.raises(PackError, match=f"{missing}, which") as caught:
        fetch_archives(shelf.packages, tmp_path)
    assert remedy in caught.value.remedy


def test_files_on_disk_are_taken_whatever_they_are_called(shelf: Shelf, draft: Draft, tmp_path: Path) -> None:
    folder = tmp_path / "usb"
    folder.mkdir()
    (folder / "renamed").write_bytes(draft.contents["detector.onnx"])
    (folder / "also-renamed.tar.gz").write_bytes((shelf.folder / SDIST).read_bytes())
    (folder / "unrelated.txt").write_text("unrelated")
    assert packs.pull("mine", source=folder).manifest == shelf.known.manifest
    assert not shelf.marker.exists()


def test_a_file_on_disk_with_another_hash_is_not_taken(
    shelf: Shelf, draft: Draft, home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "usb"
    folder.mkdir()
    for name, content in draft.contents.items():
        (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(PackError, match="holds no file with the SHA-256") as caught:
        packs.pull("mine", source=folder)
    assert WHEEL in caught.value.remedy
    assert list(home.iterdir()) == []
    with pytest.raises(PackError, match="not a folder"):
        packs.pull("mine", source=tmp_path / "nowhere")


def test_a_known_pack_is_fetched_over_https_and_verified(shelf: Shelf, draft: Draft, home: Path) -> None:
    sources = tuple(
        Source(
            gives=item.gives,
            convert="no",
            name=item.name,
            sha256=item.sha256,
            size=item.size,
            url=f"https://example.invalid/{item.name}",
        )
        for item in shelf.known.sources
    )
    shelf.known = BuiltIn(manifest=shelf.known.manifest, sources=sources)
    served = {f"https://example.invalid/{name}": content for name, content in draft.contents.items()}
    assert packs.pull("mine", opener=lambda url, _: served[url]).manifest == shelf.known.manifest
    served[sources[1].url or ""] = bytes(sources[1].size)
    with pytest.raises(PackError, match="not the file that Overt pins"):
        packs.pull("mine", again=True, opener=lambda url, _: served[url])
    packs.load("mine")
    assert [item.name for item in home.iterdir()] == ["mine"]


def test_an_unknown_pack_is_refused_with_the_known_ones() -> None:
    with pytest.raises(PackError, match="dlib, embedded, open"):
        packs.pull("embeded")


@pytest.mark.parametrize("archive", [WHEEL, SDIST])
def test_a_member_is_read_up_to_its_size_and_no_further(shelf: Shelf, archive: str) -> None:
    package = shelf.packages[0 if archive == WHEEL else 1]
    path = shelf.folder / archive
    size = shelf.known.sources[0 if archive == WHEEL else 1].size
    assert len(take_member(path, package.member, size)) == size
    with pytest.raises(PackError, match="larger than"):
        take_member(path, package.member, size - 1)
    with pytest.raises(PackError, match="cannot be read out of"):
        take_member(path, "thing/absent", size)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(PackError):
        take_member(path, package.member, size)


def test_a_file_that_ships_with_overt_is_taken_from_there_and_verified(
    shelf: Shelf, draft: Draft, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = shelf.known.sources
    ships = msgspec.structs.replace(second, package=None)
    shelf.known = BuiltIn(manifest=shelf.known.manifest, sources=(first, ships))
    monkeypatch.setattr(_pulling, "shipped", lambda name: draft.contents[name])
    assert packs.pull("mine").manifest == shelf.known.manifest
    assert packs.pull("mine", again=True, source=shelf.folder).manifest == shelf.known.manifest
    monkeypatch.setattr(_pulling, "shipped", lambda name: bytes(len(draft.contents[name])))
    with pytest.raises(PackError, match="not the file that Overt pins"):
        packs.pull("mine", again=True)
    assert [item.name for item in home.iterdir()] == ["mine"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dlib", "embedded"])
def test_a_pack_is_pulled_from_the_index(home: Path, name: str) -> None:
    pack = packs.pull(name)
    assert packs.verify(name) == pack
    assert packs.load(name, operational=True).contract.dimension == {"dlib": 128, "embedded": 256}[name]
    assert [item.name for item in home.iterdir()] == [name]
