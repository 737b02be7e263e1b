"""Which peers there are, and how one is loaded."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Protocol

from overt.errors import EvaluationError

if TYPE_CHECKING:
    from overt.biometrics import ImageArray, ModelPack

__all__ = ["PEERS", "Peer", "PeerMissingError", "load_peer"]

PEERS: Final = ("insightface", "uniface", "face_recognition")


class Peer(Protocol):
    """A peer, loaded.

    Attributes:
        version: of its package.
        models: what it runs, in a few words.
    """

    version: str
    models: str

    def recognise(self, image: ImageArray) -> int:
        """Find and embed every face of one frame; the number of faces.

        Args:
            image: uint8 [h, w, 3], blue, green, red.
        """


class PeerMissingError(EvaluationError):
    """A peer that was asked for cannot be measured here; `what` says why."""


def load_peer(name: str, pack: ModelPack, size: tuple[int, int]) -> Peer:
    """Load a peer with a pack's weights.

    Args:
        name: one of `PEERS`.
        pack: the weights; `face_recognition` always runs its own.
        size: height and width of the detector's input, pixels.

    Raises:
        PeerMissingError: its package is not installed, or cannot take these weights.
    """
    if name not in PEERS:
        raise EvaluationError(f"There is no peer `{name}`", f"Choose from {', '.join(PEERS)}")
    if find_spec(name) is None:
        raise PeerMissingError(
            f"the package `{name}` is not installed", "Install what benchmarks/PEERS.txt lists"
        )
    module = import_module(f"overt.evaluation.bench.peers.{name}_loop")
    peer: Peer = module.load(pack, size)
    return peer
