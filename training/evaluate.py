"""Measuring a recogniser on people the training never saw."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from training.augment import chip_of
from training.faces import manifest_roles
from training.measure import OpenSet, open_set, verification
from training.teachers import unit

if TYPE_CHECKING:
    from pathlib import Path

    from training.faces import Faces

__all__ = ["Trial", "figures", "fused", "onnx_templates"]

Numbers = npt.NDArray[np.float32]
FPIRS = (0.1, 0.01, 0.003)
BATCH = 16
COHORT_EVERY = 2


def onnx_templates(
    path: Path, faces: Faces, rows: npt.NDArray[np.int64], kept: Path
) -> tuple[Numbers, Numbers]:
    """Templates by an ONNX recogniser for the embedded pack's chip, blue, green, red, 0 to 255, of unit length.

    Args:
        path: the recogniser.
        faces: all faces.
        rows: the faces wanted.
        kept: a folder where what it gave is kept, under its digest.

    Returns:
        Flip-averaged templates, and those of the chips as they are.
    """
    digest = hashlib.sha256(path.read_bytes() + rows.tobytes()).hexdigest()[:16]
    store = kept / f"templates_{digest}.npz"
    if not store.is_file():
        np.savez(store, given=_run(path, faces, rows))
    with np.load(store) as held:
        plain, mirrored = held["given"]
    return unit(plain + mirrored), unit(plain)


def _run(path: Path, faces: Faces, rows: npt.NDArray[np.int64]) -> Numbers:
    """Float32 [2, n, d]: of the chips, and of their mirror images."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    out = []
    for start in range(0, len(rows), BATCH):
        chips = np.stack(
            [chip_of(faces.canvases[row], faces.points[row]) for row in rows[start : start + BATCH]]
        )
        planes = np.ascontiguousarray(chips.transpose(0, 3, 1, 2), np.float32)
        mirrored = np.ascontiguousarray(planes[..., ::-1])
        out.append(np.stack([session.run(None, {name: item})[0] for item in (planes, mirrored)]))
    return np.concatenate(out, axis=1)


class Trial:
    """The held-out people's pictures with their roles, and a cohort: half the people trained on, one picture each."""

    def __init__(self, shared: Path, faces: Faces) -> None:
        self.pairs = shared / "faces/lfw_pairs.csv"
        self.rows = np.flatnonzero(faces.parts == "held-out")
        roles = manifest_roles(shared)
        self.pictures = faces.pictures[self.rows]
        self.roles = np.array([roles.get(str(name), "") for name in self.pictures])
        self.people = faces.people[self.rows]
        grey = np.flatnonzero(
            (faces.parts == "train") & np.char.startswith(faces.pictures, "faces/lfw_gray192/")
        )
        _, first = np.unique(faces.people[grey], return_index=True)
        self.cohort = grey[first][::COHORT_EVERY]


def figures(trial: Trial, templates: Numbers, cohort: Numbers) -> dict[str, Any]:
    """Rank-1, TPIR with intervals by plain cosine and S-normed, and verification accuracy."""
    told: dict[str, Any] = {}
    for name, against in (("cosine", None), ("s_norm", cohort)):
        told[name] = _open(open_set(templates, trial.roles, trial.people, against))
    told["trials"] = {name: int((trial.roles == name).sum()) for name in ("gallery", "mated", "nonmated")} | {
        "cohort": len(cohort)
    }
    pairs = verification(trial.pairs, templates, trial.pictures)
    if pairs:
        told["pairs"] = {
            "accuracy": round(pairs[0], 4),
            "standard_error": round(pairs[1], 4),
            "pairs": pairs[2],
        }
    return told


def fused(trial: Trial, several: list[tuple[Numbers, Numbers]]) -> dict[str, Any]:
    """The same with the scores of several recognisers added: cosines over their spread, and S-normed ones.

    Args:
        trial: the trial.
        several: templates and cohort of each.
    """
    told = {}
    for name in ("cosine", "s_norm"):
        sums = []
        for templates, cohort in several:
            one = open_set(templates, trial.roles, trial.people, cohort if name == "s_norm" else None)
            spread = (
                float((cohort @ cohort.T)[np.triu_indices(len(cohort), 1)].std()) if name == "cosine" else 1.0
            )
            sums.append((one.scores / spread, one.strangers / spread))
        told[name] = _open(OpenSet(sum(item[0] for item in sums), sum(item[1] for item in sums)))
    return told


def _open(one: Any) -> dict[str, Any]:
    return {"rank1": round(one.rank1(), 4)} | {
        f"tpir_at_{fpir:g}": [round(one.tpir(fpir), 4), *(round(end, 4) for end in one.interval(fpir))]
        for fpir in FPIRS
    }
