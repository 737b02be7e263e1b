"""Templates → candidates; and watchlists: how they are enrolled, kept and read."""

from overt.gallery.enrolment import Enrolment, enrol
from overt.gallery.judgement import EnrolmentLimits, Finding, FindingKind
from overt.gallery.keys import WatchlistKey
from overt.gallery.loading import load_watchlist
from overt.gallery.measuring import SearchMeasures, measure_search
from overt.gallery.quantisation import quantise_probe
from overt.gallery.report import EnrolmentReport, ImageVerdict, LookAlike, RowVerdict
from overt.gallery.rows import CSV_COLUMNS
from overt.gallery.search import Candidates, Gallery, Precision, check_templates, require_contract
from overt.gallery.watchlist import Entry, ReferenceImage, Watchlist
from overt.gallery.watchlist_file import is_watchlist_file, read_watchlist, write_watchlist

__all__ = [
    "CSV_COLUMNS",
    "Candidates",
    "Enrolment",
    "EnrolmentLimits",
    "EnrolmentReport",
    "Entry",
    "Finding",
    "FindingKind",
    "Gallery",
    "ImageVerdict",
    "LookAlike",
    "Precision",
    "ReferenceImage",
    "RowVerdict",
    "SearchMeasures",
    "Watchlist",
    "WatchlistKey",
    "check_templates",
    "enrol",
    "is_watchlist_file",
    "load_watchlist",
    "measure_search",
    "quantise_probe",
    "read_watchlist",
    "require_contract",
    "write_watchlist",
]
