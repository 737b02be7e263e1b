"""The recogniser: aligned chips in, templates of unit length out, in fixed batch sizes over preallocated memory."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from overt.biometrics.alignment import align_faces, chip_template
from overt.biometrics.sessions import Allocate, BoundRun, Network, zeros
from overt.errors import PackError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from overt.biometrics.faces import FloatArray, ImageArray
    from overt.biometrics.packs.manifest import Contract, ModelPack, RecogniserSpec
    from overt.biometrics.providers import Provider

__all__ = ["Embedder", "load_embedder"]


NEARLY_FULL = 0.85
"""A larger batch pays from here: 4 and 8 chips at once measured a quarter and a third less for each than one."""


SHORTEST = 1e-12
"""A shorter output has no direction."""


def load_embedder(
    pack: ModelPack,
    *,
    provider: Provider = "cpu",
    threads: int = 0,
    batch_sizes: Sequence[int] = (1, 4, 8),
    allocate: Allocate = zeros,
) -> Embedder:
    """Loads the recogniser of a verified pack.

    Args:
        pack: the pack, as `overt.biometrics.packs.load` gives it.
        provider: where it runs; a missing one is an error and never another in its place.
        threads: threads within an operator; 0 leaves it to the runtime.
        batch_sizes: the only numbers of chips that a run takes.
        allocate: gives the memory of everything that holds pixels or templates.

    Raises:
        ProviderError: the provider is missing or cannot run the network whole.
        PackError: the network is not what the manifest says.
    """
    network = Network(pack.recogniser_file, provider=provider, threads=threads, allocate=allocate)
    return Embedder(network, pack.manifest.recogniser, pack.contract, batch_sizes, allocate)


class Embedder:
    """Makes templates. Not for use by two threads at once.

    Attributes:
        contract: what binds its templates to the network.
        chip_size: side of a chip, pixels.
        dimension: length of a template.
        batch_sizes: the numbers of chips that one run takes, rising.
    """

    def __init__(
        self,
        network: Network,
        spec: RecogniserSpec,
        contract: Contract,
        batch_sizes: Sequence[int] = (1, 4, 8),
        allocate: Allocate = zeros,
    ) -> None:
        self.contract = contract
        self.dimension = spec.dimension
        self._template, self.chip_size = chip_template(spec)
        fixed = spec.fixed_batch or (network.input_shape[0] if network.input_shape else None)
        self.batch_sizes = tuple(sorted(set(batch_sizes))) if fixed is None else (fixed,)
        if not self.batch_sizes or self.batch_sizes[0] < 1:
            raise ValueError(f"batch_sizes should be one or more numbers from 1 up, not {tuple(batch_sizes)}")
        self._spec = spec
        self._reverse = spec.colour == "rgb"
        self._mean = np.array(spec.mean, np.float32).reshape(3, 1, 1)
        self._factor = (1.0 / np.array(spec.divide, np.float32)).reshape(3, 1, 1)
        self._network = network
        self._planes: npt.NDArray[np.uint8] = allocate((3, self.chip_size, self.chip_size), np.uint8)
        self._runs: dict[int, BoundRun] = {}
        self._used: set[int] = set()
        self._plans: dict[int, tuple[tuple[int, int, int], ...]] = {}
        self._bind(self.batch_sizes[0])

    def align(self, image: ImageArray, landmarks: FloatArray, out: ImageArray) -> None:
        """Cuts the chips that this recogniser wants.

        Args:
            image: uint8 [h, w, 3], blue, green, red, at full resolution.
            landmarks: float32 [k, 5, 2], in pixels of it.
            out: uint8 [k, chip_size, chip_size, 3], written.
        """
        align_faces(image, landmarks, self._template, out)

    def embed(self, chips: ImageArray, out: FloatArray) -> None:
        """Writes one template a chip.

        Args:
            chips: uint8 [n, chip_size, chip_size, 3], blue, green, red.
            out: float32 [n, dimension], written: each row of unit length, or all zero where the network gave nothing
                that is a number.
        """
        wanted = (len(out), self.chip_size, self.chip_size, 3)
        if chips.shape != wanted or chips.dtype != np.uint8 or out.shape[1:] != (self.dimension,):
            raise ValueError(
                f"chips should be uint8 {wanted} and out [n, {self.dimension}], not {chips.dtype} {chips.shape}"
                f" and {out.shape}"
            )
        for start, count, size in self._plan(len(chips)):
            run = self._bind(size)
            self._used.add(size)
            rows = out[start : start + count]
            for slot in range(count):
                self._fill(chips[start + slot], run.input[slot])
            if count < size:
                run.input[count:] = 0.0
            given = run.run()[0].reshape(size, -1)[:count]
            if self._spec.flip_average:
                np.copyto(rows, given)
                for slot in range(count):
                    self._mirror(run.input[slot])
                run.run()
                given += rows
            self._to_unit_length(given, rows)

    def warm(self) -> None:
        """Prepares every batch size with blank input alone."""
        for size in self.batch_sizes:
            self._bind(size).scrub()

    def scrub(self, sizes: Collection[int] | None = None) -> None:
        """Overwrites what is left of the last chips and templates, here and in the runtime's memory.

        Every buffer is cleared, and blank input runs through each batch size used since the last time.

        Args:
            sizes: only these of the batch sizes, because the others have been used since.
        """
        if sizes is None:
            self._planes.fill(0)
        chosen = self._used if sizes is None else self._used.intersection(sizes)
        for size in sorted(chosen):
            self._runs[size].scrub()
        self._used -= chosen

    def sizes_for(self, n: int) -> frozenset[int]:
        """The batch sizes in which n chips are run."""
        return frozenset(size for _, _, size in self._plan(n))

    def _plan(self, n: int) -> tuple[tuple[int, int, int], ...]:
        plan = self._plans.get(n)
        if plan is None:
            plan = self._plans[n] = tuple(self._batches(n))
        return plan

    def _batches(self, n: int) -> Iterator[tuple[int, int, int]]:
        """Start, count and batch size of each run: a size that is full, or the next one if that is nearly full."""
        start = 0
        while start < n:
            left = n - start
            larger = next((b for b in self.batch_sizes if b >= left), self.batch_sizes[-1])
            full = max((b for b in self.batch_sizes if b <= left), default=larger)
            size = larger if left >= NEARLY_FULL * larger else full
            yield start, min(left, size), size
            start += size

    def _fill(self, chip: ImageArray, out: FloatArray) -> None:
        blue, green, red = self._planes
        cv2.split(chip, [red, green, blue] if self._reverse else [blue, green, red])
        np.subtract(self._planes, self._mean, out=out)
        np.multiply(out, self._factor, out=out)

    @staticmethod
    def _mirror(planes: FloatArray) -> None:
        """Turns a chip left to right where it lies, plane by plane, without a copy of it anywhere."""
        for plane in planes:
            cv2.flip(plane, 1, dst=plane)

    @staticmethod
    def _to_unit_length(given: FloatArray, out: FloatArray) -> None:
        for row, unit in zip(given, out, strict=True):
            squared = float(row.dot(row))
            if math.isfinite(squared) and squared > SHORTEST**2:
                np.multiply(row, np.float32(1.0 / math.sqrt(squared)), out=unit)
            else:
                unit.fill(0.0)

    def _bind(self, size: int) -> BoundRun:
        run = self._runs.get(size)
        if run is None:
            run = self._network.bind((size, 3, self.chip_size, self.chip_size))
            given = run.outputs[0]
            if len(run.outputs) != 1 or given.size != size * self.dimension:
                raise PackError(
                    f"The recogniser gives {[o.shape for o in run.outputs]}, not one template of {self.dimension}"
                    f" numbers for each of {size}",
                    "Correct the recogniser's dimension in the pack's manifest",
                )
            self._runs[size] = run
        return run
