"""The conversion to blue, green, red against the standard's own formula."""

from __future__ import annotations

import av
import cv2
import numpy as np
import pytest

from overt.errors import FeedError
from overt.video import HeapBuffers
from overt.video._libav import codec_hook
from overt.video._pixels import Converter

BT601, BT709 = 5, 1
UNSPECIFIED, LIMITED, FULL = 2, 1, 2
SHARES = {BT601: (0.299, 0.114), BT709: (0.2126, 0.0722)}


def picture(
    width: int, height: int, layout: str, matrix: int, levels: int
) -> tuple[av.VideoFrame, list[np.ndarray]]:
    """A soft random frame, and its three planes at full size as float64."""
    chance = np.random.default_rng(width + height)
    frame = av.VideoFrame(width, height, layout)
    whole = []
    for plane in frame.planes:
        soft = chance.integers(70, 186, (4, 5), dtype=np.uint8)
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        rows[: plane.height, : plane.width] = cv2.resize(soft, (plane.width, plane.height))
        area = rows[: plane.height, : plane.width]
        whole.append(cv2.resize(area, (width, height)).astype(float))
    frame.colorspace, frame.color_range = matrix, levels
    return frame, whole


def formula(planes: list[np.ndarray], matrix: int, *, full: bool) -> np.ndarray:
    """ITU-R BT.601 and BT.709: from luma and colour differences to blue, green, red, 0 to 255."""
    of_red, of_blue = SHARES[matrix]
    y, cb, cr = planes[0], planes[1] - 128, planes[2] - 128
    if not full:
        y, cb, cr = (y - 16) * 255 / 219, cb * 255 / 224, cr * 255 / 224
    red, blue = y + 2 * (1 - of_red) * cr, y + 2 * (1 - of_blue) * cb
    green = (y - of_red * red - of_blue * blue) / (1 - of_red - of_blue)
    return np.stack([blue, green, red], -1).clip(0, 255)


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (854, 480), (853, 479), (37, 51)])
@pytest.mark.parametrize(
    ("layout", "matrix", "levels"),
    [
        ("yuv420p", BT709, LIMITED),
        ("yuv420p", BT601, FULL),
        ("yuv420p", UNSPECIFIED, LIMITED),
        ("yuvj420p", UNSPECIFIED, FULL),
        ("yuv422p", BT601, LIMITED),
        ("yuv444p", BT709, LIMITED),
    ],
)
def test_the_conversion_is_the_standards(
    size: tuple[int, int], layout: str, matrix: int, levels: int
) -> None:
    width, height = size
    frame, planes = picture(width, height, layout, matrix, levels)
    image, lease = Converter().convert(frame, HeapBuffers(), 0)
    if matrix == UNSPECIFIED:
        matrix = BT709 if height >= 720 and layout == "yuv420p" else BT601
    difference = np.abs(image - formula(planes, matrix, full=levels == FULL))
    assert image.shape == (height, width, 3)
    edge = 4 if min(size) < 100 else 2  # small pictures have steep colours; edges are filled in another way
    inside = difference[edge:-edge, edge:-edge]
    assert inside.mean() < 2
    assert np.percentile(difference, 99) < 12
    assert difference[:, -1].mean() < 8, "the last column is written"
    lease.release()
    assert image.max() == 0


def test_one_layout_after_another() -> None:
    converter, buffers = Converter(), HeapBuffers()
    for width, layout in [(64, "yuv420p"), (96, "yuv420p"), (96, "gray"), (96, "bgra"), (64, "yuv420p")]:
        image, lease = converter.convert(av.VideoFrame(width, 48, layout), buffers, 0)
        assert image.shape == (48, width, 3)
        lease.release()
    assert buffers.on_loan == 0


def test_a_layout_that_cannot_be_converted_is_named_and_its_memory_given_back() -> None:
    buffers = HeapBuffers()
    with pytest.raises(FeedError, match="gray32le") as caught:
        Converter().convert(av.VideoFrame(64, 48, "gray32le"), buffers, 0)
    assert caught.value.kind == "unsupported"
    assert buffers.on_loan == 0


def test_a_decoder_whose_memory_is_guarded_by_another_is_refused() -> None:
    context = av.CodecContext.create("h264", "r")
    slot = codec_hook(context)
    usual = slot.value
    slot.value = None
    with pytest.raises(FeedError, match="cannot be erased"):
        codec_hook(context)
    slot.value = usual
