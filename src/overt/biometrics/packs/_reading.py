"""Reading a pack's manifest, and checking its files against it."""

from __future__ import annotations

import hashlib
import re
import tomllib
from itertools import pairwise
from typing import TYPE_CHECKING, get_args

import msgspec

from overt.biometrics.packs._folders import MANIFEST_NAME, is_pack_name
from overt.biometrics.packs.manifest import Family, Layout, Manifest
from overt.errors import PackError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["check_files", "parse_manifest", "read_manifest", "sha256_of"]

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SIDE = {"arcface-112": 112, "dlib-150": 150}
_MANIFEST_LIMIT = 1 << 18


def read_manifest(folder: Path) -> Manifest:
    """Read and check the manifest in a pack's folder; its files are not looked at.

    Raises:
        PackError: there is none, or it says something that cannot be.
    """
    path = folder / MANIFEST_NAME
    try:
        with path.open("rb") as file:
            content = file.read(_MANIFEST_LIMIT + 1)
    except OSError as error:
        raise PackError(
            f"There is no readable {MANIFEST_NAME} in {folder}: {error.strerror}",
            "Give a folder that holds a pack, or pull the pack again",
        ) from error
    if len(content) > _MANIFEST_LIMIT:
        raise PackError(f"{path} is larger than a manifest can be", "Give a folder that holds a pack")
    return parse_manifest(content.decode("utf-8", "replace"), str(path))


def parse_manifest(text: str, where: str) -> Manifest:
    """Read a manifest's TOML.

    Args:
        text: the TOML.
        where: what to call it in an error.

    Raises:
        PackError: it is not TOML, lacks something or says something that cannot be.
    """
    try:
        manifest = msgspec.convert(tomllib.loads(text), Manifest)
    except tomllib.TOMLDecodeError as error:
        raise PackError(f"{where} is not TOML: {error}", "Correct the manifest") from error
    except msgspec.ValidationError as error:
        raise PackError(f"{where} is not a manifest: {error}", _remedy(str(error))) from error
    if problem := _problem(manifest):
        raise PackError(f"{where}: {problem[0]}", problem[1])
    return manifest


def check_files(manifest: Manifest, folder: Path) -> None:
    """Check that every file that the manifest lists is there with its size and SHA-256.

    Raises:
        PackError: a file is missing, truncated or altered.
    """
    again = f"Get the pack {manifest.id} again and do not load this one"
    for file in manifest.files:
        path = folder / file.name
        if path.is_symlink() or not path.is_file():
            raise PackError(f"{path} is missing, or is not a plain file", again)
        size = path.stat().st_size
        if size < file.size:
            raise PackError(f"{path} is truncated: {size} bytes of {file.size}", again)
        if size > file.size:
            raise PackError(f"{path} has {size} bytes and should have {file.size}", again)
        got = sha256_of(path)
        if got != file.sha256:
            raise PackError(f"{path} is not what its manifest says: SHA-256 {got}, not {file.sha256}", again)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal.

    Raises:
        PackError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PackError(f"{path} cannot be read: {error.strerror}", "Check the file's permissions") from error


def _remedy(message: str) -> str:
    if "$.licence" in message or "`licence`" in message:
        return "Say in [licence] under which terms the weights and their training data may be used"
    if "$.detector.family" in message:
        return f"Overt reads the detector families {', '.join(get_args(Family))}"
    if "$.recogniser.layout" in message:
        return f"Overt reads the layouts {', '.join(get_args(Layout))}"
    return "Correct the manifest; `overt models show embedded --json` shows a good one"


def _problem(manifest: Manifest) -> tuple[str, str] | None:
    """What is wrong with a manifest's values and the remedy, or None."""
    if not is_pack_name(manifest.id):
        return (
            f"{manifest.id!r} cannot be a pack's id",
            "Use small letters, digits, points and dashes, 64 at most",
        )
    if not manifest.licence.weights.strip() or not manifest.licence.training_data.strip():
        return "the licence of the weights or of their training data is empty", _remedy("$.licence")
    return _file_problem(manifest) or _recogniser_problem(manifest) or _number_problem(manifest)


