"""Templates → candidates; and watchlists: how they are enrolled, kept and read."""

from overt.gallery.keys import WatchlistKey
from overt.gallery.quantisation import quantise_probe
from overt.gallery.search import Candidates, Gallery, Precision, check_templates, require_contract
from overt.gallery.watchlist import Entry, ReferenceImage, Watchlist
from overt.gallery.watchlist_file import is_watchlist_file, read_watchlist, write_watchlist

__all__ = [
    "Candidates",
    "Entry",
    "Gallery",
    "Precision",
    "ReferenceImage",
    "Watchlist",
    "WatchlistKey",
    "check_templates",
    "is_watchlist_file",
    "quantise_probe",
    "read_watchlist",
    "require_contract",
    "write_watchlist",
]
