"""What a model pack says of itself, and the contract that its templates carry."""

from pathlib import Path
from typing import Literal

import msgspec

__all__ = [
    "Contract",
    "CoveredScale",
    "Covering",
    "DetectorSpec",
    "Licence",
    "Manifest",
    "MeasuredRate",
    "ModelPack",
    "OperatingPoint",
    "RecogniserSpec",
    "WeightsFile",
]

Family = Literal["centerface", "scrfd", "yunet"]
Layout = Literal["arcface-112", "dlib-150", "five-point"]

Covering = Literal["lower"]
"""What of a face is covered: `lower`, mouth and nose."""


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """What binds a template to the network that made it; templates of different contracts are never compared."""

    pack: str
    version: str
    dimension: int
    similarity: Literal["cosine"] = "cosine"


class WeightsFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the pack: its name in the folder, its SHA-256 (hex), its size in bytes, and where it comes from."""

    name: str
    sha256: str
    size: int
    source: str


class Licence(msgspec.Struct, frozen=True, kw_only=True):
    """The licence of the weights and of the data they were trained on, and what they may be used for.

    Attributes:
        weights: the licence of the weights.
        training_data: what they were trained on, and under which terms.
        operational_use: whether a force may look for people with it.
        demonstration: whether, without operational use, it may still run live, to show and to practise; the
            deployment, every page of it and its record then say so.
        note: more, for whoever decides.
    """

    weights: str
    training_data: str
    operational_use: bool
    demonstration: bool = False
    note: str = ""


class DetectorSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A face detector: its family, its file, and how pixels become its input: (pixel - mean) ÷ divide."""

    family: Family
    file: str
    colour: Literal["bgr", "rgb"]
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    divide: float = 1.0
    fixed_size: tuple[int, int] | None = None
    """Height and width, when the network takes no other."""
    multiple: int = 32
    score_threshold: float = 0.5
    nms_iou: float = 0.4


class RecogniserSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A recogniser: its chip layout, its file, and how pixels become its input: (pixel - mean) ÷ divide."""

    layout: Layout
    file: str
    dimension: int
    colour: Literal["bgr", "rgb"]
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    divide: tuple[float, float, float] = (1.0, 1.0, 1.0)
    size: int = 112
    """Side of the square chip, pixels; for `arcface-112` and `dlib-150` the name says it."""
    points: tuple[tuple[float, float], ...] | None = None
    """Where the five landmarks go in the chip: needed for `five-point`; for `dlib-150` in place of the usual ones, as
    detectors differ in where they put them; not for `arcface-112`."""
    flip_average: bool = False
    fixed_batch: int | None = None


class OperatingPoint(msgspec.Struct, frozen=True, kw_only=True):
    """What decides an alert.

    Attributes:
        threshold: the least fused cosine similarity that alerts, -1 to 1.
        min_eye_distance: the least distance between the eyes, pixels, of an observation that is used.
        min_quality: the least quality scalar, 0 to 1, of an observation that is used; below 0.1 it says little.
        confirmations: how many observations of the passage must each agree before an alert.
        clear_below: an observation that scores less clears its passage at once, and an observation that scores no
            less agrees with an alert; None clears only when the look is over.
        note: where the threshold comes from.
    """

    threshold: float
    min_eye_distance: float = 12.0
    min_quality: float = 0.1
    confirmations: int = 2
    clear_below: float | None = None
    note: str = ""


class MeasuredRate(msgspec.Struct, frozen=True, kw_only=True):
    """How many strangers alerted at one threshold, in a measurement that can be repeated.

    Attributes:
        threshold: the least cosine similarity that alerted.
        watchlist: entries searched, one picture each.
        trials: strangers who were searched for, once each.
        false_positives: how many of them alerted.
        data: what it was measured on, and with which command.
        date: when, as YYYY-MM-DD.
    """

    threshold: float
    watchlist: int
    trials: int
    false_positives: int
    data: str
    date: str


class CoveredScale(msgspec.Struct, frozen=True, kw_only=True):
    """How scores of faces that are covered alike compare with those of bare ones.

    A face whose part looks covered is compared with references in which that part is made even too. Such scores lie
    higher for strangers as well; so each is told as the score between bare faces that as many strangers reach.

    Attributes:
        covering: which part.
        scores: rising cosine similarities between faces made alike in that part.
        bare: for each the similarity between bare faces at which as many strangers alert; not falling.
        data: what it was measured on, and with which command.
        date: when, as YYYY-MM-DD.
    """

    covering: Covering
    scores: tuple[float, ...]
    bare: tuple[float, ...]
    data: str
    date: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A model pack's `pack.toml`."""

    id: str
    version: str
    title: str
    licence: Licence
    files: tuple[WeightsFile, ...]
    detector: DetectorSpec
    recogniser: RecogniserSpec
    operating_point: OperatingPoint
    measured: tuple[MeasuredRate, ...] = ()
    """False alerts by threshold; empty where nobody has measured them."""
    covered: tuple[CoveredScale, ...] = ()
    """The coverings for which faces are compared like with like; empty where that does not help."""


class ModelPack(msgspec.Struct, frozen=True, kw_only=True):
    """A verified pack on disk. Only `overt.biometrics.packs.load` makes one."""

    manifest: Manifest
    folder: Path

    @property
    def contract(self) -> Contract:
        """What the templates of this pack are bound to."""
        spec = self.manifest
        return Contract(pack=spec.id, version=spec.version, dimension=spec.recogniser.dimension)

    @property
    def detector_file(self) -> Path:
        """The detector's ONNX file."""
        return self.folder / self.manifest.detector.file

    @property
    def recogniser_file(self) -> Path:
        """The recogniser's ONNX file."""
        return self.folder / self.manifest.recogniser.file
