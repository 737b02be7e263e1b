"""Which packs there are, and whether each is what it should be."""

from typing import Literal

import msgspec

from overt.biometrics.packs._loading import installed, load
from overt.biometrics.packs._sources import built_in, built_in_names
from overt.biometrics.packs.manifest import ModelPack
from overt.errors import PackError

__all__ = ["PackStatus", "available", "verify"]


class PackStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A pack that Overt knows or that is on this machine.

    Attributes:
        name: the pack's name.
        state: `ready`, verified just now; `absent`, known but not pulled; `refused`, there but not loadable.
        built_in: whether Overt knows it by name.
        title: what it says of itself.
        version: its version.
        operational_use: whether its licence allows looking for people with it.
        demonstration: whether, without that, it may still run live to show and to practise.
        size: bytes of its files.
        weights_licence: the licence of its weights.
        training_data: what they were trained on, and its terms.
        problem: why it is refused.
    """

    name: str
    state: Literal["ready", "absent", "refused"]
    built_in: bool
    title: str = ""
    version: str = ""
    operational_use: bool = False
    demonstration: bool = False
    size: int = 0
    weights_licence: str = ""
    training_data: str = ""
    problem: str = ""


def available() -> tuple[PackStatus, ...]:
    """Every pack that Overt knows and every pack on this machine, each verified, by name."""
    return tuple(_status(name) for name in sorted({*built_in_names(), *installed()}))


def verify(name: str) -> ModelPack:
    """Check a pack on this machine: its manifest, every file's size and SHA-256, and that its networks fit it.

    Raises:
        PackError: it is not there, or something about it is not right.
    """
    # Imported late: a live engine has no use for the `onnx` package.
    from overt.biometrics.packs._fitting import check_fit

    pack = load(name)
    check_fit(pack)
    return pack


def _status(name: str) -> PackStatus:
    known = built_in(name)
    here = name in installed()
    manifest = known.manifest if known else None
    problem = ""
    if here:
        try:
            manifest = load(name).manifest
        except PackError as error:
            problem = str(error)
    state: Literal["ready", "absent", "refused"] = "absent" if not here else "refused" if problem else "ready"
    status = PackStatus(name=name, state=state, built_in=known is not None, problem=problem)
    if manifest is None:
        return status
    return msgspec.structs.replace(
        status,
        title=manifest.title,
        version=manifest.version,
        operational_use=manifest.licence.operational_use,
        demonstration=manifest.licence.demonstration,
        size=sum(file.size for file in manifest.files),
        weights_licence=manifest.licence.weights,
        training_data=manifest.licence.training_data,
    )
