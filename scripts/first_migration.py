"""Write the first migration anew from the tables. Only until the first release; after it, add migrations."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from overt.records.migration import _configuration

VERSIONS = Path(__file__).resolve().parent.parent / "src" / "overt" / "records" / "migrations" / "versions"


def main() -> None:
    """Write versions/0001_first.py."""
    first = VERSIONS / "0001_first.py"
    first.unlink(missing_ok=True)
    configuration = _configuration()
    with create_engine("sqlite://").begin() as connection:
        configuration.attributes["connection"] = connection
        command.revision(configuration, "first", autogenerate=True, rev_id="0001")
    text = first.read_text(encoding="utf-8")
    text = text.replace("overt.records.tables.base.UtcTime(", "sa.DateTime(")
    text = text.replace('"""first\n', '"""The first tables.\n')
    text = text.replace('    """first."""', '    """Make the first tables."""')
    text = re.sub(r" *# ###.*\n", "", text)
    text = text.replace("Revision: 0001, after .", "Revision: 0001, after none.")
    first.write_text(text, encoding="utf-8")
    for arguments in (["check", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *arguments, str(first)], check=False)


if __name__ == "__main__":
    main()
