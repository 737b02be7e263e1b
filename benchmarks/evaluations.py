"""The tables of docs/evaluation.md: `evaluations.py [--pack NAME …] [--part NAME …] [--cache DIR]`.

Every pack is evaluated by `overt.evaluation` on the reference portraits:

whole      everybody at once, and the pairs
held-out   the same with the people whom nothing in the project was trained on
groups     everybody, by the labels there are
halves     each half of the people with thresholds and cohort of the other half
coverings  the held-out people with something drawn over every probe, at the thresholds of bare faces
borders    one half, with each way of putting a border around the pictures

Packs named `research-…` are put together from the reference weights. What was done once is kept in the cache. With
--save the cells go into a file as well, and with --before those of such a file are printed above what has changed.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from held_out import held_out_manifest, held_out_pairs, trained_here
from research_packs import NON_COMMERCIAL, RESEARCH_PACKS, make_research_pack

from overt.biometrics import packs
from overt.evaluation.protocols import (
    OCCLUSIONS,
    Plan,
    Preparation,
    cache_folder,
    identify,
    pack_name,
    read_dataset,
    read_pairs,
    verify,
)
from overt.evaluation.report import percent, spoken

if TYPE_CHECKING:
    from collections.abc import Callable

    from overt.biometrics import ModelPack
    from overt.evaluation.metrics import Insufficient, OpenSetRate, Spread
    from overt.evaluation.protocols import IdentificationResult

PARTS = ("whole", "held-out", "groups", "halves", "coverings", "borders")
KEYS = ("0.1", "0.01", "0.003")
PACKS = ("embedded", "dlib", *(name for name in RESEARCH_PACKS if name.startswith("research-yunet-")))
REPOSITORY: Final = Path(__file__).resolve().parents[1]


class Saved(msgspec.Struct, frozen=True):
    """Tables as they were printed.

    Attributes:
        made_at: when, in UTC.
        commit: of the checkout; with a "+" where files were changed.
        packs: the digest of each pack's networks.
        parts: by part, by pack, its rows of cells.
    """

    made_at: str
    commit: str
    packs: dict[str, str]
    parts: dict[str, dict[str, list[list[str]]]]


class Paper:
    """Where tables go: to stdout as Markdown, a row as soon as it is known, and into a file if one is asked for.

    Args:
        before: tables of another time, to print above what has changed since.
    """

    def __init__(self, before: Saved | None) -> None:
        self.parts: dict[str, dict[str, list[list[str]]]] = {}
        self._before = before
        self._part = ""
        self._old: list[list[str]] = []
        self._new: list[list[str]] = []
        self._pack = ""

    def begin(self, part: str, *head: str) -> None:
        """A new table."""
        self._part = part
        self.parts[part] = {}
        print(f"\n**{part}**\n")
        self._print("pack", *head)
        self._print(*("---" for _ in range(len(head) + 1)))

    def pack(self, pack: ModelPack) -> None:
        """What follows is of this pack."""
        self._pack = pack.manifest.id
        self._new = self.parts[self._part].setdefault(self._pack, [])
        self._old = [] if self._before is None else self._before.parts.get(self._part, {}).get(self._pack, [])

    def row(self, *cells: object) -> None:
        """One row, below the one that stood in its place."""
        told = [str(cell) for cell in cells]
        old = self._old[len(self._new)] if len(self._new) < len(self._old) else told
        mark = " (NC)" if self._pack in NON_COMMERCIAL else ""
        if old != told:
            self._print(f"{self._pack}, before", *old)
        self._print(self._pack + mark, *told)
        self._new.append(told)

    @staticmethod
    def _print(*cells: str) -> None:
        print("| " + " | ".join(cells) + " |", flush=True)


def told(rate: OpenSetRate | Insufficient) -> str:
    """TPIR and its interval."""
    if isinstance(rate, str):
        return rate
    low, high = rate.interval
    return f"{rate.value:.3f} ({low:.3f} to {high:.3f})"


def measured(rate: OpenSetRate | Insufficient) -> str:
    """TPIR, and the FPIR that came with it."""
    return rate if isinstance(rate, str) else f"{rate.value:.3f} at {percent(rate.fpir)}"


def write_halves(manifest: Path, folder: Path) -> tuple[Path, Path]:
    """The manifest's people in two halves by lot, rows that are passed over left out."""
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = [line for line in csv.DictReader(file) if line["role"] != "extra"]
    people = sorted({line["identity"] for line in rows})
    lot = np.random.default_rng(1).permutation(np.arange(len(people)) % 2)
    half_of = dict(zip(people, lot.tolist(), strict=True))
    made = []
    for half in (0, 1):
        path = folder / f"half-{half}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            for line in rows:
                if half_of[line["identity"]] == half:
                    writer.writerow({**line, "image": str((manifest.parent / line["image"]).absolute())})
        made.append(path)
    return made[0], made[1]


