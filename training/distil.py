"""The training itself: workers of one thread each, whose weights are averaged every few steps."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from torch import multiprocessing
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from training.augment import troubled_chip
from training.blends import make_blend
from training.faces import load_faces
from training.network import Student

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.synchronize import Barrier
    from pathlib import Path

    import numpy.typing as npt

    from training.faces import Faces
    from training.targets import Targets

__all__ = ["Plan", "distil", "load_student"]


@dataclass(frozen=True)
class Plan:
    """What is run.

    Attributes:
        samples: how many chips all workers see together.
        minutes: ends the schedule by the clock, if the samples are not through by then; None lets them be.
        workers: processes that train, of one thread each on a processor; with a GPU one is best.
        loaders: processes that make chips for each worker; at 0 it makes its own, which leaves a GPU waiting.
        batch: chips in a step of one worker.
        average_every: steps of a worker between two averagings of the weights.
        backbone_rate: the highest learning rate of what came from dlib.
        head_rate: that of the new head.
        decay: AdamW's weight decay.
        relations: the weight of the loss on the batch's matrix of similarities beside the cosine loss.
        contrast: the weight of the loss on which of all targets a chip is most like: the cross-entropy between the
            softmax of the wanted similarities to every target and that of the given ones. It is this order at the
            top that open-set identification lives by.
        sharpness: what similarities are multiplied by in that softmax.
        real_share: how many of the chips are of real faces at least, the others of blends.
        dimension: of the embedding; 128 leading directions of the teachers measured no worse than all 384.
        hidden: the head's inner width.
        frozen: how many of dlib's fourteen blocks, with the filters before them, stay as they are; 7 of them halve
            the time of a step. The export needs at least one.
        seed: of everything drawn.
        device: `cpu` or `cuda`.
    """

    samples: int = 400_000
    minutes: float | None = None
    workers: int = 2
    loaders: int = 0
    batch: int = 64
    average_every: int = 8
    backbone_rate: float = 4e-4
    head_rate: float = 2e-3
    decay: float = 0.01
    relations: float = 10.0
    contrast: float = 0.15
    sharpness: float = 16.0
    real_share: float = 0.3
    dimension: int = 128
    hidden: int = 512
    frozen: int = 7
    seed: int = 20261122
    device: str = "cpu"


WARM_UP = 0.02
SAVE_EVERY_SECONDS = 150.0
REPORT_EVERY = 4
FITTED = 4096


def load_student(path: Path) -> Student:
    """The student of a checkpoint."""
    kept = torch.load(path, weights_only=True)
    student = Student(kept["plan"]["dimension"], kept["plan"]["hidden"])
    student.take(kept["weights"])
    return student.eval()


def distil(
    plan: Plan, prepared: Path, targets: Targets, dlib: Path, folder: Path, start: Path | None = None
) -> Path:
    """Train, or go on where a run of the same plan was stopped.

    Args:
        plan: what is run.
        prepared: the folder of the prepared faces.
        targets: what the teachers say of them.
        dlib: dlib's network as the converter of the pack `dlib` writes it.
        folder: written: `student.pt`, the checkpoint, and `log.jsonl`.
        start: a checkpoint whose weights a new run begins with, in place of dlib's.

    Returns:
        The checkpoint.
    """
    checkpoint = folder / "student.pt"
    torch.manual_seed(plan.seed)
    student = Student(plan.dimension, plan.hidden)
    done, spent = 0, 0.0
    if checkpoint.is_file():
        kept = torch.load(checkpoint, weights_only=True)
        if _of_one_run(kept["plan"]) != _of_one_run(asdict(plan)):
            raise SystemExit(f"{checkpoint} is of another plan: {kept['plan']}. Give another folder")
        student.take(kept["weights"])
        done, spent = kept["samples"], kept["seconds"]
        if done >= plan.samples:
            return checkpoint
    elif start is not None:
        student.take(torch.load(start, weights_only=True)["weights"])
    else:
        student.start_from_dlib(dlib)
        _fit_head(student, plan, load_faces(prepared), targets)
    count = sum(item.numel() for item in student.parameters())
    shared = torch.zeros(plan.workers, count).share_memory_()
    clock = torch.tensor([float(done), spent, 0.0], dtype=torch.float64).share_memory_()
    shared[:] = student.flat()
    if plan.workers == 1:
        _work(0, plan, prepared, targets, shared, clock, None, folder)
        return checkpoint
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(plan.workers)
    workers = [
        context.Process(target=_work, args=(rank, plan, prepared, targets, shared, clock, barrier, folder))
        for rank in range(plan.workers)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise SystemExit("A worker stopped; run the same command again to go on from the checkpoint")
    return checkpoint


def _of_one_run(plan: dict[str, object]) -> dict[str, object]:
    """The part of a plan that may not change when a run goes on: all but how the work is spread."""
    return {
        key: value for key, value in plan.items() if key not in {"workers", "loaders", "device", "minutes"}
    }


class _Samples:
    """Draws batches: chips and their targets."""

    def __init__(self, plan: Plan, faces: Faces, targets: Targets, seed: list[int]) -> None:
        self._plan, self._faces, self._targets = plan, faces, targets
        self.random = np.random.default_rng(seed)
        self._coloured = targets.rows[faces.coloured[targets.rows]]
        self._of_faces = targets.short(targets.faces)
        self._of_blends = targets.short(targets.of_blends)
        names = faces.people[targets.rows]
        owner = np.array([name or f"#{row}" for name, row in zip(names, targets.rows, strict=True)])
        _, person, counts = np.unique(owner, return_inverse=True, return_counts=True)
        # between one chance a picture and one chance a person
        chance = 1 / np.sqrt(counts[person])
        self._chance = chance / chance.sum()

    def batch(self, count: int, strength: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
        """Chips float32 [n, 3, 150, 150] and targets float32 [n, dimension]."""
        chips: list[npt.NDArray[np.uint8]] = []
        wanted: list[npt.NDArray[np.float32]] = []
        # few blends are not shown more often than the faces they are made of
        faces, blends = len(self._targets.rows), len(self._targets.blends)
        real = round(count * max(self._plan.real_share, faces / (faces + blends)))
        for row in self.random.choice(self._targets.rows, real, p=self._chance):
            chips.append(self._trouble(self._faces.canvases[row], self._faces.points[row], strength))
            wanted.append(self._of_faces[row])
        for row in self.random.integers(0, max(len(self._targets.blends), 1), count - real):
            canvas, points = make_blend(self._faces, self._targets.blends, int(row))
            chips.append(self._trouble(canvas, points, strength))
            wanted.append(self._of_blends[row])
        planes = torch.from_numpy(np.stack(chips)).permute(0, 3, 1, 2)
        return planes, torch.from_numpy(np.stack(wanted))

    def _trouble(
        self, canvas: npt.NDArray[np.uint8], points: npt.NDArray[np.float32], strength: float
    ) -> npt.NDArray[np.uint8]:
        tint = self._tint if np.array_equal(canvas[90:126, 90:126, 0], canvas[90:126, 90:126, 2]) else None
        return troubled_chip(canvas, points, self.random, tint, strength)

    def _tint(self) -> npt.NDArray[np.uint8]:
        return self._faces.canvases[self.random.choice(self._coloured)]


class _Stream(IterableDataset[tuple[torch.Tensor, torch.Tensor]]):
    """Batches without end, drawn anew in every process that makes them."""

    def __init__(self, plan: Plan, prepared: Path, targets: Targets, seed: list[int]) -> None:
        self._made_of = plan, prepared, targets, seed

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        plan, prepared, targets, seed = self._made_of
        cv2.setNumThreads(0)
        process = get_worker_info()
        own = [*seed, process.id] if process else seed
        samples = _Samples(plan, load_faces(prepared), targets, own)
        while True:
            yield samples.batch(plan.batch)


def _batches(
    plan: Plan, prepared: Path, targets: Targets, seed: list[int]
) -> Iterable[tuple[torch.Tensor, torch.Tensor]]:
    stream = _Stream(plan, prepared, targets, seed)
    if not plan.loaders:
        return stream
    return DataLoader(
        stream,
        batch_size=None,
        num_workers=plan.loaders,
        prefetch_factor=4,
        pin_memory=plan.device == "cuda",
    )


def _fit_head(student: Student, plan: Plan, faces: Faces, targets: Targets) -> None:
    """Begin with a good head: the principal components of dlib's last maps, and a ridge regression behind them."""
    samples = _Samples(plan, faces, targets, [plan.seed, 99])
    maps, wanted = [], []
    with torch.no_grad():
        for _ in range(FITTED // 64):
            chips, aims = samples.batch(64, strength=0.3)
            with torch.autocast("cpu", torch.bfloat16):
                maps.append(student.maps(chips.float()).float())
            wanted.append(aims)
        inner, aims = torch.cat(maps), torch.cat(wanted)
        middle = inner.mean(0)
        _, spread, directions = torch.linalg.svd(inner - middle, full_matrices=False)
        scale = spread[: plan.hidden] / len(inner) ** 0.5
        floor = scale[len(scale) // 4]
        weights = directions[: plan.hidden] / torch.maximum(scale, floor)[:, None]
        student.hidden.weight.copy_(weights)
        student.hidden.bias.copy_(-weights @ middle)
        given = student.slope(student.hidden(inner))
        given = torch.cat([given, torch.ones(len(given), 1)], 1)
        ridge = 0.03 * len(given) * torch.eye(given.shape[1])
        found = torch.linalg.solve(given.T @ given + ridge, given.T @ aims)
        student.out.weight.copy_(found[:-1].T)
        student.out.bias.copy_(found[-1])


def _bank(targets: Targets) -> torch.Tensor:
    """Every target that is trained on, float32 [targets, dimension]."""
    said = np.concatenate([targets.faces[targets.rows], targets.of_blends])
    return torch.from_numpy(targets.short(said))


def _work(
    rank: int,
    plan: Plan,
    prepared: Path,
    targets: Targets,
    shared: torch.Tensor,
    clock: torch.Tensor,
    barrier: Barrier | None,
    folder: Path,
) -> None:
    """One worker's run: steps of its own, and the mean of all workers' weights every few."""
    device = torch.device(plan.device)
    if plan.device == "cpu":
        torch.set_num_threads(1 if barrier else torch.get_num_threads())
    cv2.setNumThreads(0)
    student = Student(plan.dimension, plan.hidden)
    student.take(shared[rank])
    student = student.to(device, memory_format=torch.channels_last)
    student.freeze(plan.frozen)
    optimiser = torch.optim.AdamW(
        [
            {"params": student.backbone(), "lr": plan.backbone_rate, "highest": plan.backbone_rate},
            {"params": student.head(), "lr": plan.head_rate, "highest": plan.head_rate},
        ],
        weight_decay=plan.decay,
        fused=True,
    )
    begun = time.monotonic() - float(clock[1])
    done = int(clock[0])
    moments = folder / f"moments{rank}.pt"
    if done and moments.is_file():
        optimiser.load_state_dict(torch.load(moments, weights_only=True))
    batches = iter(_batches(plan, prepared, targets, [plan.seed, rank, done]))
    bank = _bank(targets).to(device)
    saved, round_number = time.monotonic(), 0
    per_round = plan.batch * plan.average_every * plan.workers
    while True:
        if barrier:
            barrier.wait()
        progress = int(clock[0]) / plan.samples
        if plan.minutes is not None:
            progress = max(progress, float(clock[1]) / 60 / plan.minutes)
        if progress >= 1:
            break
        losses = []
        for step in range(plan.average_every):
            within = progress + step * plan.batch * plan.workers / plan.samples
            for group in optimiser.param_groups:
                group["lr"] = group["highest"] * _rate(within)
            losses.append(_step(student, optimiser, next(batches), bank, plan))
        shared[rank] = student.flat()
        if barrier:
            barrier.wait()
            student.take(shared.mean(0))
        round_number += 1
        due = time.monotonic() - saved > SAVE_EVERY_SECONDS
        if barrier:
            barrier.wait()
        if rank == 0:
            clock[0] += per_round
            clock[1] = time.monotonic() - begun
            clock[2] = float(due)
            if round_number % REPORT_EVERY == 0:
                _log(folder, clock, losses)
        if barrier:
            barrier.wait()
        if clock[2]:
            saved = time.monotonic()
            _save(student, optimiser, plan, clock, folder, rank)
    _save(student, optimiser, plan, clock, folder, rank, last=True)


def _rate(progress: float) -> float:
    """A short warm-up, then half a cosine to a hundredth."""
    if progress < WARM_UP:
        return 0.1 + 0.9 * progress / WARM_UP
    along = (progress - WARM_UP) / (1 - WARM_UP)
    return float(0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * min(along, 1))))


