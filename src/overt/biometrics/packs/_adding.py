"""Taking in a pack that the user brings."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from overt.biometrics.packs._folders import MANIFEST_NAME, arriving
from overt.biometrics.packs._loading import load
from overt.biometrics.packs._reading import read_manifest
from overt.biometrics.packs._sources import built_in_names
from overt.errors import PackError

if TYPE_CHECKING:
    from overt.biometrics.packs.manifest import ModelPack

__all__ = ["add"]


def add(folder: str | Path) -> ModelPack:
    """Check a pack in a folder, and copy it among the packs under its id; an older one of that id gives way.

    What was copied is what was checked: the checks are made on the copy.

    Args:
        folder: holds `pack.toml` and the files that it lists; anything else in it is left.

    Returns:
        The pack, verified.

    Raises:
        PackError: the manifest, a file, a licence or a network is not as it must be, or Overt uses the id itself.
    """
    # Imported late: a live engine has no use for the `onnx` package.
    from overt.biometrics.packs._fitting import check_fit

    source = Path(folder)
    manifest = read_manifest(source)
    if manifest.id in built_in_names():
        raise PackError(
            f"{manifest.id} is the id of a pack that Overt knows",
            f"Give your pack another id, or run `overt models pull {manifest.id}`",
        )
    load(source)
    with arriving(manifest.id) as place:
        for name in (MANIFEST_NAME, *(file.name for file in manifest.files)):
            try:
                shutil.copyfile(source / name, place / name)
            except OSError as error:
                raise PackError(
                    f"{source / name} cannot be copied: {error.strerror}", "Check permissions and space"
                ) from error
        copied = load(place)
        if copied.manifest != manifest:
            raise PackError(f"The manifest in {source} changed while it was read", "Add the pack again")
        check_fit(copied)
    return load(manifest.id)
