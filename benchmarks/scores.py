"""What becomes of scores: `scores.py [--pack NAME …] [--table NAME …] [--cache DIR]`.

Alignment, mirror images, normalisation, what a score means, several reference images, quality at enrolment: each step
with and without, on the reference portraits, the people who tune and the people who test disjoint. Differences are
points of TPIR at one FPIR with a 95% interval, a bootstrap over people in which both ways see the same ones. Packs
named `research-…` are put together from the reference weights. Templates are kept in the cache.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from score_alignment import alignment
from score_meaning import likelihood_ratios
from score_mirror import mirror
from score_normalisation import list_sizes, normalisation
from score_people import load_pack, portraits
from score_references import enrolment_quality, mixed_list, pictures_counted, references

from overt.evaluation.protocols import cache_folder
from overt.gallery import apart_below

PACKS = ("embedded", "dlib", "research-yunet-retail", "research-yunet-mobile")
TABLES = ("alignment", "mirror", "normalisation", "lists", "ratios", "references", "quality")


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument(
        "--pack", action="append", help="a pack's name or folder, or one of the research packs"
    )
    parser.add_argument("--table", action="append", choices=TABLES)
    parser.add_argument("--cache", type=Path, default=cache_folder())
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    tables = asked.table or list(TABLES)
    with tempfile.TemporaryDirectory() as scratch:
        for name in asked.pack or PACKS:
            pack = load_pack(name, asked.data, Path(scratch))
            if "alignment" in tables:
                alignment(name, pack, asked.data, threads=asked.threads)
            people = portraits(pack, asked.data, asked.cache, threads=asked.threads)
            if "mirror" in tables:
                mirror(name, pack, people, asked.data, asked.cache, threads=asked.threads)
            if "normalisation" in tables:
                normalisation(name, people)
            if "lists" in tables:
                list_sizes(name, people)
            if "ratios" in tables:
                likelihood_ratios(name, people)
            if "quality" in tables:
                enrolment_quality(name, people)
            if "references" in tables:
                every = portraits(pack, asked.data, asked.cache, threads=asked.threads, extra=True)
                apart = apart_below(pack.manifest.operating_point)
                references(name, every, apart)
                mixed_list(name, every, apart)
                pictures_counted(name, every, apart)


if __name__ == "__main__":
    main()