def _step(
    student: Student,
    optimiser: torch.optim.Optimizer,
    batch: tuple[torch.Tensor, torch.Tensor],
    bank: torch.Tensor,
    plan: Plan,
) -> tuple[float, float, float]:
    chips, wanted = batch
    device = torch.device(plan.device)
    wanted = wanted.to(device)
    planes = chips.to(device).float().contiguous(memory_format=torch.channels_last)
    with torch.autocast(plan.device, torch.bfloat16):
        given = student(planes)
    given = functional.normalize(given.float())
    apart = 1 - (given * wanted).sum(1).mean()
    relations = (given @ given.T - wanted @ wanted.T).square().mean()
    likely = functional.softmax(plan.sharpness * wanted @ bank.T, 1)
    order = functional.cross_entropy(plan.sharpness * given @ bank.T, likely)
    loss = apart + plan.relations * relations + plan.contrast * order
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(student.parameters(), 5.0)
    optimiser.step()
    return float(apart.detach()), float(relations.detach()), float(order.detach())


def _log(folder: Path, clock: torch.Tensor, losses: list[tuple[float, float, float]]) -> None:
    apart, relations, order = np.mean(losses, axis=0)
    line = {
        "samples": int(clock[0]),
        "seconds": round(float(clock[1])),
        "cosine_loss": round(float(apart), 4),
        "relations_loss": round(float(relations), 5),
        "contrast_loss": round(float(order), 4),
        "samples_a_second": round(float(clock[0]) / max(float(clock[1]), 1e-9), 1),
    }
    with (folder / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _save(
    student: Student,
    optimiser: torch.optim.Optimizer,
    plan: Plan,
    clock: torch.Tensor,
    folder: Path,
    rank: int,
    *,
    last: bool = False,
) -> None:
    """Keep the weights (rank 0) and this worker's moments, each whole or not at all."""
    if not last:
        part = folder / f"moments{rank}.part"
        torch.save(optimiser.state_dict(), part)
        part.replace(folder / f"moments{rank}.pt")
    if rank == 0:
        part = folder / "student.part"
        kept = {
            "plan": asdict(plan),
            "weights": student.flat(),
            "samples": plan.samples if last else int(clock[0]),
            "seen": int(clock[0]),
            "seconds": float(clock[1]),
        }
        torch.save(kept, part)
        part.replace(folder / "student.pt")
