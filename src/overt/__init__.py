"""Overt: live facial recognition that answers for itself."""

__all__ = ["__version__"]

__version__ = "0.1.0"
