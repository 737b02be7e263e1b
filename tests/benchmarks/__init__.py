"""Tests of the measuring programs beside the package."""
