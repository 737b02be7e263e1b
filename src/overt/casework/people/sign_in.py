"""Signing in with a password, and giving it again for what takes it.

A failure says the same whatever was wrong, and takes as long. What it was stands in the audit entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from overt.casework.actor import Actor, Role
from overt.casework.commands import Work, command
from overt.casework.people import lockout, passwords
from overt.casework.people.sessions import begin_session
from overt.errors import SignInError
from overt.records.tables import Person

if TYPE_CHECKING:
    from overt.casework.office import Office
    from overt.casework.people.models import SignedIn, SignIn

__all__ = ["LOCAL", "check_password", "hold_to_rate", "sign_in"]

LOCAL: Final = "local"
"""The client where someone signs in at the machine itself: whoever can, holds the database and its key."""


@dataclass(frozen=True)
class _Proof:
    """What a password proved outside the transaction: hashing is slow on purpose, and others wait to write."""

    person_id: str | None = None
    digest: str | None = None
    right: bool = False
    renewed: str | None = None


def sign_in(office: Office, actor: Actor, request: SignIn) -> SignedIn:
    """Sign in with a password (the command `people.sign-in`).

    Args:
        office: the office.
        actor: nobody yet: `Actor.nobody(via)`.
        request: username, password and the client's address.

    Raises:
        RateError: too many attempts from this address.
        SignInError: the username or the password is wrong, the account is locked or deactivated (it is not said
            which), or the one-time password has expired.
    """
    hold_to_rate(office, actor, request.client)
    proof = _prove(office, request) if Role.NOBODY in actor.roles else _Proof()
    return _sign_in(office, actor, request, proof)


def hold_to_rate(office: Office, actor: Actor, client: str) -> None:
    """Refuse a client that was refused already in this minute: nothing is computed, and nothing written.

    Raises:
        RateError: too many attempts from this address.
    """
    if _is_local(actor, client):
        return
    with office.database.reading() as session:
        attempts = lockout.recent_attempts(
            session, lockout.client_of(client), office.policy.sign_in.attempts_per_minute, office.now()
        )
    if attempts.too_many and attempts.refused:
        raise lockout.too_many_attempts(attempts.wait)


def count_client(work: Work, client: str) -> None:
    """Count an attempt of a client, whatever becomes of it.

    Raises:
        RateError: it was one too many.
    """
    if _is_local(work.actor, client):
        return
    counted = lockout.client_of(client)
    most = work.office.policy.sign_in.attempts_per_minute
    attempts = lockout.recent_attempts(work.session, counted, most, work.now)
    if attempts.too_many:
        work.on_failure.append(lambda entry: lockout.count_refusal(entry.session, counted, entry.now))
        raise lockout.too_many_attempts(attempts.wait)
    work.on_failure.append(
        lambda entry: lockout.count_attempt(entry.session, counted, entry.now, succeeded=False)
    )
    lockout.count_attempt(work.session, counted, work.now, succeeded=True)


def _is_local(actor: Actor, client: str) -> bool:
    return actor.via == "cli" and client == LOCAL


def _prove(office: Office, request: SignIn) -> _Proof:
    with office.database.reading() as session:
        found = session.execute(
            select(Person.id, Person.password_digest).where(Person.username == request.username)
        ).one_or_none()
    cost = office.password_cost
    person_id, digest = (None, None) if found is None else found
    if digest is None:
        passwords.waste(request.password, cost)
        return _Proof(person_id)
    if not passwords.is_password(request.password, digest, cost):
        return _Proof(person_id, digest)
    outdated = passwords.is_outdated(digest, cost)
    renewed = passwords.digest_password(request.password, cost) if outdated else None
    return _Proof(person_id, digest, right=True, renewed=renewed)


@command("people.sign-in")
def _sign_in(work: Work, request: SignIn, proof: _Proof) -> SignedIn:
    """Let in the one whose password was proved, if nothing stands against it."""
    count_client(work, request.client)
    if proof.person_id is None:
        raise _refusal(work, "unknown username")
    person = work.session.get_one(Person, proof.person_id, with_for_update=True)
    work.note(person.id)
    right = proof.right and proof.digest == person.password_digest
    _judge(work, person, right=right)
    if proof.renewed is not None:
        person.password_digest = proof.renewed
    return begin_session(work, person)


def check_password(work: Work, person_id: str, password: str) -> None:
    """Check a password that was given again, for what takes it: signing an authorisation, changing the password.

    A wrong one counts towards the lock, although the command fails.

    Raises:
        SignInError: it is wrong, or the account is locked or deactivated.
    """
    work.session.flush()
    person = work.session.get(Person, person_id, with_for_update=True, populate_existing=True)
    digest = None if person is None else person.password_digest
    if person is None or digest is None:
        passwords.waste(password, work.office.password_cost)
        raise _refusal(work, "no password")
    _judge(work, person, right=passwords.is_password(password, digest, work.office.password_cost))


def _judge(work: Work, person: Person, *, right: bool) -> None:
    """Let a person in whose password is right, or refuse them and see to it that the wrong one counts.

    Raises:
        SignInError: see `sign_in`.
    """
    if person.deactivated_at is not None:
        raise _refusal(work, "deactivated")
    if lockout.is_locked(person, work.now):
        raise _refusal(work, "locked")
    if not right:
        person_id = person.id
        work.on_failure.append(lambda entry: lockout.count_wrong_password(entry, person_id))
        raise _refusal(work, "wrong password")
    if person.password_expires_at is not None and work.now >= person.password_expires_at:
        work.on_failure.append(lambda entry: entry.details.update(why="one-time password expired"))
        raise SignInError(
            "This one-time password has expired",
            "Ask an administrator for another (`overt users reset-password`)",
        )
    person.failed_sign_ins = 0
    person.locked_until = None


def _refusal(work: Work, why: str) -> SignInError:
    """One refusal for every cause; the cause goes into the audit entry."""
    work.on_failure.append(lambda entry: entry.details.update(why=why))
    return SignInError(
        "The username or the password is wrong, or the account is locked or deactivated",
        "Try again; after several wrong passwords an account locks for some minutes. An administrator can give a "
        "new password",
    )
