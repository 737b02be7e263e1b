"""The audit chain, for those who audit: listing, showing, verifying, exporting, and keeping a checkpoint."""

from __future__ import annotations

import json
import re
from datetime import datetime  # noqa: TC003 - pydantic reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select

from overt.casework.commands import Work, command
from overt.casework.moments import WrittenTime  # noqa: TC001 - pydantic reads the annotations
from overt.casework.paging import Listing, Page
from overt.errors import AuthorityError, InputError, MissingError
from overt.records.audit_export import export_lines
from overt.records.tables import AuditCheckpoint, AuditEntry, AuditHead
from overt.records.verification import Verdict, verify_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Select

    from overt.casework.actor import Actor
    from overt.casework.office import Office

__all__ = [
    "AuditEntryView",
    "AuditListing",
    "AuditPage",
    "AuditQuery",
    "AuditVerdict",
    "CheckpointView",
    "checkpoint_audit",
    "export_audit",
    "export_found",
    "length_of",
    "list_audit",
    "parse_anchors",
    "parse_public_key",
    "show_audit",
    "verify_audit",
]

_AT_ONCE: Final = 1_000
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class AuditQuery(BaseModel):
    """Which entries are wanted: those that fit all that is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    actor: Annotated[str | None, Field(max_length=200, description="An actor's id or username.")] = None
    command: Annotated[
        str | None, Field(max_length=100, description="A command's name, or its beginning, such as `alerts`.")
    ] = None
    outcome: Annotated[str | None, Field(max_length=20, description="done, refused or failed.")] = None
    subject: Annotated[str | None, Field(max_length=200, description="The id of what it was about.")] = None
    since: Annotated[WrittenTime | None, Field(description="From this moment on.")] = None
    until: Annotated[WrittenTime | None, Field(description="Before this moment.")] = None


class AuditPage(Page):
    """Which part of the chain is wanted: the entries before one, or those that came after one."""

    before: Annotated[
        str | None,
        Field(
            description="`previous` of a page: the entries that are newer than that page's, the nearest of them."
        ),
    ] = None


class AuditEntryView(BaseModel):
    """One command by one actor."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: Annotated[int, Field(description="Its number in the chain, from 1.")]
    at: datetime
    actor_id: str
    actor_name: str
    via: Annotated[str, Field(description="api, cli, console or server.")]
    command: str
    outcome: Annotated[str, Field(description="done, refused or failed.")]
    subject: Annotated[
        str, Field(description="The id of what it was about; empty where it is about nothing.")
    ]
    details: Annotated[dict[str, Any], Field(description="Ids, counts, states and digests.")]
    previous: Annotated[str, Field(description="The digest of the entry before it, as hex.")]
    digest: Annotated[str, Field(description="Its own digest, as hex.")]


class AuditListing(Listing[AuditEntryView]):
    """A page of the chain, the newest entry first."""

    previous: Annotated[
        str | None,
        Field(description="Give it as `before` for the page of newer entries; null where there is none."),
    ]


class CheckpointView(BaseModel):
    """The chain's signed head at one moment. Kept elsewhere, it shows later that nothing before it was changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: Annotated[int, Field(description="How many entries the chain had.")]
    digest: Annotated[str, Field(description="The digest of the last, as hex.")]
    at: datetime
    public_key: Annotated[str, Field(description="The Ed25519 key that it is signed with, as hex.")]
    signature: str

    @property
    def anchor(self) -> str:
        """As `overt audit verify --anchor` takes it."""
        return f"{self.seq}:{self.digest}"


class AuditVerdict(BaseModel):
    """What a verification found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entries: Annotated[int, Field(description="How many entries were read.")]
    ok: Annotated[
        bool, Field(description="Every entry is as it was written, in its place, and none is missing.")
    ]
    first_bad: Annotated[
        int | None, Field(description="The number of the first entry that can no longer be relied on.")
    ]
    fault: Annotated[str, Field(description="What is wrong there; empty where nothing is.")]
    checkpoints: Annotated[int, Field(description="How many signed checkpoints fitted.")]
    head: Annotated[str, Field(description="The digest of the last entry read, as hex.")]
    public_key: Annotated[str, Field(description="The key that the head is signed with, as hex.")]

    @classmethod
    def of(cls, verdict: Verdict) -> AuditVerdict:
        """As the record room gives it."""
        return cls.model_validate(verdict, from_attributes=True)


