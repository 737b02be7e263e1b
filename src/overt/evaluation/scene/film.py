"""A scene: its settings, its frames and truth, and writing it as a street camera's H.264 file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import cv2

from overt.errors import EvaluationError
from overt.evaluation.scene.cast import Person, cast_scene
from overt.evaluation.scene.compose import Composer
from overt.evaluation.scene.portraits import collins_photograph, hopper_photograph
from overt.evaluation.scene.street import Camera
from overt.evaluation.scene.truth import FaceTruth, SceneTruth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from overt.biometrics.faces import ImageArray

__all__ = [
    "REFERENCE_NAMES",
    "Scene",
    "SceneSettings",
    "simulated_feed",
    "simulated_feeds",
    "write_reference",
]

REFERENCE_NAMES = {"grace-hopper": "Grace Hopper", "eileen-collins": "Eileen Collins"}
"""The people of whom a reference picture can be written, and their names."""
_COMPOSERS, _BATCH = 2, 8
MIN_SECONDS = 6.0
"""A shorter scene has no room for one passage."""


@dataclass(frozen=True, kw_only=True)
class SceneSettings:
    """What a scene holds and how it is filmed.

    Attributes:
        seconds: its length, at least 6. The end flows into the start, so a scene can be looped.
        fps: frames a second.
        width: of the picture, pixels, even.
        height: of the picture, pixels, even.
        seed: of everything that is drawn by lot.
        crowd: people of the far crowd in the street at any moment, about; eyes 5 to 20 pixels apart at 1280 by 720.
        near: simulated people who come up to the camera at any moment, about; eyes up to 70 pixels apart.
        principals: which of `grace-hopper` and `eileen-collins` come past, once each.
        bitrate: of the H.264 file, bits a second.
    """

    seconds: float = 24.0
    fps: int = 12
    width: int = 1280
    height: int = 720
    seed: int = 1
    crowd: int = 6
    near: int = 0
    principals: tuple[str, ...] = ("grace-hopper", "eileen-collins")
    bitrate: int = 2_500_000

    def __post_init__(self) -> None:
        if self.seconds < MIN_SECONDS:
            raise EvaluationError(
                f"a simulated scene of {self.seconds:g} s is too short for a person to walk through",
                f"Ask for at least {MIN_SECONDS:g} s",
            )
        if self.fps < 1 or self.width < 160 or self.height < 90 or self.width % 2 or self.height % 2:
            raise EvaluationError(
                f"a simulated scene cannot be filmed at {self.width} by {self.height}, {self.fps} frames a second",
                "Give at least one frame a second and an even width and height of at least 160 by 90",
            )
        unknown = set(self.principals) - set(REFERENCE_NAMES)
        if unknown or self.crowd < 0 or self.near < 0:
            raise EvaluationError(
                f"a simulated scene cannot hold {', '.join(sorted(unknown)) or 'fewer than no people'}",
                f"Name principals from {', '.join(sorted(REFERENCE_NAMES))}, and counts of 0 or more",
            )


class Scene:
    """A simulated street scene. Every face in it comes from a picture installed with the `demo` extra.

    Args:
        settings: what it holds.
    """

    def __init__(self, settings: SceneSettings | None = None) -> None:
        self.settings = settings or SceneSettings()
        s = self.settings
        self.camera = Camera(s.width, s.height)
        self.people: tuple[Person, ...] = cast_scene(
            seconds=s.seconds, crowd=s.crowd, near=s.near, principals=s.principals, seed=s.seed
        )

    @property
    def n_frames(self) -> int:
        """How many frames it has."""
        return round(self.settings.seconds * self.settings.fps)

    def frames(self) -> Iterator[tuple[ImageArray, tuple[FaceTruth, ...]]]:
        """Each picture (uint8 BGR, height by width by 3) with the faces in it, before compression."""
        composer = Composer(self.people, self.camera, self.settings.seconds, self.settings.seed)
        fps = self.settings.fps
        with ThreadPoolExecutor(_COMPOSERS) as pool:
            for first in range(0, self.n_frames, _BATCH):
                indices = range(first, min(first + _BATCH, self.n_frames))
                yield from pool.map(lambda index: composer.frame(index, index / fps), indices)

    def write(self, path: Path, *, progress: Callable[[int, int], None] | None = None) -> SceneTruth:
        """Films the scene into an H.264 file like a street camera: capped rate, no B-frames, a key frame in 2 s.

        Args:
            path: the file; its ending (`.mp4`, `.mkv`, `.ts`) says the container.
            progress: is told how many frames of how many are done.

        Returns:
            Who is where in each frame.

        Raises:
            EvaluationError: the file cannot be written.
        """
        s = self.settings
        truth = SceneTruth(seconds=self.n_frames / s.fps, fps=s.fps)
        try:
            with av.open(str(path), "w") as container:
                stream = container.add_stream("libx264", rate=s.fps)
                stream.width, stream.height, stream.pix_fmt = s.width, s.height, "yuv420p"
                stream.bit_rate = s.bitrate
                stream.time_base = Fraction(1, s.fps)
                stream.options = {
                    "preset": "superfast",
                    "bf": "0",
                    "g": str(2 * s.fps),
                    "maxrate": str(s.bitrate),
                    "bufsize": str(s.bitrate),
                }
                for index, (picture, faces) in enumerate(self.frames()):
                    frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
                    frame.pts, frame.time_base = index, Fraction(1, s.fps)
                    container.mux(stream.encode(frame))
                    truth.faces.append(faces)
                    if progress is not None:
                        progress(index + 1, self.n_frames)
                container.mux(stream.encode(None))
        except (av.FFmpegError, OSError) as error:
            raise EvaluationError(
                f"the simulated scene cannot be written to {path}: {error}",
                "Name a file in a folder that exists and has room",
            ) from error
        return truth


def simulated_feed(number: int, settings: SceneSettings | None = None) -> Scene:
    """One of many feeds: the same street life filmed with other lots, so that no two feeds show the same moment.

    Only feed 0 has the principals of the settings; the others have a simulated passer-by more in their place.
    """
    base = settings or SceneSettings()
    if number == 0:
        return Scene(base)
    return Scene(replace(base, seed=base.seed + 101 * number, principals=(), near=max(1, base.near)))


def simulated_feeds(n: int, settings: SceneSettings | None = None) -> tuple[Scene, ...]:
    """The first n feeds of `simulated_feed`."""
    return tuple(simulated_feed(number, settings) for number in range(n))


def write_reference(identity: str, folder: Path) -> Path:
    """Writes a reference picture of a principal into a folder: the portrait mirrored, and darker, as a JPEG.

    There is only one photograph of each, so reference and footage come from the same one. That makes the match easier
    than with two photographs: the scene shows that the path works, and measures nothing of recognition.

    Returns:
        The file, named after the person.
    """
    photographs = {"grace-hopper": hopper_photograph, "eileen-collins": collins_photograph}
    if identity not in photographs:
        raise EvaluationError(
            f"there is no reference picture of {identity}", f"Choose one of {', '.join(sorted(photographs))}"
        )
    mirrored = cv2.flip(photographs[identity](), 1)
    toned = cv2.convertScaleAbs(mirrored, alpha=0.88, beta=4)
    path = folder / f"{REFERENCE_NAMES[identity]}.jpg"
    if not cv2.imwrite(str(path), toned, [cv2.IMWRITE_JPEG_QUALITY, 90]):
        raise EvaluationError(
            f"the reference picture cannot be written to {path}", "Name a folder that exists and has room"
        )
    return path
