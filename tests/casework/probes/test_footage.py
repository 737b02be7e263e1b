"""A clip that is handed in: its passages are offered as faces, and nothing of it reaches a disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from overt.biometrics import ModelPack
from overt.casework import Actor, Office
from overt.casework import probes as p
from overt.casework.probes import opening
from overt.errors import InputError, RateError
from overt.records.tables import AuditEntry


def _new(pack: ModelPack) -> p.NewProbe:
    return p.NewProbe(name="till camera", reason="Robbery at the till", pack=pack.manifest.id)


def _written(office: Office) -> str:
    with office.database.reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
        return " ".join(f"{entry.actor_name} {entry.command} {entry.details}" for entry in entries)


def test_a_clips_passages_are_offered(
    office: Office, office_folder: Path, investigator: Actor, pack: ModelPack, clip: Path
) -> None:
    told: list[p.ProbeProgress] = []
    before = set(office_folder.rglob("*"))
    content = clip.read_bytes()
    probe = p.open_probe(office, investigator, _new(pack), content, told.append)
    assert probe.kind == "footage"
    assert probe.seconds == pytest.approx(4, abs=0.5)
    assert probe.troubles == ()
    assert told[-1].faces == len(probe.faces) >= 2
    assert told[-1].seconds == probe.seconds
    for face in probe.faces:
        assert face.first_seconds is not None
        assert face.last_seconds is not None
        assert all(face.first_seconds <= shot.seconds <= face.last_seconds + 1e-3 for shot in face.shots)
    assert [face.first_seconds for face in probe.faces] == sorted(
        face.first_seconds for face in probe.faces if face.first_seconds is not None
    )
    usable = next(face for face in probe.faces if face.verdict != "unusable")
    searched = p.face_to_search(office, investigator, probe.id, usable.id, pack.contract)
    assert np.linalg.norm(searched.template) == pytest.approx(1.0, abs=1e-5)
    assert (searched.kind, searched.first_seconds) == ("footage", usable.first_seconds)
    for shot in range(len(usable.shots)):
        assert p.show_face(office, investigator, probe.id, usable.id, shot).content.startswith(b"\xff\xd8")
    written = _written(office)
    assert '"kind":"footage"' in written.replace(" ", "")
    assert "till" not in written
    assert set(office_folder.rglob("*")) == before
    still_open = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert not [target for target in still_open if "memfd:clip" in str(target)]


def test_a_path_gives_what_its_bytes_give(
    office: Office, investigator: Actor, pack: ModelPack, clip: Path
) -> None:
    from_path = p.open_probe(office, investigator, _new(pack), clip)
    from_bytes = p.open_probe(office, investigator, _new(pack), clip.read_bytes())
    assert from_path.sha256 == from_bytes.sha256
    assert [face.shots for face in from_path.faces] == [face.shots for face in from_bytes.faces]


@pytest.mark.parametrize("content", [b"", b"neither a picture nor a clip" * 100, b"\0" * 5000])
def test_what_is_no_clip_is_said(
    office: Office, investigator: Actor, pack: ModelPack, content: bytes
) -> None:
    with pytest.raises(InputError, match="Nothing of till camera can be read"):
        p.open_probe(office, investigator, _new(pack), content)
    assert '"result":"InputError"' in _written(office).replace(" ", "")


def test_few_clips_are_looked_at_at_once(
    office: Office, investigator: Actor, pack: ModelPack, clip: Path
) -> None:
    turns = opening._turns_of(office)
    for _ in range(opening.CLIPS_AT_ONCE):
        assert turns.acquire(blocking=False)
    with pytest.raises(RateError, match="are being looked at"):
        p.open_probe(office, investigator, _new(pack), clip)
    turns.release(opening.CLIPS_AT_ONCE)
