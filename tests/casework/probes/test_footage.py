"""A clip that is handed in: its passages are offered as faces, and nothing of it reaches a disk."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from sqlalchemy import select

from overt.biometrics import ModelPack
from overt.casework import Actor, Office
from overt.casework import probes as p
from overt.casework.probes import _clips
from overt.engine import FootageEngine, FootagePassage, FootageProgress, FootageShot
from overt.errors import EngineError, InputError, RateError
from overt.records.tables import AuditEntry
from tests.gallery import portraits
from tests.video.films import repacked


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
    assert probe.seconds == pytest.approx(6, abs=0.5)
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


def test_a_clip_is_read_where_it_lies(
    office: Office, investigator: Actor, pack: ModelPack, clip: Path
) -> None:
    probe = p.open_probe(office, investigator, _new(pack), clip)
    assert (probe.kind, probe.width, probe.height) == ("footage", 1280, 720)
    assert probe.sha256 == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert probe.faces


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
    turns = _clips.turns_of(office)
    for _ in range(_clips.CLIPS_AT_ONCE):
        assert turns.acquire(blocking=False)
    with pytest.raises(RateError, match="are being looked at"):
        p.open_probe(office, investigator, _new(pack), clip)
    turns.release(_clips.CLIPS_AT_ONCE)


def passage(pack: ModelPack) -> FootagePassage:
    """One as the process gives it."""
    portrait = portraits.astronaut()
    template = np.ones(pack.contract.dimension, "<f4") / np.sqrt(np.float32(pack.contract.dimension))
    shot = FootageShot(
        seconds=1.5,
        picture_box=(150.0, 60.0, 300.0, 250.0),
        cut=cv2.imencode(".jpg", portrait)[1].tobytes(),
        box=(170.0, 60.0, 280.0, 200.0),
        landmarks=((199.0, 110.0), (245.0, 108.0), (222.0, 140.0), (203.0, 160.0), (244.0, 158.0)),
        measures={"eye_distance": 46.0, "quality": 0.8, "detector_score": 0.9},
        template=template.astype("<f4").tobytes(),
    )
    return FootagePassage(number=1, first_seconds=1.0, last_seconds=2.0, shots=(shot,))


@pytest.mark.parametrize("given", [0, 1])
def test_a_clip_that_breaks_the_process_gives_what_came_before(
    office: Office,
    investigator: Actor,
    pack: ModelPack,
    monkeypatch: pytest.MonkeyPatch,
    given: int,
) -> None:
    class Breaking:
        """A run whose decoder dies."""

        def messages(self) -> Iterator[object]:
            yield FootageProgress(seconds=2.0, decoded=30, looked_at=20 * given, width=1280, height=720)
            yield from [passage(pack)] * given
            raise EngineError("The engine has died on this clip (status -11)", "Convert it")

    monkeypatch.setattr(FootageEngine, "start", lambda *_: contextlib.nullcontext(Breaking()))
    if not given:
        with pytest.raises(InputError, match="Nothing of till camera can be read: The engine has died"):
            p.open_probe(office, investigator, _new(pack), b"a clip that is no good")
        return
    probe = p.open_probe(office, investigator, _new(pack), b"a clip that is no good")
    assert [face.verdict for face in probe.faces] == ["good"]
    assert probe.troubles == ("The engine has died on this clip (status -11)",)


def test_a_damaged_clip_says_what_was_passed_over(
    office: Office, investigator: Actor, pack: ModelPack, clip: Path, tmp_path: Path
) -> None:
    content = bytearray(repacked(clip, tmp_path / "till.ts").read_bytes())
    for at in range(len(content) // 3, len(content) // 2, 997):
        content[at] ^= 0x10
    probe = p.open_probe(office, investigator, _new(pack), bytes(content))
    assert probe.faces
    assert any("damaged" in trouble or "decoded" in trouble for trouble in probe.troubles)
