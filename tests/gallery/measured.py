"""Rows of strangers counted, as a pack's manifest has them."""

from __future__ import annotations

from overt.biometrics.packs import MeasuredRate

__all__ = ["measured_row"]


def measured_row(
    threshold: float, false_positives: int, *, watchlist: int, trials: int = 2000
) -> MeasuredRate:
    """How many of so many strangers reached a threshold against a list of a length."""
    return MeasuredRate(
        threshold=threshold,
        watchlist=watchlist,
        trials=trials,
        false_positives=false_positives,
        data="portraits",
        date="2026-01-01",
    )
