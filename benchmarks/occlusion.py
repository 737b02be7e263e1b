"""Faces with something over them, compared like with like: `occlusion.py [--pack NAME …] [--cache DIR]`.

Without more, the table of docs/accuracy.md: people found and strangers taken for somebody, bare and covered, before
and after; scales from one half of the people, figures from the other. `--scale` prints the pack's `[[covered]]` table
from the first half. `--fit` prints what stands in `src/overt/biometrics/_covering_model.py`, from the first half too
and from pictures of real masks; `--cost` what it costs. After another recogniser: `--scale`, put that into the
manifest, and the table again.
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import tempfile
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from covered_faces import CoveredFaces, Part, covered_faces, figures_of, people_of_half, pictures_under
from held_out import held_out
from scipy.optimize import minimize
from score_people import head, load_pack, pictures_of, row

from overt.biometrics import load_embedder
from overt.biometrics._covering_model import COVERING_MODEL
from overt.biometrics.covering import COVERINGS, CoveringJudge, bare_equivalent, even_out
from overt.biometrics.packs.manifest import CoveredScale
from overt.evaluation.metrics import INSUFFICIENT, choose_threshold, threshold_for
from overt.evaluation.protocols import cache_folder
from overt.rates import exact_interval

if TYPE_CHECKING:
    from overt.biometrics import Covering, FloatArray, ModelPack

Numbers = npt.NDArray[np.float64]

KINDS: Final = ("bare", "mask", "scarf", "sunglasses", "hood", "hand")
OF_PART: Final[dict[Covering, tuple[str, ...]]] = {"lower": ("mask",)}
"""What is drawn over the faces that each part's scale and model are made of."""

LEVELS: Final = (0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005)
"""The rates of false alerts at which a scale has its points."""

FPIRS: Final = (0.1, 0.01)
ROUNDS: Final = 200
RIDGE: Final = 30.0
MOST_WRONG: Final = 0.005
"""The part of bare faces that each model may take for covered."""


@dataclass(frozen=True)
class Half:
    """One half's references and probes: by role and what is drawn."""

    gallery: CoveredFaces
    owners: tuple[str, ...]
    probes: dict[tuple[str, str], CoveredFaces]
    people: dict[str, tuple[str, ...]]


def half_of(
    pack: ModelPack, parts: dict[str, Part], kinds: tuple[str, ...], roles: tuple[str, ...], cache: Path
) -> Half:
    """The templates of one half."""
    probes = {
        (role, kind): covered_faces(pack, parts[role].paths, kind, cache) for kind in kinds for role in roles
    }
    gallery = covered_faces(pack, parts["gallery"].paths, "bare", cache)
    return Half(gallery, parts["gallery"].people, probes, {role: parts[role].people for role in parts})


def scores(half: Half, probes: CoveredFaces, part: int) -> FloatArray:
    """Cosines with every reference, both sides with a part made even; part 0 is none."""
    return np.asarray(probes.templates[:, part] @ half.gallery.templates[:, part].T, np.float32)


def scales(half: Half, kinds: tuple[str, ...]) -> tuple[CoveredScale, ...]:
    """Each part's scale: the scores that as many strangers reach, of covered faces and of bare ones."""
    bare = half.probes["nonmated", "bare"]
    plain = scores(half, bare, 0).max(axis=1)[bare.found].astype(np.float64)
    made = []
    for place, covering in enumerate(COVERINGS, 1):
        own = [half.probes["nonmated", kind] for kind in OF_PART[covering] if kind in kinds]
        best = [scores(half, one, place).max(axis=1)[one.found & (one.judged == place)] for one in own]
        strangers = np.concatenate([*best, np.zeros(0)]).astype(np.float64)
        levels = [level for level in LEVELS if len(strangers) >= 3 / level]
        if len(levels) < 2:
            continue
        made.append(
            CoveredScale(
                covering=covering,
                scores=tuple(round(threshold_for(strangers, level), 4) for level in levels),
                bare=tuple(round(threshold_for(plain, level), 4) for level in levels),
                data=f"one half of LFW's people, {len(strangers)} strangers under {' and '.join(OF_PART[covering])}: "
                "benchmarks/occlusion.py --scale",
                date=dt.datetime.now(dt.UTC).date().isoformat(),
            )
        )
    return tuple(made)


def compared(half: Half, probes: CoveredFaces, used: tuple[CoveredScale, ...]) -> FloatArray:
    """Scores with every reference as the engine has them: like with like where a part looks covered."""
    out = scores(half, probes, 0)
    for scale in used:
        place = 1 + COVERINGS.index(scale.covering)
        rows = np.flatnonzero(probes.judged == place)
        alike = scores(half, probes, place)
        for i in rows:
            out[i] = [bare_equivalent(float(score), scale) for score in alike[i]]
    return out