def everybody(
    paper: Paper, part: str, chosen: list[ModelPack], trials: tuple[Path, Path], plan: Plan
) -> None:
    """Everybody at once, thresholds chosen on the same trials; and the pairs."""
    paper.begin(
        part, "rank 1", "TPIR at FPIR 10%", "1%", "0.3%", "0.1%", "pairs, ten parts", "both kinds alike"
    )
    dataset, pairs = read_dataset(trials[0]), read_pairs(trials[1])
    for pack in chosen:
        paper.pack(pack)
        result, one_to_one = identify(pack, dataset, plan), verify(pack, pairs, plan)
        folded, balanced = one_to_one.folded, one_to_one.balanced
        paper.row(
            ranked(result),
            *(told(result.tpir[key]) for key in ("0.1", "0.01", "0.003", "0.001")),
            f"{folded.mean:.4f} ± {folded.standard_error:.4f}" if folded else one_to_one.accuracy,
            f"{balanced.mean:.4f}" if balanced else "insufficient data",
        )


def groups(paper: Paper, chosen: list[ModelPack], everybody: Path, kept_away: Path, plan: Plan) -> None:
    """Each group, at everybody's threshold for FPIR 1%; a recogniser of the project's own by the held-out alone."""
    paper.begin(
        "groups", "group", "mated", "TPIR", "others", "FPIR", "misses: largest ÷ geometric mean", "Gini"
    )
    for pack in chosen:
        paper.pack(pack)
        dataset = read_dataset(kept_away if trained_here(pack) else everybody)
        result = identify(pack, dataset, plan)
        columns = {} if isinstance(result.groups, str) else result.groups
        for column in columns.values():
            apart = [spread(figure) for figure in (column.fnir.max_over_geometric_mean, column.fnir.gini)]
            for name, rates in column.values.items():
                mated, others = f"{rates.n_mated:,}", f"{rates.n_nonmated:,}"
                paper.row(name, mated, spoken(rates.tpir), others, spoken(rates.fpir), *apart)
        if not columns:
            paper.row("insufficient data", *[""] * 6)


def spread(figure: Spread | Insufficient) -> str:
    """A figure of how far apart groups lie, and its interval."""
    if isinstance(figure, str):
        return figure
    return f"{figure.value:.2f} ({figure.interval[0]:.2f} to {figure.interval[1]:.2f})"


def halves(paper: Paper, chosen: list[ModelPack], parts: tuple[Path, Path], plan: Plan) -> None:
    """Each half with the cohort and the thresholds of the other."""
    paper.begin(
        "halves",
        *("half", "thresholds from"),
        *("plain, FPIR 10%", "1%", "0.3%"),
        *("s-norm, FPIR 10%", "1%", "0.3%"),
    )
    first, second = (read_dataset(part) for part in parts)
    for pack in chosen:
        paper.pack(pack)
        for name, tested, other in (("0", first, second), ("1", second, first)):
            normalised = Plan(
                preparation=plan.preparation, normalisation="s-norm", cache=plan.cache, threads=plan.threads
            )
            result = identify(pack, tested, normalised, calibration=other)
            for threshold, plain, normal in (
                ("the other half", result.plain and result.plain.tpir, result.tpir),
                ("itself", result.plain and result.plain.attainable, result.attainable),
            ):
                given = [rates or {} for rates in (plain, normal)]
                paper.row(
                    name,
                    threshold,
                    *(measured(rates[key]) for rates in given for key in KEYS if key in rates),
                )


def coverings(paper: Paper, chosen: list[ModelPack], manifest: Path, plan: Plan) -> None:
    """With something over every probe, at the thresholds of bare faces."""
    paper.begin("coverings", "over the face", "no face found", "rank 1", "TPIR at the 10% threshold", "1%")
    dataset = read_dataset(manifest)
    for pack in chosen:
        paper.pack(pack)
        for kind in (None, *OCCLUSIONS):
            covered = Plan(preparation=Preparation(occlusion=kind), cache=plan.cache, threads=plan.threads)
            result = identify(pack, dataset, covered)
            rates = [measured(result.tpir[key]) for key in KEYS[:2]]
            paper.row(kind or "nothing", percent(result.failure_to_acquire), ranked(result), *rates)


