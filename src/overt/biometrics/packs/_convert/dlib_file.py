"""Reading the file that dlib writes for its face-recognition network.

The format, read from dlib's documented serialisation: an integer is one byte that gives its length in bytes (the
top bit its sign) and then so many bytes, least significant first; a float is two integers, mantissa and binary
exponent; a text is its length and its bytes; a yes-or-no is the digit 1 or 0; a tensor is a version, four dimensions
and its float32 numbers. A network is written as the versions of all its layers from the output inwards, and then the
layers themselves from the input outwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from overt.errors import PackError

if TYPE_CHECKING:
    from overt.biometrics.faces import FloatArray

__all__ = [
    "Affine",
    "Convolution",
    "Dense",
    "DlibFile",
    "Input",
    "Layer",
    "Plain",
    "Pool",
    "read_dlib_network",
]


@dataclass(frozen=True, slots=True)
class Input:
    """The picture that goes in: red, green and blue means, and its height and width in pixels."""

    mean: tuple[float, float, float]
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Convolution:
    """Filters float32 [out, in, height, width], biases float32 [out], (y, x) stride and padding."""

    filters: FloatArray
    biases: FloatArray
    stride: tuple[int, int]
    padding: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Affine:
    """A factor and an offset for each channel, float32 [channels] each."""

    gamma: FloatArray
    beta: FloatArray


@dataclass(frozen=True, slots=True)
class Pool:
    """`max` or `average` over a (y, x) window."""

    kind: str
    window: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Dense:
    """Weights float32 [in, out] of a fully connected layer without biases."""

    weights: FloatArray


@dataclass(frozen=True, slots=True)
class Plain:
    """A layer without numbers: `relu` or `add`."""

    kind: str


Layer = Convolution | Affine | Pool | Dense | Plain


@dataclass(frozen=True, slots=True)
class DlibFile:
    """A network as dlib wrote it: its input, and its layers in the order in which a picture passes them."""

    input: Input
    layers: tuple[Layer, ...]


def read_dlib_network(content: bytes) -> DlibFile:
    """Read a metric network that dlib serialised.

    Raises:
        PackError: the bytes are not such a network, or end too early.
    """
    reader = _Reader(content)
    try:
        network = _network(reader)
    except (ValueError, OverflowError) as error:
        raise PackError(
            f"dlib's network file cannot be read: {error} (at byte {reader.at} of {len(content)})",
            "Pull the pack again; the file is damaged or of another version of dlib",
        ) from error
    return network


class _Reader:
    """Takes dlib's values off a run of bytes, one after the other."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    def take(self, count: int) -> bytes:
        piece = self.content[self.at : self.at + count]
        if len(piece) != count:
            raise ValueError("the file ends too early")
        self.at += count
        return piece

    def integer(self) -> int:
        control = self.take(1)[0]
        length = control & 0x0F
        if control & 0x70 or not 1 <= length <= 8:
            raise ValueError(f"{control:#04x} does not begin an integer")
        value = int.from_bytes(self.take(length), "little")
        return -value if control & 0x80 else value

    def real(self) -> float:
        mantissa, exponent = self.integer(), self.integer()
        if abs(exponent) > 1100:
            raise ValueError("a number is not finite")
        return mantissa * 2.0**exponent

    def text(self) -> str:
        length = self.integer()
        if not 0 < length <= 64:
            raise ValueError("a layer's name has an impossible length")
        return self.take(length).decode("ascii")

    def flag(self) -> bool:
        digit = self.take(1)
        if digit not in (b"0", b"1"):
            raise ValueError("a yes-or-no is neither 1 nor 0")
        return digit == b"1"

    def pair(self) -> tuple[int, int]:
        return self.integer(), self.integer()

    def expect(self, value: int, what: str) -> None:
        got = self.integer()
        if got != value:
            raise ValueError(f"{what} should be {value} and is {got}")

    def shape(self) -> tuple[int, int, int, int]:
        first, second, third, fourth = (self.integer() for _ in range(4))
        if min(first, second, third, fourth) < 0:
            raise ValueError("a tensor has a negative dimension")
        return first, second, third, fourth

    def tensor(self) -> FloatArray:
        """The numbers of a tensor, flat."""
        self.expect(2, "a tensor's version")
        shape = self.shape()
        count = shape[0] * shape[1] * shape[2] * shape[3]
        numbers = np.frombuffer(self.take(4 * count), "<f4").astype(np.float32)
        if not np.isfinite(numbers).all():
            raise ValueError("a weight is not finite")
        return numbers

    def part(self) -> tuple[int, int, int, int]:
        """The shape of a part of a layer's numbers."""
        self.expect(1, "a part's version")
        return self.shape()


def _network(reader: _Reader) -> DlibFile:
    reader.expect(1, "the network's version")
    if (name := reader.text()) != "loss_metric_2":
        raise ValueError(f"it holds {name}, not a metric network")
    reader.real(), reader.real()
    while (version := reader.integer()) != 3:
        if version not in (1, 2):
            raise ValueError(f"a layer has the unknown version {version}")
    if (name := reader.text()) != "input_rgb_image_sized":
        raise ValueError(f"its input is {name}, not a picture of a fixed size")
    mean = (reader.real(), reader.real(), reader.real())
    picture = Input(mean, reader.pair())
    layers: list[Layer] = []
    while reader.at < len(reader.content):
        layers.append(_layer(reader))
        for _ in range(3):
            reader.flag()
        for _ in range(3):
            reader.tensor()
        if len(layers) == 1:
            reader.integer()
    return DlibFile(picture, tuple(layers))


def _layer(reader: _Reader) -> Layer:
    name = reader.text()
    match name:
        case "con_4":
            return _convolution(reader)
        case "affine_":
            numbers = reader.tensor()
            channels = int(np.prod(reader.part()))
            reader.part()
            reader.integer()
            return Affine(*_split(numbers, channels, channels))
        case "max_pool_2" | "avg_pool_2":
            kind = "max" if name.startswith("max") else "average"
            return Pool(kind, reader.pair(), reader.pair(), reader.pair())
        case "fc_2":
            return _dense(reader)
        case "relu_" | "add_prev_":
            return Plain(name.split("_", maxsplit=1)[0])
        case _:
            raise ValueError(f"the layer {name} is unknown")


def _convolution(reader: _Reader) -> Convolution:
    numbers = reader.tensor()
    reader.integer()
    reader.pair()
    stride, padding = reader.pair(), reader.pair()
    shape = reader.part()
    reader.part()
    for _ in range(4):
        reader.real()
    filters, biases = _split(numbers, int(np.prod(shape)), shape[0])
    return Convolution(filters.reshape(shape), biases, stride, padding)


def _dense(reader: _Reader) -> Dense:
    outputs, inputs = reader.integer(), reader.integer()
    numbers = reader.tensor()
    reader.part()
    reader.part()
    reader.expect(1, "the mode of a layer without biases")
    for _ in range(4):
        reader.real()
    (weights,) = _split(numbers, inputs * outputs)
    return Dense(weights.reshape(inputs, outputs))


def _split(numbers: FloatArray, *counts: int) -> tuple[FloatArray, ...]:
    if len(numbers) != sum(counts):
        raise ValueError(f"a layer should hold {sum(counts)} numbers and holds {len(numbers)}")
    return tuple(np.split(numbers, np.cumsum(counts)[:-1]))
