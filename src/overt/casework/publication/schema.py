"""The record's JSON Schema, kept as a file so that anyone can check a record without Overt."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, Final

from overt.casework.publication.model import DeploymentRecord

__all__ = ["SCHEMA_FILE", "made_schema", "record_schema"]

SCHEMA_FILE: Final = "deployment-record.schema.json"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def record_schema() -> dict[str, Any]:
    """The published schema."""
    text = resources.files("overt.casework.publication").joinpath(SCHEMA_FILE).read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def made_schema() -> dict[str, Any]:
    """The schema as it follows from the model; a test holds the file to it."""
    made = DeploymentRecord.model_json_schema(mode="serialization")
    return {"$schema": _DIALECT, **made}
