"""Reference footage of real people: who is sought alerts once, and nobody else does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from overt.biometrics import ModelPack
from overt.engine import Alert, Begin, Engine, EngineLimits, FeedSpec
from overt.gallery import load_watchlist
from tests.gallery.filler import synthetic_templates
from tests.shared_packs import shared_pack

pytestmark = [pytest.mark.shared, pytest.mark.slow]


@pytest.fixture(scope="module")
def research(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> ModelPack:
    return shared_pack(tmp_path_factory.mktemp("pack"))


@pytest.mark.parametrize(("feeds", "entries"), [(("film",), 3), (("film", "crowd"), 10_000)])
def test_the_people_sought_alert_once_each_and_nobody_else_does(
    research: ModelPack, shared_data: Path, feeds: tuple[str, ...], entries: int
) -> None:
    films = {"film": "hamilton.mp4", "crowd": "crowd.mp4"}
    people = load_watchlist(shared_data / "video/hamilton_gallery", research)
    filler = synthetic_templates(entries - len(people), research.contract.dimension, seed=1)
    begin = Begin(
        pack=str(research.folder),
        contract=research.contract,
        operating_point=research.manifest.operating_point,
        feeds=tuple(
            FeedSpec(name=name, uri=str(shared_data / "video" / films[name]), pace="max") for name in feeds
        ),
        entries=(*people.references, *(f"filler-{i}" for i in range(len(filler)))),
        templates=np.concatenate([people.templates, filler]).astype("<f4").tobytes(),
        entry_of_template=(*people.entry_of_template.tolist(), *range(len(people), entries)),
        limits=EngineLimits(),
    )
    with Engine.start(begin) as engine:
        alerts = Counter((m.feed, m.entry) for m in engine.messages() if isinstance(m, Alert))
    assert alerts == {("film", "lin-manuel-miranda"): 1, ("film", "obama"): 1}
