"""An estimate of whether a face is partly covered."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["occlusion_of"]


def occlusion_of(patch: npt.NDArray[np.uint8], grey: npt.NDArray[np.uint8]) -> float:
    """x."""
    return 0.0
