"""Where the model files of `face_recognition` are; they are fetched once where they are not."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from overt.biometrics.packs import packs_folder
from overt.evaluation.bench.peers.catalogue import PeerMissingError

__all__ = ["dlib_models"]

ARCHIVE: Final = "face_recognition_models-0.3.0"
SHA256: Final = "b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf"
FILES: Final = 4
PATIENCE_SECONDS: Final = 300


@cache
def dlib_models() -> Path:
    """The folder of the four `.dat` files: the installed package's, or one beside the model packs.

    The archive is the very one that the pack `dlib` is made from, so pip mostly has it in its cache.

    Raises:
        PeerMissingError: they are not here and cannot be fetched.
    """
    spec = find_spec("face_recognition_models")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "models"
    folder = packs_folder().parent / "peers" / ARCHIVE
    if not folder.is_dir():
        _fetch(folder)
    return folder


def _fetch(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        work = Path(temporary)
        wanted = work / "wanted.txt"
        wanted.write_text(f"face_recognition_models==0.3.0 --hash=sha256:{SHA256}\n", "utf-8")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation"]
        command += ["--require-hashes", "--no-input", "--dest", str(work), "--requirement", str(wanted)]
        try:
            done = subprocess.run(
                command, check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise PeerMissingError("its models could not be fetched in time", "Check the network") from error
        archive = work / f"{ARCHIVE}.tar.gz"
        if done.returncode != 0 or not archive.is_file():
            raise PeerMissingError(
                "its models are not here and pip could not fetch them", "Check the network"
            )
        if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
            raise PeerMissingError("its models came with another SHA-256", "Check the package index")
        _unpack(archive, work / "models")
        (work / "models").rename(folder)


def _unpack(archive: Path, folder: Path) -> None:
    folder.mkdir()
    with tarfile.open(archive) as bundle:
        for member in bundle:
            if member.isfile() and member.name.endswith(".dat"):
                content = bundle.extractfile(member)
                if content is not None:
                    (folder / Path(member.name).name).write_bytes(content.read())
    if len(list(folder.iterdir())) != FILES:
        raise PeerMissingError("its models' archive is not the one expected", "Check the package index")
