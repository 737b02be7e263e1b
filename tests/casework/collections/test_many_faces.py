"""Real faces by the dozen: who is found again, and who is reported."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from overt.biometrics import ModelPack
from overt.casework import collections as c
from overt.gallery import EnrolmentDesk
from tests.casework.collections.suite import Suite, folder_of

PEOPLE = 24


@pytest.mark.shared
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_people_are_found_again_and_one_under_two_references_is_reported(
    suite: Suite, tmp_path: Path, shared_data: Path, pack: ModelPack
) -> None:
    faces = shared_data / "faces"
    pictures: defaultdict[str, dict[str, Path]] = defaultdict(dict)
    with (faces / "lfw_manifest.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["role"] in {"gallery", "mated"} and len(pictures) <= PEOPLE:
                pictures[row["identity"]][row["role"]] = faces / row["image"]
    people = {who: files for who, files in pictures.items() if len(files) == 2}
    assert len(people) >= PEOPLE - 1
    first, *others = people
    files = {f"{who}/1.jpg": held["gallery"].read_bytes() for who, held in people.items()}
    files["alias.jpg"] = people[first]["mated"].read_bytes()
    done = suite.ingest(folder_of(tmp_path / "in", files))
    assert done.added >= 0.8 * len(files)

    index = c.index_of(suite.office, suite.name)
    desk = EnrolmentDesk(pack, covered=False)
    looks = [desk.judge(desk.read(people[who]["mated"], who), who) for who in others]
    desk.embed()
    probes = {
        who: look.template for who, look in zip(others, looks, strict=True) if look.template is not None
    }
    best = index.search(np.stack(list(probes.values())), 1).ids[:, 0].tolist()
    facts = suite.ask(lambda work: c.images_by_number(work, suite.show().id, best))
    held = {row.reference for row in suite.rows(done) if row.result == "added"}
    wanted = [who for who in probes if who in held]
    right = sum(facts[number].reference == who for who, number in zip(probes, best, strict=True))
    assert len(wanted) >= 0.7 * len(others)
    assert right >= 0.8 * len(wanted)

    c.compare_images(suite.office, suite.manager, suite.name)
    assert {first, "alias"} <= held
    assert ("same-person", *sorted(("alias", first))) in {
        (kind, *sorted(pair)) for kind, *pair in suite.pairs()
    }
    assert suite.show().images == done.added, "nothing is done about it"
