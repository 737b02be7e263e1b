"""How detection is run: at what scale, how far, and how many faces at most."""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["DetectionSettings"]


class DetectionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How detection is run.

    Attributes:
        long_side: the longer side, pixels, of the scaled copy that the whole picture is searched in. A picture is
            never enlarged.
        far: how faces too small for that copy are sought as well: `none`; `two-scale`, in a second and larger copy;
            or `tiles`, in overlapping tiles at full resolution.
        far_long_side: the longer side, pixels, of the larger copy of `two-scale`.
        max_faces: the most faces that are returned for one picture; the most certain are kept.
        score_threshold: the least confidence, 0 to 1, of a face; None takes the pack's own.
        max_batch: the most pictures or tiles in one run of the network. None takes 4 on a GPU and 1 elsewhere: on two
            cores a batch of 2 or 4 measured no faster for each picture than one at a time, and takes more memory.
    """

    long_side: int = 640
    far: Literal["none", "two-scale", "tiles"] = "none"
    far_long_side: int = 1280
    max_faces: int = 200
    score_threshold: float | None = None
    max_batch: int | None = None

    def __post_init__(self) -> None:
        for name in ("long_side", "far_long_side", "max_faces", "max_batch"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise ValueError(f"{name} should be at least 1, not {number}")
        if self.score_threshold is not None and not 0 < self.score_threshold < 1:
            raise ValueError(f"score_threshold should lie between 0 and 1, not {self.score_threshold}")
