"""The API: REST over casework, one route a command, guarded on every side."""

from overt.api.app import API_PREFIX, create_app

__all__ = ["API_PREFIX", "create_app"]
