"""Sessions and bearers: from the secret that a client sends to the one who acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select, update

from overt.casework.actor import Actor, Role, Via
from overt.casework.commands import Work, command
from overt.casework.people.bearers import SESSION_PREFIX, TOKEN_PREFIX, digest_of_bearer, new_bearer
from overt.casework.people.models import PersonView, SelfView, SignedIn
from overt.casework.permissions import PERMISSIONS
from overt.errors import ConflictError, MissingError, SignInError
from overt.records.tables import ApiToken, Person, SignInSession, new_id

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from overt.casework.office import Office

__all__ = [
    "BEFORE_PASSWORD_CHANGE",
    "SessionState",
    "authenticate",
    "begin_session",
    "end_access",
    "require_session",
    "session_state",
    "show_self",
    "sign_out",
]

BEFORE_PASSWORD_CHANGE: Final = frozenset({"people.change-password", "people.sign-out", "people.show-self"})
"""All that someone with a one-time password may do."""
_NOTED_EVERY: Final = timedelta(minutes=1)


def authenticate(office: Office, bearer: str, via: Via) -> Actor:
    """The one whose session or API token this is. It leaves no audit entry: the command that follows does.

    Args:
        office: the office.
        bearer: the secret, as `sign_in` or `add_token` gave it.
        via: the way they came.

    Raises:
        SignInError: it is unknown, or has ended. Why it ended is told, to one who holds it.
    """
    digest = digest_of_bearer(bearer)
    now = office.now()
    held: SignInSession | ApiToken
    with office.database.reading() as session:
        if bearer.startswith(SESSION_PREFIX):
            held, actor = _by_session(office, session, digest, via, now)
        elif bearer.startswith(TOKEN_PREFIX):
            held, actor = _by_token(session, digest, via, now)
        else:
            raise SignInError("This is neither a session nor an API token of Overt", "Sign in")
    idle = timedelta(minutes=office.policy.sign_in.session_idle_minutes)
    if held.last_used_at is None or now - held.last_used_at >= min(_NOTED_EVERY, idle / 4):
        kind = type(held)
        with office.database.transaction() as session:
            session.execute(update(kind).where(kind.id == held.id).values(last_used_at=now))
    return actor


def _by_session(
    office: Office, session: Session, digest: bytes, via: Via, now: datetime
) -> tuple[SignInSession, Actor]:
    held = session.scalar(select(SignInSession).where(SignInSession.token_digest == digest))
    if held is None:
        raise SignInError("This session is not known", "Sign in")
    person = session.get_one(Person, held.person_id)
    _require_active(person)
    idle = timedelta(minutes=office.policy.sign_in.session_idle_minutes)
    if held.ended_at is not None:
        raise SignInError("This session was ended", "Sign in again")
    if now >= held.expires_at:
        raise SignInError("This session has reached its end", "Sign in again")
    if now - held.last_used_at >= idle:
        raise SignInError("This session was not used for too long", "Sign in again")
    scopes = BEFORE_PASSWORD_CHANGE if person.must_change_password else None
    return held, _actor(person, via, scopes=scopes, session_id=held.id)


def _by_token(session: Session, digest: bytes, via: Via, now: datetime) -> tuple[ApiToken, Actor]:
    token = session.scalar(select(ApiToken).where(ApiToken.token_digest == digest))
    if token is None:
        raise SignInError("This API token is not known", "Make one with `overt users tokens add`")
    person = session.get_one(Person, token.person_id)
    _require_active(person)
    if token.revoked_at is not None:
        raise SignInError(f"The API token {token.name} was revoked", "Make another")
    if now >= token.expires_at:
        raise SignInError(
            f"The API token {token.name} expired on {token.expires_at:%d %B %Y at %H:%M} UTC", "Make another"
        )
    return token, _actor(person, via, scopes=frozenset(token.scopes), session_id=None)


def _require_active(person: Person) -> None:
    if person.deactivated_at is not None:
        raise SignInError("This account was deactivated", "Ask an administrator")


def _actor(person: Person, via: Via, *, scopes: frozenset[str] | None, session_id: str | None) -> Actor:
    return Actor(
        id=person.id,
        name=person.username,
        roles=frozenset(Role(role) for role in person.roles),
        via=via,
        scopes=scopes,
        session_id=session_id,
    )


def begin_session(work: Work, person: Person) -> SignedIn:
    """A new session of someone who has just proved who they are."""
    bearer, digest = new_bearer(SESSION_PREFIX)
    held = SignInSession(
        id=new_id("session"),
        person_id=person.id,
        token_digest=digest,
        created_at=work.now,
        expires_at=work.now + timedelta(hours=work.office.policy.sign_in.session_hours),
        last_used_at=work.now,
    )
    work.session.add(held)
    work.note(person.id, session=held.id)
    return SignedIn(
        token=bearer,
        expires_at=held.expires_at,
        person=PersonView.of(person, work.now),
        must_change_password=person.must_change_password,
    )


def end_access(work: Work, person_id: str, *, but: str | None = None, tokens: bool) -> None:
    """End a person's sessions, all `but` one; and revoke their API tokens if `tokens`."""
    ended = (
        update(SignInSession)
        .where(SignInSession.person_id == person_id, SignInSession.ended_at.is_(None))
        .values(ended_at=work.now)
    )
    work.session.execute(ended if but is None else ended.where(SignInSession.id != but))
    if tokens:
        work.session.execute(
            update(ApiToken)
            .where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None))
            .values(revoked_at=work.now)
        )


