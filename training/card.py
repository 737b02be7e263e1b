"""The model card of a run: what went in, how, and how good it came out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from training.evaluate import FMRS
from training.faces import HELD_OUT_PERCENT
from training.teachers import TEACHERS

if TYPE_CHECKING:
    from pathlib import Path

    from training.faces import Faces
    from training.targets import Targets

__all__ = ["model_card"]


def model_card(
    plan: dict[str, Any],
    faces: Faces,
    targets: Targets,
    measured: dict[str, Any],
    log: list[dict[str, Any]],
    weights: Path,
) -> str:
    """The card as Markdown.

    Args:
        plan: the run's `Plan`.
        faces: all faces.
        targets: what was trained on.
        measured: the figures, as `python -m training --only measure` writes them.
        log: the lines of the run's log.
        weights: the ONNX file.
    """
    named = len(np.unique(faces.people[targets.rows])) - 1
    away = len(np.unique(faces.people[faces.parts == "held-out"]))
    trials = measured["taught"]["trials"]
    last = log[-1] if log else {"samples": 0, "seconds": 0, "cosine_loss": None, "relations_loss": None}
    teachers = "\n".join(f"- Teacher: `{item.file.rsplit('/')[-1]}` ({item.licence})." for item in TEACHERS)
    settings = "\n".join(f"| {key} | {value} |" for key, value in plan.items())
    head = f"""\
# Model card: Overt's recogniser, dlib's ResNet-29 fine-tuned by distillation

- File: `{weights.name}`, {weights.stat().st_size:,} bytes, large filters kept in eight bits and other weights as
  float16, reckoned with as float32. SHA-256 `{measured["sha256"]}`.
- In: chips of 150 by 150 pixels, blue, green, red, 0 to 255. Out: {plan["dimension"]} numbers of its own and
  dlib's 128, which whoever runs it flip-averages, brings to unit length and compares by cosine.
- Use: research and demonstration. It was trained on photographs of public figures that were published for research
  alone, so it is not for operational use; the packs `open` and `dlib` are for that.

## What it was made of

- Start: dlib's ResNet-29 (CC0-1.0) up to its last maps, with a new head. The first {plan["frozen"]} blocks stay
  dlib's, and dlib's own late blocks are carried beside the fine-tuned ones.
{teachers}
- Faces: {len(targets.rows):,} photographs, {named:,} named people, from `lfw_gray192`, `lfw_colour_10x10`,
  `lfw_colour100_12ids`, `rmfd_masked` and `groups` of the reference data, all for research alone; and
  {len(targets.blends):,} blends of pairs of them.
- Held out: {HELD_OUT_PERCENT}% of the people, by a hash of their name: {away} people. No photograph of them was
  trained on, and unnamed faces that the teachers take for one of them were left out.

## How

| setting | value |
| --- | --- |
{settings}

{last["samples"]:,} chips in {last["seconds"] / 60:.0f} minutes; at the end a cosine loss of {last["cosine_loss"]} and
a relations loss of {last["relations_loss"]}.

## How good

On the held-out people: {trials["mated"]} enrolled with one picture each and searched for once, {trials["nonmated"]}
strangers; the cohort is {trials["cohort"]} people of the training part. In brackets the 95% interval by bootstrap
over people.

| recogniser | scores | rank 1 | TPIR at FPIR 10% | 1% | 0.3% |
| --- | --- | --- | --- | --- | --- |"""
    lines = head.splitlines()
    for name, told in measured.items():
        if isinstance(told, dict) and "cosine" in told:
            for kind, words in (("cosine", "cosine"), ("s_norm", "adaptive S-norm")):
                row = told[kind]
                cells = [
                    f"{row[f'tpir_at_{rate:g}'][0]:.3f} ({row[f'tpir_at_{rate:g}'][1]:.3f} to"
                    f" {row[f'tpir_at_{rate:g}'][2]:.3f})"
                    for rate in (0.1, 0.01, 0.003)
                ]
                lines.append(f"| {name} | {words} | {row['rank1']:.3f} | {' | '.join(cells)} |")
    lines += [
        "",
        "Over every pair of the held-out people's pictures, each person weighing alike, which says more of the few",
        "strangers who are most alike than one picture of each does:",
        "",
        "| recogniser | TMR at FMR 1 in 1,000 | 1 in 10,000 | 1 in 100,000 |",
        "| --- | --- | --- | --- |",
    ]
    for name, told in measured.items():
        if isinstance(told, dict) and "matching" in told:
            pairs = told["matching"]
            cells = ["{:.3f} ({:.3f} to {:.3f})".format(*pairs[f"tmr_at_{fmr:g}"]) for fmr in FMRS]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", "| recogniser | verification accuracy, pairs of held-out people |", "| --- | --- |"]
    for name, told in measured.items():
        if isinstance(told, dict) and "pairs" in told:
            pairs = told["pairs"]
            lines.append(
                f"| {name} | {pairs['accuracy']:.3f} ± {pairs['standard_error']:.3f} ({pairs['pairs']} pairs) |"
            )
    speed = measured["milliseconds"]
    foot = f"""
Time for one chip, one thread, in turns with dlib's own network: {speed["ratio"]:.2f} of its time
({speed["taught"]} against {speed["dlib"]} ms on the machine that measured).

These are single grey portraits of public figures, not a street. At FPIR 0.3% one or two strangers decide, so the
interval says more than the figure.
"""
    return "\n".join([*lines, *foot.splitlines(), ""])
