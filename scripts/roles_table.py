"""Write the table of roles and commands in docs/people.md from the table of permissions, or check that it still is.

python scripts/roles_table.py          # write it
python scripts/roles_table.py --check  # change nothing; exit 1 where it differs
"""

from __future__ import annotations

import sys
from pathlib import Path

from overt.casework import PERMISSIONS, Role

PAGE = Path(__file__).resolve().parent.parent / "docs" / "people.md"
BEGIN = "<!-- Made by `python scripts/roles_table.py` from overt.casework.permissions. Do not edit. -->\n"
END = "<!-- The end of what is made. -->\n"
SHORT = {
    Role.WATCHLIST_MANAGER: "WM",
    Role.DEPLOYMENT_PLANNER: "DP",
    Role.AUTHORISING_OFFICER: "AO",
    Role.LFR_OPERATOR: "OP",
    Role.ENGAGEMENT_OFFICER: "EO",
    Role.INVESTIGATOR: "IN",
    Role.FACIAL_EXAMINER: "FE",
    Role.AUDITOR: "AU",
    Role.ADMINISTRATOR: "AD",
    Role.SOFTWARE: "SW",
    Role.NOBODY: "NO",
}


def table() -> str:
    """The commands against the roles."""
    key = " · ".join(f"**{short}** {role}" for role, short in SHORT.items())
    lines = [key, "", f"| command | {' | '.join(SHORT.values())} |", "| --- |" + " :-: |" * len(SHORT)]
    for name, roles in PERMISSIONS.items():
        lines.append(f"| `{name}` | " + " | ".join("●" if role in roles else " " for role in SHORT) + " |")
    return "\n".join(lines) + "\n"


def made(page: str) -> str:
    """The page with the table as it must be."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{PAGE} has lost the marks that the table stands between")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> int:
    """Write or check."""
    page = PAGE.read_text(encoding="utf-8")
    wanted = made(page)
    if "--check" in sys.argv[1:]:
        print(f"{PAGE.name}: {'as the code' if page == wanted else 'differs from the code'}")
        return int(page != wanted)
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
