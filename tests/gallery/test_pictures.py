"""A picture file is taken for what it is, and refused before it can do harm."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from overt.errors import ImageError
from overt.gallery.pictures import PictureTooLargeError, read_picture
from tests.gallery.portraits import astronaut, png_of, with_orientation, write

KINDS = pytest.mark.parametrize("ending", [".jpg", ".png", ".webp", ".bmp"])


def read(path: Path):
    return read_picture(path, most_mib=8, most_megapixels=4)


@KINDS
def test_reads_every_kind_it_names(tmp_path: Path, ending: str):
    image = astronaut()[:300]
    found = read(write(tmp_path / f"a{ending}", image)).image
    assert found.shape == image.shape
    assert np.abs(found.astype(int) - image).mean() < 8


@KINDS
def test_a_truncated_picture_is_refused(tmp_path: Path, ending: str):
    path = write(tmp_path / f"a{ending}", astronaut())
    content = path.read_bytes()
    for part in (0, 1, 2, 9, 20, 60, len(content) // 2, len(content) - 3):
        path.write_bytes(content[:part])
        with pytest.raises(ImageError):
            read(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=300),
    start=st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM"]),
)
def test_noise_is_refused(tmp_path: Path, start: bytes, content: bytes):
    path = tmp_path / "noise.jpg"
    path.write_bytes(start + content)
    with pytest.raises(ImageError):
        read(path)


def test_a_decompression_bomb_is_refused_by_its_header(tmp_path: Path):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_of(60_000, 60_000))
    with pytest.raises(PictureTooLargeError, match="3600 megapixels, and the limit is 4"):
        read(path)


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path):
    path = tmp_path / "long.jpg"
    with path.open("wb") as file:
        file.write(b"\xff\xd8")
        file.truncate(9 * 2**20)
    with pytest.raises(PictureTooLargeError, match="9 MiB"):
        read(path)


def test_a_damaged_png_is_refused(tmp_path: Path):
    path = write(tmp_path / "a.png", astronaut())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ImageError, match="is damaged"):
        read(path)


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [(6, cv2.ROTATE_90_COUNTERCLOCKWISE), (8, cv2.ROTATE_90_CLOCKWISE), (3, cv2.ROTATE_180)],
)
def test_a_picture_comes_upright_as_its_exif_says(tmp_path: Path, orientation: int, turn: int):
    upright = astronaut()[:300]
    held = cv2.imencode(".jpg", cv2.rotate(upright, turn))[1].tobytes()
    path = tmp_path / "held.jpg"
    path.write_bytes(with_orientation(held, orientation))
    found = read(path).image
    assert found.shape == upright.shape
    assert np.abs(found.astype(int) - upright).mean() < 8


def test_missing_and_other_things_are_refused(tmp_path: Path):
    with pytest.raises(ImageError, match="No such file"):
        read(tmp_path / "none.jpg")
    (tmp_path / "folder.jpg").mkdir()
    with pytest.raises(ImageError, match="Is a directory"):
        read(tmp_path / "folder.jpg")
    (tmp_path / "text.jpg").write_text("hello")
    with pytest.raises(ImageError, match="not a picture of a known kind"):
        read(tmp_path / "text.jpg")
