"""Loading a pack: nothing unverified gets past this."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from overt.biometrics.packs._folders import MANIFEST_NAME, is_pack_name, packs_folder
from overt.biometrics.packs._reading import check_files, read_manifest
from overt.biometrics.packs._sources import built_in, built_in_names
from overt.biometrics.packs.manifest import ModelPack
from overt.errors import PackError

if TYPE_CHECKING:
    from overt.biometrics.packs.manifest import Manifest

__all__ = ["installed", "load"]


def load(name_or_folder: str | Path, *, operational: bool = False) -> ModelPack:
    """Load a pack, having checked its manifest and every file's size and SHA-256.

    For a pack that Overt knows by name the manifest that ships with Overt holds, whatever the one on disk says.

    Args:
        name_or_folder: the name of a pack among the packs, or a folder that holds one (a `Path`, or a text with a
            slash in it).
        operational: whether it is for a live deployment, which a pack's licence may forbid; one that allows
            demonstration is loaded, and whoever runs it says what it may be used for.

    Raises:
        PackError: the pack is not there, altered, not understood, or not licensed for this use.
    """
    folder = _folder(name_or_folder)
    manifest = read_manifest(folder)
    manifest = _identified(manifest, name_or_folder)
    licence = manifest.licence
    if operational and not (licence.operational_use or licence.demonstration):
        raise PackError(
            f"The licence of the pack {manifest.id} forbids operational use ({licence.weights})",
            "Use a pack that allows it, such as `open`; this one is for evaluation alone",
        )
    check_files(manifest, folder)
    return ModelPack(manifest=manifest, folder=folder)


def installed() -> tuple[str, ...]:
    """The names of the packs that are among the packs on this machine, whole or not."""
    home = packs_folder()
    if not home.is_dir():
        return ()
    return tuple(sorted(item.parent.name for item in home.glob(f"[!.]*/{MANIFEST_NAME}")))


def _folder(name_or_folder: str | Path) -> Path:
    if isinstance(name_or_folder, Path) or os.sep in name_or_folder:
        return Path(name_or_folder)
    if not is_pack_name(name_or_folder):
        raise PackError(
            f"{name_or_folder!r} cannot be a pack's name", "Give a name, or a folder with a slash in it"
        )
    folder = packs_folder() / name_or_folder
    if not folder.is_dir():
        if name_or_folder in built_in_names():
            remedy = f"Run `overt models pull {name_or_folder}`"
        else:
            remedy = "See `overt models list`, or add the pack with `overt models add`"
        raise PackError(f"The pack {name_or_folder} is not on this machine", remedy)
    return folder


def _identified(manifest: Manifest, name_or_folder: str | Path) -> Manifest:
    """The manifest to go by: for a pack that Overt knows, its own."""
    if isinstance(name_or_folder, str) and os.sep not in name_or_folder and manifest.id != name_or_folder:
        raise PackError(
            f"The folder of the pack {name_or_folder} holds the pack {manifest.id}",
            "Remove it and get the pack again",
        )
    known = built_in(manifest.id)
    if known is None:
        return manifest
    if (manifest.version, manifest.files) != (known.manifest.version, known.manifest.files):
        raise PackError(
            f"The pack {manifest.id} is not the one that this version of Overt knows",
            f"Run `overt models pull {manifest.id}` to replace it",
        )
    return known.manifest
