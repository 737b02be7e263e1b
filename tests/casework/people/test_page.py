"""docs/people.md says what the code does."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import msgspec

from overt.casework import PERMISSIONS, Policy, Role
from overt.casework.policy import SignInPolicy

ROOT = Path(__file__).resolve().parents[3]


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scripts_roles_table", ROOT / "scripts" / "roles_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_the_page_is_the_table_of_permissions() -> None:
    script = _script()
    page = script.PAGE.read_text(encoding="utf-8")
    assert page == script.made(page), "run `python scripts/roles_table.py`"
    assert set(script.SHORT) == set(Role)
    rows = re.findall(r"^\| `([a-z.-]+)` \|(.*)\|$", page, re.MULTILINE)
    read = {
        name: {role for role, mark in zip(script.SHORT, cells.split("|"), strict=True) if mark.strip()}
        for name, cells in rows
    }
    assert read == PERMISSIONS


def test_the_defaults_of_the_page_are_the_policy_s() -> None:
    page = (ROOT / "docs" / "people.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| [^|]+ \| ([^|]*) \| `([a-z_]+)`[^|]* \|$", page, re.MULTILINE))
    defaults = msgspec.to_builtins(Policy().sign_in)
    assert set(rows.values()) == {field.name for field in msgspec.structs.fields(SignInPolicy)}
    for text, name in rows.items():
        assert f"{defaults[name]:g}" in re.findall(r"\d+", text), name
