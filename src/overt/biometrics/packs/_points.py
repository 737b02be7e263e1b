"""Operating points that differ from the pack's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from overt.biometrics.packs.manifest import OperatingPoint

__all__ = ["adjusted"]


def adjusted(
    point: OperatingPoint,
    *,
    threshold: float | None = None,
    min_eye_distance: float | None = None,
    min_quality: float | None = None,
    confirmations: int | None = None,
) -> OperatingPoint:
    """The operating point with what is given, and its own figures where nothing is.

    A threshold below its `clear_below` takes that with it, for clearing must not ask for more than alerting.
    """
    asked = {
        "threshold": threshold,
        "min_eye_distance": min_eye_distance,
        "min_quality": min_quality,
        "confirmations": confirmations,
    }
    changed = msgspec.structs.replace(
        point, **{name: value for name, value in asked.items() if value is not None}
    )
    if changed.clear_below is not None and changed.clear_below > changed.threshold:
        changed = msgspec.structs.replace(changed, clear_below=changed.threshold)
    return changed