@command("audit.list")
def list_audit(work: Work, query: AuditQuery | None = None, page: Page | None = None) -> AuditListing:
    """Entries of the chain, the newest first; page by page, towards the older or towards the newer.

    Raises:
        InputError: `page.after` or `page.before` is not a number of an entry, or both are given.
    """
    query, page = query or AuditQuery(), page or Page()
    before = page.before if isinstance(page, AuditPage) else None
    if before is not None and page.after is not None:
        raise InputError(
            "Both after and before are given",
            "Give one: after for older entries, before for newer",
            field="before",
        )
    wanted = _filtered(select(AuditEntry), query)
    total = work.session.scalar(_filtered(select(func.count(AuditEntry.seq)), query)) or 0
    if before is not None:
        newer = wanted.where(AuditEntry.seq > _number(before, "before")).order_by(AuditEntry.seq)
        rows = list(work.session.scalars(newer.limit(page.limit + 1)))
        shown, is_last, is_first = rows[: page.limit][::-1], False, len(rows) <= page.limit
    else:
        if page.after is not None:
            wanted = wanted.where(AuditEntry.seq < _number(page.after, "after"))
        rows = list(work.session.scalars(wanted.order_by(AuditEntry.seq.desc()).limit(page.limit + 1)))
        shown, is_last, is_first = rows[: page.limit], len(rows) <= page.limit, page.after is None
    work.note("audit", entries=len(shown))
    return AuditListing(
        items=tuple(_view(row) for row in shown),
        next=str(shown[-1].seq) if shown and not is_last else None,
        previous=str(shown[0].seq) if shown and not is_first else None,
        total=total,
    )


def length_of(office: Office) -> int:
    """How many entries the chain has. Waits for no writer, and is no command: it tells nothing about anybody."""
    with office.database.reading() as session:
        return session.get_one(AuditHead, 1).seq


@command("audit.show")
def show_audit(work: Work, seq: int) -> AuditEntryView:
    """One entry of the chain.

    Raises:
        MissingError: there is none of this number.
    """
    row = work.session.get(AuditEntry, seq) if 0 < seq < 1 << 63 else None
    if row is None:
        raise MissingError(f"The audit chain has no entry {seq}", "Give a number from 1 to its length")
    work.note("audit", seq=seq)
    return _view(row)


@command("audit.checkpoint")
def checkpoint_audit(work: Work) -> CheckpointView:
    """Sign the chain as it is now, and keep that; the caller keeps it elsewhere too."""
    kept = work.office.audit.checkpoint(work.session, work.now)
    work.note("audit", seq=kept.seq)
    return _checkpoint_view(kept)


@command("audit.verify")
def _enter_verification(work: Work, verdict: Verdict) -> AuditVerdict:
    work.note("audit", entries=verdict.entries, ok=verdict.ok, first_bad=verdict.first_bad)
    return AuditVerdict.of(verdict)


def verify_audit(
    office: Office,
    actor: Actor,
    *,
    anchors: Mapping[int, bytes] | None = None,
    public_key: bytes | None = None,
    told: Callable[[int], object] | None = None,
) -> AuditVerdict:
    """Verify the whole chain (command `audit.verify`), while others go on writing to it.

    Args:
        office: whose chain.
        actor: for whom.
        anchors: digests of entries that are known from elsewhere.
        public_key: the key that it must be signed with; that which the vault holds where None.
        told: called with the number of entries read so far, every few hundred entries.

    Raises:
        AuthorityError: the actor may not give this command.
    """
    try:
        _enter_verification.authorise(actor)
    except AuthorityError:
        return _enter_verification(office, actor, _NOT_READ)
    with office.database.reading() as session:
        verdict = verify_records(
            session, public_key=public_key or office.audit.public_key, anchors=anchors, told=told
        )
    return _enter_verification(office, actor, verdict)


_NOT_READ: Final = Verdict(
    0, ok=False, first_bad=None, fault="not read", checkpoints=0, head="", public_key=""
)


@command("audit.export")
def _enter_export(work: Work, query: AuditQuery | None = None) -> int:
    head = work.session.get_one(AuditHead, 1, populate_existing=True)
    if query is None:
        work.note("audit", entries=head.seq)
    else:
        total = work.session.scalar(_filtered(select(func.count(AuditEntry.seq)), query)) or 0
        work.note("audit", entries=total, filters=sorted(query.model_dump(exclude_none=True)))
    return head.seq


