"""Templates → candidates; and watchlists: how they are enrolled, kept and read."""

from overt.gallery.quantisation import quantise_probe
from overt.gallery.search import Candidates, Gallery, Precision, check_templates, require_contract

__all__ = [
    "Candidates",
    "Gallery",
    "Precision",
    "check_templates",
    "quantise_probe",
    "require_contract",
]
