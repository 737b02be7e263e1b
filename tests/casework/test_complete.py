"""With all of casework there, every command of the table of permissions can be given, and no other."""

from __future__ import annotations

import importlib
import pkgutil

from overt import casework
from overt.casework import COMMANDS, PERMISSIONS


def test_the_commands_are_those_of_the_table_of_permissions() -> None:
    for module in pkgutil.walk_packages(casework.__path__, "overt.casework."):
        importlib.import_module(module.name)
    assert set(COMMANDS) == set(PERMISSIONS)
