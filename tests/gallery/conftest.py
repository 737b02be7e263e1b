"""A folder with a picture for every verdict."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.gallery import portraits
from tests.gallery.portraits import write


@pytest.fixture(scope="session")
def verdict_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One picture or subfolder for each verdict, named by it; those beginning with `good` are to be enrolled."""
    folder = tmp_path_factory.mktemp("verdicts")
    collins, hopper = portraits.astronaut(), portraits.hopper()
    face = collins[30:270, 120:330]
    write(folder / "good-collins" / "1.jpg", collins)
    write(folder / "good-collins" / "2.png", cv2.flip(collins, 1))
    write(folder / "good-hopper.jpg", hopper)
    write(folder / "good-sitter-before-others.png", _with_small_face(collins, hopper))
    write(folder / "several-faces.png", np.hstack([cv2.resize(hopper, (437, 512)), collins]))
    write(folder / "no-face.png", np.full((300, 300, 3), 128, np.uint8))
    write(folder / "too-small.png", cv2.resize(collins, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA))
    write(folder / "too-small-crop.png", portraits.small_lfw_crop())
    write(folder / "too-blurred.png", cv2.GaussianBlur(collins, (0, 0), 4))
    write(folder / "too-dark.png", collins // 12)
    write(folder / "too-bright.png", np.clip(collins.astype(np.int32) * 5, 0, 255).astype(np.uint8))
    write(folder / "occluded.png", _with_mask(collins))
    write(folder / "good-tight-crop.png", face)
    (folder / "unreadable.jpg").write_bytes((folder / "good-hopper.jpg").read_bytes()[:20_000])
    (folder / "unreadable-text.jpg").write_text("not a picture")
    (folder / "too-large.png").write_bytes(portraits.png_of(50_000, 50_000))
    write(folder / "partly" / "1.jpg", hopper)
    write(folder / "partly" / "2.jpg", np.zeros((200, 200, 3), np.uint8))
    return folder


def _with_small_face(large: np.ndarray, small: np.ndarray) -> np.ndarray:
    picture = np.hstack([large, np.zeros((512, 160, 3), np.uint8)])
    picture[:120, 520:620] = cv2.resize(small[:540, 60:510], (100, 120), interpolation=cv2.INTER_AREA)
    return picture


def _with_mask(image: np.ndarray) -> np.ndarray:
    """A surgical mask, painted over the mouth and nose of the astronaut."""
    masked = image.copy()
    outline = np.array([(182, 118), (224, 110), (266, 118), (262, 160), (224, 180), (190, 162)], np.int32)
    cv2.fillPoly(masked, [outline], (226, 200, 160))
    return masked