def borders(paper: Paper, chosen: list[ModelPack], manifest: Path, plan: Plan) -> None:
    """With each way of putting a border around the pictures."""
    paper.begin("borders", "border", "no face found", "rank 1", "TPIR at FPIR 10%", "1%", "0.3%")
    dataset = read_dataset(manifest)
    for pack in chosen:
        paper.pack(pack)
        for pad in ("never", "auto", "always"):
            bordered = Plan(preparation=Preparation(pad=pad), cache=plan.cache, threads=plan.threads)
            result = identify(pack, dataset, bordered)
            rates = [measured(result.tpir[key]) for key in KEYS]
            paper.row(pad, percent(result.failure_to_acquire), ranked(result), *rates)


def ranked(result: IdentificationResult) -> str:
    """The part of mated probes whose mate is first."""
    return result.rank1 if isinstance(result.rank1, str) else f"{result.rank1:.3f}"


def save(path: Path, paper: Paper, chosen: list[ModelPack], was: Saved | None) -> None:
    """Write what was printed; parts and packs of the file that were not asked for stay."""
    parts = {} if was is None else {part: dict(rows) for part, rows in was.parts.items()}
    for part, rows in paper.parts.items():
        parts[part] = {**parts.get(part, {}), **rows}
    saved = Saved(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=commit(),
        packs={
            **({} if was is None else was.packs),
            **{pack.manifest.id: pack_name(pack).digest for pack in chosen},
        },
        parts=parts,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(saved), indent=1) + b"\n")


def commit() -> str:
    """The commit of the checkout, and whether what is measured differs from it."""
    head = subprocess.run(
        ["git", "rev-parse", "--short=10", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.strip()
    changed = subprocess.run(["git", "diff", "--quiet", "HEAD", "--", "src"], cwd=REPOSITORY, check=False)
    return head + ("+" if changed.returncode else "")


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(description="Print the tables of docs/evaluation.md.")
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared/data")
    parser.add_argument(
        "--pack", action="append", help=f"one of {', '.join(RESEARCH_PACKS)}, or a pack's name or folder"
    )
    parser.add_argument("--part", action="append", choices=PARTS)
    parser.add_argument("--cache", type=Path, default=cache_folder())
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--save", type=Path, help="also write the cells to this file")
    parser.add_argument("--before", type=Path, help="print this file's cells above those that have changed")
    asked = parser.parse_args()

    def progress(title: str, done: int, of: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{title}: {done} of {of}   ", end="", file=sys.stderr)

    def read(path: Path | None) -> Saved | None:
        return (
            None if path is None or not path.is_file() else msgspec.json.decode(path.read_bytes(), type=Saved)
        )

    paper = Paper(read(asked.before))
    plan = Plan(cache=asked.cache, threads=asked.threads, progress=progress)
    faces = asked.data / "faces"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        chosen = [
            packs.load(make_research_pack(asked.data, folder, name) if name in RESEARCH_PACKS else name)
            for name in asked.pack or PACKS
        ]
        parts = write_halves(faces / "lfw_manifest.csv", folder)
        manifest = held_out_manifest(asked.data, folder)
        of_held_out = manifest, held_out_pairs(asked.data, folder)
        of_all = faces / "lfw_manifest.csv", faces / "lfw_pairs.csv"
        work: dict[str, Callable[[], None]] = {
            "whole": lambda: everybody(paper, "whole", chosen, of_all, plan),
            "held-out": lambda: everybody(paper, "held-out", chosen, of_held_out, plan),
            "groups": lambda: groups(paper, chosen, of_all[0], manifest, plan),
            "halves": lambda: halves(paper, chosen, parts, plan),
            "coverings": lambda: coverings(paper, chosen, manifest, plan),
            # no pack's figures but these two's were in doubt
            "borders": lambda: borders(paper, chosen[: None if asked.pack else 2], parts[0], plan),
        }
        for part in PARTS:
            if part in (asked.part or PARTS):
                work[part]()
    if asked.save is not None:
        save(asked.save, paper, chosen, read(asked.save))


if __name__ == "__main__":
    main()
