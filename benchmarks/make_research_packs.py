"""Make the packs for measuring against out of the reference weights: `make_research_packs.py DATA OUT`."""

from __future__ import annotations

import argparse
from pathlib import Path

from research_packs import make_research_packs

from overt.biometrics import packs


def main() -> None:
    """Make them, load each, and print where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the reference data, such as ../shared/data")
    parser.add_argument("out", type=Path, help="the folder to make the packs in")
    asked = parser.parse_args()
    for name, folder in make_research_packs(asked.data, asked.out).items():
        packs.load(folder)
        print(f"{name}: {folder}")


if __name__ == "__main__":
    main()
