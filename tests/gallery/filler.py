"""Templates for tests of size: random directions. They stand for no face, and say nothing about accuracy."""

import numpy as np

from overt.biometrics import Contract, FloatArray


def synthetic_templates(n: int, dimension: int, seed: int, *, spread: float = 1.0) -> FloatArray:
    """Float32 [n, dimension] of unit length; a small spread crowds them around one direction, as faces do."""
    generator = np.random.default_rng(seed)
    centre = np.random.default_rng(7).standard_normal(dimension)
    drawn = centre * (1 - spread) + generator.standard_normal((n, dimension)) * spread
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def contract(dimension: int = 128, pack: str = "embedded", version: str = "1") -> Contract:
    return Contract(pack=pack, version=version, dimension=dimension)
