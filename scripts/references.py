"""Write the pages of docs/reference that are made from the code, or check that they still are.

    python scripts/references.py          # write them
    python scripts/references.py --check  # change nothing; exit 1 where a page differs from the code

`cli.md` is the help of every command, `wire.md` the messages of the engine's wire, `python.md` the public
names of every room, `errors.md` the tree of errors.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import json
import pkgutil
import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

from typer.main import get_command
from typer.testing import CliRunner

import overt
from overt import errors
from overt.cli.app import app
from overt.engine import footage_wire, wire

__all__ = ["commands", "main", "pages", "rooms"]

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
WIDTH = 112
_OVERT = get_command(app)
_MADE = "<!-- Made by `make references` from {source}. Do not edit. -->\n\n"
_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Yields):$")
_ITEM = re.compile(r"^(?P<name>[*`\w., ()\[\]]+?): (?P<text>.+)$")


def commands() -> list[str]:
    """The names of every command, groups written out: `models`, then `models pull`."""
    found: list[str] = []

    def walk(command: object, path: tuple[str, ...]) -> None:
        for name, child in sorted(getattr(command, "commands", {}).items()):
            found.append(" ".join((*path, name)))
            walk(child, (*path, name))

    walk(_OVERT, ())
    return found


def _help(path: str) -> str:
    """What `overt PATH --help` prints, without colour and at one width, whatever the terminal."""
    runner = CliRunner(
        env={"COLUMNS": str(WIDTH), "TERMINAL_WIDTH": str(WIDTH), "NO_COLOR": "1", "TERM": "dumb"}
    )
    # not `invoke`, which would make every command anew for each page
    with runner.isolation() as (_, _, printed):
        try:
            _OVERT.main([*path.split(), "--help"], prog_name="overt", terminal_width=WIDTH)
        except SystemExit as ended:
            status = ended.code
        output = printed.getvalue().decode()
    if status != 0:
        raise SystemExit(f"`overt {path} --help` failed: {output}")
    return "\n".join(line.rstrip() for line in output.strip("\n").splitlines())


def cli_page() -> str:
    """Every command's help."""
    text = _MADE.format(source="`overt --help`") + "# Commands\n\nWhat each command prints for `--help`.\n"
    for path in ["", *commands()]:
        title = f"overt {path}".strip()
        text += f"\n## `{title}`\n\n```text\n{_help(path)}\n```\n"
    return text


def rooms() -> list[str]:
    """The rooms and the rooms within them, by name; the command line has a page of its own."""
    found = pkgutil.walk_packages(overt.__path__, "overt.")
    return [room.name for room in found if room.ispkg and "._" not in room.name and room.name != "overt.cli"]


def _definitions(module: ModuleType) -> dict[str, ast.stmt]:
    """The top-level statements of a module's source, by the name they define."""
    tree = ast.parse(inspect.getsource(module))
    named: dict[str, ast.stmt] = {}
    for statement in tree.body:
        match statement:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                named[name] = statement
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                named[name] = statement
            case _:
                pass
    return named


def _home(module: ModuleType, name: str) -> tuple[ModuleType, ast.stmt]:
    """The module that defines a public name, and the statement that does."""
    own = _definitions(module)
    if name in own:
        return module, own[name]
    for statement in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(statement, ast.ImportFrom) and statement.module:
            for alias in statement.names:
                if (alias.asname or alias.name) == name:
                    return _home(importlib.import_module(statement.module), alias.name)
    raise SystemExit(f"{module.__name__} lists {name!r} in __all__, and it is not defined or imported there")


def _prose(docstring: str | None) -> str:
    """A Google-style docstring as Markdown: its sections become lists, its indented examples code."""
    if not docstring:
        return ""
    out: list[str] = []
    section = False
    for line in inspect.cleandoc(docstring).splitlines():
        heading = _SECTION.match(line)
        if heading:
            section = True
            out += ["", f"**{heading[1]}**", ""]
            continue
        if section and line and not line.startswith(" "):
            section = False
            out.append("")
        if not section:
            out.append(line)
            continue
        item = _ITEM.match(line.strip())
        if line.startswith("    ") and not line.startswith("     ") and item:
            out.append(f"- `{item['name'].strip('`')}`: {item['text']}")
        elif line.startswith("     "):
            out.append("  " + line.strip())
        elif line.strip():
            out.append(f"- {line.strip()}")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip() + "\n"


def _call(function: ast.FunctionDef | ast.AsyncFunctionDef, *, method: bool) -> str:
    """A function's name, arguments and result, as the source writes them."""
    arguments = ast.unparse(function.args)
    if method:
        arguments = re.sub(r"^(self|cls)(, )?", "", arguments)
    result = f" -> {ast.unparse(function.returns)}" if function.returns else ""
    awaited = "async " if isinstance(function, ast.AsyncFunctionDef) else ""
    return f"{awaited}{function.name}({arguments}){result}"


def _fields(definition: ast.ClassDef) -> list[str]:
    """The annotated attributes of a class, one source line each."""
    return [
        ast.unparse(statement)
        for statement in definition.body
        if isinstance(statement, ast.AnnAssign) and not ast.unparse(statement.target).startswith("_")
    ]


