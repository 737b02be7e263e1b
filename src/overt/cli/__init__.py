"""The command line, thin over the rooms below."""

from overt.cli.app import main

__all__ = ["main"]
