"""Collections: galleries for retrospective search, how images come in, and how they go."""

from overt.casework.collections._rows import contract_of, find_collection
from overt.casework.collections.deletion import delete_collection_rows, delete_records
from overt.casework.collections.facts import ImageFacts, images_by_number, picture_of, searched_images
from overt.casework.collections.index import index_of
from overt.casework.collections.models import CollectionChange, CollectionView, NewCollection, NextTemplates
from overt.casework.collections.whole import (
    change_collection,
    create_collection,
    delete_collection,
    list_collections,
    show_collection,
)

__all__ = [
    "CollectionChange",
    "CollectionView",
    "ImageFacts",
    "NewCollection",
    "NextTemplates",
    "change_collection",
    "contract_of",
    "create_collection",
    "delete_collection",
    "delete_collection_rows",
    "delete_records",
    "find_collection",
    "images_by_number",
    "index_of",
    "list_collections",
    "picture_of",
    "searched_images",
    "show_collection",
]
