"""Commands about reference images. Pictures are judged before the transaction begins, so that it is short."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import select

from overt.casework.commands import Work, command
from overt.casework.watchlists._desks import contract_of, desk_for
from overt.casework.watchlists._entry_views import finding_views
from overt.casework.watchlists._held import forget_list
from overt.casework.watchlists._rows import find_entry, find_image, find_watchlist, hold_watchlist
from overt.casework.watchlists._rules import check
from overt.casework.watchlists._sealed import open_picture
from overt.casework.watchlists._writing import (
    OfferedImage,
    age_findings,
    enrol_image,
    mark_changed,
    notice_unlike,
    picture_key,
    picture_mac,
    require_not_withdrawn,
)
from overt.casework.watchlists.entries import add_entry
from overt.casework.watchlists.image_models import (
    Enrolled,
    FaceView,
    ImageOutcome,
    PictureVerdict,
    PictureView,
)
from overt.casework.watchlists.look_alikes import refresh_pairs
from overt.errors import AuthorityError
from overt.gallery import Look
from overt.records.tables import ReferenceImage, Watchlist, WatchlistEntry

if TYPE_CHECKING:
    from typing import Any

    from overt.biometrics import Contract
    from overt.casework.actor import Actor
    from overt.casework.commands import Command
    from overt.casework.office import Office
    from overt.casework.watchlists.entry_models import NewEntry
    from overt.casework.watchlists.image_models import NewImage

__all__ = ["add_image", "delete_image", "enrol_subject", "judge_image", "show_image", "show_image_again"]


def judge_image(office: Office, actor: Actor, watchlist_id: str, image: NewImage) -> PictureVerdict:
    """Say whether a picture is fit to be a reference image on a list, and store nothing of it.

    Raises:
        MissingError: the list is not there.
        InputError: the day it was taken lies ahead.
        ContractError, PackError: the list's model pack cannot be used.
    """
    with office.database.reading() as session:
        watchlist = session.get(Watchlist, watchlist_id)
        contract = None if watchlist is None else contract_of(watchlist)
    return _judge(office, actor, watchlist_id, image, _offered(office, actor, _judge, contract, image))


def enrol_subject(
    office: Office, actor: Actor, watchlist_id: str, new: NewEntry, image: NewImage
) -> Enrolled:
    """Put a subject on a list together with a picture, which is looked at once. If it is refused nothing is added.

    Raises:
        MissingError: the list is not there.
        InputError: policy does not allow a field's value, or the day it was taken lies ahead.
        ConflictError: the reference is on the list already, or the list is as long as policy allows.
        ContractError, PackError: the list's model pack cannot be used.
    """
    with office.database.reading() as session:
        watchlist = session.get(Watchlist, watchlist_id)
        contract = None if watchlist is None else contract_of(watchlist)
    offered = _offered(office, actor, _judge, contract, image)
    verdict = _judge(office, actor, watchlist_id, image, offered)
    if not verdict.accepted:
        return Enrolled(entry_id=None, verdict=verdict)
    entry = add_entry(office, actor, watchlist_id, new)
    outcome = _add(office, actor, entry.id, image, offered)
    return Enrolled(entry_id=entry.id, verdict=outcome.verdict)


@command("images.judge")
def _judge(work: Work, watchlist_id: str, image: NewImage, offered: OfferedImage) -> PictureVerdict:
    find_watchlist(work, watchlist_id)
    check(work.office.policy.watchlists, work.now.date(), {"taken_on": image.taken_on})
    work.note(watchlist_id, accepted=offered.accepted, findings=[one.kind for one in offered.look.findings])
    return _verdict(offered)


def add_image(office: Office, actor: Actor, entry_id: str, image: NewImage) -> ImageOutcome:
    """Judge a picture and, if it is accepted, add it to an entry, whose approval is then taken away.

    Raises:
        MissingError: the entry is not there.
        InputError: the day it was taken lies ahead.
        ConflictError: the entry was withdrawn.
        ContractError, PackError: the list's model pack cannot be used.
    """
    with office.database.reading() as session:
        watchlist = session.scalar(
            select(Watchlist)
            .join(WatchlistEntry, WatchlistEntry.watchlist_id == Watchlist.id)
            .where(WatchlistEntry.id == entry_id)
        )
        contract = None if watchlist is None else contract_of(watchlist)
    return _add(office, actor, entry_id, image, _offered(office, actor, _add, contract, image))


@command("images.add")
def _add(work: Work, entry_id: str, image: NewImage, offered: OfferedImage) -> ImageOutcome:
    watchlist = hold_watchlist(work, find_entry(work, entry_id).watchlist_id)
    entry = find_entry(work, entry_id)
    work.session.refresh(entry)
    work.note(entry_id)
    require_not_withdrawn(entry)
    check(work.office.policy.watchlists, work.now.date(), {"taken_on": image.taken_on})
    held = work.session.scalar(
        select(ReferenceImage.id).where(
            ReferenceImage.entry_id == entry_id,
            ReferenceImage.source_mac == picture_mac(picture_key(work, watchlist), offered.sha256),
        )
    )
    findings = [one.kind for one in offered.look.findings]
    if held is not None:
        work.note(entry_id, result="unchanged", image=held)
        return ImageOutcome(result="unchanged", image_id=held, verdict=_verdict(offered))
    if not offered.accepted:
        work.note(entry_id, result="refused", findings=findings)
        return ImageOutcome(result="refused", image_id=None, verdict=_verdict(offered))
    notice_unlike(work, watchlist, entry, [offered])
    image_id = enrol_image(work, watchlist, entry, offered)
    mark_changed(work, entry)
    pairs = refresh_pairs(work, watchlist, [entry_id])
    work.note(entry_id, result="added", image=image_id, revision=entry.revision, look_alikes=pairs)
    return ImageOutcome(result="added", image_id=image_id, verdict=_verdict(offered))


@command("images.show")
def show_image(work: Work, image_id: str) -> PictureView:
    """A reference image's pixels.

    Raises:
        MissingError: it is not there.
    """
    image = find_image(work, image_id)
    entry = find_entry(work, image.entry_id)
    work.note(image_id, entry=entry.id)
    return PictureView(image_id=image_id, entry_id=entry.id, content=open_picture(work, entry.key_id, image))


def show_image_again(office: Office, actor: Actor, image_id: str) -> PictureView:
    """A reference image's pixels for somebody whose look at it is in the chain: without another entry there.

    Raises:
        AuthorityError: they may not look at it.
        MissingError: it is not there.
    """
    show_image.authorise(actor)
    with office.database.reading() as session:
        return show_image.body(Work(office, session, actor, office.now()), image_id)


@command("images.delete")
def delete_image(work: Work, image_id: str) -> None:
    """Take an image from its entry, whose approval is then taken away.

    Raises:
        MissingError: it is not there.
        ConflictError: the entry was withdrawn.
    """
    entry = find_entry(work, find_image(work, image_id).entry_id)
    watchlist = hold_watchlist(work, entry.watchlist_id)
    work.session.refresh(entry)
    work.note(image_id, entry=entry.id)
    require_not_withdrawn(entry)
    work.session.delete(find_image(work, image_id))
    mark_changed(work, entry)
    forget_list(work, watchlist.id)
    refresh_pairs(work, watchlist, [entry.id])
    work.after_commit.append(work.office.database.truncate_log)


def _offered(
    office: Office, actor: Actor, given: Command[..., Any], contract: Contract | None, image: NewImage
) -> OfferedImage:
    """The picture, looked at; not so for an actor or a list that the command itself will refuse."""
    taken_on = None if image.taken_on == "unknown" else image.taken_on
    look = Look(image.file)
    if contract is not None and _may(given, actor):
        shared = desk_for(contract)
        read = shared.desk.read(image.content, image.file or "the picture")
        with shared.lock:
            look = shared.desk.judge(read, image.file)
            shared.desk.embed()
        today = office.now().date()
        look.findings += age_findings(office.policy.watchlists, taken_on, today)
    return OfferedImage(look, hashlib.sha256(image.content).digest(), image.source, taken_on)


def _may(given: Command[..., Any], actor: Actor) -> bool:
    try:
        given.authorise(actor)
    except AuthorityError:
        return False
    return True


def _verdict(offered: OfferedImage) -> PictureVerdict:
    look = offered.look
    return PictureVerdict(
        file=look.file,
        accepted=offered.accepted,
        findings=finding_views(look.findings),
        measures=look.measures,
        width=None if look.size is None else look.size[0],
        height=None if look.size is None else look.size[1],
        faces=tuple(
            FaceView(
                box=tuple(round(float(side), 1) for side in box),  # type: ignore[arg-type] # four of them
                landmarks=tuple((round(float(x), 1), round(float(y), 1)) for x, y in points),
                taken=at == look.face,
            )
            for at, (box, points) in enumerate(zip(look.faces.boxes, look.faces.landmarks, strict=True))
        ),
    )
