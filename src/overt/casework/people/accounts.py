"""People: added, changed, deactivated by administrators. Nobody is ever deleted: the audit chain names them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, cast, func, or_, select

from overt.casework.actor import Role
from overt.casework.commands import Work, command
from overt.casework.paging import Listing, Page
from overt.casework.people import passwords
from overt.casework.people.models import NewPerson, OneTimePassword, PersonChange, PersonFilter, PersonView
from overt.casework.people.sessions import end_access, require_session
from overt.errors import ConflictError, InputError, MissingError
from overt.records.tables import AuditHead, Person, new_id

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.orm import Session

__all__ = [
    "add_first_person",
    "add_person",
    "change_person",
    "deactivate_person",
    "list_people",
    "reactivate_person",
    "reset_password",
    "show_person",
]


@command("people.add-first")
def add_first_person(work: Work, username: str, full_name: str) -> OneTimePassword:
    """Make the first administrator, with a one-time password.

    Where the only person there is has let that password expire unused, the same username gets another.

    Raises:
        ConflictError: somebody is there already.
    """
    new = _new_administrator(username, full_name)
    _lock_people(work.session)
    _one_newcomer_at_a_time(work.session)
    people = list(work.session.scalars(select(Person).limit(2)))
    if people:
        (first, *others) = people
        expired = first.password_expires_at is not None and work.now >= first.password_expires_at
        if others or not expired or first.username != new.username:
            raise ConflictError(
                "There are people already, so the first administrator has been made",
                "Ask an administrator to add you (`overt users add`)",
            )
        work.note(first.id, again=True)
        return _give_one_time_password(work, first)
    return _add(work, new)


def _new_administrator(username: str, full_name: str) -> NewPerson:
    from pydantic import ValidationError

    try:
        return NewPerson(username=username, full_name=full_name, roles=(Role.ADMINISTRATOR,))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field, why = str(first["loc"][0]), first["msg"].removeprefix("Value error, ")
        raise InputError(f"{field}: {why}", "Correct it", field=field) from None


@command("people.add")
def add_person(work: Work, new: NewPerson) -> OneTimePassword:
    """Add a person, with a one-time password for their first sign-in.

    Raises:
        ConflictError: the username, or the link to the OpenID Connect provider, is somebody's already.
    """
    if not new.with_password and work.office.policy.oidc is None:
        raise InputError(
            "Without a password nobody can sign in here: OpenID Connect is not set up",
            "Give a password, or set OpenID Connect up in the policy file",
            field="with_password",
        )
    _one_newcomer_at_a_time(work.session)
    return _add(work, new)


def _add(work: Work, new: NewPerson) -> OneTimePassword:
    if work.session.scalar(select(Person.id).where(Person.username == new.username)) is not None:
        raise ConflictError(f"There is a person {new.username} already", "Choose another username")
    _require_free_subject(work.session, new.oidc_subject)
    person = Person(
        id=new_id("person"),
        username=new.username,
        full_name=new.full_name,
        roles=[str(role) for role in new.roles],
        oidc_subject=new.oidc_subject,
        failed_sign_ins=0,
        must_change_password=False,
        created_at=work.now,
        created_by=work.actor.id,
    )
    work.session.add(person)
    work.note(person.id, roles=list(person.roles))
    if new.with_password:
        return _give_one_time_password(work, person)
    return OneTimePassword(person=PersonView.of(person, work.now), one_time_password=None, expires_at=None)


def _give_one_time_password(work: Work, person: Person) -> OneTimePassword:
    given = passwords.new_one_time_password()
    person.password_digest = passwords.digest_password(given, work.office.password_cost)
    person.must_change_password = True
    person.password_expires_at = work.now + timedelta(
        hours=work.office.policy.sign_in.one_time_password_hours
    )
    person.failed_sign_ins, person.locked_until = 0, None
    return OneTimePassword(
        person=PersonView.of(person, work.now), one_time_password=given, expires_at=person.password_expires_at
    )


@command("people.list")
def list_people(
    work: Work, page: Page | None = None, wanted: PersonFilter | None = None
) -> Listing[PersonView]:
    """The people, or those that fit, by username."""
    page, wanted = page or Page(), wanted or PersonFilter()
    among = _fitting(select(Person), wanted)
    rows = among.order_by(Person.username).limit(page.limit + 1)
    if page.after is not None:
        rows = rows.where(Person.username > page.after)
    found = list(work.session.scalars(rows))
    shown = found[: page.limit]
    work.note("", people=len(shown))
    return Listing[PersonView](
        items=tuple(PersonView.of(person, work.now) for person in shown),
        next=shown[-1].username if len(found) > page.limit else None,
        total=work.session.scalar(_fitting(select(func.count(Person.id)), wanted)) or 0,
    )


def _fitting(among: Select[Any], wanted: PersonFilter) -> Select[Any]:
    if wanted.named:
        named = [
            column.icontains(wanted.named, autoescape=True) for column in (Person.username, Person.full_name)
        ]
        among = among.where(or_(*named))
    if wanted.role is not None:
        among = among.where(cast(Person.roles, String).contains(f'"{wanted.role}"'))
    if wanted.active is not None:
        among = among.where(Person.deactivated_at.is_(None) == wanted.active)
    return among


@command("people.show")
def show_person(work: Work, person: str) -> PersonView:
    """One person, by id or username.

    Raises:
        MissingError: there is none.
    """
    found = work.session.scalar(select(Person).where((Person.id == person) | (Person.username == person)))
    if found is None:
        raise MissingError(f"There is no person {person}", "`overt users list` shows who there is")
    work.note(found.id)
    return PersonView.of(found, work.now)


@command("people.change")
def change_person(work: Work, person_id: str, change: PersonChange) -> PersonView:
    """Change a person's name, roles, or link to the OpenID Connect provider.

    Raises:
        MissingError: there is no such person.
        ConflictError: no administrator would be left, or the link is somebody else's.
    """
    _lock_people(work.session)
    person = _person(work, person_id)
    given = change.model_fields_set
    work.note(person.id, changed=sorted(given))
    if change.full_name is not None:
        person.full_name = change.full_name
    if change.roles is not None:
        if Role.ADMINISTRATOR not in change.roles:
            _require_another_administrator(work.session, person)
        person.roles = [str(role) for role in change.roles]
        work.details["roles"] = list(person.roles)
    if "oidc_subject" in given:
        if change.oidc_subject is None and person.password_digest is None:
            raise ConflictError(
                "This person has no password, and could not sign in without the link",
                "Give them a password first (`overt users reset-password`)",
            )
        if change.oidc_subject != person.oidc_subject:
            _require_free_subject(work.session, change.oidc_subject)
        person.oidc_subject = change.oidc_subject
    return PersonView.of(person, work.now)


@command("people.reset-password")
def reset_password(work: Work, person_id: str) -> OneTimePassword:
    """Give a person another one-time password; their sessions and API tokens end, and a lock is lifted.

    Raises:
        MissingError: there is no such person.
        ConflictError: it is the actor's own, or they were deactivated, or an API token was used.
    """
    require_session(work.actor, "give passwords")
    _lock_people(work.session)
    person = _person(work, person_id)
    if person.id == work.actor.id:
        raise ConflictError("This is your own password", "Change it with `overt users change-password`")
    if person.deactivated_at is not None:
        raise ConflictError(f"{person.username} was deactivated", "Reactivate them first")
    _require_another_administrator(work.session, person)
    work.note(person.id)
    end_access(work, person.id, tokens=True)
    return _give_one_time_password(work, person)


@command("people.deactivate")
def deactivate_person(work: Work, person_id: str) -> PersonView:
    """Shut a person out: at once, from every session and with every API token. They stay in the record.

    Raises:
        MissingError: there is no such person.
        ConflictError: they were already, or no administrator would be left.
    """
    _lock_people(work.session)
    person = _person(work, person_id)
    if person.deactivated_at is not None:
        raise ConflictError(f"{person.username} was deactivated already")
    _require_another_administrator(work.session, person)
    work.note(person.id)
    end_access(work, person.id, tokens=True)
    person.deactivated_at = work.now
    return PersonView.of(person, work.now)


@command("people.reactivate")
def reactivate_person(work: Work, person_id: str) -> OneTimePassword:
    """Let a person in again: with a one-time password, or by OpenID Connect if that was their only way.

    Raises:
        MissingError: there is no such person.
        ConflictError: they are active.
    """
    require_session(work.actor, "give passwords")
    person = _person(work, person_id)
    if person.deactivated_at is None:
        raise ConflictError(f"{person.username} is active")
    work.note(person.id)
    person.deactivated_at = None
    if person.password_digest is not None:
        return _give_one_time_password(work, person)
    return OneTimePassword(person=PersonView.of(person, work.now), one_time_password=None, expires_at=None)


def _person(work: Work, person_id: str) -> Person:
    person = work.session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise MissingError(f"There is no person {person_id}", "`overt users list` shows who there is")
    return person


def _one_newcomer_at_a_time(session: Session) -> None:
    """Let nobody else be added meanwhile: the audit chain's head, needed in any case, is locked now.

    Every command locks it last; so this one may lock no person after it.
    """
    session.get(AuditHead, 1, with_for_update=True)


def _lock_people(session: Session) -> None:
    """Let nobody else change meanwhile: what is decided here depends on who else there is.

    In the order of their ids, so that two who do this wait for each other and do not block each other.
    """
    session.scalars(select(Person).order_by(Person.id).with_for_update()).all()


def _require_free_subject(session: Session, subject: str | None) -> None:
    if subject is None:
        return
    if session.scalar(select(Person.id).where(Person.oidc_subject == subject)) is not None:
        raise ConflictError(
            "This OpenID Connect subject is linked to somebody else already", "Take that link away"
        )


def _require_another_administrator(session: Session, person: Person) -> None:
    """Refuse to take the last administrator who can sign in away.

    One who has not yet changed a one-time password does not count: it may expire unused.

    Raises:
        ConflictError: this person is the last.
    """
    if Role.ADMINISTRATOR not in person.roles or person.deactivated_at is not None:
        return
    others = session.scalars(select(Person).where(Person.id != person.id, Person.deactivated_at.is_(None)))
    if not any(Role.ADMINISTRATOR in other.roles and _can_sign_in(other) for other in others):
        raise ConflictError(
            f"{person.username} is the last administrator who can sign in",
            "Add another, who must have signed in and chosen a password, first",
        )


def _can_sign_in(person: Person) -> bool:
    own_password = person.password_digest is not None and not person.must_change_password
    return own_password or person.oidc_subject is not None
