"""Where requests come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import Request

__all__ = ["client_of"]


def client_of(request: Request) -> str:
    """The address that a request came from, for the limit on attempts to sign in."""
    return request.client.host if request.client is not None else "unknown"
