"""What runs for as long as the server does."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Part"]


class Part(Protocol):
    """Something that is started with the server and closed with it."""

    def start(self) -> object:
        """Begin."""

    def close(self) -> object:
        """End in order: whatever it runs is stopped, and erased, before this returns."""
