"""A run of a collection's rows: templates in float32, and in eight bits with a bound on the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from overt.gallery.collections._eight_bit import LEVEL, ZERO, padded, scan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics import FloatArray
    from overt.gallery.search import Precision

__all__ = ["Block", "Nearest", "Probe"]

_AT_ONCE: Final = 4096
"""Rows written in one go; and the mean of as many rows tells nothing of one of them that is removed."""


class Probe:
    """A probe at unit length, exact and in eight bits.

    Args:
        probe: float32 [dimension], finite and not all zero.

    Attributes:
        exact: float64 [dimension].
        written: float32 [width], whole numbers: `exact ≈ scale · written`.
        scale: see there.
        error: length of the difference.
    """

    def __init__(self, probe: FloatArray) -> None:
        wide = probe.astype(np.float64)
        self.exact = wide / np.linalg.norm(wide)
        self.scale = float(np.abs(self.exact).max()) / LEVEL
        self.written = np.zeros(padded(len(probe)), np.float32)
        self.written[: len(probe)] = np.rint(self.exact / self.scale)
        self.error = float(np.linalg.norm(self.exact - self.scale * self.written[: len(probe)]))


class Nearest(NamedTuple):
    """Rows of a block that seem nearest to a probe: every row left out seems at most as near as each of these.

    Attributes:
        rows: int64 [r].
        scores: float64 [r], about their cosines.
        margin: how wrong a score can be.
        all_rows: whether they are all the rows of the block.
    """

    rows: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    margin: float
    all_rows: bool


class Block:
    """At most `room` rows. Callers see to it that nobody reads while somebody writes.

    In eight bits a template is centred on the block's mean and written with one scale for the block. By the
    inequality of Cauchy and Schwarz a product with a probe is then wrong by at most the largest rounding of a
    template, plus the probe's rounding times the longest template as written.

    Attributes:
        count: rows held, the first ones.
        ids: int64 [room].
        templates: float32 [room, dimension].
    """

    def __init__(self, dimension: int, room: int, precision: Precision) -> None:
        self.count = 0
        self.ids: npt.NDArray[np.int64] = np.full(room, -1, np.int64)
        self.templates: FloatArray = np.zeros((room, dimension), np.float32)
        self._rounding = dimension * 2.0**-23  # twice what a float32 sum of products can be wrong by
        self._codes: npt.NDArray[np.uint8] | None = None
        if precision == "int8":
            self._codes = np.zeros((room, padded(dimension)), np.uint8)
        self._mean = np.zeros(dimension)
        self._scale = 1.0
        self._error = 0.0
        self._longest = 0.0
        self._rows_of_scale = 0

    @property
    def memory(self) -> int:
        """Bytes of the rows held and of those that there is room for."""
        codes = 0 if self._codes is None else self._codes.nbytes
        return self.ids.nbytes + self.templates.nbytes + codes

    def append(self, ids: npt.NDArray[np.int64], templates: FloatArray) -> None:
        """Hold these too; there is room for them."""
        first, self.count = self.count, self.count + len(ids)
        self.ids[first : self.count] = ids
        self.templates[first : self.count] = templates
        if self.count > 2 * self._rows_of_scale or self.count == len(self.ids):
            self.rescale()
        else:
            self._write(first, self.count)

    def put(self, row: int, one: int, template: FloatArray) -> None:
        """Hold this in place of what the row held."""
        self.ids[row] = one
        self.templates[row] = template
        self._write(row, row + 1)

    def drop_last(self) -> None:
        """Overwrite the last row, and hold it no longer."""
        self.count -= 1
        self.ids[self.count] = -1
        self.templates[self.count] = 0
        if self._codes is not None:
            self._codes[self.count] = 0

    def clear(self) -> None:
        """Overwrite every row, and hold none."""
        self.count = 0
        self.ids.fill(-1)
        self.templates.fill(0)
        if self._codes is not None:
            self._codes.fill(0)
        self.forget()

    def forget(self) -> None:
        """Let nothing derived from the rows tell of one that was among them."""
        if self._rows_of_scale <= _AT_ONCE:
            self.rescale()

    def rescale(self) -> None:
        """Choose the mean and the scale again, and write all rows with them."""
        if self._codes is None:
            return
        held = self.templates[: self.count]
        self._rows_of_scale = self.count
        self._error = self._longest = largest = 0.0
        self._mean[:] = held.mean(axis=0, dtype=np.float64) if self.count else 0
        for first in range(0, self.count, _AT_ONCE):
            centred = held[first : first + _AT_ONCE] - self._mean
            largest = max(largest, float(np.abs(centred).max()))
            centred.fill(0)
        self._scale = (largest or 1.0) / LEVEL
        self._write(0, self.count)

    def _write(self, start: int, stop: int) -> None:
        if self._codes is None:
            return
        dimension = len(self._mean)
        for first in range(start, stop, _AT_ONCE):
            rows = slice(first, min(first + _AT_ONCE, stop))
            centred = self.templates[rows] - self._mean
            written = np.clip(np.rint(centred / self._scale), -LEVEL, LEVEL)
            self._codes[rows] = ZERO
            self._codes[rows, :dimension] = written + ZERO
            written *= self._scale
            self._longest = max(self._longest, _longest(written))
            centred -= written
            self._error = max(self._error, _longest(centred))
            centred.fill(0)
            written.fill(0)

    def nearest(self, probe: Probe, most: int) -> Nearest:
        """The rows that seem nearest to a probe, `most` at most."""
        most = min(most, self.count)
        if self._codes is None:
            scores = self.templates[: self.count] @ probe.exact.astype(np.float32)
            rows = np.argpartition(scores, self.count - most)[self.count - most :] if most else np.arange(0)
            return Nearest(rows, scores[rows].astype(np.float64), self._rounding, most == self.count)
        rows, products = scan(probe.written, self._codes[: self.count], most)
        near = products * (probe.scale * self._scale) + float(probe.exact @ self._mean)
        margin = self._error + probe.error * self._longest + self._rounding
        return Nearest(rows, near.astype(np.float64), margin, most == self.count)

    def exactly(self, probe: Probe, rows: Sequence[int] | npt.NDArray[np.int64]) -> FloatArray:
        """Float32 [r]: cosines of these rows, summed in float64, so that equal templates score the same."""
        scores = np.zeros(len(rows), np.float32)
        for first in range(0, len(rows), _AT_ONCE):
            part = self.templates[rows[first : first + _AT_ONCE]].astype(np.float64)
            part *= probe.exact
            scores[first : first + len(part)] = part.sum(axis=1)
            part.fill(0)
        return scores


def _longest(rows: npt.NDArray[np.float64]) -> float:
    return float(np.sqrt(np.einsum("ij,ij->i", rows, rows).max())) if len(rows) else 0.0
