"""Clips looked at by a real cluster's workers: the same to the bit, after a machine is lost too, and nowhere kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from overt.biometrics import ModelPack
from overt.casework import Actor, Office, use_cluster
from overt.casework import probes as p
from overt.casework.probes.held import HeldFace, desk_of
from overt.errors import InputError

pytest.importorskip("ray")

from overt.gallery import shards
from tests.gallery.shards.conftest import machines

if TYPE_CHECKING:
    from tests.gallery.shards.conftest import Machines

__all__ = ["machines"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.parametrize("database_kind", ["sqlite"]),
]


class _Watched(shards.Crew):
    """A crew of which it is known afterwards how many workers it lost."""

    lost = 0

    def close(self) -> None:
        type(self).lost += self.losses
        super().close()


def _new(pack: ModelPack, name: str) -> p.NewProbe:
    return p.NewProbe(name=name, reason="Robbery at the till", pack=pack.manifest.id)


def _all_of(face: HeldFace) -> list[object]:
    """Everything that a face is made of, templates to the bit."""
    return [
        (face.id, face.verdict, face.findings, face.first_seconds, face.last_seconds),
        *(
            (
                shot.jpeg.tobytes(),
                shot.size,
                shot.box.tobytes(),
                shot.landmarks.tobytes(),
                shot.picture_box.tobytes(),
                shot.measures,
                shot.seconds,
                {contract.version: template.tobytes() for contract, template in shot.templates.items()},
            )
            for shot in face.shots
        ),
    ]


def _held(office: Office, actor: Actor, view: p.ProbeView | None) -> list[list[object]]:
    assert view is not None
    probe = desk_of(office).find(view.id, actor.id, office.now())
    return [_all_of(face) for face in probe.faces.values()]


def _kept(folder: Path, needle: bytes) -> list[Path]:
    """Files that hold it, of what Ray wrote and what is shared in memory."""
    files = [*folder.rglob("*"), *Path("/dev/shm").rglob("*")]  # noqa: S108 - read, not used
    return [file for file in files if file.is_file() and needle in file.read_bytes()]


def test_workers_see_what_one_process_sees_and_what_is_lost_is_looked_at_again(  # noqa: PLR0917 - fixtures
    office: Office,
    investigator: Actor,
    pack: ModelPack,
    clip: Path,
    machines: Machines,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone = p.open_probe(office, investigator, _new(pack, "till camera"), clip)
    wanted = _held(office, investigator, alone)
    assert len(wanted) >= 2
    monkeypatch.setattr(shards, "Crew", _Watched)
    use_cluster(office, machines.address)
    told: set[str] = set()
    killed: list[str] = []

    def kill_once(now: p.HandingIn) -> None:
        if now.clip.seconds > 0.2:
            told.add(now.name)
        if len(told) == 2 and not killed:
            killed.append(now.name)
            machines.kill()

    damaged = clip.parent / "damaged.mp4"
    damaged.write_bytes(b"not a clip" * 5000)
    files = [(_new(pack, "one"), clip), (_new(pack, "damaged"), damaged), (_new(pack, "two"), clip)]
    first, none, second = p.open_probes(office, investigator, files, kill_once)
    assert killed
    assert _Watched.lost >= 1  # as many as were on that machine
    assert _held(office, investigator, first.probe) == wanted
    assert _held(office, investigator, second.probe) == wanted
    assert isinstance(none.error, InputError)
    assert "Nothing of damaged can be read" in none.error.what
    opened = [one.name for one in p.list_probes(office, investigator)]
    assert opened == ["till camera", "one", "two"]

    content = clip.read_bytes()
    shot = desk_of(office).find(alone.id, investigator.id, office.now()).faces["face-1"].shots[0]
    for needle in (
        content[len(content) // 2 :][:64],
        content[len(content) // 4 :][:64],
        shot.jpeg.tobytes()[-300:-236],
        shot.templates[pack.contract].tobytes()[:64],
    ):
        assert _kept(machines.folder, needle) == []
        assert machines.in_shared_stores(needle) == 0
        control = machines.folder / "control"
        control.write_bytes(b"before" + needle)
        assert _kept(machines.folder, needle) == [control]
        control.unlink()
    damaged.unlink()
