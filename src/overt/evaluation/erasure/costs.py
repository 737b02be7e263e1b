"""What each seal costs: the engine's inference with and without it, in two processes that take turns."""

from __future__ import annotations

import json
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from overt.engine.launch import start_process
from overt.engine.seal import SEALS
from overt.errors import EvaluationError
from overt.evaluation.erasure.faces import simulated_faces
from overt.evaluation.erasure.film import compose_footage

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from overt.biometrics import ModelPack

__all__ = ["SealCost", "seal_costs"]

WORKER: Final = "overt.evaluation.erasure.cost_worker"
FIRST_STAGE: Final = ("no-new-privileges", "no-filesystem-writes")
ROUNDS: Final = 15
FRAMES: Final = 6
FACES: Final = 5
WAIT_SECONDS: Final = 120.0


class SealCost(msgspec.Struct, frozen=True, kw_only=True):
    """The time that the same work takes with a seal, over the time that it takes without any.

    Attributes:
        seal: its name, or several that come together; `every seal` for all at once.
        ratio: the median over the rounds.
        low, high: the quartiles of the rounds.
        rounds: how many there were; in each, both processes did the work once, one after the other.
    """

    seal: str
    ratio: float
    low: float
    high: float
    rounds: int


@dataclass(frozen=True, slots=True)
class _Variant:
    """Which seals a worker sets, and how it is started."""

    name: str
    seals: tuple[str, ...] = ()
    confined: bool = False
    overwrite_freed: bool = False
    overwrites: bool = False


def seal_costs(
    pack: ModelPack, *, rounds: int = ROUNDS, progress: Callable[[str], None] = lambda _: None
) -> list[SealCost]:
    """Measure what each seal costs, and all of them together.

    The work is a frame with five faces: leased, detected, aligned and embedded, and its leases overwritten where that
    is what is measured. Both workers do it in turns in one run, so a busy machine slows both.

    Args:
        pack: the model pack.
        rounds: how many turns each takes.
        progress: is told what is going on.

    Raises:
        EvaluationError: a worker ended before its work was done.
    """
    with tempfile.TemporaryDirectory(prefix="overt-costs-") as folder:
        clip = compose_footage(Path(folder), simulated_faces(FACES)).groups[0].path
        costs = []
        for variant in _variants():
            progress(variant.name)
            ratios = _ratios(pack, clip, variant, rounds)
            low, middle, high = statistics.quantiles(ratios, n=4)
            costs.append(
                SealCost(
                    seal=variant.name,
                    ratio=round(middle, 3),
                    low=round(low, 3),
                    high=round(high, 3),
                    rounds=rounds,
                )
            )
    return costs


def _variants() -> list[_Variant]:
    alone = [
        name for name in SEALS if name not in {*FIRST_STAGE, "freed-memory-overwritten", "clean-environment"}
    ]
    return [
        *(_Variant(name, (name,)) for name in alone),
        _Variant(" and ".join(FIRST_STAGE), confined=True),
        _Variant("freed-memory-overwritten", overwrite_freed=True),
        _Variant("leases overwritten", overwrites=True),
        _Variant("every seal", SEALS, confined=True, overwrite_freed=True, overwrites=True),
    ]


def _ratios(pack: ModelPack, clip: Path, variant: _Variant, rounds: int) -> list[float]:
    with _Worker(pack, clip, _Variant("none")) as without, _Worker(pack, clip, variant) as sealed:
        ratios = []
        for turn in range(rounds):
            # Who goes first changes from round to round, so that neither has the warmer cache.
            order = (without, sealed) if turn % 2 else (sealed, without)
            times = {worker: worker.work() for worker in order}
            ratios.append(times[sealed] / times[without])
    return ratios


class _Worker:
    """A process that is sealed as told and does the work when asked."""

    def __init__(self, pack: ModelPack, clip: Path, variant: _Variant) -> None:
        self._process, self._end = start_process(
            WORKER, overwrite_freed=variant.overwrite_freed, confined=variant.confined
        )
        self._end.settimeout(WAIT_SECONDS)
        self._lines = self._end.makefile("rb")
        self._tell(
            pack=str(pack.folder),
            clip=str(clip),
            seals=list(variant.seals),
            overwrites=variant.overwrites,
            frames=FRAMES,
        )
        self._hear()

    def work(self) -> float:
        """Do the work once; seconds that it took."""
        self._tell(go=True)
        return float(self._hear()["seconds"])

    def _tell(self, **what: Any) -> None:
        self._end.sendall(json.dumps(what).encode() + b"\n")

    def _hear(self) -> dict[str, Any]:
        line = self._lines.readline()
        if not line:
            raise EvaluationError(
                f"a process that measures the seals' cost has ended (status {self._process.wait()})",
                "Run `overt doctor`",
            )
        heard: dict[str, Any] = json.loads(line)
        return heard

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._lines.close()
        self._end.close()
        self._process.kill()
        self._process.wait()
