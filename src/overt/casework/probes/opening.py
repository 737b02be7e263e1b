"""Commands about probes. The chain knows of a probe before it is looked at, and how many faces were found after."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Final

from overt.biometrics import packs
from overt.casework.actor import Actor
from overt.casework.commands import Work, command
from overt.casework.per_office import PerOffice
from overt.casework.probes._file import ProbeFile, opened_file
from overt.casework.probes._footage import ProbeProgress, look_at_footage, no_progress
from overt.casework.probes._looking import LIMITS, Looked, look_at_still, template_for
from overt.casework.probes._views import face_view
from overt.casework.probes.held import HeldFace, HeldProbe, closes_at, desk_of
from overt.casework.probes.models import FacePicture, NewProbe, ProbeView
from overt.casework.probes.searched import SearchedFace
from overt.errors import InputError, MissingError, OvertError, RateError
from overt.gallery import is_picture
from overt.records.tables import new_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from overt.biometrics import Contract, ModelPack
    from overt.casework.office import Office

__all__ = ["close_probe", "face_to_search", "list_probes", "open_probe", "show_face", "show_probe"]

CLIPS_AT_ONCE: Final = 2
"""Of one office; each takes a process and a core or more."""

_turns_of: Final = PerOffice(lambda _: threading.BoundedSemaphore(CLIPS_AT_ONCE))


def open_probe(
    office: Office,
    actor: Actor,
    new: NewProbe,
    content: bytes | Path,
    progress: Callable[[ProbeProgress], None] = no_progress,
) -> ProbeView:
    """Look at a picture or clip that is handed in, and offer every face in it. Nothing of it is stored.

    A clip is looked at by a sealed process, about as fast as docs/retrospective.md says; this waits for it.

    Args:
        office: the office.
        actor: the investigator; what they open is theirs alone.
        new: its name, and why it is looked at.
        content: the file, or where it is; a clip's file is read where it lies, and never copied to a disk.
        progress: is told about twice a second how far a clip is.

    Raises:
        AuthorityError: they may not.
        ImageError: the file or picture cannot be read.
        InputError: nothing of the clip can be read, or it shows more faces than can be offered.
        PackError: the pack is missing or altered.
        ConflictError: too much is open already.
        RateError: other clips are being looked at.
        EngineError: the process that looks at clips could not begin.
    """
    begin_probe.authorise(actor)
    pack = packs.load(new.pack)
    with opened_file(content, new.name) as file:
        probe_id = begin_probe(office, actor, new, file.sha256, file.size)
        software = Actor.software("probes")
        try:
            if is_picture(file.head):
                looked = look_at_still(pack.contract, file.read(LIMITS.mib), new.name)
            else:
                looked = _look_at_clip(office, actor, new, pack, file, progress)
            view = _put(office, actor, new, pack.contract, file.sha256, looked, probe_id)
        except OvertError as error:
            record_probe(office, software, probe_id, None, type(error).__name__)
            raise
    record_probe(office, software, probe_id, looked, "")
    return view


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
    """Forget a probe and overwrite what was held of it.

    Raises:
        MissingError: it is not open, or is somebody else's.
    """
    work.note(probe_id)
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


def _look_at_clip(  # noqa: PLR0917 - the clip, whose it is, and how it is looked at
    office: Office,
    actor: Actor,
    new: NewProbe,
    pack: ModelPack,
    file: ProbeFile,
    progress: Callable[[ProbeProgress], None],
) -> Looked:
    turn = _turns_of(office)
    if not turn.acquire(blocking=False):
        raise RateError(
            f"{CLIPS_AT_ONCE} clips are being looked at at this moment",
            "Try again when one is done",
            wait_seconds=30,
        )
    try:
        seals = office.policy.deployments.required_seals
        return look_at_footage(pack, file.descriptor(), new.name, actor.id, new.reason, seals, progress)
    finally:
        turn.release()


def _put(  # noqa: PLR0917 - what a probe is made of
    office: Office,
    actor: Actor,
    new: NewProbe,
    contract: Contract,
    sha256: str,
    looked: Looked,
    probe_id: str,
) -> ProbeView:
    now = office.now()
    view = ProbeView(
        id=probe_id,
        kind="still" if looked.seconds is None else "footage",
        name=new.name,
        sha256=sha256,
        width=looked.width,
        height=looked.height,
        seconds=looked.seconds,
        pictures=looked.pictures,
        faces=tuple(face_view(face) for face in looked.faces),
        troubles=looked.troubles,
        pack=contract.pack,
        pack_version=contract.version,
        opened_at=now,
        closes_at=closes_at(now),
    )
    desk_of(office).put(HeldProbe(view, new.reason, actor.id, {face.id: face for face in looked.faces}))
    return view


def _face_of(probe: HeldProbe, face_id: str) -> HeldFace:
    face = probe.faces.get(face_id)
    if face is None:
        raise MissingError(f"{probe.view.id} has no face {face_id}", "Look at the faces that it has")
    return face