def _file_problem(manifest: Manifest) -> tuple[str, str] | None:
    names = [file.name for file in manifest.files]
    for file in manifest.files:
        if not _FILE_NAME.fullmatch(file.name) or file.name == MANIFEST_NAME:
            return f"{file.name!r} is not a plain file name", "Keep every file in the pack's own folder"
        if not re.fullmatch(r"[0-9a-f]{64}", file.sha256) or file.size <= 0:
            return f"{file.name} lacks a SHA-256 of 64 small hexadecimal digits or a size", "Fill them in"
    if len(set(names)) != len(names):
        return "two files have the same name", "List each file once"
    for part, name in (("detector", manifest.detector.file), ("recogniser", manifest.recogniser.file)):
        if name not in names:
            return (
                f"the {part}'s file {name!r} is not listed in [[files]]",
                "List it with its SHA-256 and size",
            )
    return None


def _recogniser_problem(manifest: Manifest) -> tuple[str, str] | None:
    spec = manifest.recogniser
    side = _SIDE.get(spec.layout)
    if side is not None and spec.size != side:
        return f"the layout {spec.layout} has chips of {side} pixels, not {spec.size}", f"Set size = {side}"
    points = spec.points
    if points is None:
        if spec.layout == "five-point":
            return (
                "the layout five-point needs five points",
                "Give points = [[x, y], …]: eyes, nose, mouth corners",
            )
        return None
    if spec.layout == "arcface-112":
        return "the layout arcface-112 has its own points", "Leave points out, or use the layout five-point"
    if len(points) != 5 or not all(
        -spec.size <= value <= 2 * spec.size for point in points for value in point
    ):
        return (
            "points are five pairs of pixels in the chip or near it",
            "Give eyes, nose, mouth corners in pixels",
        )
    return None


def _number_problem(manifest: Manifest) -> tuple[str, str] | None:
    detector, recogniser, point = manifest.detector, manifest.recogniser, manifest.operating_point
    sound = (
        (detector.divide != 0 and all(recogniser.divide), "divide may not be zero"),
        (0 < detector.score_threshold < 1, "detector.score_threshold lies between 0 and 1"),
        (0 < detector.nms_iou < 1, "detector.nms_iou lies between 0 and 1"),
        (1 <= detector.multiple <= 256, "detector.multiple lies between 1 and 256"),
        (
            detector.fixed_size is None or all(16 <= side <= 8192 for side in detector.fixed_size),
            "detector.fixed_size is a height and a width between 16 and 8192 pixels",
        ),
        (16 <= recogniser.size <= 512, "recogniser.size lies between 16 and 512 pixels"),
        (8 <= recogniser.dimension <= 4096, "recogniser.dimension lies between 8 and 4096"),
        (
            recogniser.fixed_batch is None or 1 <= recogniser.fixed_batch <= 256,
            "recogniser.fixed_batch lies between 1 and 256",
        ),
        (-1 <= point.threshold <= 1, "operating_point.threshold lies between -1 and 1"),
        (
            point.clear_below is None or -1 <= point.clear_below <= point.threshold,
            "operating_point.clear_below lies between -1 and the threshold",
        ),
        (0 <= point.min_quality <= 1, "operating_point.min_quality lies between 0 and 1"),
        (point.min_eye_distance >= 0, "operating_point.min_eye_distance is not negative"),
        (1 <= point.confirmations <= 100, "operating_point.confirmations lies between 1 and 100"),
        (
            all(
                -1 <= rate.threshold <= 1
                and rate.watchlist > 0
                and 0 <= rate.false_positives <= rate.trials
                and rate.trials > 0
                for rate in manifest.measured
            ),
            "each of measured has a threshold from -1 to 1, a watchlist, and no more false positives than trials",
        ),
        (
            all(_is_scale(scale.scores, scale.bare) for scale in manifest.covered)
            and len({scale.covering for scale in manifest.covered}) == len(manifest.covered),
            "covered names each covering once, with two or more rising scores and as many that do not fall",
        ),
    )
    return next(
        ((f"it should hold that {rule}", "Correct the manifest") for good, rule in sound if not good), None
    )


def _is_scale(scores: tuple[float, ...], bare: tuple[float, ...]) -> bool:
    rising = all(low < high for low, high in pairwise(scores))
    within = all(-1 <= score <= 1 for score in (*scores, *bare))
    return len(scores) == len(bare) >= 2 and rising and within and list(bare) == sorted(bare)
