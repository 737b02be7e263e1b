"""Measuring a recogniser on people the training never saw."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from training.augment import chip_of
from training.faces import manifest_roles
from training.measure import open_set, verification
from training.teachers import unit

if TYPE_CHECKING:
    from pathlib import Path

    from training.faces import Faces

__all__ = ["FMRS", "Trial", "figures", "onnx_templates"]

Numbers = npt.NDArray[np.float32]
FPIRS = (0.1, 0.01, 0.003)
FMRS = (1e-3, 1e-4, 1e-5)
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
    told["matching"] = matching(trial, templates)
    pairs = verification(trial.pairs, templates, trial.pictures)
    if pairs:
        told["pairs"] = {
            "accuracy": round(pairs[0], 4),
            "standard_error": round(pairs[1], 4),
            "pairs": pairs[2],
        }
    return told


def matching(trial: Trial, templates: Numbers) -> dict[str, Any]:
    """TMR at three FMRs over every pair of the held-out people's grey pictures, each person weighing alike.

    One picture a person says little of the few strangers who are most alike; a million and a half pairs say more. The
    interval is that of a bootstrap over people, at the threshold of all pairs.
    """
    grey = np.flatnonzero(np.char.startswith(trial.pictures, "faces/lfw_gray192/"))
    numbers, people = templates[grey], trial.people[grey]
    one, other = np.triu_indices(len(grey), 1)
    scores = (numbers @ numbers.T)[one, other]
    same = people[one] == people[other]
    strangers = np.sort(scores[~same])[::-1]
    _, whose = np.unique(people[one[same]], return_inverse=True)
    told: dict[str, Any] = {
        "same": int(same.sum()),
        "different": len(strangers),
        "people": int(whose.max()) + 1,
    }
    pairs = np.bincount(whose)
    random = np.random.default_rng(0)
    drawn = random.integers(0, len(pairs), (1000, len(pairs)))
    for fmr in FMRS:
        threshold = strangers[int(fmr * len(strangers))]
        found = np.bincount(whose, scores[same] > threshold) / pairs
        low, high = np.quantile(found[drawn].mean(1), (0.025, 0.975))
        told[f"tmr_at_{fmr:g}"] = [round(float(value), 4) for value in (found.mean(), low, high)]
    return told


def _open(one: Any) -> dict[str, Any]:
    return {"rank1": round(one.rank1(), 4)} | {
        f"tpir_at_{fpir:g}": [round(one.tpir(fpir), 4), *(round(end, 4) for end in one.interval(fpir))]
        for fpir in FPIRS
    }
