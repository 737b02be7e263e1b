"""Operating points out of evidence: a threshold for a wanted rate, and what it gives on other people."""

from overt.evaluation.certificates.certifying import CertifyPlan, certify, certify_trials
from overt.evaluation.certificates.choosing import Chosen, choose_for_list, largest_list, strangers_needed

__all__ = [
    "CertifyPlan",
    "Chosen",
    "certify",
    "certify_trials",
    "choose_for_list",
    "largest_list",
    "strangers_needed",
]
