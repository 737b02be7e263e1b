"""Commands about open probes. The chain knows of one before it is looked at, and how many faces were found after."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from overt.casework.commands import Work, command
from overt.casework.probes._looking import Looked, template_for
from overt.casework.probes._views import face_view
from overt.casework.probes.held import HeldFace, HeldProbe, desk_of
from overt.casework.probes.models import FacePicture, NewProbe, ProbeView
from overt.casework.probes.searched import SearchedFace
from overt.errors import InputError, MissingError
from overt.records.tables import new_id

if TYPE_CHECKING:
    from overt.biometrics import Contract
    from overt.casework.actor import Actor
    from overt.casework.office import Office

__all__ = [
    "begin_probe",
    "close_probe",
    "face_to_search",
    "list_probes",
    "record_probe",
    "show_face",
    "show_probe",
]


@command("probes.open")
def begin_probe(work: Work, new: NewProbe, sha256: str, size: int) -> str:
    """Enter that a probe is about to be looked at, by whom, and a digest of it and of the reason; its id."""
    probe_id = new_id("probe")
    reason = hashlib.sha256(new.reason.encode()).hexdigest()
    work.note(probe_id, sha256=sha256, bytes=size, reason_sha256=reason, pack=new.pack)
    return probe_id


@command("probes.record-faces")
def record_probe(work: Work, probe_id: str, looked: Looked | None, error: str) -> None:
    """Enter what came of looking: how many faces, or which kind of error."""
    work.note(probe_id)
    if looked is None:
        work.note(probe_id, result=error)
        return
    verdicts = [face.verdict for face in looked.faces]
    work.note(
        probe_id,
        result="opened",
        kind="still" if looked.seconds is None else "footage",
        pictures=looked.pictures,
        faces=len(verdicts),
        usable=len(verdicts) - verdicts.count("unusable"),
        troubles=len(looked.troubles),
    )


@command("probes.list")
def list_probes(work: Work) -> tuple[ProbeView, ...]:
    """The probes that the person has open, the oldest first."""
    held = desk_of(work.office).of(work.actor.id, work.now)
    work.note("", probes=len(held))
    return tuple(probe.view for probe in held)


@command("probes.show")
def show_probe(work: Work, probe_id: str) -> ProbeView:
    """An open probe and every face found in it.

    Raises:
        MissingError: it is not open, or is somebody else's.
    """
    work.note(probe_id)
    return desk_of(work.office).find(probe_id, work.actor.id, work.now).view


@command("probes.show-face")
def show_face(work: Work, probe_id: str, face_id: str, shot: int = 0) -> FacePicture:
    """A face of an open probe with what surrounds it, as a JPEG; every other face is masked.

    Raises:
        MissingError: the probe is not open, or has no such face or shot.
    """
    work.note(probe_id, face=face_id, shot=shot)
    desk = desk_of(work.office)
    with desk.lock:
        face = _face_of(desk.find(probe_id, work.actor.id, work.now), face_id)
        if not 0 <= shot < len(face.shots):
            raise MissingError(
                f"The face {face_id} has {len(face.shots)} shots, and no shot {shot}", "Count from 0"
            )
        content = face.shots[shot].jpeg.tobytes()
    return FacePicture(probe_id=probe_id, face_id=face_id, shot=shot, content=content)


@command("probes.close")
def close_probe(work: Work, probe_id: str) -> None:
    """Forget a probe and overwrite what was held of it; one that is still being looked at is stopped.

    Raises:
        MissingError: it is not open, or is somebody else's.
    """
    from overt.casework.probes.looking_room import looking_room

    work.note(probe_id)
    if looking_room(work.office).stop(probe_id, work.actor.id):
        return
    desk = desk_of(work.office)
    desk.find(probe_id, work.actor.id, work.now)
    work.after_commit.append(lambda: desk.close(probe_id))


def face_to_search(
    office: Office, actor: Actor, probe_id: str, face_id: str, contract: Contract
) -> SearchedFace:
    """What a search needs of one face of an open probe: a copy, with the template made for the collection's pack.

    Not a command: the search that calls it is. It may take as long as one inference.

    Args:
        office: the office.
        actor: whose probe it is.
        probe_id: the open probe.
        face_id: the face that was picked.
        contract: of the collection's templates.

    Raises:
        MissingError: the probe is not open, is somebody else's, or has no such face.
        InputError: the face is too small or too poor to be compared.
        ContractError, PackError: the collection's pack cannot be used.
    """
    desk = desk_of(office)
    with desk.lock:
        probe = desk.find(probe_id, actor.id, office.now())
        face = _face_of(probe, face_id)
        if face.verdict == "unusable":
            raise InputError(
                f"The face {face_id} is too small or too poor to be compared with anybody",
                "Choose another, or look for a better picture",
                field="face_id",
            )
        template = template_for(face, contract)
        best = face_view(face)
        return SearchedFace(
            probe_id=probe_id,
            face_id=face_id,
            kind=probe.view.kind,
            name=probe.view.name,
            reason=probe.reason,
            sha256=probe.view.sha256,
            contract=contract,
            template=template,
            picture=face.shots[0].jpeg.tobytes(),
            shot=best.shots[0],
            verdict=face.verdict,
            findings=best.findings,
            faces_in_probe=len(probe.faces),
            first_seconds=face.first_seconds,
            last_seconds=face.last_seconds,
        )


def _face_of(probe: HeldProbe, face_id: str) -> HeldFace:
    face = probe.faces.get(face_id)
    if face is None:
        raise MissingError(f"{probe.view.id} has no face {face_id}", "Look at the faces that it has")
    return face
