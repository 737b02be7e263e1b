"""The desks that judge pictures for collections: one a model pack, loaded when first needed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from overt.biometrics import packs
from overt.errors import ContractError, InputError
from overt.gallery import CollectionDesk

if TYPE_CHECKING:
    from overt.biometrics import Contract, ModelPack

__all__ = ["SharedDesk", "desk_for", "named_pack", "pack_for"]

_MOST: Final = 2


@dataclass(eq=False)
class SharedDesk:
    """A desk, and the lock under which it judges and embeds."""

    desk: CollectionDesk
    lock: threading.Lock = field(default_factory=threading.Lock)


_DESKS: Final[OrderedDict[Contract, SharedDesk]] = OrderedDict()
_LOADING: Final = threading.Lock()


def named_pack(name: str) -> ModelPack:
    """A verified pack, by its name alone.

    Raises:
        InputError: the name is a path.
        PackError: it is missing, altered or unlicensed.
    """
    if "/" in name or "\\" in name:
        raise InputError("The pack is given as a path", "Name an installed pack", field="pack")
    return packs.load(name)


def pack_for(contract: Contract) -> ModelPack:
    """The verified pack that makes templates of this contract.

    Raises:
        ContractError: the pack that is installed is of another version.
        PackError: the pack cannot be loaded.
    """
    pack = packs.load(contract.pack)
    if pack.contract != contract:
        raise ContractError(
            f"The collection's templates are of the model pack {contract.pack} {contract.version}, and "
            f"version {pack.contract.version} is installed: templates of the two cannot be compared",
            "Make them anew with `overt collection re-embed`, or install the older version",
        )
    return pack


def desk_for(contract: Contract) -> SharedDesk:
    """The desk that makes templates of this contract.

    Raises:
        ContractError: the pack that is installed is of another version.
        PackError: the pack cannot be loaded.
    """
    with _LOADING:
        held = _DESKS.pop(contract, None)
        if held is None:
            held = SharedDesk(CollectionDesk(pack_for(contract), covered=False))
        _DESKS[contract] = held
        while len(_DESKS) > _MOST:
            _DESKS.popitem(last=False)
        return held
