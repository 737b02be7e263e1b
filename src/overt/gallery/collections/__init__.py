"""A collection's templates in memory, searched exactly: millions of them, while others are added and removed.

The index is never the truth: it is built from the database, and built again.
"""

from overt.gallery.collections.checking import RE_EMBED, check_vectors, checked_ids
from overt.gallery.collections.found import Found, best_of
from overt.gallery.collections.index import CollectionIndex

__all__ = ["RE_EMBED", "CollectionIndex", "Found", "best_of", "check_vectors", "checked_ids"]
