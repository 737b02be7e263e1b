"""A simulated street scene with ground truth, composed at run time from pictures that come with the `demo` extra.

Nobody in it is real footage: two public-domain portraits and small crops are cut out, put on drawn bodies, and walked
through a drawn street with perspective, turning heads, motion blur, changing light, sensor noise and H.264
compression. It shows that the path from camera to alert works; it measures nothing of how well faces are recognised.

    scene = Scene(SceneSettings(seconds=20))
    truth = scene.write(Path("street.mp4"))
    write_reference("grace-hopper", Path("watchlist"))
"""

from overt.evaluation.scene.film import (
    REFERENCE_NAMES,
    Scene,
    SceneSettings,
    simulated_feed,
    simulated_feeds,
    write_reference,
)
from overt.evaluation.scene.truth import FaceTruth, PassTruth, SceneTruth, passes_of

__all__ = [
    "REFERENCE_NAMES",
    "FaceTruth",
    "PassTruth",
    "Scene",
    "SceneSettings",
    "SceneTruth",
    "passes_of",
    "simulated_feed",
    "simulated_feeds",
    "write_reference",
]
