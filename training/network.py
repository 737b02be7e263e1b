"""The student: dlib's ResNet-29 up to its last maps, with a new head, as a PyTorch network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from pathlib import Path

    from torch.autograd.function import FunctionCtx

__all__ = ["DESCRIPTOR", "MAPS", "SIDE", "Student"]

SIDE = 150
"""Side of the chip that goes in, pixels."""

DESCRIPTOR = 128
"""Numbers that dlib's own network gives."""

MAPS = 1024
"""Numbers in the last maps: 256 channels, 2 by 2."""

STAGES = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))
"""The channels of each stage and its residual blocks; each stage but the first halves the picture."""

MEAN, SCALE = 120.0, 1 / 64
"""What the student does to a pixel, 0 to 255, before its first filter; the export folds it into that filter."""


class _ColourLast(torch.autograd.Function):
    """Nothing, but that values and gradients keep the colour-last layout: a third less time a step on a processor."""

    @staticmethod
    def forward(ctx: FunctionCtx, maps: torch.Tensor) -> torch.Tensor:  # noqa: ARG004 - torch calls it so
        return maps.contiguous(memory_format=torch.channels_last)

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: torch.Tensor) -> torch.Tensor:  # noqa: ARG004 - torch calls it so
        return gradient.contiguous(memory_format=torch.channels_last)


class Block(nn.Module):
    """Two 3 by 3 convolutions beside a shortcut, as dlib has them."""

    def __init__(self, before: int, after: int, *, halves: bool) -> None:
        super().__init__()
        self.halves = halves
        self.gain = after - before
        self.first = nn.Conv2d(before, after, 3, stride=2 if halves else 1, padding=0 if halves else 1)
        self.second = nn.Conv2d(after, after, 3, padding=1)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Maps [n, before, h, w] to maps [n, after, h, w], or half as high and wide."""
        main = self.second(functional.relu(self.first(maps)))
        short = maps
        if self.halves:
            short = functional.avg_pool2d(maps, 2, 2)
            if self.gain:
                short = functional.pad(short, (0, 0, 0, 0, 0, self.gain))
            wide = max(main.shape[-1], short.shape[-1])
            main, short = _grow(main, wide), _grow(short, wide)
        return _ColourLast.apply(functional.relu(main + short))


def _grow(maps: torch.Tensor, wide: int) -> torch.Tensor:
    """Rows and columns of zeros below and to the right, as dlib adds maps of different sizes."""
    by = wide - maps.shape[-1]
    return functional.pad(maps, (0, by, 0, by)) if by else maps


class Student(nn.Module):
    """Chips float32 [n, 3, 150, 150], blue, green, red, 0 to 255, to embeddings [n, dimension]."""

    def __init__(self, dimension: int, hidden: int = 512) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 7, stride=2)
        blocks = []
        before = 32
        for index, (after, count) in enumerate(STAGES):
            for place in range(count):
                blocks.append(Block(before, after, halves=index > 0 and place == 0))
                before = after
        self.blocks = nn.Sequential(*blocks)
        self.hidden = nn.Linear(MAPS, hidden)
        self.slope = nn.PReLU(hidden)
        self.out = nn.Linear(hidden, dimension)

    def maps(self, chips: torch.Tensor) -> torch.Tensor:
        """The last maps, flat: [n, 1024]."""
        value = functional.relu(self.stem((chips - MEAN) * SCALE))
        value = _ColourLast.apply(functional.max_pool2d(_ColourLast.apply(value), 3, 2))
        return self.blocks(value).flatten(1)

    def forward(self, chips: torch.Tensor) -> torch.Tensor:
        """Embeddings, not of unit length."""
        return self.out(self.slope(self.hidden(self.maps(chips))))

    def backbone(self) -> list[nn.Parameter]:
        """The parameters that came from dlib and are not frozen."""
        return [item for item in (*self.stem.parameters(), *self.blocks.parameters()) if item.requires_grad]

    def freeze(self, count: int) -> None:
        """Leave the first filters and `count` blocks as they are from now on; none at 0."""
        if count:
            for part in (self.stem, *self.blocks[:count]):
                part.requires_grad_(requires_grad=False)

    def head(self) -> list[nn.Parameter]:
        """The parameters that are new."""
        return [*self.hidden.parameters(), *self.slope.parameters(), *self.out.parameters()]

    def convolutions(self) -> list[nn.Conv2d]:
        """Every convolution, in the order in which a picture passes them."""
        return [self.stem, *(layer for block in self.blocks for layer in (block.first, block.second))]

    def flat(self) -> torch.Tensor:
        """Every number that is learned, in one row, on the processor."""
        return torch.cat([item.detach().cpu().reshape(-1) for item in self.parameters()])

    def take(self, row: torch.Tensor) -> None:
        """Take over what `flat` gave."""
        at = 0
        with torch.no_grad():
            for item in self.parameters():
                item.copy_(row[at : at + item.numel()].view(item.shape))
                at += item.numel()

    def start_from_dlib(self, path: Path) -> None:
        """Take over the convolutions of dlib's network as the converter of the pack `dlib` wrote it.

        Raises:
            ValueError: the file holds other convolutions.
        """
        graph = onnx.load(str(path)).graph
        weights = {item.name: numpy_helper.to_array(item).astype(np.float64) for item in graph.initializer}
        found = [
            (weights[node.input[1]], weights[node.input[2]])
            for node in graph.node
            if node.op_type == "Conv" and weights[node.input[1]].shape[2] != 2
        ]
        wanted = self.convolutions()
        if [item[0].shape for item in found] != [tuple(item.weight.shape) for item in wanted]:
            raise ValueError(f"{path} is not dlib's ResNet-29 as the converter writes it")
        filters, biases = found[0]
        found[0] = (filters / SCALE, biases + MEAN * filters.sum((1, 2, 3)))
        with torch.no_grad():
            for layer, (filters, biases) in zip(wanted, found, strict=True):
                layer.weight.copy_(torch.from_numpy(filters))
                assert layer.bias is not None
                layer.bias.copy_(torch.from_numpy(biases))
