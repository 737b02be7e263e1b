"""The API: REST over casework, one route a command, guarded on every side."""

from overt.api.app import create_app, openapi_document
from overt.api.openapi import API_PREFIX

__all__ = ["API_PREFIX", "create_app", "openapi_document"]
