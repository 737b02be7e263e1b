"""Writing a network of dlib's ResNet-29 form with weights of our own, as dlib itself would."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

__all__ = ["random_network"]

_BLOCKS = [(32, False)] * 3 + [
    (width, index == 0) for width, count in ((64, 4), (128, 3), (256, 3), (256, 1)) for index in range(count)
]


def random_network(seed: int = 0) -> bytes:
    """A whole ResNet-29 in dlib's file format, its weights drawn so that signals keep their size."""
    return _Writer(seed).network()


class _Writer:
    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.out = bytearray()
        self.first = True

    def network(self) -> bytes:
        self.integer(1)
        self.text("loss_metric_2")
        self.real(0.04)
        self.real(0.6)
        self.versions()
        self.text("input_rgb_image_sized")
        for mean in (122.782, 117.001, 104.298):
            self.real(mean)
        self.integer(150)
        self.integer(150)
        self.convolution(32, 3, 7, 2)
        self.affine(32)
        self.plain("relu_")
        self.pool("max_pool_2", 3, 2)
        channels = 32
        for width, halves in _BLOCKS:
            self.convolution(width, channels, 3, 2 if halves else 1)
            self.affine(width)
            self.plain("relu_")
            self.convolution(width, width, 3, 1)
            self.affine(width)
            if halves:
                self.pool("avg_pool_2", 2, 2)
            self.plain("add_prev_")
            self.plain("relu_")
            channels = width
        self.pool("avg_pool_2", 0, 1)
        self.dense(256, 128)
        return bytes(self.out)

    def versions(self) -> None:
        """The versions of all layers from the output inwards: 2 for a layer, 1 for a tag or a skip."""
        self.integers(2, 2)
        for _, halves in reversed(_BLOCKS):
            self.integers(2, 2)
            if halves:
                self.integers(2, 1, 1)
            self.integers(2, 2, 2, 2, 2, 1)
        self.integers(2, 2, 2, 3)

    def integer(self, value: int) -> None:
        size = max(1, (abs(value).bit_length() + 7) // 8)
        self.out.append(size | (0x80 if value < 0 else 0))
        self.out += abs(value).to_bytes(size, "little")

    def integers(self, *values: int) -> None:
        for value in values:
            self.integer(value)

    def real(self, value: float) -> None:
        fraction, exponent = math.frexp(value)
        self.integer(int(fraction * 2**53))
        self.integer(exponent - 53 if value else 0)

    def text(self, value: str) -> None:
        self.integer(len(value))
        self.out += value.encode()

    def tensor(self, *arrays: npt.NDArray[np.float64]) -> None:
        numbers = (
            np.concatenate([array.ravel() for array in arrays]).astype("<f4")
            if arrays
            else np.zeros(0, "<f4")
        )
        self.integers(2, len(numbers), *((1, 1, 1) if len(numbers) else (0, 0, 0)))
        self.out += numbers.tobytes()

    def part(self, *shape: int) -> None:
        self.integers(1, *shape)

    def close_layer(self) -> None:
        self.out += b"110"
        for _ in range(3):
            self.tensor()
        if self.first:
            self.integer(1)
            self.first = False

    def convolution(self, filters: int, channels: int, side: int, stride: int) -> None:
        count = channels * side * side
        weights = self.random.normal(0, math.sqrt(2 / count), (filters, count))
        self.text("con_4")
        self.tensor(weights, self.random.normal(0, 0.1, filters))
        padding = side // 2 if stride == 1 else 0
        self.integers(filters, side, side, stride, stride, padding, padding)
        self.part(filters, channels, side, side)
        self.part(1, filters, 1, 1)
        for value in (1.0, 1.0, 1.0, 0.0):
            self.real(value)
        self.close_layer()

    def affine(self, channels: int) -> None:
        self.text("affine_")
        self.tensor(self.random.uniform(0.5, 1.0, channels), self.random.normal(0, 0.2, channels))
        self.part(1, channels, 1, 1)
        self.part(1, channels, 1, 1)
        self.integer(0)
        self.close_layer()

    def plain(self, name: str) -> None:
        self.text(name)
        self.close_layer()

    def pool(self, name: str, side: int, stride: int) -> None:
        self.text(name)
        self.integers(side, side, stride, stride, 0, 0)
        self.close_layer()

    def dense(self, inputs: int, outputs: int) -> None:
        self.text("fc_2")
        self.integers(outputs, inputs)
        self.tensor(self.random.normal(0, math.sqrt(1 / inputs) / 8, (inputs, outputs)))
        self.part(inputs, outputs, 1, 1)
        self.part(0, 0, 0, 0)
        self.integer(1)
        for value in (1.0, 1.0, 1.0, 0.0):
            self.real(value)
        self.close_layer()