def export_audit(office: Office, actor: Actor) -> Iterator[bytes]:
    """The whole chain as JSON Lines (command `audit.export`), the entry about the export included.

    Raises:
        AuthorityError: the actor may not give this command.
    """
    _enter_export(office, actor)
    return _lines(office)


def export_found(office: Office, actor: Actor, query: AuditQuery) -> Iterator[bytes]:
    """The entries that fit, as JSON Lines (command `audit.export`), the oldest first, each with its digests.

    An extract of the chain proves nothing by itself: each of its entries can be looked up in the whole by its number.

    Raises:
        AuthorityError: the actor may not give this command.
        InputError: a time is given without its zone.
    """
    upto = _enter_export(office, actor, query)
    return _found(office, query, upto)


def _lines(office: Office) -> Iterator[bytes]:
    with office.database.reading() as session:
        yield from export_lines(session)


def _found(office: Office, query: AuditQuery, upto: int) -> Iterator[bytes]:
    wanted = _filtered(select(AuditEntry), query).where(AuditEntry.seq <= upto).order_by(AuditEntry.seq)
    last = 0
    with office.database.reading() as session:
        while rows := session.scalars(wanted.where(AuditEntry.seq > last).limit(_AT_ONCE)).all():
            for row in rows:
                yield _view(row).model_dump_json().encode() + b"\n"
            last = rows[-1].seq
            session.expunge_all()


def parse_anchors(written: Sequence[str]) -> dict[int, bytes]:
    """Anchors written as SEQ:DIGEST.

    Raises:
        InputError: one is not written so, or two contradict each other.
    """
    anchors: dict[int, bytes] = {}
    for one in written:
        seq, _, digest = one.partition(":")
        if not _DIGEST.fullmatch(digest):
            raise InputError(
                f"{one!r} is no anchor", "Write it as SEQ:DIGEST, the digest as 64 hex digits", field="anchor"
            )
        number, value = _number(seq, "anchor"), bytes.fromhex(digest)
        if anchors.setdefault(number, value) != value:
            raise InputError(
                f"Two anchors of entry {number} contradict each other", "See which is right", field="anchor"
            )
    return anchors


def parse_public_key(written: str | None) -> bytes | None:
    """A public key written as 64 hex digits.

    Raises:
        InputError: it is not written so.
    """
    if written is None:
        return None
    if not _DIGEST.fullmatch(written):
        raise InputError("This is no public key", "Write it as 64 hex digits", field="public_key")
    return bytes.fromhex(written)


def _number(written: str, field: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", written):
        raise InputError(f"{written!r} is not the number of an entry", "Give one, such as 256", field=field)
    return int(written)


def _filtered(wanted: Select[Any], query: AuditQuery) -> Select[Any]:
    if query.actor is not None:
        wanted = wanted.where((AuditEntry.actor_id == query.actor) | (AuditEntry.actor_name == query.actor))
    if query.command is not None:
        below = AuditEntry.command.startswith(f"{query.command}.", autoescape=True)
        wanted = wanted.where((AuditEntry.command == query.command) | below)
    if query.outcome is not None:
        wanted = wanted.where(AuditEntry.outcome == query.outcome)
    if query.subject is not None:
        wanted = wanted.where(AuditEntry.subject == query.subject)
    if query.since is not None:
        wanted = wanted.where(AuditEntry.at >= _utc(query.since, "since"))
    if query.until is not None:
        wanted = wanted.where(AuditEntry.at < _utc(query.until, "until"))
    return wanted


def _utc(at: datetime, field: str) -> datetime:
    if at.tzinfo is None:
        raise InputError(
            "A time without its zone was given", "Add Z or an offset such as +01:00", field=field
        )
    return at


def _view(row: AuditEntry) -> AuditEntryView:
    return AuditEntryView(
        seq=row.seq,
        at=row.at,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        via=row.via,
        command=row.command,
        outcome=row.outcome,
        subject=row.subject,
        details=json.loads(row.details),
        previous=row.previous.hex(),
        digest=row.digest.hex(),
    )


def _checkpoint_view(kept: AuditCheckpoint) -> CheckpointView:
    return CheckpointView(
        seq=kept.seq,
        digest=kept.digest.hex(),
        at=kept.at,
        public_key=kept.public_key.hex(),
        signature=kept.signature.hex(),
    )
