"""The detector: pictures in, faces with five landmarks out, on any of the three families of network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from overt.biometrics.detection.candidates import Candidates, Decoder
from overt.biometrics.detection.centerface import centerface_decoder
from overt.biometrics.detection.scrfd import scrfd_decoder
from overt.biometrics.detection.settings import DetectionSettings
from overt.biometrics.detection.suppression import MOST_CANDIDATES, merge_views, suppress, usable
from overt.biometrics.detection.views import Scaler, View, plan_views
from overt.biometrics.detection.yunet import yunet_decoder
from overt.biometrics.faces import Faces, ImageArray
from overt.biometrics.sessions import Allocate, BoundRun, Network, zeros
from overt.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.biometrics.packs.manifest import DetectorSpec, ModelPack
    from overt.biometrics.providers import Precision, Provider

__all__ = ["Detector", "load_detector"]

_DECODERS = {"centerface": centerface_decoder, "scrfd": scrfd_decoder, "yunet": yunet_decoder}

MOST_SHAPES = 8
"""Input shapes whose memory is kept; a picture of yet another shape takes the place of the one used longest ago."""

GPU_BATCH = 4

RIM = 3.0
"""A box that comes this close, in pixels of the network's input, to a side where its tile cuts the picture is a part
of a face that another tile has whole."""


def load_detector(
    pack: ModelPack,
    settings: DetectionSettings | None = None,
    *,
    provider: Provider = "cpu",
    threads: int = 0,
    precision: Precision = "float32",
    allocate: Allocate = zeros,
) -> Detector:
    """Loads the detector of a verified pack.

    Args:
        pack: the pack, as `overt.biometrics.packs.load` gives it.
        settings: scale, far faces, threshold.
        provider: where it runs; a missing one is an error and never another in its place.
        threads: threads within an operator; 0 leaves it to the runtime.
        precision: `bfloat16` is for OpenVINO on processors that have it.
        allocate: gives the memory of everything that holds pixels.

    Raises:
        ProviderError: the provider is missing or cannot run the network whole.
        PackError: the network is not what the manifest says.
    """
    network = Network(
        pack.detector_file, provider=provider, threads=threads, precision=precision, allocate=allocate
    )
    return Detector(network, pack.manifest.detector, settings or DetectionSettings(), allocate)


class Detector:
    """Finds faces. Not for use by two threads at once."""

    def __init__(
        self, network: Network, spec: DetectorSpec, settings: DetectionSettings, allocate: Allocate = zeros
    ) -> None:
        self.settings = settings
        self.spec = spec
        self._network = network
        self._scaler = Scaler(spec, allocate)
        self._runs: dict[tuple[int, int, int], BoundRun] = {}
        self._used: set[tuple[int, int, int]] = set()
        self._views: dict[tuple[int, int], tuple[View, ...]] = {}
        fixed = network.input_shape[0] if network.input_shape else None
        self._most = fixed or settings.max_batch or (GPU_BATCH if network.provider == "cuda" else 1)
        self._padded = fixed if fixed is not None and fixed > 1 else None
        self._threshold = (
            spec.score_threshold if settings.score_threshold is None else settings.score_threshold
        )
        # the first binding also proves that the outputs are the family's
        first = self._bind((self._padded or 1, *(spec.fixed_size or (spec.multiple * 4,) * 2)))
        shapes = [output.shape for output in first.outputs]
        self._decode: Decoder = _DECODERS[spec.family](shapes, network.output_names)

    def detect(self, images: Sequence[ImageArray]) -> list[Faces]:
        """The faces of each picture, most certain first, in pixels of that picture at its full resolution.

        Pictures (and tiles) whose scaled copies have one shape run through the network together.

        Args:
            images: uint8, [height, width, 3], blue, green, red; they may differ in size.

        Raises:
            ImageError: something that is not such a picture.
        """
        waiting: dict[tuple[int, int], list[tuple[int, View]]] = {}
        for i, image in enumerate(images):
            for view in self._plan(image):
                waiting.setdefault(view.tensor, []).append((i, view))
        found: list[list[Candidates]] = [[] for _ in images]
        for tensor, jobs in waiting.items():
            for start in range(0, len(jobs), self._most):
                self._run(images, jobs[start : start + self._most], tensor, found)
        return [self._faces(image, parts) for image, parts in zip(images, found, strict=True)]

    def warm(self, height: int, width: int, batch: int = 1) -> None:
        """Prepares for pictures of this size, `batch` of them at once, with blank input alone."""
        views = plan_views(height, width, self.spec, self.settings)
        for tensor in dict.fromkeys(view.tensor for view in views):
            jobs = batch * sum(view.tensor == tensor for view in views)
            sizes = {min(self._most, jobs - start) for start in range(0, jobs, self._most)}
            for size in sizes:
                self._bind((self._padded or size, *tensor)).scrub()

    def scrub(self) -> None:
        """Overwrites what is left of the last pictures, here and in the runtime's memory.

        Every buffer is cleared, and blank input runs through each shape used since the last time.
        """
        self._scaler.scrub()
        for shape in sorted(self._used):
            self._runs[shape].scrub()
        self._used.clear()

    def _plan(self, image: ImageArray) -> tuple[View, ...]:
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
            raise ImageError(
                f"A picture should be uint8 of the shape (height, width, 3), not {image.dtype} of {image.shape}",
                "Decode it to blue, green and red, 8 bits each",
            )
        size = (image.shape[0], image.shape[1])
        views = self._views.get(size)
        if views is None:
            if len(self._views) > 64:
                self._views.clear()
            views = self._views[size] = plan_views(*size, self.spec, self.settings)
        return views

    def _run(
        self,
        images: Sequence[ImageArray],
        jobs: list[tuple[int, View]],
        tensor: tuple[int, int],
        found: list[list[Candidates]],
    ) -> None:
        shape = (self._padded or len(jobs), *tensor)
        run = self._bind(shape)
        self._used.add(shape)
        for slot, (i, view) in enumerate(jobs):
            self._scaler.fill(images[i], view, run.input[slot])
        run.input[len(jobs) :] = 0.0
        outputs = run.run()
        for slot, (i, view) in enumerate(jobs):
            found[i].append(self._in_picture(self._decode(outputs, slot, tensor, self._threshold), view))

    def _in_picture(self, candidates: Candidates, view: View) -> Candidates:
        """Merged candidates of one view, without those that a tile cuts, in pixels of the picture."""
        boxes, landmarks, scores = suppress(usable(candidates), self.spec.nms_iou, MOST_CANDIDATES)
        if any(view.cut) and len(scores):
            low, high = (
                boxes[:, :2] < RIM,
                boxes[:, 2:] > np.array([view.width - RIM, view.height - RIM], np.float32),
            )
            keep = np.flatnonzero(~(np.concatenate([low, high], axis=1) & np.array(view.cut)).any(1))
            boxes, landmarks, scores = boxes[keep], landmarks[keep], scores[keep]
        scale, corner = view.scale, view.corner
        return Candidates(
            (boxes.reshape(-1, 2, 2) * scale + corner).reshape(-1, 4), landmarks * scale + corner, scores
        )

    def _faces(self, image: ImageArray, parts: list[Candidates]) -> Faces:
        most = self.settings.max_faces
        if len(parts) == 1:
            candidates = Candidates(*(array[:most] for array in parts[0]))
        else:
            together = Candidates(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
            candidates = merge_views(together, self.spec.nms_iou, most)
        height, width = image.shape[:2]
        limit = np.array([width, height], np.float32)
        corners = np.minimum(np.maximum(candidates.boxes.reshape(-1, 2, 2), 0.0), limit)
        landmarks = np.minimum(np.maximum(candidates.landmarks, -limit), 2 * limit)
        scores = np.minimum(np.maximum(candidates.scores, 0.0), 1.0)
        faces = Faces(corners.reshape(-1, 4), landmarks, scores)
        inside = (corners[:, 1] - corners[:, 0] >= 1).all(1)
        return faces if inside.all() else faces.take(np.flatnonzero(inside))

    def _bind(self, shape: tuple[int, int, int]) -> BoundRun:
        run = self._runs.pop(shape, None)
        if run is None:
            if len(self._runs) >= MOST_SHAPES:
                oldest = next(iter(self._runs))
                self._runs.pop(oldest).scrub()
                self._used.discard(oldest)
            run = self._network.bind((shape[0], 3, shape[1], shape[2]))
        self._runs[shape] = run
        return run