def told(hits: npt.NDArray[np.bool_]) -> str:
    """A rate and its exact interval: everybody is there once."""
    low, high = exact_interval(int(hits.sum()), len(hits))
    return f"{hits.mean():.3f} ({low:.3f} to {high:.3f})"


def percent(hits: npt.NDArray[np.bool_]) -> str:
    """The same in percent."""
    low, high = exact_interval(int(hits.sum()), len(hits))
    return f"{100 * hits.mean():.2f}% ({100 * low:.2f}% to {100 * high:.2f}%)"


def table(
    pack: ModelPack, tuned: Half, tested: Half, kinds: tuple[str, ...], fpirs: tuple[float, ...]
) -> None:
    """People found and strangers taken for somebody, before and after."""
    used = scales(tuned, kinds)
    bare = tuned.probes["nonmated", "bare"]
    plain = compared(tuned, bare, ()).max(axis=1)[bare.found].astype(np.float64)
    thresholds = [choose_threshold(plain, fpir) for fpir in fpirs]
    owners = np.array(tested.owners)
    mates = np.array(tested.people["mated"])
    for kind in kinds:
        mated, strangers = tested.probes["mated", kind], tested.probes["nonmated", kind]
        seen = strangers.found
        judged = ", ".join(
            f"{name} {(mated.judged[mated.found] == place).mean():.1%}"
            for place, name in enumerate(COVERINGS, 1)
        )
        for words, scale in (("before", ()), ("after", used)):
            ours, theirs = compared(tested, mated, scale), compared(tested, strangers, scale)[seen]
            first = (owners[ours.argmax(axis=1)] == mates) & mated.found
            cells: list[str] = []
            attained = theirs.max(axis=1).astype(np.float64)
            for fpir, threshold in zip(fpirs, thresholds, strict=True):
                if threshold is None:
                    cells += [INSUFFICIENT] * 3
                    continue
                cells.append(told(first & (ours.max(axis=1) >= threshold)))
                cells.append(percent(attained >= threshold))
                own = choose_threshold(attained, fpir)
                found = INSUFFICIENT if own is None else f"{(first & (ours.max(axis=1) >= own)).mean():.3f}"
                cells.append(found)
            row(pack.manifest.id, kind, judged, words, told(first), *cells)
    packed = np.frombuffer(base64.b64decode(COVERING_MODEL), "<f4").reshape(-1, len(COVERINGS))
    print()
    for kind in kinds:
        both = [tested.probes[role, kind] for role in ("mated", "nonmated")]
        told_judgements(f"people, {kind},", np.concatenate([one.figures[one.found] for one in both]), packed)


def fit(pack: ModelPack, data: Path, parts: dict[str, Part], cache: Path) -> None:
    """Print the models: one a part, each against bare faces and coverings of other parts."""
    paths = (*parts["mated"].paths, *parts["nonmated"].paths)
    seen = {}
    for kind in ("bare", "mask", "sunglasses"):
        faces = covered_faces(pack, paths, kind, cache)
        seen[kind] = faces.figures[faces.found]
    real = figures_of(pack, pictures_under(data / "faces/rmfd_masked"))
    colour = figures_of(pack, pictures_under(data / "faces/lfw_colour_10x10"))
    model = print_model(seen, real[::2], colour[::2])
    told_judgements("real masks that it was not fitted on", real[1::2], model)
    told_judgements("bare faces in colour that it was not fitted on", colour[1::2], model)


def told_judgements(words: str, figures: FloatArray, model: FloatArray) -> None:
    """Print how many look covered, as they are and worn."""
    odds = figures @ model[:-1] + model[-1]
    for i, covering in enumerate(COVERINGS):
        own, worn = odds[:, 0, i] > 0, odds[:, 1:, i] > 0
        print(f"# {covering}: of {len(figures):,} {words} {own.mean():.1%} look covered;")
        print(f"# of {worn.size:,} worn copies of them {worn.mean():.1%}")


def print_model(seen: dict[str, FloatArray], real: FloatArray, colour: FloatArray) -> npt.NDArray[np.float32]:
    """Fit to chips and worn copies alike; print and return the weights."""
    seen = {kind: flat(figures) for kind, figures in seen.items()}
    real, colour = flat(real), flat(colour)
    columns = []
    for covering in COVERINGS:
        yes = [*(seen[kind] for kind in OF_PART[covering]), real]
        no = [figures for kind, figures in seen.items() if kind not in OF_PART[covering]]
        columns.append(logistic(np.concatenate(yes), np.concatenate([*no, colour]), bare=seen["bare"]))
    model = np.stack(columns, axis=1).astype("<f4")
    packed = base64.b64encode(model.tobytes()).decode()
    lines = textwrap.wrap(packed, 100)
    print("COVERING_MODEL: Final = (")
    print("\n".join(f'    "{line}"' for line in lines))
    print(")")
    return model


