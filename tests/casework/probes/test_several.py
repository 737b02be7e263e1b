"""Several pictures handed in at once: offered together, held together, and one that is damaged harms no other."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from overt.biometrics import ModelPack
from overt.casework import Actor, Office
from overt.casework import probes as p
from overt.casework.probes import handing_in
from overt.errors import ImageError, MissingError, PackError
from overt.records.tables import AuditEntry
from tests.casework.probes.pictures import encoded
from tests.gallery import portraits
from tests.offices import Clock, Staff

ONE = encoded("JPEG", image=portraits.astronaut())


def _files(pack: ModelPack, *contents: bytes) -> list[tuple[p.NewProbe, bytes]]:
    return [
        (p.NewProbe(name=f"exhibit {at}", reason="Robbery at the till", pack=pack.manifest.id), content)
        for at, content in enumerate(contents, 1)
    ]


def _open(office: Office, actor: Actor) -> list[str]:
    return [one.name for one in p.list_probes(office, actor)]


def _entries(office: Office, command: str) -> list[str]:
    with office.database.reading() as session:
        found = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
        return [str(entry.details) for entry in found if entry.command == command]


def test_a_damaged_one_is_said_and_harms_no_other(
    office: Office, investigator: Actor, pack: ModelPack
) -> None:
    damaged = encoded("PNG")[:3000]
    told: list[p.HandingIn] = []
    files = _files(pack, encoded("JPEG"), damaged, ONE)
    first, second, third = p.open_probes(office, investigator, files, told.append)
    assert [one.name for one in (first, second, third)] == ["exhibit 1", "exhibit 2", "exhibit 3"]
    assert first.probe is not None
    assert third.probe is not None
    assert [len(first.probe.faces), len(third.probe.faces)] == [2, 1]
    assert second.probe is None
    assert isinstance(second.error, ImageError)
    assert "exhibit 2" in second.error.what
    assert _open(office, investigator) == ["exhibit 1", "exhibit 3"]
    assert (told[-1].done, told[-1].files, told[-1].faces) == (3, 3, 3)
    assert len(_entries(office, "probes.open")) == 3
    assert sum("ImageError" in entry for entry in _entries(office, "probes.record-faces")) == 1
    assert p.face_to_search(
        office, investigator, third.probe.id, third.probe.faces[0].id, pack.contract
    ).template.any()


def test_those_of_one_time_count_as_one_and_go_as_one(
    office: Office, investigator: Actor, pack: ModelPack
) -> None:
    at_once = p.MOST_PROBES + 2
    p.open_probes(office, investigator, _files(pack, *[ONE] * at_once))
    assert len(_open(office, investigator)) == at_once
    new = p.NewProbe(name="later", reason="Robbery at the till", pack=pack.manifest.id)
    for _ in range(p.MOST_PROBES - 1):
        p.open_probe(office, investigator, new, ONE)
    assert len(_open(office, investigator)) == at_once + p.MOST_PROBES - 1
    p.open_probe(office, investigator, new, ONE)
    assert _open(office, investigator) == ["later"] * p.MOST_PROBES


def test_their_time_begins_when_the_last_was_looked_at(
    office: Office, investigator: Actor, pack: ModelPack, clock: Clock
) -> None:
    def slowly(_: p.HandingIn) -> None:
        clock.turn(minutes=p.LASTS_MINUTES + 1)

    became = p.open_probes(office, investigator, _files(pack, ONE, ONE, ONE), slowly)
    assert [one.probe.closes_at for one in became if one.probe] == [
        one.closes_at for one in p.list_probes(office, investigator)
    ]
    assert len(_open(office, investigator)) == 3
    clock.turn(minutes=p.LASTS_MINUTES)
    assert _open(office, investigator) == []


def test_what_fails_as_a_whole_leaves_nothing_open(
    office: Office, investigator: Actor, pack: ModelPack, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, seen = handing_in.look_at_still, []

    def failing(*given: object) -> object:
        seen.append(given)
        if len(seen) == 2:
            assert _open(office, investigator) == ["exhibit 1"]
            raise PackError("the pack was altered", "Pull it again")
        return real(*given)  # type: ignore[arg-type]  # what it was given

    monkeypatch.setattr(handing_in, "look_at_still", failing)
    with pytest.raises(PackError):
        p.open_probes(office, investigator, _files(pack, ONE, ONE, ONE))
    assert _open(office, investigator) == []
    results = _entries(office, "probes.record-faces")
    assert len(results) == len(_entries(office, "probes.open")) == 2
    assert "PackError" in results[1]


def test_nobody_elses_are_among_them(
    office: Office, investigator: Actor, pack: ModelPack, staff: Staff
) -> None:
    (one,) = p.open_probes(office, investigator, _files(pack, ONE))
    other = staff("investigator", name="another")
    assert one.probe is not None
    with pytest.raises(MissingError):
        p.show_probe(office, other, one.probe.id)
