"""Pictures looked at on another machine: how they go there, who looks, and how the looks come back.

What passes are msgpack, the pictures' own bytes and plain arrays. The desk there makes what a desk here would.
"""

from overt.gallery.looking.answers import read_looks
from overt.gallery.looking.expected import Expected
from overt.gallery.looking.offered import Offered, parts_of
from overt.gallery.looking.worker import LookingWork

__all__ = ["Expected", "LookingWork", "Offered", "parts_of", "read_looks"]
