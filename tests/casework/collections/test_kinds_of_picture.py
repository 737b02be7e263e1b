"""Pictures of every kind come in, upright and alike; what is damaged, or too large, is said and harms no other."""

from __future__ import annotations

import io
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from overt.casework import collections as c
from tests.casework.collections.suite import Suite, folder_of
from tests.casework.probes.pictures import encoded
from tests.casework.watchlists.desk import collins, hopper, zip_of
from tests.gallery import portraits

SUFFIXES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "HEIC": "heic", "TIFF": "TIF", "BMP": "bmp"}


def kinds() -> dict[str, bytes]:
    """One portrait as every kind of file, one reference a kind; turned, it lies on its side and says so."""
    image = portraits.hopper()
    files = {f"{kind}/a.{suffix}": encoded(kind, image=image) for kind, suffix in SUFFIXES.items()}
    turned = {
        f"{kind}-turned/a.{SUFFIXES[kind]}": encoded(kind, image=image, turned=True)
        for kind in SUFFIXES
        if kind != "BMP"
    }
    return files | turned


@pytest.mark.parametrize("source", ["folder", "archive", "manifest"])
def test_the_same_picture_as_any_kind_of_file_gives_nearly_the_same_template(
    suite: Suite, tmp_path: Path, source: str
) -> None:
    files = kinds()
    if source != "folder":
        files = {name: files[name] for name in ("JPEG/a.jpg", "HEIC-turned/a.heic", "TIFF/a.TIF")}
    path = tmp_path / "in.zip"
    if source == "archive":
        path.write_bytes(zip_of(files))
    else:
        path = folder_of(tmp_path / "in", files)
    if source == "manifest":
        rows = [f"{name},{name.partition('/')[0]}" for name in files]
        (path / "list.csv").write_text("image,reference\n" + "\n".join(rows) + "\n")
    done = suite.ingest(path)
    assert (done.added, done.refused) == (len(files), 0)
    records = [suite.record(name.partition("/")[0]) for name in files]
    images = [record.images[0] for record in records]
    first = images[0]
    for image in images:
        assert (image.width, image.height) == pytest.approx((first.width, first.height), abs=10), image.file
        assert image.box == pytest.approx(first.box, abs=10), image.file
    index = c.index_of(suite.office, suite.name)
    found = index.search(_template(suite, first.number), len(files))
    assert set(found.ids[0].tolist()) == {image.number for image in images}
    assert float(found.scores.min()) > 0.995


def test_what_is_damaged_or_too_large_is_said_and_harms_no_other(suite: Suite, tmp_path: Path) -> None:
    heic, tiff = (encoded(kind, image=portraits.hopper()) for kind in ("HEIC", "TIFF"))
    files = {
        "cut.heic": heic[: len(heic) // 2],
        "cut.tiff": tiff[: len(tiff) // 2],
        "head.heic": heic[:24],
        "head.tif": tiff[:12],
        "huge.tif": _tiff_of(100_000, 100_000),
        "twice.tif": _tiff_of(100_000, 100_000, 10, 10),
        "odd.tif": _tiff_of(10, 10, kind=12),
        "huge.heic": _large_heic(),
        "whole.jpg": hopper(),
        "other.jpg": collins(),
    }
    tracemalloc.start()
    done = suite.ingest(folder_of(tmp_path / "in", files))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert suite.results(done) == {
        "cut.heic": "unreadable",
        "cut.tiff": "unreadable",
        "head.heic": "unreadable",
        "head.tif": "unreadable",
        "huge.tif": "too-large",
        "twice.tif": "too-large",
        "odd.tif": "unreadable",
        "huge.heic": "too-large",
        "whole.jpg": "added",
        "other.jpg": "added",
    }
    assert most < 200 * 2**20, "nothing large was decoded"
    said = {row.image: row.findings[0] for row in suite.rows(done) if row.findings}
    assert "truncated or damaged" in said["cut.heic"].detail
    assert (said["huge.tif"].measured, said["huge.tif"].unit) == (10_000, "megapixels")
    assert (said["huge.heic"].limit, said["huge.heic"].unit) == (64, "megapixels")


def _template(suite: Suite, number: int) -> np.ndarray:
    """An image's template, float32 [1, dimension]: the index gives it back to whoever knows all others."""
    from overt.casework.collections._sealed import open_templates
    from overt.casework.collections.index import templates_after

    with suite.office.database.reading() as session:
        contract = c.index_of(suite.office, suite.name).contract
        ((_, key_id, image_id, sealed),) = templates_after(session, suite.show().id, contract, number - 1, 1)
        return open_templates(suite.office, session, [(key_id, image_id, sealed)], contract)


def _tiff_of(*sides: int, kind: int = 4) -> bytes:
    """A TIFF that promises so much, width and height, once or more often; and holds nothing."""
    tags = [(256 + at % 2, kind, 1, side) for at, side in enumerate(sides)]
    tags += [(258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, sides[1])]
    tags += [(279, 4, 1, 8)]
    return (
        struct.pack("<2sHI", b"II", 42, 8)
        + struct.pack("<H", len(tags))
        + b"".join(struct.pack("<HHII", *tag) for tag in tags)
        + bytes(64)
    )


def _large_heic() -> bytes:
    """A HEIC of more pixels than are taken, all of them grey."""
    held = io.BytesIO()
    pillow_heif.from_pillow(Image.new("L", (9000, 7200), 128)).save(held, quality=10)
    return held.getvalue()
