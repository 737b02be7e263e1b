"""The peers' own loops, one file each: find every face of a frame, and embed each of them.

Each file is short so that a reader can judge whether it is fair. All of them get the same pictures as the engine, the
same weights where they can load them, the same detection size, and the runtime's default threads, as the engine does.
"""

from overt.evaluation.bench.peers.catalogue import PEERS, Peer, PeerMissingError, load_peer

__all__ = ["PEERS", "Peer", "PeerMissingError", "load_peer"]
