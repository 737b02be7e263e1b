"""Collections: galleries for retrospective search, how images come in, and how they go."""

from overt.casework.collections._rows import contract_of, find_collection
from overt.casework.collections.deletion import delete_collection_rows, delete_records
from overt.casework.collections.facts import ImageFacts, images_by_number, picture_of, searched_images
from overt.casework.collections.index import index_of
from overt.casework.collections.ingesting import (
    begin_ingestion,
    carry_out_ingestion,
    interrupt_ingestions,
    require_may_ingest,
)
from overt.casework.collections.ingestion_models import (
    IngestedRow,
    IngestionKind,
    IngestionState,
    IngestionView,
    RowOutcome,
)
from overt.casework.collections.models import CollectionChange, CollectionView, NewCollection, NextTemplates
from overt.casework.collections.pair_models import (
    NewPairDecision,
    PairDecision,
    PairFinding,
    PairKind,
    PairSide,
    PairView,
)
from overt.casework.collections.pairs import compare_images, require_may_compare
from overt.casework.collections.re_embedding import (
    abandon_re_embedding,
    begin_re_embedding,
    carry_out_re_embedding,
    switch_templates,
)
from overt.casework.collections.record_models import (
    DeletedRecord,
    DueRecord,
    NamedRecord,
    RecordImage,
    RecordReview,
    RecordView,
)
from overt.casework.collections.records import (
    delete_record,
    list_due_records,
    review_record,
    show_picture,
    show_record,
)
from overt.casework.collections.reporting import decide_pair, report_pairs, show_pair
from overt.casework.collections.showing import (
    ingestion_progress,
    list_ingestions,
    show_ingestion,
    show_ingestion_rows,
)
from overt.casework.collections.sources import (
    ARCHIVE_LIMITS,
    ArchivePictures,
    FolderPictures,
    IngestionSource,
    open_pictures,
)
from overt.casework.collections.whole import (
    change_collection,
    collection_progress,
    create_collection,
    delete_collection,
    list_collections,
    show_collection,
)

__all__ = [
    "ARCHIVE_LIMITS",
    "ArchivePictures",
    "CollectionChange",
    "CollectionView",
    "DeletedRecord",
    "DueRecord",
    "FolderPictures",
    "ImageFacts",
    "IngestedRow",
    "IngestionKind",
    "IngestionSource",
    "IngestionState",
    "IngestionView",
    "NamedRecord",
    "NewCollection",
    "NewPairDecision",
    "NextTemplates",
    "PairDecision",
    "PairFinding",
    "PairKind",
    "PairSide",
    "PairView",
    "RecordImage",
    "RecordReview",
    "RecordView",
    "RowOutcome",
    "abandon_re_embedding",
    "begin_ingestion",
    "begin_re_embedding",
    "carry_out_ingestion",
    "carry_out_re_embedding",
    "change_collection",
    "collection_progress",
    "compare_images",
    "contract_of",
    "create_collection",
    "decide_pair",
    "delete_collection",
    "delete_collection_rows",
    "delete_record",
    "delete_records",
    "find_collection",
    "images_by_number",
    "index_of",
    "ingestion_progress",
    "interrupt_ingestions",
    "list_collections",
    "list_due_records",
    "list_ingestions",
    "open_pictures",
    "picture_of",
    "report_pairs",
    "require_may_compare",
    "require_may_ingest",
    "review_record",
    "searched_images",
    "show_collection",
    "show_ingestion",
    "show_ingestion_rows",
    "show_pair",
    "show_picture",
    "show_record",
    "switch_templates",
]
