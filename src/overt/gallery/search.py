"""Exact search of a watchlist's templates, in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from overt.errors import ContractError, WatchlistError
from overt.gallery.fusion import LENGTH_POWER, entry_numbers, entry_of_group, fuse_references
from overt.gallery.quantisation import Allocate, IntegerScan, quantise_probe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics import Contract, FloatArray

__all__ = ["Candidates", "Gallery", "Precision", "check_templates", "first_unusable", "require_contract"]

Precision = Literal["float32", "int8"]

_UNIT_TOLERANCE: Final = 1e-3
_SHORTEST_PROBE: Final = 1e-6
_ROUNDING: Final = 1e-5  # float32 rounding of a dot product of vectors no longer than 1, generously
_RERANK_ROWS: Final = 256


@dataclass(frozen=True, slots=True)
class Candidates:
    """The best entries for each probe, best first.

    Attributes:
        entries: int64 [n, k]: index of the entry; -1 where there is no candidate (a gallery of fewer than k
            entries, or a probe that is not finite or has no length).
        scores: float32 [n, k]: of the probe and the entry's best template, -1 to 1; -inf where there is none.
    """

    entries: npt.NDArray[np.int64]
    scores: FloatArray

    @classmethod
    def empty(cls, n: int, k: int, allocate: Allocate = np.zeros) -> Candidates:
        """Room for k candidates of n probes, for `Gallery.search(out=…)`."""
        room = cls(allocate((n, k), np.int64), allocate((n, k), np.float32))
        room.clear()
        return room

    def clear(self) -> None:
        """Write "no candidate" everywhere."""
        self.entries.fill(-1)
        self.scores.fill(-np.inf)


def check_templates(templates: FloatArray, contract: Contract, *, fused: bool = False) -> None:
    """Refuse templates that cannot be compared: wrong dimension, not finite, or of a length that they cannot have.

    Args:
        templates: float32 [m, dimension].
        contract: what they are bound to.
        fused: whether each may stand for several pictures (`fuse_references`), and so be shorter than 1.

    Raises:
        ContractError: their dimension is not the contract's.
        WatchlistError: a template is not finite, or not of unit length to within 0.001; where `fused`, longer.
    """
    if templates.ndim != 2 or templates.shape[1] != contract.dimension or templates.dtype != np.float32:
        raise ContractError(
            f"templates of {contract.pack} {contract.version} are float32 [m, {contract.dimension}], "
            f"but {templates.dtype} {list(templates.shape)} came",
            "Enrol the watchlist again with the model pack in use",
        )
    if (bad := first_unusable(templates, fused=fused)) is not None:
        raise WatchlistError(
            f"{bad.number} of {len(templates)} templates cannot be used; "
            f"the first is row {bad.row}: {bad.found}, should be {'at most 1' if fused else '1'}",
            "Enrol its reference image again",
        )


class Unusable(NamedTuple):
    """Templates that cannot be compared: how many, the first one's row, and what it has in place of length 1."""

    number: int
    row: int
    found: str


def first_unusable(templates: FloatArray, *, fused: bool = False) -> Unusable | None:
    """The first template that is not finite or not of unit length to within 0.001; None where all are.

    Args:
        templates: float32 [m, dimension].
        fused: whether each may be shorter.
    """
    finite = np.all(np.isfinite(templates), axis=1)
    lengths = np.linalg.norm(np.where(finite[:, None], templates, 0).astype(np.float64), axis=1)
    least = 0.0 if fused else 1 - _UNIT_TOLERANCE
    wrong = np.flatnonzero(~finite | (lengths < least) | (lengths > 1 + _UNIT_TOLERANCE))
    if not len(wrong):
        return None
    row = int(wrong[0])
    return Unusable(len(wrong), row, f"length {lengths[row]:.3g}" if finite[row] else "not finite")


