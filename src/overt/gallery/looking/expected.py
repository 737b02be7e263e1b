"""What a worker must have to look at pictures as they are looked at here: the same networks and the same code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from overt.biometrics import Contract, packs
from overt.errors import PackError
from overt.gallery.judgement import EnrolmentLimits
from overt.gallery.looking.answers import Fault
from overt.score_code import digest_of_code

if TYPE_CHECKING:
    from overt.biometrics import ModelPack

__all__ = ["Expected"]

_CODE: Final = ("biometrics/**/*.py", "gallery/*.py", "gallery/looking/*.py")
"""What looks at pictures, judges them and says so."""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What this process would look at pictures with.

    Attributes:
        contract: of the templates.
        networks: digest of the pack's networks and of how they are fed.
        code: digest of the code that looks.
        limits: what every picture is held to.
    """

    contract: Contract
    networks: str
    code: str
    limits: EnrolmentLimits

    @classmethod
    def here(cls, pack: ModelPack, limits: EnrolmentLimits | None = None) -> Expected:
        """With this pack, as it is on this machine."""
        return cls(
            contract=pack.contract,
            networks=packs.scoring_digest(pack.manifest),
            code=digest_of_code(_CODE),
            limits=limits or EnrolmentLimits(),
        )

    def written(self) -> bytes:
        """For `Expected.read`."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def read(cls, content: bytes) -> Expected:
        """What `written` gave."""
        return msgspec.msgpack.decode(content, type=cls)

    def pack_of(self, node: str) -> ModelPack | Fault:
        """The pack as it is on the machine where this runs, or why it would not do there.

        Args:
            node: what the machine is called in a fault.
        """
        name, version = self.contract.pack, self.contract.version
        if digest_of_code(_CODE) != self.code:
            return Fault(
                kind="build",
                what=f"The node {node} has another version of Overt, which may look at pictures in another way",
                remedy="Install the same version of Overt on every node and start them again",
            )
        try:
            pack = packs.load(name)
        except PackError as error:
            return Fault(kind="pack", what=f"On the node {node}: {error.what}", remedy=error.remedy)
        if pack.contract != self.contract:
            return Fault(
                kind="contract",
                what=f"The node {node} has the model pack {name} {pack.contract.version}, and {version} is needed",
                remedy=f"Get the same pack on every node, such as with `overt models pull {name}`",
            )
        if packs.scoring_digest(pack.manifest) != self.networks:
            return Fault(
                kind="pack",
                what=f"The node {node} has another model pack under the name {name}: its networks differ",
                remedy=f"Get the same pack on every node, such as with `overt models pull {name}`",
            )
        return pack
