"""Another model pack's templates, made beside those in use out of the kept pictures; then the switch."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, select

from overt.casework.collections._desks import desk_for, named_pack
from overt.casework.collections._looking_afar import looking_crew, looks_of
from overt.casework.collections._rows import (
    contract_of,
    find_collection,
    hold_collection,
    next_contract_of,
)
from overt.casework.collections._sealed import about_part, seal_template
from overt.casework.collections.index import keep_in_step
from overt.casework.collections.whole import collection_view, show_collection
from overt.casework.commands import command
from overt.errors import ConflictError
from overt.gallery.looking import Offered
from overt.records.tables import (
    CollectionImage,
    CollectionPair,
    CollectionRecord,
    CollectionTemplate,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Select

    from overt.biometrics import Contract, FloatArray
    from overt.casework.actor import Actor
    from overt.casework.collections._desks import SharedDesk
    from overt.casework.collections._looking_afar import LookingCrew
    from overt.casework.collections.models import CollectionView
    from overt.casework.commands import Work
    from overt.casework.office import Office
    from overt.gallery import Look
    from overt.records.tables import Collection

__all__ = ["abandon_re_embedding", "begin_re_embedding", "carry_out_re_embedding", "switch_templates"]

_AT_ONCE: Final = 64
_AT_ONCE_AFAR: Final = 16


@dataclass(frozen=True, eq=False)
class _Kept:
    """Some images, the pictures kept of them, and how many images there are in all."""

    image_ids: list[str]
    pictures: list[bytes] = field(repr=False)
    of: int = 0


@dataclass(frozen=True, eq=False)
class _Made:
    """What another pack made of an image: a template, float32 [dimension], or what it refused it for."""

    image_id: str
    template: FloatArray | None
    refusals: tuple[str, ...]


@command("collections.re-embed")
def begin_re_embedding(work: Work, collection: str, pack: str) -> CollectionView:
    """Begin to make another model pack's templates beside those in use, or go on; the search stays as it is.

    Raises:
        MissingError: the collection is not there.
        ConflictError: its templates are that pack's, or those of a third are being made.
        PackError: the pack is missing, altered or unlicensed.
        InputError: the pack's name is a path.
    """
    held = hold_collection(work, collection)
    found = named_pack(pack)
    work.note(held.id, pack=found.contract.pack, pack_version=found.contract.version)
    if found.contract == contract_of(held):
        raise ConflictError(
            f"The collection's templates are of {pack} {found.contract.version} already", "Name another pack"
        )
    under_way = next_contract_of(held)
    if under_way is not None and under_way != found.contract:
        raise ConflictError(
            f"Templates of {under_way.pack} {under_way.version} are being made",
            "Switch to them, or abandon them first: `overt collection re-embed NAME --abandon`",
        )
    held.next_pack, held.next_pack_version = found.contract.pack, found.contract.version
    held.next_dimension = found.contract.dimension
    held.next_alike_threshold = found.manifest.operating_point.threshold
    work.session.flush()
    return collection_view(work, held)


def carry_out_re_embedding(
    office: Office,
    actor: Actor,
    collection: str,
    on_progress: Callable[[int, int], None] | None = None,
) -> CollectionView:
    """Make the templates that `begin_re_embedding` asked for, some tens in a transaction.

    It goes on where it was cut short. Each is made of the picture that is kept, and judged as at its ingestion. Where
    the new pack refuses a picture the collection says so, and after the switch no search finds it.

    Raises:
        MissingError: the collection is not there.
        ConflictError: nothing was begun.
        ContractError, PackError: the pack cannot be used, here or on a node of the office's cluster.
        ClusterError: the cluster is gone, has no room, or has another version of Overt.
    """
    with office.database.reading() as session:
        held = find_collection(session, collection)
        contract = next_contract_of(held)
    if contract is None:
        raise ConflictError(
            f"No other templates are being made for {held.name}",
            "Begin with `overt collection re-embed NAME --pack PACK`",
        )
    with looking_crew(office, contract, f"re-embedding {held.id}") as crew:
        for kept, looks in _looked_at(office, held.id, contract, crew):
            done = _take_templates(office, actor, held.id, contract, _made(kept, looks))
            if on_progress is not None:
                on_progress(done, kept.of)
    return show_collection(office, actor, held.id)


def _looked_at(
    office: Office, collection_id: str, contract: Contract, crew: LookingCrew | None
) -> Iterator[tuple[_Kept, list[Look]]]:
    """The images without a template of this contract, looked at some at a time, here or by a crew."""
    if crew is None:
        shared = desk_for(contract)
        for kept in _kept(office, collection_id, contract, _AT_ONCE):
            yield kept, _looks(shared, kept)
        return
    under_way: deque[_Kept] = deque()

    def groups() -> Iterator[list[Offered]]:
        for kept in _kept(office, collection_id, contract, _AT_ONCE_AFAR):
            under_way.append(kept)
            yield [Offered(*one) for one in zip(kept.image_ids, kept.pictures, strict=True)]

    for looks in looks_of(crew, groups()):
        yield under_way.popleft(), looks


def _kept(office: Office, collection_id: str, contract: Contract, at_once: int) -> Iterator[_Kept]:
    """The images without a template of this contract, in the order of their numbers, with their pictures."""
    after = 0
    while True:
        with office.database.reading() as session:
            held = find_collection(session, collection_id)
            total = session.scalar(select(func.count()).where(CollectionImage.collection_id == held.id)) or 0
            rows = session.execute(_without(held, contract, after).limit(at_once)).all()
            pictures = office.vault.open_many(
                session,
                [(key_id, sealed, about_part(image_id, "picture")) for _, image_id, key_id, sealed in rows],
            )
        if not rows:
            return
        after = rows[-1][0]
        yield _Kept([row[1] for row in rows], pictures, total)


def _without(collection: Collection, contract: Contract, after: int = 0) -> Select[int, str, str, bytes]:
    """Images without a template of this contract, from after a number: (number, image id, key id, sealed picture)."""
    has = (
        select(CollectionTemplate.number)
        .where(
            CollectionTemplate.collection_id == collection.id,
            CollectionTemplate.pack == contract.pack,
            CollectionTemplate.pack_version == contract.version,
            CollectionTemplate.number == CollectionImage.number,
        )
        .exists()
    )
    return (
        select(
            CollectionImage.number,
            CollectionImage.id,
            CollectionRecord.key_id,
            CollectionImage.sealed_picture,
        )
        .join(CollectionRecord, CollectionRecord.id == CollectionImage.record_id)
        .where(CollectionImage.collection_id == collection.id, CollectionImage.number > after, ~has)
        .order_by(CollectionImage.number)
    )


def _looks(shared: SharedDesk, kept: _Kept) -> list[Look]:
    with shared.lock:
        looks = [
            shared.desk.judge(shared.desk.read(content, image_id), image_id)
            for image_id, content in zip(kept.image_ids, kept.pictures, strict=True)
        ]
        shared.desk.embed()
    return looks


def _made(kept: _Kept, looks: Sequence[Look]) -> list[_Made]:
    return [
        _Made(
            image_id,
            look.template if look.accepted else None,
            tuple(sorted({finding.kind for finding in look.findings if finding.refuses})),
        )
        for image_id, look in zip(kept.image_ids, looks, strict=True)
    ]


@command("collections.take-templates")
def _take_templates(work: Work, collection_id: str, contract: Contract, made: Sequence[_Made]) -> int:
    collection = hold_collection(work, collection_id)
    work.note(collection.id)
    if next_contract_of(collection) != contract:
        raise ConflictError(
            "The templates that were being made have been abandoned, or are in use", "Look again"
        )
    wanted = {one.image_id: one for one in made}
    rows = work.session.execute(_without(collection, contract).where(CollectionImage.id.in_(wanted))).all()
    for number, image_id, key_id, _ in rows:
        one = wanted[image_id]
        sealed = None
        if one.template is not None:
            sealed = seal_template(
                work.office, work.session, contract, one.template, key_id=key_id, image_id=image_id
            )
        work.session.add(
            CollectionTemplate(
                collection_id=collection.id,
                pack=contract.pack,
                pack_version=contract.version,
                number=number,
                image_id=image_id,
                made=sealed is not None,
                sealed=sealed,
                refusals=list(one.refusals),
            )
        )
    work.session.flush()
    refused = sum(wanted[row[1]].template is None for row in rows)
    work.note(collection.id, made=len(rows) - refused, refused=refused)
    return _count(work, collection, contract)


@command("collections.switch")
def switch_templates(work: Work, collection: str) -> CollectionView:
    """Search the new templates from now on, and delete the old ones.

    Pairs that were found by the old templates and that nobody has decided about go too; the images are to be
    compared again. What a person found stays.

    Raises:
        MissingError: the collection is not there.
        ConflictError: no other templates are being made, or some are still missing.
    """
    held = hold_collection(work, collection)
    work.note(held.id)
    contract = next_contract_of(held)
    if contract is None or held.next_alike_threshold is None:
        raise ConflictError(
            f"No other templates are being made for {held.name}",
            "Begin with `overt collection re-embed NAME --pack PACK`",
        )
    images = work.session.scalar(select(func.count()).where(CollectionImage.collection_id == held.id)) or 0
    left = images - _count(work, held, contract)
    if left:
        raise ConflictError(
            f"{left} of {images} images have no template of {contract.pack} {contract.version} yet",
            "Go on with `overt collection re-embed NAME`",
        )
    old = contract_of(held)
    _delete_templates(work, held, old)
    work.session.execute(
        delete(CollectionPair).where(
            CollectionPair.collection_id == held.id, CollectionPair.decision.is_(None)
        )
    )
    held.pack, held.pack_version, held.dimension = contract.pack, contract.version, contract.dimension
    held.alike_threshold = held.next_alike_threshold
    held.compared_to = 0
    held.revision += 1
    _clear_next(held)
    work.session.flush()
    work.note(
        held.id, pack=contract.pack, pack_version=contract.version, instead_of=f"{old.pack} {old.version}"
    )
    work.after_commit += [work.office.database.truncate_log, partial(keep_in_step, work.office, held.id)]
    return collection_view(work, held)


@command("collections.abandon-re-embedding")
def abandon_re_embedding(work: Work, collection: str) -> CollectionView:
    """Delete the templates that were made beside those in use; the search stays as it is.

    Raises:
        MissingError: the collection is not there.
        ConflictError: none are being made.
    """
    held = hold_collection(work, collection)
    work.note(held.id)
    contract = next_contract_of(held)
    if contract is None:
        raise ConflictError(
            f"No other templates are being made for {held.name}", "There is nothing to abandon"
        )
    _delete_templates(work, held, contract)
    _clear_next(held)
    work.session.flush()
    work.note(held.id, pack=contract.pack, pack_version=contract.version)
    work.after_commit.append(work.office.database.truncate_log)
    return collection_view(work, held)


def _clear_next(collection: Collection) -> None:
    collection.next_pack = collection.next_pack_version = None
    collection.next_dimension = collection.next_alike_threshold = None


def _delete_templates(work: Work, collection: Collection, contract: Contract) -> None:
    work.session.execute(
        delete(CollectionTemplate).where(
            CollectionTemplate.collection_id == collection.id,
            CollectionTemplate.pack == contract.pack,
            CollectionTemplate.pack_version == contract.version,
        )
    )


def _count(work: Work, collection: Collection, contract: Contract) -> int:
    """Images that this pack's turn has come for, whether it made a template or refused the picture."""
    return (
        work.session.scalar(
            select(func.count()).where(
                CollectionTemplate.collection_id == collection.id,
                CollectionTemplate.pack == contract.pack,
                CollectionTemplate.pack_version == contract.version,
            )
        )
        or 0
    )
