"""What is frozen when a deployment is submitted, and whether it still is as it was."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import delete, insert, select

from overt.biometrics import DetectionSettings, packs
from overt.casework.certificates import Compared
from overt.casework.deployments._packs import effective_point
from overt.casework.deployments._rows import plan_of
from overt.casework.deployments._sealing import mac_of
from overt.casework.deployments.certifying import certification_now
from overt.casework.watchlists import frozen_facts
from overt.errors import ConflictError, ContractError
from overt.records.audit import canonical
from overt.records.tables import FrozenEntry, Watchlist

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from overt.biometrics import ModelPack, OperatingPoint
    from overt.casework.certificates import Certification
    from overt.casework.commands import Work
    from overt.casework.watchlists import EntryFacts
    from overt.records.tables import Deployment

__all__ = ["Content", "Drift", "content_of", "drift_of", "freeze", "is_eligible"]

_LABEL: Final = b"overt deployment 1\n"
_AT_ONCE: Final = 1000


@dataclass(frozen=True)
class Content:
    """Everything that an authorisation is about, as it stands now.

    Attributes:
        pack: the verified model pack.
        point: the operating point, the pack's own figures where the plan says nothing.
        certification: whether a certificate stands behind it.
        entries: the facts of the entries that would be searched for, by id.
        left_out: ids of entries that would not, by why: `pending` or `expired` before the window begins.
        fixed: the rest of what is digested.
    """

    pack: ModelPack
    point: OperatingPoint
    certification: Certification
    entries: Mapping[str, EntryFacts]
    left_out: Mapping[str, tuple[str, ...]]
    fixed: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of all of it, hexadecimal."""
        return self.digest_with({entry_id: facts.digest for entry_id, facts in self.entries.items()})

    def digest_with(self, entries: Mapping[str, bytes]) -> str:
        """The digest over other entries (digest by id)."""
        listed = [[entry_id, entries[entry_id].hex()] for entry_id in sorted(entries)]
        return hashlib.sha256(_LABEL + canonical({**self.fixed, "entries": listed})).hexdigest()


