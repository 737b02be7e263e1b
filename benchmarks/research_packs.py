"""Packs for measuring against, made of reference weights that are not part of the project.

Their licences are noted as not allowing operational use, whatever each file's own licence says, because they are for
measurements alone.
"""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

from overt.biometrics.packs import (
    DetectorSpec,
    Licence,
    Manifest,
    OperatingPoint,
    RecogniserSpec,
    WeightsFile,
    manifest_toml,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NON_COMMERCIAL", "RESEARCH_PACKS", "make_research_pack", "make_research_packs"]

_SCRFD = DetectorSpec(
    family="scrfd", file="det_500m.onnx", colour="rgb", mean=(127.5, 127.5, 127.5), divide=128.0, nms_iou=0.4
)
_YUNET = DetectorSpec(
    family="yunet", file="yunet_n_dynamic.onnx", colour="bgr", score_threshold=0.6, nms_iou=0.3
)
_RETAIL = RecogniserSpec(
    layout="five-point",
    file="face-reidentification-retail-0095.onnx",
    dimension=256,
    colour="bgr",
    size=128,
    points=tuple(
        (x / 96 * 128, y / 112 * 128)
        for x, y in (
            (30.2946, 51.6963),
            (65.5318, 51.5014),
            (48.0252, 71.7366),
            (33.5493, 92.3655),
            (62.7299, 92.2041),
        )
    ),
)
_FOAMLIU = RecogniserSpec(
    layout="arcface-112",
    file="mobilefacenet_foamliu_dynbatch.onnx",
    dimension=128,
    colour="rgb",
    mean=(123.675, 116.28, 103.53),
    divide=(58.395, 57.12, 57.375),
)

_MOBILEFACE = RecogniserSpec(layout="arcface-112", file="mobileface_V2_mit.onnx", dimension=256, colour="rgb")
_EDGEFACE_XS, _EDGEFACE_XXS = (
    RecogniserSpec(
        layout="arcface-112",
        file=f"edgeface_{size}_dq.onnx",
        dimension=512,
        colour="rgb",
        mean=(127.5, 127.5, 127.5),
        divide=(127.5, 127.5, 127.5),
    )
    for size in ("xs", "xxs")
)

RESEARCH_PACKS = {
    "research-scrfd-retail": ("SCRFD-500M and retail-0095", _SCRFD, _RETAIL),
    "research-scrfd-mobile": ("SCRFD-500M and foamliu's MobileFaceNet", _SCRFD, _FOAMLIU),
    "research-yunet-retail": ("YuNet-n and retail-0095", _YUNET, _RETAIL),
    "research-yunet-mobile": ("YuNet-n and foamliu's MobileFaceNet", _YUNET, _FOAMLIU),
    "research-yunet-mobileface": ("YuNet-n and MobileFace V2", _YUNET, _MOBILEFACE),
    "research-yunet-edgeface-xs": ("YuNet-n and EdgeFace XS", _YUNET, _EDGEFACE_XS),
    "research-yunet-edgeface-xxs": ("YuNet-n and EdgeFace XXS", _YUNET, _EDGEFACE_XXS),
}
"""Each pack's id, with its title, its detector and its recogniser."""

NON_COMMERCIAL = ("research-yunet-edgeface-xs", "research-yunet-edgeface-xxs")
"""Packs whose recogniser's own licence forbids anything but non-commercial research."""


def make_research_pack(data: Path, out: Path, name: str) -> Path:
    """Make one of `RESEARCH_PACKS` in the folder `out/name`, and return that folder.

    Args:
        data: the reference data; its `weights` folder is read.
        out: where the pack's folder is made.
        name: which pack.
    """
    title, detector, recogniser = RESEARCH_PACKS[name]
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for source in (data / "weights/det" / detector.file, data / "weights/rec" / recogniser.file):
        shutil.copyfile(source, folder / source.name)
        content = source.read_bytes()
        files.append(
            WeightsFile(
                name=source.name,
                sha256=hashlib.sha256(content).hexdigest(),
                size=len(content),
                source="the reference data beside the checkout",
            )
        )
    manifest = Manifest(
        id=name,
        version="1",
        title=title,
        licence=Licence(
            weights="see the reference data's own notes",
            training_data="see the reference data's own notes",
            operational_use=False,
            note="For measurements alone.",
        ),
        files=tuple(files),
        detector=detector,
        recogniser=recogniser,
        operating_point=OperatingPoint(
            threshold=0.5,
            min_quality=0.005,
            note="Set by hand for measurements; benchmarks/footage.py shows what it finds on the reference films.",
        ),
    )
    (folder / "pack.toml").write_text(manifest_toml(manifest), "utf-8")
    return folder


def make_research_packs(data: Path, out: Path) -> dict[str, Path]:
    """Make all of `RESEARCH_PACKS` under `out`; returns each one's folder by its name."""
    return {name: make_research_pack(data, out, name) for name in RESEARCH_PACKS}
