"""FAISS's comparison of an eight-bit probe with eight-bit templates, over memory that is ours.

The templates are scanned where they lie, so that one which is removed can be overwritten. FAISS's own index
would keep them in a vector of its own, and shorten it without clearing it.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["LEVEL", "ZERO", "padded", "scan"]

LEVEL: Final = 127
"""The largest number of either sign that a component is written as."""

ZERO: Final = 128
"""What a component of nought is written as."""

_WIDTH: Final = 16  # FAISS's vector loops take this many components

_free: defaultdict[int, list[Any]] = defaultdict(list)
_guard = threading.Lock()


def padded(dimension: int) -> int:
    """Bytes of a template of this dimension."""
    return -(-dimension // _WIDTH) * _WIDTH


def scan(
    probe: npt.NDArray[np.float32], codes: npt.NDArray[np.uint8], most: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The rows with the largest products, in no order.

    Args:
        probe: [width], whole numbers from -127 to 127. FAISS drops what stands behind the point, on some
            processors and not on others, so nothing may.
        codes: [m, width], 128 + whole numbers from -127 to 127.
        most: rows to return at most.

    Returns:
        Rows and their products, which are exact: they are whole and below 2^24.
    """
    most = min(most, len(codes))
    products = np.full(most, -np.inf, np.float32)
    rows = np.full(most, -1, np.int64)
    if most:
        import faiss

        scanner = _scanner(codes.shape[1])
        scanner.set_query(faiss.swig_ptr(probe))
        scanner.set_list(0, 0.0)
        scanner.scan_codes(
            len(codes), faiss.swig_ptr(codes), None, faiss.swig_ptr(products), faiss.swig_ptr(rows), most
        )
        blank = np.zeros_like(probe)
        scanner.set_query(faiss.swig_ptr(blank))  # it keeps a copy
        with _guard:
            _free[codes.shape[1]].append(scanner)
    return rows, products


def _scanner(width: int) -> Any:
    """One that nobody uses; as many are made as are used at once.

    They are never given up: FAISS's Python binding (1.15) takes its own classes apart when one is.
    """
    with _guard:
        if _free[width]:
            return _free[width].pop()
    import faiss

    quantiser: Any = faiss.ScalarQuantizer(width, faiss.ScalarQuantizer.QT_8bit_direct_signed)
    quantiser.this.disown()
    return quantiser.select_InvertedListScanner(faiss.METRIC_INNER_PRODUCT, None, True, None)
