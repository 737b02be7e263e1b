"""Writing the first manifest of a pack of the user's own, with what its files tell of themselves filled in."""

from __future__ import annotations

from pathlib import Path

import msgspec

from overt.biometrics.packs._folders import MANIFEST_NAME
from overt.biometrics.packs._reading import parse_manifest, sha256_of
from overt.biometrics.packs._writing import manifest_toml
from overt.biometrics.packs.manifest import (
    DetectorSpec,
    Family,
    Layout,
    Licence,
    Manifest,
    OperatingPoint,
    RecogniserSpec,
    WeightsFile,
)
from overt.errors import PackError

__all__ = ["draft"]

_DETECTORS: dict[Family, DetectorSpec] = {
    "centerface": DetectorSpec(family="centerface", file="", colour="rgb"),
    "scrfd": DetectorSpec(family="scrfd", file="", colour="rgb", mean=(127.5, 127.5, 127.5), divide=128.0),
    "yunet": DetectorSpec(family="yunet", file="", colour="bgr"),
}
"""How each family as it is published takes its pixels."""

_RECOGNISERS: dict[Layout, RecogniserSpec] = {
    "arcface-112": RecogniserSpec(
        layout="arcface-112",
        file="",
        dimension=0,
        colour="rgb",
        mean=(127.5, 127.5, 127.5),
        divide=(127.5, 127.5, 127.5),
    ),
    "dlib-150": RecogniserSpec(
        layout="dlib-150",
        file="",
        dimension=0,
        colour="rgb",
        size=150,
        mean=(122.782, 117.001, 104.298),
        divide=(256.0, 256.0, 256.0),
    ),
}
"""How each layout's networks as they are published take their pixels."""


def draft(
    folder: Path,
    *,
    name: str,
    detector: tuple[Family, str],
    recogniser: tuple[Layout, str],
    licence: Licence,
    threshold: float,
) -> Path:
    """Write `pack.toml` for the two networks in a folder, and return its path; it is for the user to check.

    Sizes and hashes, a fixed picture size, a fixed batch and the template's length are read from the files. How
    pixels are prepared is what is usual for the family and the layout.

    Args:
        folder: holds both ONNX files.
        name: the pack's id.
        detector: its family, and its file's name.
        recogniser: its layout, `arcface-112` or `dlib-150`, and its file's name.
        licence: of the weights and their training data.
        threshold: the least similarity that alerts.

    Raises:
        PackError: there is a manifest already, a file cannot be read, or what comes out cannot be a manifest.
    """
    from overt.biometrics.packs._fitting import picture_shape, template_length

    place = folder / MANIFEST_NAME
    if place.exists():
        raise PackError(f"{place} is there already", "Edit it, or move it away")
    (family, eye), (layout, core) = detector, recogniser
    if layout not in _RECOGNISERS:
        raise PackError(
            f"The layout {layout} has points of its own", "Write its manifest by hand, with its points"
        )
    height, width = picture_shape(folder / eye, "detector")[2:]
    batch = picture_shape(folder / core, "recogniser")[0]
    manifest = Manifest(
        id=name,
        version="1",
        title=f"{Path(eye).stem} and {Path(core).stem}",
        licence=licence,
        files=tuple(
            WeightsFile(
                name=file,
                sha256=sha256_of(folder / file),
                size=(folder / file).stat().st_size,
                source="the user",
            )
            for file in dict.fromkeys((eye, core))
        ),
        detector=msgspec.structs.replace(
            _DETECTORS[family], file=eye, fixed_size=(height, width) if height and width else None
        ),
        recogniser=msgspec.structs.replace(
            _RECOGNISERS[layout], file=core, dimension=template_length(folder / core), fixed_batch=batch
        ),
        operating_point=OperatingPoint(
            threshold=threshold, note="Given by the user when the manifest was drafted."
        ),
    )
    text = manifest_toml(manifest)
    parse_manifest(text, str(place))
    place.write_text(text, "utf-8")
    return place
