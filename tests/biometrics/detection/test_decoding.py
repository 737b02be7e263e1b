"""Each family's decoder against a plain loop over its cells."""

from __future__ import annotations

import math

import numpy as np
import pytest

from overt.biometrics.detection.centerface import centerface_decoder
from overt.biometrics.detection.scrfd import scrfd_decoder
from overt.biometrics.detection.yunet import yunet_decoder
from overt.errors import PackError

TENSOR = (64, 96)
YUNET = [f"{part}_{stride}" for part in ("cls", "obj", "bbox", "kps") for stride in (8, 16, 32)]


def by_score(boxes: np.ndarray, landmarks: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, ...]:
    order = np.argsort(scores)
    return boxes[order], landmarks[order], scores[order]


def agree(ours: tuple[np.ndarray, ...], loop: list[tuple[list[float], list[list[float]], float]]) -> None:
    assert len(loop) > 3
    theirs = by_score(*(np.array(column) for column in zip(*loop, strict=True)))
    for mine, plain in zip(by_score(*ours), theirs, strict=True):
        np.testing.assert_allclose(mine, plain, rtol=1e-4, atol=1e-3)


def test_centerface() -> None:
    rng = np.random.default_rng(1)
    rows, columns = TENSOR[0] // 4, TENSOR[1] // 4
    outputs = [rng.uniform(-1, 1, (2, n, rows, columns)).astype(np.float32) for n in (1, 2, 2, 10)]
    loop = []
    for r in range(rows):
        for c in range(columns):
            score, (lh, lw), (oy, ox), points = (o[1, :, r, c] for o in outputs)
            if score[0] >= 0.9:
                h, w = 4 * math.exp(lh), 4 * math.exp(lw)
                x, y = (c + ox + 0.5) * 4 - w / 2, (r + oy + 0.5) * 4 - h / 2
                marks = [[x + points[2 * k + 1] * w, y + points[2 * k] * h] for k in range(5)]
                loop.append(([x, y, x + w, y + h], marks, float(score[0])))
    decode = centerface_decoder([o.shape for o in outputs], list("abcd"))
    agree(decode(outputs, 1, TENSOR, 0.9), loop)


@pytest.mark.parametrize("batched", [False, True])
def test_scrfd_in_any_order(batched: bool) -> None:
    rng = np.random.default_rng(2)
    outputs, loop = [], []
    for stride in (8, 16, 32):
        rows, columns = TENSOR[0] // stride, TENSOR[1] // stride
        n = rows * columns * 2
        scores, boxes, points = (rng.uniform(0, 1, (n, k)).astype(np.float32) for k in (1, 4, 10))
        outputs += [scores, boxes, points]
        for i in range(n):
            if scores[i, 0] >= 0.8:
                x, y = i // 2 % columns * stride, i // 2 // columns * stride
                left, top, right, bottom = boxes[i] * stride
                marks = [[x + points[i, 2 * k] * stride, y + points[i, 2 * k + 1] * stride] for k in range(5)]
                loop.append(([x - left, y - top, x + right, y + bottom], marks, float(scores[i, 0])))
    shuffled = [outputs[i] for i in (4, 0, 8, 1, 5, 2, 6, 3, 7)]
    if batched:
        shuffled = [np.stack([np.zeros_like(o), o]) for o in shuffled]
    decode = scrfd_decoder([o.shape for o in shuffled], list("abcdefghi"))
    agree(decode(shuffled, 1 if batched else 0, TENSOR, 0.8), loop)


def test_yunet() -> None:
    rng = np.random.default_rng(3)
    given: dict[str, np.ndarray] = {}
    loop = []
    for stride in (8, 16, 32):
        rows, columns = TENSOR[0] // stride, TENSOR[1] // stride
        for part, width in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
            given[f"{part}_{stride}"] = rng.uniform(0, 1, (1, rows * columns, width)).astype(np.float32)
        for i in range(rows * columns):
            cls, obj, box, kps = (given[f"{part}_{stride}"][0, i] for part in ("cls", "obj", "bbox", "kps"))
            score = math.sqrt(cls[0] * obj[0])
            if score >= 0.7:
                r, c = divmod(i, columns)
                x, y, w, h = (
                    (c + box[0]) * stride,
                    (r + box[1]) * stride,
                    math.exp(box[2]) * stride,
                    math.exp(box[3]) * stride,
                )
                marks = [[(kps[2 * k] + c) * stride, (kps[2 * k + 1] + r) * stride] for k in range(5)]
                loop.append(([x - w / 2, y - h / 2, x + w / 2, y + h / 2], marks, score))
    outputs = [given[name] for name in YUNET]
    agree(yunet_decoder([o.shape for o in outputs], YUNET)(outputs, 0, TENSOR, 0.7), loop)


@pytest.mark.parametrize("decoder", [centerface_decoder, scrfd_decoder, yunet_decoder])
def test_other_outputs_are_refused(decoder: object) -> None:
    assert callable(decoder)
    with pytest.raises(PackError, match="manifest"):
        decoder([(1, 3, 8, 8), (1, 5)], ["a", "b"])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_outputs_that_are_no_numbers_are_no_error(value: float) -> None:
    rows, columns = TENSOR[0] // 4, TENSOR[1] // 4
    outputs = [np.full((1, n, rows, columns), value, np.float32) for n in (1, 2, 2, 10)]
    with np.errstate(invalid="ignore", over="ignore"):
        found = centerface_decoder([o.shape for o in outputs], list("abcd"))(outputs, 0, TENSOR, 0.5)
    assert len(found.scores) in {0, rows * columns}
