"""A person's own password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overt.casework.commands import Work, command
from overt.casework.people import passwords
from overt.casework.people.models import PersonView
from overt.casework.people.password_rules import check_new_password
from overt.casework.people.sessions import end_access, require_session
from overt.casework.people.sign_in import check_password
from overt.errors import ConflictError, InputError
from overt.records.tables import Person

if TYPE_CHECKING:
    from overt.casework.people.models import NewPassword

__all__ = ["change_password"]


@command("people.change-password")
def change_password(work: Work, change: NewPassword) -> PersonView:
    """Change one's own password. Every other session of theirs ends.

    Raises:
        SignInError: the current password is wrong.
        InputError: the new one is too short, too easily guessed, or the old one.
        ConflictError: an API token was used, or the actor signs in by OpenID Connect alone.
    """
    require_session(work.actor, "change a password")
    work.note(work.actor.id)
    person = work.session.get_one(Person, work.actor.id, with_for_update=True)
    if person.password_digest is None:
        raise ConflictError(
            "You have no password here: you sign in by OpenID Connect", "Change it at that provider"
        )
    check_password(work, person.id, change.current)
    check_new_password(
        change.new,
        least=work.office.policy.sign_in.password_length,
        username=person.username,
        full_name=person.full_name,
    )
    if passwords.normalised(change.new) == passwords.normalised(change.current):
        raise InputError("The new password is the current one", "Choose another", field="new")
    person.password_digest = passwords.digest_password(change.new, work.office.password_cost)
    person.must_change_password = False
    person.password_expires_at = None
    end_access(work, person.id, but=work.actor.session_id, tokens=False)
    return PersonView.of(person, work.now)