@dataclass(frozen=True)
class Drift:
    """How what is there now differs from what was frozen.

    Attributes:
        added: entries that have come, or have been approved, since.
        changed: entries that have changed.
        gone: entries that were withdrawn or deleted.
        other: whether something else differs: the plan, a feed, the pack, its certificate or the policy's seals.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    other: bool

    @property
    def none(self) -> bool:
        """Whether everything is as it was."""
        return not (self.added or self.changed or self.gone or self.other)

    @property
    def only_fewer(self) -> bool:
        """Whether entries have gone, and that is all."""
        return not (self.added or self.changed or self.other)

    def __str__(self) -> str:
        parts = [
            f"{word}: {_some(ids)}"
            for word, ids in (("added", self.added), ("changed", self.changed), ("gone", self.gone))
            if ids
        ]
        if self.other:
            parts.append("the plan, a feed, the model pack, its certificate or the policy's seals")
        return "; ".join(parts)


def is_eligible(facts: EntryFacts, day: date) -> bool:
    """Whether an entry is searched for in a deployment that begins on this day."""
    return facts.status == "approved" and facts.expires_on >= day and facts.images > 0


def content_of(work: Work, deployment: Deployment, *, operational: bool = True) -> Content:
    """What the deployment is made of at this moment.

    Raises:
        PackError: the pack is missing, altered, or (when `operational`) its licence forbids live use.
        ContractError: a watchlist was enrolled with another pack.
        MissingError: a watchlist is not there.
    """
    plan = plan_of(deployment)
    pack = packs.load(plan.operating_point.pack, operational=operational)
    point = effective_point(pack, plan.operating_point)
    _check_contracts(work, plan.watchlists, pack)
    facts = frozen_facts(work, plan.watchlists)
    day = deployment.window_start.date()
    manifest = pack.manifest
    entries = {entry.entry_id: entry for entry in facts if is_eligible(entry, day)}
    compared = Compared(
        pack=manifest,
        point=point,
        detection=DetectionSettings(far=plan.far),
        comparisons=len(entries),
        now=work.now,
        until=deployment.window_end,
    )
    certification = certification_now(work.office, work.session, deployment, compared)
    fixed = {
        "deployment": deployment.id,
        "plan": deployment.plan,
        "window": [deployment.window_start.isoformat(), deployment.window_end.isoformat()],
        "urgent": deployment.urgent,
        "confidential": mac_of(work, deployment),
        "operating_point": msgspec.to_builtins(msgspec.structs.replace(point, note="")),
        "pack": {
            "id": manifest.id,
            "version": manifest.version,
            "files": {file.name: file.sha256 for file in manifest.files},
        },
        "required_seals": sorted(work.office.policy.deployments.required_seals),
        "certificate": certification.certificate_digest,
        "second_adjudication": work.office.policy.deployments.second_adjudication,
    }
    return Content(
        pack=pack,
        point=point,
        certification=certification,
        entries=entries,
        left_out={
            "pending": tuple(entry.entry_id for entry in facts if entry.status == "pending"),
            "expired": tuple(
                entry.entry_id for entry in facts if entry.status == "approved" and entry.expires_on < day
            ),
            "without-image": tuple(
                entry.entry_id
                for entry in facts
                if entry.status == "approved" and entry.expires_on >= day and not entry.images
            ),
        },
        fixed=fixed,
    )


def freeze(work: Work, deployment: Deployment, content: Content) -> str:
    """Keep what is frozen by id and digest, and return the digest of it all."""
    work.session.execute(delete(FrozenEntry).where(FrozenEntry.deployment_id == deployment.id))
    rows = [
        {
            "deployment_id": deployment.id,
            "entry_id": facts.entry_id,
            "entry_digest": facts.digest,
            "category": facts.category,
            "seed": facts.seed,
        }
        for facts in content.entries.values()
    ]
    for at in range(0, len(rows), _AT_ONCE):
        work.session.execute(insert(FrozenEntry), rows[at : at + _AT_ONCE])
    deployment.digest = content.digest
    deployment.certification = content.certification.model_dump(mode="json")
    return content.digest


def drift_of(work: Work, deployment: Deployment, content: Content) -> Drift:
    """How the content differs from what was frozen.

    Raises:
        ConflictError: nothing is frozen.
    """
    if deployment.digest is None:
        raise ConflictError(f"{deployment.id} has not been submitted: nothing is frozen", "Submit it first")
    frozen = {
        row.entry_id: row.entry_digest
        for row in work.session.execute(
            select(FrozenEntry.entry_id, FrozenEntry.entry_digest).where(
                FrozenEntry.deployment_id == deployment.id
            )
        )
    }
    now = {entry_id: facts.digest for entry_id, facts in content.entries.items()}
    return Drift(
        added=tuple(sorted(now.keys() - frozen.keys())),
        changed=tuple(sorted(i for i in now.keys() & frozen.keys() if now[i] != frozen[i])),
        gone=tuple(sorted(frozen.keys() - now.keys())),
        other=content.digest_with(frozen) != deployment.digest,
    )


def _check_contracts(work: Work, watchlist_ids: Sequence[str], pack: ModelPack) -> None:
    """Lists of another pack are refused. They are locked, so that no entry changes while it is being frozen."""
    rows = select(Watchlist).where(Watchlist.id.in_(watchlist_ids)).order_by(Watchlist.id)
    for row in work.session.scalars(rows.with_for_update(read=True)):
        if (row.pack, row.pack_version) != (pack.manifest.id, pack.manifest.version):
            raise ContractError(
                f"{row.id} was enrolled with the pack {row.pack} {row.pack_version}, and the plan names "
                f"{pack.manifest.id} {pack.manifest.version}",
                "Name the same pack, or enrol the list again",
            )


def _some(ids: tuple[str, ...], most: int = 10) -> str:
    shown = ", ".join(ids[:most])
    return shown if len(ids) <= most else f"{shown} and {len(ids) - most} more"
