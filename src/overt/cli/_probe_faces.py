"""The faces of all that was handed in, numbered through, and the one that a person picks."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from overt.cli._showing import safe, show_table
from overt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from overt.casework.probes import HandedIn, ProbeFaceView, ProbeView

__all__ = ["OfferedFace", "chosen_face", "offered_faces", "tell_unread"]


@dataclass(frozen=True)
class OfferedFace:
    """One of all faces.

    Attributes:
        number: from 1, through all files.
        file: as it was named.
        probe: that it is in.
        face: the face.
    """

    number: int
    file: Path
    probe: ProbeView
    face: ProbeFaceView

    def called(self, word: str, files: int) -> bool:
        """Whether this is what somebody means; ids are the same in every file, and name one where there is one."""
        return word == str(self.number) or (files == 1 and word == self.face.id)


def offered_faces(files: Sequence[Path], opened: Sequence[HandedIn]) -> list[OfferedFace]:
    """The faces of all files that could be used, numbered through."""
    every = [
        (file, one.probe, face)
        for file, one in zip(files, opened, strict=True)
        if one.probe is not None
        for face in one.probe.faces
    ]
    return [OfferedFace(number, *one) for number, one in enumerate(every, 1)]


def tell_unread(files: Sequence[Path], opened: Sequence[HandedIn]) -> None:
    """Say on the error output which files could not be used, and why.

    Raises:
        OvertError: it is the only file.
    """
    for file, one in zip(files, opened, strict=True):
        if one.error is None:
            continue
        if len(files) == 1:
            raise one.error
        print(
            f"{safe(str(file))} was left out: {safe(one.error.what)}. {safe(one.error.remedy)}",
            file=sys.stderr,
        )


def chosen_face(
    faces: Sequence[OfferedFace],
    wanted: str | None,
    files: Sequence[Path],
    opened: Sequence[HandedIn],
    *,
    as_json: bool,
) -> OfferedFace:
    """The face to search; several are never searched at once. Asks where somebody sits at a terminal.

    Args:
        faces: all that are offered.
        wanted: its number or id, if it was named.
        files: that were handed in.
        opened: what became of each.
        as_json: list the faces as JSON, and ask nothing.

    Raises:
        InputError: there is none, or there are several and none is named, or none is called so.
    """
    among = files[0].name if len(files) == 1 else f"{len(files)} files"
    if not faces:
        raise InputError(
            f"No face was found in {among}", "Hand in a better picture of whom it is about", field="probe"
        )
    if wanted is None and len(faces) == 1:
        return faces[0]
    named = None if wanted is None else _called(faces, wanted, len(files))
    if named is not None:
        return named
    if as_json:
        _print_faces(faces, files, opened)
    else:
        _show_faces(faces, several=len(files) > 1)
    if wanted is not None:
        ids = ", or an id" if len(files) == 1 else ""
        raise InputError(
            f"There is no such face in {among}: {wanted[:40]}",
            f"Name one from 1 to {len(faces)}{ids}",
            field="face",
        )
    if as_json or not sys.stdin.isatty():
        raise InputError(
            f"{len(faces)} faces were found in {among}, and a search is of one",
            "Name it with --face, with a reason of its own",
            field="face",
        )
    return _asked(faces, len(files))


def _called(faces: Sequence[OfferedFace], word: str, files: int) -> OfferedFace | None:
    return next((one for one in faces if one.called(word.strip(), files)), None)


def _asked(faces: Sequence[OfferedFace], files: int) -> OfferedFace:
    """What a person types; nothing searches nobody."""
    while True:
        print(f"Which face is searched, 1 to {len(faces)}? Enter alone searches none: ", end="", flush=True)
        word = sys.stdin.readline().strip()
        if not word:
            raise InputError(
                "No face was picked, and none was searched", "Begin again when you know", field="face"
            )
        picked = _called(faces, word, files)
        if picked is None:
            print(f"There is no face {safe(word[:40])}.")
        elif picked.face.verdict == "unusable":
            print(f"Face {picked.number} is too small or too poor to be compared with anybody.")
        else:
            return picked


def _show_faces(faces: Sequence[OfferedFace], *, several: bool) -> None:
    names = ("", "file", "face", "box in the picture", "quality", "verdict", "seen")
    rows = [
        (
            str(one.number),
            str(one.file),
            one.face.id,
            " ".join(f"{edge:.0f}" for edge in one.face.shots[0].picture_box),
            f"{one.face.quality:.2f}",
            one.face.verdict,
            ""
            if one.face.first_seconds is None
            else f"{one.face.first_seconds:.1f} to {one.face.last_seconds or one.face.first_seconds:.1f} s",
        )
        for one in faces
    ]
    left_out = "face" if several else "file"
    kept = [at for at, name in enumerate(names) if name != left_out]
    show_table(tuple(names[at] for at in kept), (tuple(row[at] for at in kept) for row in rows))


def _print_faces(faces: Sequence[OfferedFace], files: Sequence[Path], opened: Sequence[HandedIn]) -> None:
    listed = [
        {"number": one.number, "file": str(one.file), **one.face.model_dump(mode="json")} for one in faces
    ]
    left_out = [
        {"file": str(file), "what": one.error.what, "remedy": one.error.remedy}
        for file, one in zip(files, opened, strict=True)
        if one.error is not None
    ]
    print(json.dumps({"faces": listed, "left_out": left_out}))
