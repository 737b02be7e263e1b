"""Whether one of two systems errs more often than the other, on the very same trials."""

from __future__ import annotations

import math

__all__ = ["exact_mcnemar"]


def exact_mcnemar(only_before: int, only_after: int) -> float:
    """The chance of so many new errors or more, if both systems are alike: McNemar (1947), exact and one-sided.

    Trials on which both err, or neither, say nothing of a difference. Of the others each would be as likely to be one
    system's error as the other's.

    Args:
        only_before: trials on which only the first system erred.
        only_after: trials on which only the second did.

    >>> exact_mcnemar(0, 7)
    0.0078125
    >>> exact_mcnemar(5, 5) > 0.5
    True
    """
    n = only_before + only_after
    return float(sum(math.comb(n, k) for k in range(only_after, n + 1)) / 2**n)