def require_session(actor: Actor, what: str) -> None:
    """Refuse what cannot be done with an API token.

    Raises:
        ConflictError: the actor came with one.
    """
    if actor.scopes is not None and actor.session_id is None:
        raise ConflictError(f"An API token cannot {what}", "Sign in with the password for it")


@command("people.sign-out")
def sign_out(work: Work) -> None:
    """End the session that the actor came with.

    Raises:
        ConflictError: they came with an API token.
    """
    require_session(work.actor, "be signed out; it can be revoked")
    work.note(work.actor.id)
    if work.actor.session_id is None:
        return
    held = work.session.get(SignInSession, work.actor.session_id, with_for_update=True)
    if held is not None and held.ended_at is None:
        held.ended_at = work.now
        work.details["session"] = held.id


@command("people.show-self")
def show_self(work: Work) -> SelfView:
    """The actor, and what they may do."""
    actor = work.actor
    person = work.session.get(Person, actor.id)
    if person is None:
        raise MissingError(f"There is no person {actor.id}")
    work.note(person.id)
    held = None if actor.session_id is None else work.session.get(SignInSession, actor.session_id)
    return SelfView(
        person=PersonView.of(person, work.now),
        commands=tuple(
            name for name, roles in PERMISSIONS.items() if actor.roles & roles and actor.in_scope(name)
        ),
        session_expires_at=None if held is None else held.expires_at,
    )


@dataclass(frozen=True)
class SessionState:
    """A session as whoever is in it may know it.

    Attributes:
        username: of the person.
        full_name: of the person.
        expires_at: when it ends however much it is used.
        idle_ends_at: when it ends if it is not used again.
        must_change_password: whether the person has only a one-time password yet.
    """

    username: str
    full_name: str
    expires_at: datetime
    idle_ends_at: datetime
    must_change_password: bool


def session_state(office: Office, actor: Actor) -> SessionState:
    """The session that an actor came with. About nobody but themselves, so it leaves no audit entry.

    Raises:
        SignInError: they came with none.
    """
    with office.database.reading() as session:
        held = None if actor.session_id is None else session.get(SignInSession, actor.session_id)
        if held is None:
            raise SignInError("This session is not known", "Sign in")
        person = session.get_one(Person, held.person_id)
        return SessionState(
            username=person.username,
            full_name=person.full_name,
            expires_at=held.expires_at,
            idle_ends_at=office.now() + timedelta(minutes=office.policy.sign_in.session_idle_minutes),
            must_change_password=person.must_change_password,
        )
