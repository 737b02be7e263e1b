"""Write the lock files in requirements/, or check that they answer to pyproject.toml.

    python scripts/lock.py            # resolve anew, keeping the pins that still fit; needs the package index
    python scripts/lock.py --upgrade  # resolve anew, newest versions
    python scripts/lock.py --check    # no network: is each lock made from this pyproject.toml, and only pins?

`runtime.txt` is what a deployment installs, `development.txt` everything `make setup` installs. Both are full
locks: every package, every platform's hashes; `pip install --no-deps --require-hashes -r FILE` installs them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

__all__ = ["LOCKS", "faults_of_lock", "inputs_digest", "main"]

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {
    "development.txt": ("--all-extras", "--group", "dev", "--group", "docs", "--group", "peers"),
    "runtime.txt": (
        "--extra",
        "cluster",
        "--extra",
        "demo",
        "--extra",
        "oidc",
        "--extra",
        "postgresql",
        "--constraint",
        "requirements/development.txt",
    ),
}
PYTHON = "3.11"
_DIGEST_LINE = re.compile(r"^# answers to pyproject\.toml (?P<digest>[0-9a-f]{64})$", re.MULTILINE)
_PINNED = re.compile(r"[a-z0-9][a-z0-9-]*==[^\s;]+( ; [^\\]+)? \\")
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def inputs_digest(pyproject: Path) -> str:
    """SHA-256 of the parts of pyproject.toml that decide the locks."""
    table = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    project = table["project"]
    parts = {
        "requires-python": project["requires-python"],
        "dependencies": project["dependencies"],
        "optional-dependencies": project.get("optional-dependencies", {}),
        "dependency-groups": table.get("dependency-groups", {}),
        "override-dependencies": table.get("tool", {}).get("uv", {}).get("override-dependencies", []),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def faults_of_lock(text: str, digest: str) -> list[str]:
    """What is wrong with a lock's text: it is stale, or has a line that is no pin, no hash and no comment."""
    faults = []
    found = _DIGEST_LINE.search(text)
    if found is None or found["digest"] != digest:
        faults.append("was not made from this pyproject.toml: run `make lock`")
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if not (line.startswith("# ") or _PINNED.fullmatch(line) or _HASH.fullmatch(line)):
            faults.append(f"line {number} is neither a pinned version nor a hash: {line[:80]!r}")
    if not any(_PINNED.fullmatch(line) for line in lines):
        faults.append("pins nothing")
    return faults


def _compile(name: str, options: tuple[str, ...], *, upgrade: bool) -> None:
    lock = ROOT / "requirements" / name
    # Only the public index decides: nothing that a machine's own settings add may leak into the lock.
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "UV_"))}
    subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", PYTHON]
        + ["--generate-hashes", "--no-annotate", "--no-header", "--output-file", str(lock.relative_to(ROOT))]
        + (["--upgrade"] if upgrade else [])
        + ["pyproject.toml", *options],
        cwd=ROOT,
        env=environment,
        check=True,
    )
    header = (
        "# Made by `make lock`; do not edit. Install: pip install --no-deps --require-hashes -r FILE\n"
        f"# answers to pyproject.toml {inputs_digest(ROOT / 'pyproject.toml')}\n"
    )
    body = "".join(
        line for line in lock.read_text(encoding="utf-8").splitlines(keepends=True) if line[0] != "#"
    )
    lock.write_text(header + body, encoding="utf-8")


def main() -> int:
    """Make or check the locks; returns the exit status."""
    parser = argparse.ArgumentParser(description="Make or check the lock files.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where a lock is stale")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    arguments = parser.parse_args()
    if not arguments.check:
        for name, options in LOCKS.items():
            _compile(name, options, upgrade=arguments.upgrade)
    digest = inputs_digest(ROOT / "pyproject.toml")
    faults = [
        f"requirements/{name}: {fault}"
        for name in LOCKS
        for fault in faults_of_lock((ROOT / "requirements" / name).read_text(encoding="utf-8"), digest)
    ]
    print("\n".join(faults) if faults else f"{len(LOCKS)} locks answer to pyproject.toml")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
