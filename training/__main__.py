"""Trains the recogniser of the pack `embedded`: `python -m training --data ../shared/data --out OUT`."""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import onnxruntime

from training.card import model_card
from training.evaluate import Trial, figures, onnx_templates
from training.faces import prepare_faces
from training.network import DESCRIPTOR
from training.targets import prepare_targets
from training.teachers import Teachers, unit

if TYPE_CHECKING:
    from training.distil import Plan
    from training.faces import Faces
    from training.targets import Targets

WEIGHTS = "taught-resnet29.onnx"


def main() -> None:
    """Run every step that is not done yet."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared/data")
    parser.add_argument("--out", type=Path, default=Path("build/training"), help="kept between runs")
    parser.add_argument(
        "--dlib", type=Path, help="dlib's network as ONNX; the one of the pack `dlib` unless given"
    )
    parser.add_argument("--start", type=Path, help="begin with the weights of this checkpoint")
    parser.add_argument("--run", default="run", help="the folder of this run below --out")
    parser.add_argument("--blends", type=int, default=40_000, help="how many of each of their seeds")
    parser.add_argument(
        "--blend-seeds", type=int, nargs="+", help="that of the run unless given; each draws others"
    )
    parser.add_argument(
        "--views", type=int, choices=(1, 2), default=2, help="1 spares the teachers the mirror images"
    )
    parser.add_argument("--only", choices=("prepare", "train", "measure"), help="stop after, or do alone")
    parser.add_argument("--samples", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--loaders", type=int)
    parser.add_argument("--learning-rate", dest="backbone_rate", type=float)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--frozen", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--device", choices=("cpu", "cuda"))
    asked = parser.parse_args()
    plan = _plan(asked)
    cv2.setNumThreads(0)
    seeds = asked.blend_seeds or [plan.seed]
    prepared, run = asked.out / "prepared", asked.out / asked.run
    run.mkdir(parents=True, exist_ok=True)
    faces = prepare_faces(asked.data, prepared)
    targets = prepare_targets(
        faces,
        lambda: Teachers(asked.data, flip=asked.views == 2),
        prepared,
        blends=asked.blends,
        dimension=plan.dimension,
        seeds=seeds,
        views=asked.views,
        report=lambda line: print(line, flush=True),
    )
    dlib = asked.dlib or _dlib()
    if asked.only == "prepare":
        return
    if asked.only != "measure":
        from training.distil import distil, load_student
        from training.export import spreads_of, twin_to_onnx

        student = load_student(distil(plan, prepared, targets, dlib, run, asked.start))
        spreads = spreads_of(student, dlib, faces, targets.rows)
        (run / WEIGHTS).write_bytes(twin_to_onnx(student, dlib, spreads))
    if asked.only != "train":
        measured = _measure(asked.data, faces, targets, dlib, run / WEIGHTS, prepared)
        (run / "figures.json").write_text(json.dumps(measured, indent=1), "utf-8")
        log = [json.loads(line) for line in (run / "log.jsonl").read_text("utf-8").splitlines()]
        (run / "MODEL_CARD.md").write_text(
            model_card(
                {**asdict(plan), "blends' seeds": seeds, "teachers' views": asked.views},
                faces,
                targets,
                measured,
                log,
                run / WEIGHTS,
            ),
            "utf-8",
        )
        print((run / "MODEL_CARD.md").read_text("utf-8"))


def _plan(asked: argparse.Namespace) -> Plan:
    from training.distil import Plan

    names = {item.name for item in fields(Plan)}
    return Plan(**{key: value for key, value in vars(asked).items() if key in names and value is not None})


def _dlib() -> Path:
    from overt.biometrics import packs

    return packs.load("dlib").recogniser_file


def _measure(
    data: Path, faces: Faces, targets: Targets, dlib: Path, student: Path, kept: Path
) -> dict[str, Any]:
    """The figures of dlib's network, of the teachers, and of what was exported: the student's part, and the whole."""
    trial = Trial(data, faces)
    both = np.concatenate([trial.rows, trial.cohort])
    count = len(trial.rows)
    told: dict[str, Any] = {"sha256": hashlib.sha256(student.read_bytes()).hexdigest()}
    ends: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name, path in (("dlib", dlib), ("taught", student)):
        averaged, plain = onnx_templates(path, faces, both, kept)
        for words, templates in ((name, averaged), (f"{name} without the mirror image", plain)):
            ends[words] = templates[:count], templates[count:]
            told[words] = figures(trial, *ends[words])
    told["taught, its own part alone"] = figures(
        trial, *(unit(templates[:, :-DESCRIPTOR]) for templates in ends["taught"])
    )
    said = targets.short(targets.faces[both])
    told["teachers"] = figures(trial, said[:count], said[count:])
    told["milliseconds"] = _speed(dlib, student)
    return told


def _speed(dlib: Path, student: Path) -> dict[str, float]:
    """Milliseconds a chip of both networks, one chip at a time, in turns: the medians, and their ratio."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    sessions = [
        onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"]) for path in (dlib, student)
    ]
    chip = np.random.default_rng(0).uniform(0, 255, (1, 3, 150, 150)).astype(np.float32)
    spent: list[list[float]] = [[], []]
    for turn in range(220):
        for session, times in zip(sessions, spent, strict=True):
            begun = time.perf_counter()
            session.run(None, {session.get_inputs()[0].name: chip})
            if turn >= 20:
                times.append((time.perf_counter() - begun) * 1000)
    before, after = (float(np.median(times)) for times in spent)
    ratio = float(np.median(np.array(spent[1]) / np.array(spent[0])))
    return {"dlib": round(before, 2), "taught": round(after, 2), "ratio": round(ratio, 3)}


if __name__ == "__main__":
    main()