class Gallery:
    """The templates of a watchlist, searched exactly.

    With `float32`, a probe is compared with every template in float32. With `int8`, every template is first
    compared in eight bits, at a quarter of the memory traffic; then those that could still be among the best
    k, by a bound on the rounding, are compared in float32. The answer is that of `float32`.

    A score is the cosine with a template, times the template's length. An entry with several templates scores as its
    best one; a live run gives each entry one that stands for its pictures (`build_fused`). Entries that score the
    same come in the order of the watchlist. A search works only in arrays that were made beforehand, and `scrub`
    overwrites them. Not safe for use by several threads at once.

    Args:
        contract: what templates and probes are bound to.
        precision: `int8` or `float32`.
        max_probes: probes compared in one go; more are taken in blocks.
        threads: threads of the eight-bit comparison.
        allocate: makes the arrays that probes pass through.
    """

    def __init__(
        self,
        contract: Contract,
        precision: Precision = "int8",
        *,
        max_probes: int = 8,
        threads: int = 1,
        allocate: Allocate = np.zeros,
    ) -> None:
        self.contract = contract
        self.precision = precision
        self._max_probes = max_probes
        self._threads = threads
        self._allocate = allocate
        self.build((), np.zeros((0, contract.dimension), np.float32), ())

    def build(
        self,
        entries: Sequence[str],
        templates: FloatArray,
        entry_of_template: Sequence[int] | npt.NDArray[np.int64],
    ) -> Self:
        """Hold these entries, in place of any held before. No entries is fine.

        Args:
            entries: each entry's reference.
            templates: float32 [m, dimension], of unit length or shorter, in any order.
            entry_of_template: [m]: for each template the index of its entry; every entry has at least one.

        Raises:
            ContractError: the templates are not of the contract's dimension.
            WatchlistError: a template cannot be used, or entries and templates do not fit together.
        """
        check_templates(templates, self.contract, fused=True)
        owner = entry_numbers(entries, len(templates), entry_of_template)
        m, n_entries = len(templates), len(entries)
        counts = np.bincount(owner, minlength=n_entries)
        order = np.argsort(owner, kind="stable")
        self.entries = tuple(entries)
        self._templates = np.ascontiguousarray(templates[order])
        self._owner = owner[order]
        self._starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])[:-1]
        self._one_each = m == n_entries
        self._make_work(m, n_entries)
        return self

    def build_fused(
        self,
        entries: Sequence[str],
        templates: FloatArray,
        entry_of_template: Sequence[int] | npt.NDArray[np.int64],
        groups: npt.NDArray[np.int64] | None = None,
        *,
        power: float = LENGTH_POWER,
    ) -> Self:
        """Hold these entries with one template each, which stands for all the pictures of the entry.

        Args:
            entries: each entry's reference.
            templates: float32 [m, dimension], one for each picture, of unit length, in any order.
            entry_of_template: as in `build`.
            groups: int64 [m], which pictures of an entry are put together (`picture_groups`); all where not given.
            power: as in `fuse_references`.

        Raises:
            ContractError: the templates are not of the contract's dimension.
            WatchlistError: a template cannot be used, or entries and templates do not fit together.
        """
        check_templates(templates, self.contract)
        owner = entry_numbers(entries, len(templates), entry_of_template)
        groups = owner if groups is None else groups
        return self.build(
            entries, fuse_references(templates, groups, power=power), entry_of_group(groups, owner)
        )

    def _make_work(self, m: int, n_entries: int) -> None:
        n, dimension, make = self._max_probes, self.contract.dimension, self._allocate
        self._used: set[int] = set()
        self._probes: FloatArray = make((n, dimension), np.float32)
        self._row: FloatArray = make((dimension,), np.float32)
        self._exact: FloatArray = make((max(m, _RERANK_ROWS),), np.float32)
        self._best: FloatArray = make((max(n_entries, 1),), np.float32)
        self._scan: IntegerScan | None = None
        if self.precision == "int8" and m:
            self._written: npt.NDArray[np.uint8] = make((n, dimension), np.uint8)
            self._sums: npt.NDArray[np.int32] = make((n, m), np.int32)
            self._entry_sums: npt.NDArray[np.int32] = make((n_entries,), np.int32)
            self._kept: npt.NDArray[np.bool_] = make((m,), np.bool_)
            self._rows: FloatArray = make((_RERANK_ROWS, dimension), np.float32)
            self._scan = IntegerScan(self._templates, self._written, self._sums, self._threads)
        else:
            self._scores: FloatArray = make((n, m), np.float32)

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def n_templates(self) -> int:
        """How many templates are held."""
        return len(self._templates)

    def require(self, contract: Contract) -> None:
        """Refuse another contract's templates.

        Raises:
            ContractError: `contract` is not this gallery's.
        """
        require_contract(self.contract, contract)

    def search(self, probes: FloatArray, k: int = 1, *, out: Candidates | None = None) -> Candidates:
        """The k best entries for each probe.

        Args:
            probes: float32 [n, dimension]. A probe's length is of no account.
            k: candidates for each probe.
            out: room for n by k candidates; made when not given.

        Raises:
            ContractError: the probes are not of the contract's dimension.
        """
        if probes.ndim != 2 or probes.shape[1] != self.contract.dimension or probes.dtype != np.float32:
            raise ContractError(
                f"probes should be float32 [n, {self.contract.dimension}], "
                f"but {probes.dtype} {list(probes.shape)} came",
                f"Make them with the model pack {self.contract.pack} {self.contract.version}",
            )
        if out is None:
            out = Candidates.empty(len(probes), k)
        elif out.entries.shape != (len(probes), k) or out.scores.shape != (len(probes), k):
            raise ValueError(f"out should have room for {[len(probes), k]}, not {list(out.entries.shape)}")
        out.clear()
        if not self.entries:
            return out
        for first in range(0, len(probes), self._max_probes):
            n = min(self._max_probes, len(probes) - first)
            self._clear_beyond(n)
            usable = [self._take(probes[first + i], i) for i in range(n)]
            self._used.add(n)
            if self._scan is None:
                np.matmul(self._probes[:n], self._templates.T, out=self._scores[:n])
            else:
                scales = self._write(n)
                self._scan.run(n)
            for i in range(n):
                if not usable[i]:
                    continue
                found = (out.entries[first + i], out.scores[first + i])
                if self._scan is None:
                    self._pick_float(i, *found)
                else:
                    self._pick_integer(self._scan, i, *found, scale=scales[i])
        return out

    def _clear_beyond(self, n: int) -> None:
        """Overwrite what a larger search before this one left where this one does not reach."""
        most = max(self._used, default=0)
        if most > n:
            for work in (self._probes, *((self._written, self._sums) if self._scan else (self._scores,))):
                work[n:most].fill(0)
            self._used = {used for used in self._used if used <= n}

    def _take(self, probe: FloatArray, i: int) -> bool:
        """Copy a probe in at unit length; zeros, and False, when it has none."""
        with np.errstate(over="ignore", invalid="ignore"):
            squared = float(np.dot(probe, probe))
        usable = bool(np.isfinite(squared)) and squared > _SHORTEST_PROBE**2
        if usable:
            np.multiply(probe, 1.0 / squared**0.5, out=self._probes[i])
        else:
            self._probes[i] = 0
        return usable

    def _write(self, n: int) -> list[float]:
        scales = []
        for i in range(n):
            if self._probes[i].any():
                scales.append(quantise_probe(self._probes[i], self._written[i], self._row))
            else:
                self._written[i] = 0
                scales.append(0.0)
        return scales

    def _pick_float(self, i: int, entries: npt.NDArray[np.int64], scores: FloatArray) -> None:
        best = self._scores[i]
        if not self._one_each:
            np.maximum.reduceat(best, self._starts, out=self._best)
            best = self._best
        _take_best(best, None, entries, scores)

    def _pick_integer(
        self,
        scan: IntegerScan,
        i: int,
        entries: npt.NDArray[np.int64],
        scores: FloatArray,
        *,
        scale: float,
    ) -> None:
        k, sums, probe = len(entries), self._sums[i], self._probes[i]
        if k >= len(self.entries):
            self._kept.fill(1)
        else:
            if k == 1:
                kth = int(sums.max())  # the best template's is the best entry's
            else:
                if self._one_each:
                    np.copyto(self._entry_sums, sums)
                else:
                    np.maximum.reduceat(sums, self._starts, out=self._entry_sums)
                self._entry_sums.partition(len(self.entries) - k)
                kth = int(self._entry_sums[len(self.entries) - k])
            np.less_equal(kth - self._slack(scan, i, scale), sums, out=self._kept)
        rows = np.flatnonzero(self._kept)
        exact = self._exact[: len(rows)]
        for first in range(0, len(rows), _RERANK_ROWS):
            part = rows[first : first + _RERANK_ROWS]
            block = np.take(self._templates, part, axis=0, out=self._rows[: len(part)], mode="clip")
            np.matmul(block, probe, out=exact[first : first + len(part)])
        owners = self._owner[rows]
        if not self._one_each:
            starts = np.flatnonzero(np.diff(owners, prepend=-1))
            best = self._best[: len(starts)]
            np.maximum.reduceat(exact, starts, out=best)
            exact, owners = best, owners[starts]
        _take_best(exact, owners, entries, scores)

    def _slack(self, scan: IntegerScan, i: int, scale: float) -> int:
        """How far below the k-th best sum a template may lie and its true score still be among the best k.

        By the inequality of Cauchy and Schwarz a sum is wrong by at most the probe's rounding times the
        longest template as written, plus the largest rounding of a template; and two sums can err towards
        each other.
        """
        np.copyto(self._row, self._written[i])
        np.subtract(self._row, 128, out=self._row)
        np.multiply(self._row, scale, out=self._row)
        np.subtract(self._row, self._probes[i], out=self._row)
        rounding = float(np.dot(self._row, self._row)) ** 0.5
        bound = rounding * scan.longest + scan.error + _ROUNDING
        return int(2 * bound / (scale * scan.scale)) + 1

    def scrub(self) -> None:
        """Overwrite all that a probe passed through, and the libraries' own copies, with a blank search.

        The scores go too: as many scores as a template has components would give the template back.
        """
        self._probes.fill(0)
        if self._scan is not None:
            self._written.fill(128)
            self._rows.fill(0)
        for n in self._used:
            if self._scan is None:
                np.matmul(self._probes[:n], self._templates.T, out=self._scores[:n])
            else:
                self._scan.run(n)
                np.matmul(self._rows, self._probes[0], out=self._exact[:_RERANK_ROWS])
        self._used.clear()
        for work in self._work():
            work.fill(0)

    def _work(self) -> list[npt.NDArray[np.generic]]:
        always: list[npt.NDArray[np.generic]] = [self._probes, self._row, self._exact, self._best]
        if self._scan is None:
            return [*always, self._scores]
        return [*always, self._written, self._sums, self._entry_sums, self._kept, self._rows]


def require_contract(
    held: Contract, offered: Contract, *, remedy: str = "Enrol the watchlist again with the model pack in use"
) -> None:
    """Refuse templates of another contract.

    Args:
        held: what is searched.
        offered: what came.
        remedy: what the reader should do.

    Raises:
        ContractError: `offered` is not `held`.
    """
    if held != offered:
        raise ContractError(
            f"templates of {_named(offered)} cannot be compared with those of {_named(held)}", remedy
        )


def _named(contract: Contract) -> str:
    return f"{contract.pack} {contract.version} ({contract.dimension} numbers, {contract.similarity})"


def _take_best(
    best: FloatArray, names: npt.NDArray[np.int64] | None, entries: npt.NDArray[np.int64], scores: FloatArray
) -> None:
    """Write the highest of `best` into `scores`, highest first, and spend them."""
    for rank in range(min(len(entries), len(best))):
        at = int(best.argmax())
        entries[rank] = at if names is None else names[at]
        scores[rank] = best[at]
        best[at] = -np.inf
