"""The desks that judge pictures: one a model pack, loaded when first needed and shared by all who enrol."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from overt.biometrics import Contract, packs
from overt.errors import ContractError
from overt.gallery import EnrolmentDesk

if TYPE_CHECKING:
    from overt.biometrics import ModelPack
    from overt.records.tables import Watchlist

__all__ = ["SharedDesk", "contract_of", "desk_for", "load_pack"]

_MOST: Final = 2


@dataclass(eq=False)
class SharedDesk:
    """A desk, and the lock under which it judges and embeds."""

    desk: EnrolmentDesk
    lock: threading.Lock = field(default_factory=threading.Lock)


_DESKS: Final[OrderedDict[Contract, SharedDesk]] = OrderedDict()
_LOADING: Final = threading.Lock()


def contract_of(watchlist: Watchlist) -> Contract:
    """What a list's templates are bound to."""
    return Contract(pack=watchlist.pack, version=watchlist.pack_version, dimension=watchlist.dimension)


def load_pack(name: str) -> ModelPack:
    """A verified pack.

    Raises:
        PackError: it is missing, altered or unlicensed.
    """
    return packs.load(name)


def desk_for(contract: Contract) -> SharedDesk:
    """The desk that makes templates of this contract.

    Raises:
        ContractError: the pack that is installed is of another version: its templates would be foreign to the list.
        PackError: the pack cannot be loaded.
    """
    with _LOADING:
        held = _DESKS.pop(contract, None)
        if held is None:
            pack = load_pack(contract.pack)
            if pack.contract != contract:
                raise ContractError(
                    f"The list is bound to the model pack {contract.pack} {contract.version}, and version "
                    f"{pack.contract.version} is installed: templates of the two cannot be compared",
                    "Make a new list and import its entries with their pictures, or install the older version",
                )
            held = SharedDesk(EnrolmentDesk(pack))
        _DESKS[contract] = held
        while len(_DESKS) > _MOST:
            _DESKS.popitem(last=False)
        return held