def flat(figures: FloatArray) -> FloatArray:
    """Every copy by itself."""
    return figures.reshape(-1, figures.shape[-1])


def logistic(yes: FloatArray, no: FloatArray, *, bare: FloatArray) -> Numbers:
    """Weights and level of a ridge logistic model; at most `MOST_WRONG` of bare faces come out above 0."""
    figures = np.concatenate([yes, no]).astype(np.float64)
    truth = np.concatenate([np.ones(len(yes)), -np.ones(len(no))])
    weight = np.where(truth > 0, 0.5 / len(yes), 0.5 / len(no))
    mean, spread = figures.mean(axis=0), figures.std(axis=0) + 1e-6
    level = np.column_stack([(figures - mean) / spread, np.ones(len(figures))])

    def loss(w: Numbers) -> tuple[float, Numbers]:
        margin = truth * (level @ w)
        slope = -truth * weight / (1 + np.exp(np.clip(margin, -50, 50)))
        ridge = RIDGE / len(figures) * np.append(w[:-1], 0.0)
        return float(
            (weight * np.logaddexp(0, -margin)).sum() + (ridge * w).sum() / 2
        ), level.T @ slope + ridge

    found = minimize(loss, np.zeros(level.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    weights = found[:-1] / spread
    offset = found[-1] - float(mean @ weights)
    highest = float(np.quantile(bare @ weights + offset, 1 - MOST_WRONG))
    return np.append(weights, offset - max(highest, 0.0))


def cost(pack: ModelPack) -> None:
    """Print what judging and a second template cost, as parts of one face's embedding; rounds take turns."""
    spec = pack.manifest.recogniser
    judge, embedder = CoveringJudge(spec), load_embedder(pack, threads=1, batch_sizes=(1,))
    chips = np.random.default_rng(1).integers(
        0, 256, (1, embedder.chip_size, embedder.chip_size, 3), np.uint8
    )
    out = np.zeros((1, embedder.dimension), np.float32)

    def again() -> None:
        even_out(chips[0], "lower", spec)
        embedder.embed(chips, out)

    steps = {
        "embedded": lambda: embedder.embed(chips, out),
        "judged": lambda: judge.judge(chips),
        "made even and embedded again": again,
    }
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            seconds[name].append(time.perf_counter() - start)
    one = float(np.median(seconds["embedded"]))
    for name, each in seconds.items():
        print(f"{pack.manifest.id}: a face {name}: {float(np.median(each)) / one:.3f} of an embedding")


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--pack", action="append")
    parser.add_argument("--cache", type=Path, default=cache_folder())
    parser.add_argument("--strangers", type=int, default=2000, help="most, of each half")
    parser.add_argument(
        "--kind", action="append", choices=KINDS[1:], help="beside bare faces; all of them unless named"
    )
    parser.add_argument(
        "--held-out", action="store_true", help="only people that no recogniser here was trained on"
    )
    parser.add_argument("--fpir", type=float, nargs="+", default=list(FPIRS))
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--scale", action="store_true")
    parser.add_argument("--cost", action="store_true")
    asked = parser.parse_args()
    kinds = ("bare", *(asked.kind or KINDS[1:]))
    names = {line["identity"] for line in pictures_of(asked.data)}
    keep = [name for name in names if held_out(name)] if asked.held_out else None
    with tempfile.TemporaryDirectory() as scratch:
        for n, name in enumerate(asked.pack or ["embedded"]):
            pack = load_pack(name, asked.data, Path(scratch))
            halves = [people_of_half(asked.data, half, asked.strangers, keep) for half in (0, 1)]
            if asked.cost:
                cost(pack)
                continue
            if asked.fit:
                fit(pack, asked.data, halves[0], asked.cache)
                continue
            drawn = tuple(
                kind for kind in kinds if kind == "bare" or any(kind in own for own in OF_PART.values())
            )
            tuned = half_of(pack, halves[0], drawn, ("nonmated",), asked.cache)
            if asked.scale:
                kept = "people kept from training, " if asked.held_out else ""
                for scale in scales(tuned, drawn):
                    print(f'\n[[covered]]\ncovering = "{scale.covering}"')
                    print(f"scores = {list(scale.scores)}\nbare = {list(scale.bare)}")
                    print(f'data = "{kept}{scale.data}"\ndate = "{scale.date}"')
                continue
            tested = half_of(pack, halves[1], kinds, ("mated", "nonmated"), asked.cache)
            if n == 0:
                cells = []
                for fpir in asked.fpir:
                    cells += [f"TPIR at the {fpir:.0%} threshold", "FPIR there"]
                    cells.append(f"TPIR at a measured FPIR of {fpir:.0%}")
                head("pack", "over the face", "looks covered", "", "rank 1", *cells)
            table(pack, tuned, tested, kinds, tuple(asked.fpir))


if __name__ == "__main__":
    main()