def _constructor(definition: ast.ClassDef) -> list[str]:
    """How a class is called, where it says so itself."""
    made = [part for part in definition.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
    return [f"def {_call(part, method=False)}" for part in made]


def _entry(name: str, statement: ast.stmt, level: str) -> str:
    """One public name as Markdown."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            code = _call(statement, method=False)
            return f"\n{level} `{name}`\n\n```python\n{code}\n```\n\n{_prose(ast.get_docstring(statement))}"
        case ast.ClassDef():
            bases = ", ".join(ast.unparse(part) for part in (*statement.bases, *statement.keywords))
            code = f"class {name}({bases})" if bases else f"class {name}"
            lines = "".join(f"\n    {field}" for field in (*_fields(statement), *_constructor(statement)))
            text = f"\n{level} `{name}`\n\n```python\n{code}{':' + lines if lines else ''}\n```\n\n"
            text += _prose(ast.get_docstring(statement))
            for part in statement.body:
                if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and not part.name.startswith("_"):
                    shown = part.name if _is_property(part) else _call(part, method=True)
                    text += f"\n`{shown}`\n{_as_definition(ast.get_docstring(part))}"
            return text
        case _:
            return f"\n{level} `{name}`\n\n```python\n{ast.unparse(statement)}\n```\n"


def _is_property(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(ast.unparse(decorator).endswith("property") for decorator in function.decorator_list)


def _as_definition(docstring: str | None) -> str:
    """A docstring as the indented body of a definition list's term."""
    return ":   " + textwrap.indent(_prose(docstring) or "\n", "    ").lstrip() if docstring else ""


def python_page() -> str:
    """The public names of each room, from `__all__`."""
    text = _MADE.format(source="each room's `__all__`")
    text += (
        "# Python\n\nThe public names of each room, that is, what its `__all__` lists. Whatever begins with "
        "an underscore is a room's own business.\n"
    )
    for room in rooms():
        module = importlib.import_module(room)
        text += f"\n## `{room}`\n\n{_prose(module.__doc__)}"
        for name in module.__all__:
            statement = _submodule_or_home(module, name)
            text += statement if isinstance(statement, str) else _entry(name, statement, "###")
    return text


def _submodule_or_home(module: ModuleType, name: str) -> ast.stmt | str:
    """The statement behind a public name, or a line of text where the name is a module."""
    found = getattr(module, name)
    if isinstance(found, ModuleType):
        return f"\n### `{name}`\n\nA module: {_prose(found.__doc__)}"
    return _home(module, name)[1]


def wire_page() -> str:
    """The closed lists of messages that may cross the wire, of live feeds and of clips that are handed in."""
    live = (("Into the engine", wire.Inward), ("Out of the engine", wire.Outward))
    text = _MADE.format(source="`overt.engine.wire` and `overt.engine.footage_wire`")
    text += "# The wire\n\n" + _prose(wire.__doc__) + _messages(wire, live, "What the messages are made of")
    clips = (
        ("Into a footage run", footage_wire.FootageInward),
        ("Out of a footage run", footage_wire.FootageOutward),
    )
    text += "\n## The wire of a footage run\n\n" + _prose(footage_wire.__doc__)
    return text + _messages(footage_wire, clips, "What a footage run's messages are made of")


def _messages(module: ModuleType, directions: tuple[tuple[str, Any], ...], rest: str) -> str:
    named = _definitions(module)
    text = ""
    for title, direction in directions:
        messages = [kind.__name__ for kind in direction.__args__]
        text += f"\n## {title}\n\n" + "Only these: " + ", ".join(f"`{name}`" for name in messages) + ".\n"
        for name in messages:
            if name in named:
                text += _entry(name, named[name], "###")
    crossing = {kind.__name__ for _, direction in directions for kind in direction.__args__}
    text += f"\n## {rest}\n"
    for name, statement in named.items():
        if name in module.__all__ and isinstance(statement, ast.ClassDef) and name not in {*crossing, "Wire"}:
            text += _entry(name, statement, "###")
    return text


def errors_page() -> str:
    """The tree of errors, each with what it means."""
    assert errors.__doc__ is not None  # noqa: S101 - for the type checker; the module has a docstring
    text = _MADE.format(source="`overt.errors`") + "# Errors\n\n" + _prose(errors.__doc__)
    named = _definitions(errors)
    for name in errors.__all__:
        text += _entry(name, named[name], "##")
    return text


def openapi_page() -> str:
    """The API's OpenAPI document."""
    from overt.api import openapi_document

    return json.dumps(openapi_document(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def pages() -> dict[Path, str]:
    """Every generated page: where it lies and what it must say."""
    return {
        REFERENCE / "cli.md": cli_page(),
        REFERENCE / "wire.md": wire_page(),
        REFERENCE / "python.md": python_page(),
        REFERENCE / "errors.md": errors_page(),
        REFERENCE / "openapi.json": openapi_page(),
    }


def main() -> int:
    """Write or check the pages; returns the exit status."""
    parser = argparse.ArgumentParser(description="Write or check the generated pages of the documentation.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where a page is stale")
    check = parser.parse_args().check
    stale = []
    for path, text in pages().items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.relative_to(ROOT))
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{path}: {'differs from the code: run `make references`' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
