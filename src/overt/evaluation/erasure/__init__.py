"""The proof of erasure: the engine's whole memory searched for faces that have left the picture."""

from overt.evaluation.erasure.costs import SealCost, seal_costs
from overt.evaluation.erasure.prove import AGES_MS, ErasureReport, prove_erasure

__all__ = ["AGES_MS", "ErasureReport", "SealCost", "prove_erasure", "seal_costs"]
