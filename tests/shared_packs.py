"""Packs made of the reference weights, for tests that carry `pytest.mark.shared`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from overt.biometrics import packs

if TYPE_CHECKING:
    from overt.biometrics.packs import ModelPack

__all__ = ["shared_pack"]

_REPOSITORY = Path(__file__).resolve().parent.parent


def shared_pack(out: Path, name: str = "research-scrfd-retail") -> ModelPack:
    """Make a research pack in a folder under `out`, and load it.

    Args:
        out: a temporary folder.
        name: `research-scrfd-retail`, `research-scrfd-mobile`, `research-yunet-retail` or `research-yunet-mobile`.
    """
    spec = importlib.util.spec_from_file_location(
        "research_packs", _REPOSITORY / "benchmarks/research_packs.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder: Path = module.make_research_pack(_REPOSITORY.parent / "shared/data", out, name)
    return packs.load(folder)
