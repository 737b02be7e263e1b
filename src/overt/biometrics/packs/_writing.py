"""Writing a manifest as TOML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from overt.biometrics.packs.manifest import Manifest

__all__ = ["manifest_toml"]


def manifest_toml(manifest: Manifest) -> str:
    """The manifest as TOML, which `parse_manifest` reads back as the same manifest."""
    plain: dict[str, Any] = msgspec.to_builtins(manifest)
    lines: list[str] = []
    tables: list[tuple[str, Any]] = []
    for key, value in plain.items():
        if isinstance(value, dict) or (
            isinstance(value, list | tuple) and value and isinstance(value[0], dict)
        ):
            tables.append((key, value))
        else:
            lines.append(f"{key} = {_value(value)}")
    for key, value in tables:
        rows = [value] if isinstance(value, dict) else value
        head = f"[{key}]" if isinstance(value, dict) else f"[[{key}]]"
        for row in rows:
            lines += ["", head]
            lines += [f"{name} = {_value(item)}" for name, item in row.items() if item is not None]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, str):
        # A JSON text is a TOML text, but for DEL, which TOML wants escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)
