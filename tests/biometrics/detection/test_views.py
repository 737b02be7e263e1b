"""Which parts of a picture are looked at."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overt.biometrics import DetectionSettings, ImageArray
from overt.biometrics.detection.views import OVERLAP, Scaler, plan_views
from overt.biometrics.sessions import zeros
from tests.biometrics.networks import spot_spec

FAR = st.sampled_from(["none", "two-scale", "tiles"])


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 5000), st.integers(1, 5000), FAR, st.sampled_from([None, (640, 640)]))
def test_every_view_fits_its_tensor_and_the_first_shows_everything(
    height: int, width: int, far: str, fixed: tuple[int, int] | None
) -> None:
    spec = spot_spec(fixed_size=fixed)
    views = plan_views(height, width, spec, DetectionSettings(far=far))  # type: ignore[arg-type]
    first = views[0]
    assert (first.left, first.top, first.right, first.bottom) == (0, 0, width, height)
    for view in views:
        assert 0 <= view.left < view.right <= width
        assert 0 <= view.top < view.bottom <= height
        assert 1 <= view.height <= view.tensor[0]
        assert 1 <= view.width <= view.tensor[1]
        assert view.tensor == fixed if fixed else all(side % spec.multiple == 0 for side in view.tensor)


@settings(max_examples=60, deadline=None)
@given(st.integers(641, 4000), st.integers(641, 4000))
def test_a_small_face_lies_whole_in_some_tile_at_full_resolution(height: int, width: int) -> None:
    tiles = plan_views(height, width, spot_spec(), DetectionSettings(far="tiles"))[1:]
    rng = np.random.default_rng(height * width)
    for x, y in rng.uniform(0, 1, (40, 2)):
        left, top = x * (width - OVERLAP), y * (height - OVERLAP)
        assert any(
            tile.left <= left
            and left + OVERLAP <= tile.right + 1
            and tile.top <= top
            and top + OVERLAP <= tile.bottom + 1
            and tile.height == tile.bottom - tile.top
            for tile in tiles
        )


@pytest.mark.parametrize(
    ("size", "smaller"), [((720, 1280), 1), ((1080, 1920), 1), ((3000, 4000), 1), ((200, 640), 0)]
)
def test_the_larger_copy_is_looked_at_where_there_is_more_to_see(size: tuple[int, int], smaller: int) -> None:
    views = plan_views(*size, spot_spec(), DetectionSettings(far="two-scale"))
    assert len(views) == 1 + smaller


def test_a_view_is_planar_in_the_networks_colours_and_black_beyond() -> None:
    image: ImageArray = np.zeros((100, 200, 3), np.uint8)
    image[:] = (10, 20, 30)
    for colour, order in (("bgr", (10, 20, 30)), ("rgb", (30, 20, 10))):
        spec = spot_spec(colour)
        (view,) = plan_views(100, 200, spec, DetectionSettings())
        out = np.full((3, *view.tensor), 7, np.float32)
        Scaler(spec, zeros).fill(image, view, out)
        assert out[:, :100, :200].reshape(3, -1).T.tolist() == [list(order)] * 20_000
        assert not out[:, 100:].any()
        assert not out[:, :, 200:].any()


@pytest.mark.parametrize("size", [(720, 1280), (1080, 1920), (2161, 3841), (97, 1203)])
def test_a_smaller_copy_keeps_places_and_brightness(size: tuple[int, int]) -> None:
    height, width = size
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.linspace(0, 255, width).astype(np.uint8)
    image[..., 1] = np.linspace(0, 255, height).astype(np.uint8)[:, None]
    spec = spot_spec()
    (view,) = plan_views(height, width, spec, DetectionSettings())
    out = np.zeros((3, *view.tensor), np.float32)
    scaler = Scaler(spec, zeros)
    scaler.fill(image, view, out)
    across, down = out[0, 0, : view.width], out[1, : view.height, 0]
    np.testing.assert_allclose(across, np.linspace(0, 255, view.width), atol=3)
    np.testing.assert_allclose(down, np.linspace(0, 255, view.height), atol=6)
    scaler.scrub()
    assert not any(buffer.any() for buffer in (scaler._scaled, scaler._planes, scaler._half))
