"""The search itself: one face of a probe, for one reason, through one collection."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from overt.biometrics import packs
from overt.casework.collections import contract_of, find_collection, index_of
from overt.casework.commands import Work, command
from overt.casework.probes import face_to_search
from overt.casework.searches._finding import CandidateFound, find_records, still_there
from overt.casework.searches._rows import settle
from overt.casework.searches._sealing import CaseWords, check_reason, open_words, seal_face, seal_words
from overt.casework.searches._views import view_of
from overt.casework.searches.codes import NOT_STATED
from overt.casework.searches.thresholds import SearchThreshold, as_kept, threshold_for
from overt.errors import ConflictError, ContractError, InputError, OvertError
from overt.gallery import stranger_chance
from overt.records.tables import Search, SearchCandidate, new_id

if TYPE_CHECKING:
    from overt.biometrics import Contract
    from overt.biometrics.packs import MeasuredRate
    from overt.casework.actor import Actor
    from overt.casework.office import Office
    from overt.casework.policy import SearchPolicy
    from overt.casework.probes import SearchedFace
    from overt.casework.searches.models import NewSearch, SearchView
    from overt.records.tables import Collection

__all__ = ["search_collection"]


@dataclass(frozen=True)
class _Found:
    """What a search has come to, before it is recorded. Nothing of it is given to anybody until it is."""

    collection_id: str
    contract: Contract
    face: SearchedFace
    images: int
    threshold: SearchThreshold
    measured: tuple[MeasuredRate, ...]
    most: int
    candidates: list[CandidateFound]


def search_collection(office: Office, actor: Actor, new: NewSearch) -> SearchView:
    """Search a collection for one face of a probe that is open (command `searches.search`).

    What it finds is given to nobody before it is in the records and in the audit chain. An empty list is an answer:
    nobody in the collection resembles the face as much as the policy asks for.

    Raises:
        AuthorityError: the actor may not search.
        MissingError: there is no such collection, or no such probe or face is open for this person.
        InputError: the reason is too short, or was given for another face of the same probe; something that the
            policy asks for is not said; or the face is too poor to be compared.
        ContractError, PackError: the collection's model pack is not the one that is installed.
        ConflictError: its templates were exchanged for another pack's at this moment.
        ClusterError: the cluster that holds its templates does not answer.
    """
    try:
        _enter_search.authorise(actor)
        found = _find(office, actor, new)
    except OvertError as error:
        return _enter_search(office, actor, new, error)
    return _enter_search(office, actor, new, found)


def _find(office: Office, actor: Actor, new: NewSearch) -> _Found:
    most = _check(office.policy.searches, new)
    with office.database.reading() as session:
        collection = find_collection(session, new.collection_id)
        collection_id, contract = collection.id, contract_of(collection)
    pack = packs.load(contract.pack)
    if pack.contract != contract:
        raise ContractError(
            f"The collection's templates are of the model pack {contract.pack} {contract.version}, and version "
            f"{pack.contract.version} is installed: what was measured of one says nothing of the other",
            "Make them anew with `overt collection re-embed`, or install the older version",
        )
    manifest = pack.manifest
    face = face_to_search(office, actor, new.probe_id, new.face_id, contract)
    index = index_of(office, collection_id)
    if index.contract != contract:
        raise ConflictError(
            "The collection's templates were exchanged for another model pack's at this moment",
            "Search again",
        )
    threshold = threshold_for(
        manifest.measured,
        images=len(index),
        aim=office.policy.searches.fpir,
        otherwise=manifest.operating_point.threshold,
    )
    return _Found(
        collection_id=collection_id,
        contract=contract,
        face=face,
        images=len(index),
        threshold=threshold,
        measured=manifest.measured,
        most=most,
        candidates=find_records(
            office, collection_id, index, face.template, most=most, threshold=threshold.score
        ),
    )


@command("searches.search")
def _enter_search(work: Work, new: NewSearch, found: _Found | OvertError) -> SearchView:
    """Record a search that was made, in one transaction with its entry in the chain; or enter why there was none."""
    work.note(new.probe_id[:40])
    if isinstance(found, OvertError):
        raise found
    reason = check_reason(work, new.reason)
    # held, so that of two searches at once the later sees the earlier one's reason
    collection = find_collection(work.session, found.collection_id, hold=True)
    face, policy = found.face, work.office.policy.searches
    probe_mac = work.office.vault.mac(
        work.session, collection.key_id, bytes.fromhex(face.sha256), about="probe"
    )
    _require_own_reason(work, collection, probe_mac, face, reason)
    search = Search(
        id=new_id("search"),
        collection_id=collection.id,
        key_id=work.office.vault.new_key(work.session, "search", work.now),
        state="examination",
        offence=new.offence,
        probe_mac=probe_mac,
        probe_kind=face.kind,
        face={
            "width": face.shot.width,
            "height": face.shot.height,
            "box": list(face.shot.box),
            "landmarks": [list(point) for point in face.shot.landmarks],
            "first_seconds": face.first_seconds,
            "last_seconds": face.last_seconds,
        },
        faces_in_probe=face.faces_in_probe,
        verdict=face.verdict,
        quality=face.shot.measures["quality"],
        measures=face.shot.measures,
        findings=[finding.model_dump() for finding in face.findings],
        pack=found.contract.pack,
        pack_version=found.contract.version,
        images=found.images,
        threshold=found.threshold.score,
        aim=found.threshold.aim,
        chance=as_kept(found.threshold.chance),
        most_candidates=found.most,
        examinations_needed=2 if policy.second_examination else 1,
        searched_at=work.now,
        searched_by=work.actor.id,
    )
    _seal(work, search, new, face, reason)
    work.session.add(search)
    work.session.flush()
    there = still_there(work, found.candidates)
    work.session.add_all(
        SearchCandidate(
            id=new_id("candidate"),
            search_id=search.id,
            rank=rank,
            record_id=one.record_id,
            image_id=one.image_id,
            number=one.number,
            score=one.score,
            chance=as_kept(stranger_chance(found.measured, score=one.score, comparisons=found.images)),
        )
        for rank, one in enumerate(there, 1)
    )
    view = view_of(work, settle(work, search))
    work.note(
        search.id,
        collection=collection.id,
        pack=search.pack,
        pack_version=search.pack_version,
        images=search.images,
        threshold=search.threshold,
        offence=search.offence,
        probe=face.kind,
        faces_in_probe=face.faces_in_probe,
        face_digest=hashlib.sha256(face.picture).hexdigest(),
        candidates=len(there),
        records=[one.record_id for one in there],
    )
    return view


def _seal(work: Work, search: Search, new: NewSearch, face: SearchedFace, reason: str) -> None:
    assert search.key_id is not None  # noqa: S101 - it was made just now
    words = CaseWords(
        reason=reason,
        authority=" ".join(new.authority.split()),
        requested_by=" ".join(new.requested_by.split()) or work.actor.name,
        probe=face.name,
        whose=_whose(face),
    )
    search.sealed_words = seal_words(work, search, search.id, words)
    search.sealed_face = seal_face(work, search.id, search.key_id, face.picture)


def _check(policy: SearchPolicy, new: NewSearch) -> int:
    """Refuse what the policy does not allow; gives how many candidates there may be."""
    if new.offence != NOT_STATED and new.offence not in policy.offences:
        raise InputError(
            "The offence is none of the policy's",
            "Take one of: " + ", ".join(policy.offences),
            field="offence",
        )
    for name in policy.required:
        if getattr(new, name).strip() in {"", NOT_STATED}:
            raise InputError(
                f"The policy asks for the {name.replace('_', ' ')} of every search", "Say it", field=name
            )
    most = policy.most_candidates if new.most_candidates is None else new.most_candidates
    if most > policy.most_candidates:
        raise InputError(
            f"{most} candidates are asked for, and the policy allows {policy.most_candidates}",
            "Ask for fewer",
            field="most_candidates",
        )
    return most


def _require_own_reason(
    work: Work, collection: Collection, probe_mac: bytes, face: SearchedFace, reason: str
) -> None:
    """Refuse one reason for several faces of a probe: nobody searches a whole crowd with one sentence.

    Raises:
        InputError: the reason was given before, for another face of the same probe.
    """
    earlier = work.session.scalars(
        select(Search).where(Search.collection_id == collection.id, Search.probe_mac == probe_mac)
    ).all()
    for search in earlier:
        words = open_words(work, search, search.id, search.sealed_words, CaseWords)
        if words is not None and words.whose != _whose(face) and _said(words.reason) == _said(reason):
            raise InputError(
                "This reason was given for another face of the same probe",
                "Say why this face is searched; whoever only stood by is not",
                field="reason",
            )


def _said(reason: str) -> str:
    """The letters and digits of a reason: a full stop or a capital makes no reason of its own."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", reason).casefold()))


def _whose(face: SearchedFace) -> str:
    """Where in the probe the face is: the same each time that the same file is opened."""
    left, top, right, bottom = face.shot.picture_box
    at = "" if face.shot.seconds is None else f" at {face.shot.seconds:.3f} s"
    return f"{left:.0f} {top:.0f} {right:.0f} {bottom:.0f}{at}"
