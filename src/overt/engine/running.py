"""What every run of the engine does alike, whatever it looks at."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Final

import cv2

from overt.engine.wire import SealState
from overt.errors import OvertError, SealError

__all__ = ["FRAME_ERRORS", "require_seals", "resident_mib", "scrubbed_seal", "where_of"]

FRAME_ERRORS: Final = (
    OvertError,
    ArithmeticError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
    cv2.error,
)
"""What one bad frame may raise without ending the engine."""


def require_seals(names: tuple[str, ...], seals: dict[str, SealState]) -> None:
    """Refuse to begin without a seal.

    Raises:
        SealError: one is not held.
    """
    for name in names:
        seal = seals.get(name, SealState(held=False, detail="no seal has that name"))
        if not seal.held:
            raise SealError(
                f"The seal {name} is required and not held: {seal.detail}",
                "Run `overt doctor` to see what this machine needs",
            )


def scrubbed_seal(*, overwrites: bool) -> SealState:
    """The seal over what the inference runtime keeps."""
    if not overwrites:
        return SealState(held=False, detail="this build leaves everything standing, for the proof of erasure")
    return SealState(
        held=True,
        detail="what the runtime keeps of a picture is overwritten by the next, or by a blank one within 0.1 s",
    )


def where_of(error: BaseException) -> str:
    """What kind of error, and where in the code; never its message, which could quote what it failed on."""
    steps = traceback.extract_tb(error.__traceback__)
    place = f"{Path(steps[-1].filename).name}:{steps[-1].lineno}" if steps else "an unknown place"
    return f"{type(error).__name__} at {place}"


def resident_mib() -> float:
    """Memory of this process, MiB."""
    with Path("/proc/self/statm").open(encoding="ascii") as statm:
        pages = int(statm.read().split()[1])
    return pages * 4096 / 2**20
