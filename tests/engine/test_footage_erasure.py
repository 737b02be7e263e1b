"""What a footage run held of somebody is gone from its memory soon after they have been given back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from overt.biometrics import Detector, Faces, ModelPack, load_detector, load_embedder
from overt.engine import BeginFootage, FootageEngine, FootageLimits, FootagePassage, clip_in_memory
from overt.engine.covered import CoveredSearch
from overt.engine.footage_passages import FootagePipeline
from overt.engine.pipeline import Zone
from overt.engine.pools import OVERWRITTEN, LeasePool
from overt.evaluation.erasure.memory import Snapshot, take_snapshot
from overt.evaluation.erasure.needles import LENGTH, Needle, NeedleIndex
from overt.gallery import Gallery
from overt.video import Frame
from tests.engine.conftest import Street
from tests.gallery import portraits

AGE_SECONDS = 1.0


def _needles(passages: list[FootagePassage]) -> NeedleIndex:
    """Pieces of every template and of every cut as it was sent."""
    found = []
    for passage in passages:
        for shot in passage.shots:
            middle = len(shot.cut) // 2
            pieces = {"template": shot.template[: 4 * LENGTH], "cut": shot.cut[middle : middle + 4 * LENGTH]}
            found += [
                Needle(content=part[at : at + LENGTH], form=form, face=passage.number)
                for form, part in pieces.items()
                for at in range(0, 4 * LENGTH, LENGTH)
            ]
    return NeedleIndex(found)


def _left(pack: ModelPack, film: Path, module: str, *, overwrite_freed: bool = True) -> set[str]:
    """The forms in which a run still holds the first passage that it gave, a second after it did."""
    begin = BeginFootage(
        pack=str(pack.folder),
        contract=pack.contract,
        operating_point=pack.manifest.operating_point,
        clip="exhibit",
        handed_in_by="person-1",
        reason="a test",
        limits=FootageLimits(threads=1, pictures_per_second=0),
    )
    clip = clip_in_memory(film.read_bytes())
    snapshot = Snapshot()
    try:
        with FootageEngine.start(begin, clip, module=module, overwrite_freed=overwrite_freed) as engine:
            first = next(one for one in engine.messages() if isinstance(one, FootagePassage))
            time.sleep(AGE_SECONDS)
            take_snapshot(engine.pid, snapshot)
    finally:
        os.close(clip)
    assert snapshot.memory.nbytes > 50 << 20
    return {hit.needle.form for hit in _needles([first]).search(snapshot.memory)}


@pytest.mark.slow
def test_a_given_passage_is_nowhere_in_memory(pack: ModelPack, street: Street) -> None:
    assert _left(pack, street.film, "overt.evaluation.erasure.readable_footage") == set()


@pytest.mark.slow
def test_the_search_would_find_it(pack: ModelPack, street: Street) -> None:
    found = _left(pack, street.film, "overt.evaluation.erasure.leaky_footage", overwrite_freed=False)
    assert "template" in found


class _Seen:
    """A detector that finds the same face in every picture."""

    def __init__(self, faces: Faces) -> None:
        self.faces = faces

    def detect(self, pictures: list[np.ndarray]) -> list[Faces]:
        return [self.faces for _ in pictures]


class _NoScrubber:
    def detected(self, _: object) -> None: ...

    def embedded(self, _: int) -> None: ...


@pytest.mark.parametrize("forgotten", [False, True])
def test_every_lease_of_a_passage_is_overwritten_when_it_ends(
    pack: ModelPack, forgotten: bool, found_face: Callable[[np.ndarray], Faces]
) -> None:
    picture = portraits.astronaut()
    pool = LeasePool()
    embedder = load_embedder(pack, batch_sizes=(1,), threads=1)
    given: list[FootagePassage] = []
    nobody = Gallery(pack.contract)
    pipeline = FootagePipeline(
        detector=_Seen(found_face(picture)),  # type: ignore[arg-type]  # as much of one as is used
        embedder=embedder,
        gallery=CoveredSearch(pack, nobody, (), np.zeros(0, np.int64)),
        point=pack.manifest.operating_point,
        pool=pool,
        scrubber=_NoScrubber(),  # type: ignore[arg-type]
        send=given.append,
        sure_score=0.0,
        most_shots=2,
    )
    zone = Zone("exhibit")
    for i in range(60):
        lease = pool.take(picture.shape, np.uint8, "bgr", time.monotonic_ns())
        lease.array[:] = picture
        pipeline.step([(zone, Frame(lease.array, time.monotonic_ns(), 0, i / 8, i, lease))])
    kept = [one for shots in pipeline._shots.values() for one in shots.kept]
    arrays = [array for one in kept for array in (one.cut.array, one.template.array.view(np.uint8))]
    assert 1 <= len(kept) <= 2
    assert all(array.std() > 10 for array in arrays)
    if forgotten:
        pipeline.forget()
    pipeline.end_zone(zone)
    assert len(given) == (0 if forgotten else 1)
    assert pool.leases_out == 0
    assert all((array == OVERWRITTEN).all() for array in arrays)


@pytest.fixture(scope="module")
def found_face(pack: ModelPack) -> Callable[[np.ndarray], Faces]:
    """Finds the face of a portrait."""
    detector: Detector = load_detector(pack, threads=1)
    return lambda picture: detector.detect([picture])[0]
