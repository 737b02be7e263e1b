"""Real networks of every family and layout fit what is said of them; packs for research stay out of live use."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest

from overt.biometrics import load_detector, load_embedder, packs
from overt.errors import PackError
from tests.shared_packs import shared_pack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.shared


@pytest.mark.parametrize("name", ["research-scrfd-retail", "research-yunet-mobile"])
def test_a_research_pack_is_added_runs_and_is_refused_live(tmp_path: Path, name: str) -> None:
    pack = packs.add(shared_pack(tmp_path, name).folder)
    assert packs.verify(name) == pack
    with pytest.raises(PackError, match="forbids operational use"):
        packs.load(name, operational=True)
    embedder = load_embedder(pack, threads=1, batch_sizes=(1,))
    template = np.zeros((1, pack.contract.dimension), np.float32)
    embedder.embed(np.full((1, embedder.chip_size, embedder.chip_size, 3), 90, np.uint8), template)
    assert np.linalg.norm(template) == pytest.approx(1, abs=1e-5)
    assert len(load_detector(pack, threads=1).detect([np.zeros((96, 128, 3), np.uint8)])[0]) == 0


def test_a_network_of_one_size_needs_it_said(tmp_path: Path, shared_data: Path) -> None:
    pack = shared_pack(tmp_path, "research-yunet-mobile")
    fixed = shared_data / "weights/det/face_detection_yunet_2023mar.onnx"
    content = fixed.read_bytes()
    (pack.folder / fixed.name).write_bytes(content)

    def written(size: tuple[int, int] | None) -> Path:
        spec = msgspec.structs.replace(pack.manifest.detector, file=fixed.name, fixed_size=size)
        file = packs.WeightsFile(
            name=fixed.name, sha256=hashlib.sha256(content).hexdigest(), size=len(content), source="a test"
        )
        changed = msgspec.structs.replace(
            pack.manifest, detector=spec, files=(*pack.manifest.files[1:], file)
        )
        (pack.folder / "pack.toml").write_text(packs.manifest_toml(changed), "utf-8")
        return pack.folder

    with pytest.raises(PackError, match="640 by 640") as caught:
        packs.add(written(None))
    assert "fixed_size = [640, 640]" in caught.value.remedy
    packs.add(written((640, 640)))
