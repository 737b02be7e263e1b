"""Watchlists of nobody: random templates, and random ones as near to the footage's faces as strangers are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from overt.biometrics import load_detector, load_embedder
from overt.engine.pools import LeasePool
from overt.evaluation.bench.source import FrameSource

if TYPE_CHECKING:
    from overt.biometrics import Embedder, FloatArray, ImageArray, ModelPack
    from overt.evaluation.bench.ready import Footage

__all__ = ["random_watchlist", "strangers_watchlist"]

LOOKS: Final = 8
STRIDE: Final = 8
FEWEST: Final = 12
ROUND_SHARE: Final = 0.3
"""How much of the spread is put evenly into every direction, since a few faces do not span them all."""


def random_watchlist(n: int, dimension: int, seed: int = 1) -> FloatArray:
    """Templates without any direction of their own: float32 [n, dimension], of unit length."""
    return _unit(np.random.default_rng(seed).normal(size=(n, dimension)))


def strangers_watchlist(pack: ModelPack, footage: Footage, n: int, seed: int = 1) -> FloatArray:
    """Templates that no one made, drawn from a normal distribution fitted to those of the footage's faces.

    Purely random templates lie far from every face, so that a passage would be cleared at its first observation. Real
    strangers are nearer, and cost the engine more observations.

    Returns:
        float32 [n, dimension], of unit length; `random_watchlist` where the footage shows too few faces.
    """
    templates = _faces(pack, footage)
    if len(templates) < FEWEST:
        return random_watchlist(n, pack.contract.dimension, seed)
    mean = templates.mean(axis=0)
    spread = np.cov(templates, rowvar=False)
    even = np.eye(len(spread)) * np.trace(spread) / len(spread)
    covariance = (1 - ROUND_SHARE) * spread + ROUND_SHARE * even
    return _unit(np.random.default_rng(seed).multivariate_normal(mean, covariance, n, method="cholesky"))


def _faces(pack: ModelPack, footage: Footage) -> FloatArray:
    """The template of every face in a few frames, float32 [k, dimension]."""
    detector, embedder = load_detector(pack), load_embedder(pack)
    rows = [np.zeros((0, embedder.dimension), np.float32)]
    pool = LeasePool(lock=False)
    with FrameSource(footage, pool) as source:
        for _ in range(LOOKS):
            frames, _ = source.take(STRIDE)
            rows.append(_embedded(frames[0].image, detector.detect([frames[0].image])[0].landmarks, embedder))
            for frame in frames:
                frame.release()
    pool.wipe_all()
    return np.concatenate(rows)


def _embedded(image: ImageArray, landmarks: FloatArray, embedder: Embedder) -> FloatArray:
    chips = np.empty((len(landmarks), embedder.chip_size, embedder.chip_size, 3), np.uint8)
    embedder.align(image, landmarks, chips)
    out = np.empty((len(landmarks), embedder.dimension), np.float32)
    embedder.embed(chips, out)
    return out


def _unit(rows: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> FloatArray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
