"""Templates → candidates; and watchlists: how they are enrolled, kept and read."""

from overt.gallery.chance import StrangerChance, about, stranger_chance
from overt.gallery.collection_desk import CollectionDesk
from overt.gallery.desk import EnrolmentDesk, Look
from overt.gallery.enrolment import Enrolment, enrol
from overt.gallery.fusion import (
    COVERED_LENGTH_POWER,
    LENGTH_POWER,
    apart_below,
    entry_of_group,
    fuse_references,
    picture_groups,
)
from overt.gallery.judgement import (
    EnrolmentLimits,
    Finding,
    FindingKind,
    Judged,
    judge_age,
    judge_face,
    unlike_others,
)
from overt.gallery.keys import WatchlistKey
from overt.gallery.loading import load_watchlist
from overt.gallery.look_alikes import least_alike
from overt.gallery.measuring import SearchMeasures, measure_search
from overt.gallery.pictures import PICTURE_ENDINGS, Picture
from overt.gallery.probe_pictures import PROBE_PICTURE_ENDINGS, decode_probe_picture, is_picture
from overt.gallery.quantisation import quantise_probe
from overt.gallery.report import EnrolmentReport, ImageVerdict, LookAlike, RowVerdict
from overt.gallery.rows import CSV_COLUMNS
from overt.gallery.search import Candidates, Gallery, Precision, check_templates, require_contract
from overt.gallery.tables import LARGEST_CSV_MIB, Table, TableRow, read_table
from overt.gallery.watchlist import Entry, ReferenceImage, Watchlist
from overt.gallery.watchlist_file import is_watchlist_file, read_watchlist, write_watchlist

__all__ = [
    "COVERED_LENGTH_POWER",
    "CSV_COLUMNS",
    "LARGEST_CSV_MIB",
    "LENGTH_POWER",
    "PICTURE_ENDINGS",
    "PROBE_PICTURE_ENDINGS",
    "Candidates",
    "CollectionDesk",
    "Enrolment",
    "EnrolmentDesk",
    "EnrolmentLimits",
    "EnrolmentReport",
    "Entry",
    "Finding",
    "FindingKind",
    "Gallery",
    "ImageVerdict",
    "Judged",
    "Look",
    "LookAlike",
    "Picture",
    "Precision",
    "ReferenceImage",
    "RowVerdict",
    "SearchMeasures",
    "StrangerChance",
    "Table",
    "TableRow",
    "Watchlist",
    "WatchlistKey",
    "about",
    "apart_below",
    "check_templates",
    "decode_probe_picture",
    "enrol",
    "entry_of_group",
    "fuse_references",
    "is_picture",
    "is_watchlist_file",
    "judge_age",
    "judge_face",
    "least_alike",
    "load_watchlist",
    "measure_search",
    "picture_groups",
    "quantise_probe",
    "read_table",
    "read_watchlist",
    "require_contract",
    "stranger_chance",
    "unlike_others",
    "write_watchlist",
]
