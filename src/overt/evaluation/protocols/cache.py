"""Templates of evaluation pictures on disk, so that a run that was stopped goes on and a second one takes seconds.

They are biometric data. They are kept only for pictures that somebody evaluates on, never for a watchlist or a live
feed, in files that their owner alone may read, in a folder that the user names or under `$OVERT_HOME`.
"""

from __future__ import annotations

import fcntl
import hashlib
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from overt.biometrics.packs import packs_folder
from overt.errors import EvaluationError
from overt.evaluation.protocols.preparation import code_version, pack_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from overt.biometrics import Covering, FloatArray, ModelPack
    from overt.evaluation.protocols.preparation import Preparation

__all__ = ["Made", "TemplateCache", "cache_folder"]

_CRC: Final = 4


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one picture.

    Attributes:
        template: float32 [d]; None where no face was found.
        eye_distance: pixels between the eyes.
        quality: the quality scalar.
        covering: what looks covered, of the parts for which the pack compares faces like with like.
        evened: float32 [parts, d], the template with each of those parts made even; zero where it was not made.
        referable: whether it was made for every part, as a reference needs it.
    """

    template: FloatArray | None
    eye_distance: float
    quality: float
    covering: Covering | None = None
    evened: FloatArray | None = None
    referable: bool = False


def cache_folder() -> Path:
    """Where templates of evaluations are kept unless a folder is named: `evaluation` beside the packs."""
    return packs_folder().parent / "evaluation"


class TemplateCache:
    """Templates by the SHA-256 of the picture's file, for one pack, preparation and version of the code.

    A file of records of one length, each with a check sum; it is only ever appended to, under a lock, so two runs can
    share it, and a record that a killed run left half written is cut off by the next.

    Args:
        folder: where; made if it is not there.
        pack: whose templates.
        preparation: how they are made.
    """

    def __init__(self, folder: Path, pack: ModelPack, preparation: Preparation) -> None:
        code = code_version()
        self._parts: tuple[Covering, ...] = tuple(scale.covering for scale in pack.manifest.covered)
        hangs_on = {
            "pack": pack_name(pack),
            "preparation": preparation,
            "scoring": code.scoring,
            "drawing": code.drawing if preparation.occlusion else "",
        }
        if self._parts:
            hangs_on["covering"] = [code.covering, *self._parts]
        made_by = msgspec.json.encode(hangs_on, order="sorted")
        name = f"{pack.manifest.id}-{hashlib.sha256(made_by).hexdigest()[:32]}.templates"
        dimension = pack.contract.dimension
        evened = [("covering", "<u4"), ("referable", "<u4"), ("evened", "<f4", (len(self._parts), dimension))]
        self._record = np.dtype(
            [
                ("picture", "V32"),
                ("found", "<u4"),
                ("eye_distance", "<f4"),
                ("quality", "<f4"),
                ("template", "<f4", (dimension,)),
                *(evened if self._parts else ()),
                ("crc", "<u4"),
            ]
        )
        self._path = folder / name
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.touch(mode=0o600)
        except OSError as error:
            raise EvaluationError(
                f"Templates cannot be kept in {folder}: {error.strerror}",
                "Name a folder that you may write with --cache, or give --no-cache",
            ) from error
        self._held: dict[bytes, Made] = {}
        self._waiting: list[tuple[bytes, Made]] = []
        self._load()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, picture: str, *, references: bool = False) -> Made | None:
        """What is known of the picture whose file has this SHA-256 (hexadecimal).

        Args:
            picture: the digest.
            references: only what can serve as a reference for covered faces too.
        """
        held = self._held.get(bytes.fromhex(picture))
        if held is None or not references or not self._parts or held.referable or held.template is None:
            return held
        return None

    def put(self, picture: str, made: Made) -> None:
        """Note what a picture became; it is on disk after the next `flush`."""
        key = bytes.fromhex(picture)
        self._held[key] = made
        self._waiting.append((key, made))

    def flush(self) -> None:
        """Write what was noted."""
        if not self._waiting:
            return
        records = np.zeros(len(self._waiting), self._record)
        for record, (key, made) in zip(records, self._waiting, strict=True):
            record["picture"] = np.void(key)
            record["found"] = made.template is not None
            record["eye_distance"], record["quality"] = made.eye_distance, made.quality
            if made.template is not None:
                record["template"] = made.template
            if self._parts:
                record["covering"] = 0 if made.covering is None else 1 + self._parts.index(made.covering)
                record["referable"] = made.referable
                if made.evened is not None:
                    record["evened"] = made.evened
            record["crc"] = zlib.crc32(record.tobytes()[:-_CRC])
        with self._locked() as size, self._path.open("r+b") as file:
            file.truncate(size)
            file.seek(size)
            file.write(records.tobytes())
        self._waiting.clear()

    def _load(self) -> None:
        with self._locked() as size:
            content = self._path.read_bytes()[:size]
        for record in np.frombuffer(content, self._record):
            if zlib.crc32(record.tobytes()[:-_CRC]) != record["crc"]:
                continue
            template = np.array(record["template"], np.float32) if record["found"] else None
            made = Made(template, float(record["eye_distance"]), float(record["quality"]))
            if self._parts:
                place = int(record["covering"])
                made = replace(
                    made,
                    covering=self._parts[place - 1] if place else None,
                    evened=np.array(record["evened"], np.float32),
                    referable=bool(record["referable"]),
                )
            self._held[bytes(record["picture"])] = made

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Alone with the file within; yields the length of its whole records."""
        with self._path.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            size = self._path.stat().st_size
            yield size - size % self._record.itemsize
