"""The project's own promises: locks, licence, contracts between the rooms, names that are exported."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import overt
from overt import errors

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("runtime.txt", "development.txt")
ENGINE_ROOM = (
    "footage",
    "footage_passages",
    "footage_process",
    "client",
    "live",
    "masking",
    "outbox",
    "passages",
    "pipeline",
    "pools",
    "process",
    "scrubbing",
    "seal",
)


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"scripts_{name}", ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


lock = _script("lock")


def _direct_dependencies() -> list[Requirement]:
    project, groups = PYPROJECT["project"], PYPROJECT["dependency-groups"]
    written = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        written += extra
    for group in groups.values():
        written += group
    return [Requirement(line) for line in written]


def _pins(name: str) -> dict[str, set[Version]]:
    pins: dict[str, set[Version]] = {}
    for line in (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines():
        if found := re.match(r"([a-z0-9-]+)==([^\s;]+)", line):
            pins.setdefault(found[1], set()).add(Version(found[2]))
    return pins


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_answers_to_pyproject_and_holds_nothing_but_pins_and_hashes(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    assert lock.faults_of_lock(text, lock.inputs_digest(ROOT / "pyproject.toml")) == []


def test_the_lock_check_refuses_a_stale_lock_a_host_name_and_a_path() -> None:
    text = (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8")
    digest = lock.inputs_digest(ROOT / "pyproject.toml")
    assert any("make lock" in fault for fault in lock.faults_of_lock(text, "0" * 64))
    for line in (
        "--index-url https://index.example/simple",
        "--find-links /somewhere/wheels",
        "numpy @ file:///somewhere/numpy.whl",
        "numpy",
    ):
        faults = lock.faults_of_lock(f"{text}{line}\n", digest)
        assert len(faults) == 1, line
        assert line[:20] in faults[0]


def test_a_changed_dependency_makes_the_locks_stale(tmp_path: Path) -> None:
    changed = tmp_path / "pyproject.toml"
    written = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    changed.write_text(written.replace('"numpy>=2"', '"numpy>=2.1"'), encoding="utf-8")
    assert lock.inputs_digest(changed) != lock.inputs_digest(ROOT / "pyproject.toml")


def test_every_direct_dependency_is_pinned_to_a_version_it_allows() -> None:
    pins = _pins("development.txt")
    for requirement in _direct_dependencies():
        versions = pins[requirement.name]
        assert all(requirement.specifier.contains(version) for version in versions), requirement.name


def test_a_deployment_installs_nothing_that_was_not_tested() -> None:
    tested = _pins("development.txt")
    for name, versions in _pins("runtime.txt").items():
        assert versions <= tested[name], name


@pytest.mark.parametrize("name", LOCKS)
def test_the_locks_never_bring_the_opencv_that_needs_a_display(name: str) -> None:
    pins = _pins(name)
    assert "opencv-python-headless" in pins
    assert "opencv-python" not in pins


def test_the_licence_is_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert PYPROJECT["project"]["license"] == "Apache-2.0"


@pytest.mark.parametrize(
    ("room", "line", "contract"),
    [
        ("engine", "import overt.evaluation", "Rooms import downwards only"),
        ("biometrics", "import overt.gallery", "Rooms import downwards only"),
        ("video", "import overt.gallery", "Rooms import downwards only"),
        ("biometrics", "import socket", "Biometrics is pure"),
        ("video", "import onnxruntime", "Video decodes"),
        ("gallery", "import http.client", "The gallery meets no camera"),
        ("engine", "import pickle", "The engine has no database"),
        ("engine", "import logging", "The engine has no database"),
        ("records", "import overt.engine", "Rooms import downwards only"),
        ("engine", "import overt.records", "Rooms import downwards only"),
        ("casework", "import overt.api", "Rooms import downwards only"),
        ("casework", "import overt.engine.pipeline", "Casework meets the engine through"),
        ("casework", "import fastapi", "Casework knows no web framework"),
        ("records", "import overt.gallery", "Records keep"),
        ("api", "import sqlalchemy", "The web asks casework"),
        ("api", "import overt.engine.client", "The web asks casework"),
    ],
)
def test_an_import_that_breaks_a_contract_is_caught(
    tmp_path: Path, room: str, line: str, contract: str
) -> None:
    """On a house of empty rooms, so that only the line under test can break anything."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    house = tmp_path / "overt"
    rooms = (
        "",
        "cli",
        "api",
        "console",
        "web",
        "casework",
        "evaluation",
        "records",
        "engine",
        "gallery",
        "video",
        "biometrics",
        "errors",
        "rates",
        "score_code",
        "undumped",
    )
    for name in rooms:
        (house / name).mkdir(exist_ok=True)
        (house / name / "__init__.py").write_text("", encoding="utf-8")
    for name in ENGINE_ROOM:
        (house / "engine" / f"{name}.py").write_text("", encoding="utf-8")
    kept = _lint_imports(tmp_path)
    assert kept.returncode == 0, kept.stdout + kept.stderr
    (house / room / "__init__.py").write_text(f"{line}\n", encoding="utf-8")
    broken = _lint_imports(tmp_path)
    assert broken.returncode != 0
    assert re.search(rf"^{contract}.*BROKEN", broken.stdout, re.MULTILINE), broken.stdout


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command; "
    return subprocess.run(
        [sys.executable, "-c", command + "lint_imports_command(['--no-cache'])"],
        cwd=folder,
        env={"PATH": "", "COLUMNS": "200", "NO_COLOR": "1", "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def _modules() -> list[str]:
    found = pkgutil.walk_packages(overt.__path__, "overt.")
    return [module.name for module in found if module.ispkg and "._" not in module.name]


@pytest.mark.parametrize("name", _modules())
def test_a_room_says_what_it_is_and_what_it_exports(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} has no docstring"
    assert module.__all__ == sorted(module.__all__, key=_isort), f"{name}.__all__ is not sorted"
    for exported in module.__all__:
        assert getattr(module, exported, None) is not None, (
            f"{name}.__all__ lists {exported}, which is not there"
        )
        assert not exported.startswith("_")


def _isort(name: str) -> tuple[int, str]:
    """The order that ruff gives `__all__`: constants, then classes, then the rest."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    assert errors.__doc__ is not None
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__)
    assert {"OvertError", *drawn} == set(errors.__all__)
    for name in drawn:
        assert issubclass(getattr(errors, name), errors.OvertError)


def test_an_error_says_what_happened_and_what_to_do() -> None:
    assert (
        str(errors.PackError("The pack is cut short", "Pull it again"))
        == "The pack is cut short. Pull it again."
    )
    assert str(errors.PackError("The pack is cut short")) == "The pack is cut short."


def _sources() -> list[Path]:
    roots = ("src", "tests", "docs", "scripts", "requirements", "benchmarks", ".ci")
    folders = [path for root in roots for path in (ROOT / root).rglob("*")]
    return [path for path in (*ROOT.glob("*.*"), ROOT / "Makefile", *folders) if path.is_file()]


def test_nothing_in_the_tree_names_a_machine_or_a_package_index() -> None:
    forbidden = re.compile(
        "|".join(
            ("pypi" + r"\.org", "python" + "hosted", *(rf"(?<![\w/.])/{top}/" for top in ("work", "root")))
        )
    )
    named = {}
    for path in _sources():
        if path.suffix in {".png", ".jpg", ".pyc", ".onnx", ".woff2"}:
            continue
        found = forbidden.findall(path.read_text(encoding="utf-8", errors="replace"))
        if found and path != Path(__file__):
            named[str(path.relative_to(ROOT))] = found
    assert named == {}


def test_a_python_file_stays_small_enough_to_hold_one_idea() -> None:
    longest = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / "src").rglob("*.py")
        if path.parent.name != "versions"  # migrations are made from the tables
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert longest == {}


def _install_system_packages(folder: Path, *, installed: str, apt: str) -> subprocess.CompletedProcess[str]:
    """Run the script with stand-ins for Debian's tools, so that nothing is installed here."""
    stand_ins = {
        "dpkg-query": f'for last; do :; done; [ "$last" = {installed} ] && printf installed; exit 0',
        "apt-get": apt,
        "sudo": 'shift; exec "$@"',
    }
    for name, body in stand_ins.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    (folder / "list.txt").write_text("# what for\nfirst\nsecond # the other\n\n", encoding="utf-8")
    return subprocess.run(
        [ROOT / "scripts" / "install_system_packages", folder / "list.txt"],
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_only_the_debian_packages_that_are_missing_are_installed(tmp_path: Path) -> None:
    done = _install_system_packages(tmp_path, installed="first", apt=f'echo "$@" >> {tmp_path}/asked')
    assert done.returncode == 0
    asked = (tmp_path / "asked").read_text(encoding="utf-8")
    assert "install --yes --no-install-recommends second\n" in asked
    assert "first" not in asked


def test_where_debian_packages_cannot_be_installed_it_is_said_and_the_tests_go_on(tmp_path: Path) -> None:
    done = _install_system_packages(tmp_path, installed="first", apt="exit 100")
    assert done.returncode == 0
    assert "system tests may be skipped: apt-get could not install second" in done.stdout
