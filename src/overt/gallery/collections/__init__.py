"""A collection's templates in memory, searched exactly: millions of them, while others are added and removed.

The index is never the truth: it is built from the database, and built again.
"""

from overt.gallery.collections.found import Found, best_of
from overt.gallery.collections.index import CollectionIndex

__all__ = ["CollectionIndex", "Found", "best_of"]
