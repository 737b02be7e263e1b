"""Documentation that cannot rot: what it names exists, and what exists is named."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pytest
from packaging.requirements import Requirement
from skimage.data import astronaut
from typer.main import get_command

from overt.casework import Actor, Office, Role, open_office, people
from overt.cli.app import app
from overt.engine.seal import SEALS
from overt.evaluation.bench.ready import ready_pack
from overt.evaluation.scene import Scene, SceneSettings
from overt.gallery import CSV_COLUMNS, FindingKind
from overt.video import FAULT_KINDS

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
GENERATED = ROOT / "docs" / "reference"
OVERT: Any = get_command(app)


def _references() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scripts_references", ROOT / "scripts" / "references.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


references = _references()


def _names(pages: list[Path]) -> list[str]:
    return [str(page.relative_to(ROOT)) for page in pages]


@pytest.mark.parametrize("name", ["cli", "wire", "python", "errors"])
def test_a_generated_page_says_what_the_code_says(name: str) -> None:
    page = GENERATED / f"{name}.md"
    made = getattr(references, f"{name}_page")()
    assert page.read_text(encoding="utf-8") == made, f"{page.name} is stale: run `make references`"


def test_every_command_is_explained_in_a_page_that_a_person_wrote() -> None:
    written = "\n".join(page.read_text(encoding="utf-8") for page in PAGES if GENERATED not in page.parents)
    groups = {name.rpartition(" ")[0] for name in references.commands()}
    missing = [
        name
        for name in references.commands()
        if name not in groups and not re.search(rf"\bovert {re.escape(name)}\b", written)
    ]
    assert missing == []


def _examples() -> list[tuple[str, str]]:
    """Every `overt …` command line that a page shows, with the page's name."""
    found = []
    for page in PAGES:
        if GENERATED in page.parents:
            continue
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        for block in blocks:
            for line in re.sub(r"\\\n\s*", "", block).splitlines():
                command = re.match(r"\$ (?:\S+=\S+ )?(?:\.venv/bin/)?(overt .*)", line)
                if command:
                    found.append((page.name, command[1].split("  #")[0].split(" | ")[0].split(" > ")[0]))
    return found


@pytest.mark.parametrize(("page", "line"), _examples())
def test_a_command_line_in_a_page_can_be_typed(page: str, line: str) -> None:
    words = shlex.split(line)[1:]
    command = OVERT
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    assert not getattr(command, "commands", {}) or words == ["--help"], f"{page}: no command in `{line}`"
    known = {
        spelling for parameter in command.params for spelling in (*parameter.opts, *parameter.secondary_opts)
    }
    used = {word.split("=")[0] for word in words if word.startswith("--")}
    assert used <= {*known, "--help"}, f"{page}: `{line}`"


@pytest.mark.parametrize("name", _names(PAGES))
def test_a_link_leads_somewhere(name: str) -> None:
    page = ROOT / name
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("https://", "#")):
            continue
        assert (page.parent / target.split("#")[0]).exists(), f"{name} links to {target}"


def test_every_direct_dependency_is_justified() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = list(pyproject["project"]["dependencies"])
    for group in (
        *pyproject["project"]["optional-dependencies"].values(),
        *pyproject["dependency-groups"].values(),
    ):
        lines += group
    asked = {Requirement(line).name for line in lines}
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `([\w-]+)` \| ([^|]+) \|", text, re.MULTILINE))
    assert asked == set(listed)
    assert all(len(reason.split()) >= 3 for reason in listed.values())


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("enrolment.md", (*get_args(FindingKind), *CSV_COLUMNS)),
        ("erasure.md", SEALS),
        ("feeds.md", FAULT_KINDS),
    ],
)
def test_every_verdict_seal_and_fault_is_explained(page: str, names: tuple[str, ...]) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
    listed = {name for row in rows for name in re.findall(r"`([\w-]+)`", row)}
    assert [name for name in names if name not in listed] == []


@pytest.mark.slow
def test_the_site_builds_and_asks_nobody_else_for_anything(tmp_path: Path) -> None:
    built = subprocess.run(
        [
            sys.executable,
            "-m",
            "mkdocs",
            "build",
            "--strict",
            "--quiet",
            "--site-dir",
            str(tmp_path / "site"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 15
    for page in pages:
        html = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|iframe|source)[^>]+src=\"?(https?:[^\s\">]+)", html)
        for link in re.findall(r"<link[^>]+>", html):
            if re.search(r"rel=\"?(stylesheet|preconnect|preload|icon)", link):
                loaded += re.findall(r"href=\"?(https?:[^\s\">]+)", link)
        assert loaded == [], page.name


@pytest.mark.slow
def test_the_developers_examples_run_as_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ready_pack("embedded")
    page = (ROOT / "docs" / "guides" / "developer.md").read_text(encoding="utf-8")
    with_engine, without, with_office = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {"image": np.ascontiguousarray(astronaut()[:, :, ::-1])}
    exec(without, names)  # noqa: S102 - what the page tells its readers to run
    monkeypatch.chdir(tmp_path)
    Scene(SceneSettings(seconds=6, near=1)).write(tmp_path / "street.mp4")
    exec(with_engine, {"templates": names["templates"][:1]})  # noqa: S102 - likewise
    printed = capsys.readouterr().out
    assert "'no-file-growth': True" in printed
    assert "north gate W-1" in printed
    with open_office(tmp_path / "data", environment={}) as office:
        password = _watchlist_manager(office)
    names = {"password": password}
    exec(with_office, names)  # noqa: S102 - likewise
    assert names["made"].title == "Tonight"


def _watchlist_manager(office: Office) -> str:
    """Make wendy, who has chosen a password; returns it."""
    nobody, password = Actor.nobody("cli"), "a long phrase of wendy's own"
    first = people.add_first_person(office, nobody, "ada", "Ada Example").person
    ada = Actor(id=first.id, name="ada", roles=frozenset({Role.ADMINISTRATOR}), via="cli")
    new = people.NewPerson(username="wendy", full_name="Wendy", roles=(Role.WATCHLIST_MANAGER,))
    once = str(people.add_person(office, ada, new).one_time_password)
    signed_in = people.sign_in(office, nobody, people.SignIn(username="wendy", password=once, client="local"))
    wendy = people.authenticate(office, signed_in.token, "cli")
    people.change_password(office, wendy, people.NewPassword(current=once, new=password))
    return password
