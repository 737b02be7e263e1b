"""People and their roles: an administrator's work."""

from typing import Annotated

from fastapi import Query

from overt.api.acting import TheActor
from overt.api.inputs import Id, api_router
from overt.api.repeats import TheCreation
from overt.casework import people
from overt.casework.paging import Listing, Page
from overt.web.service import TheOffice

__all__ = ["router"]

router = api_router("people", "/people")


class PersonQuery(people.PersonFilter, Page):
    """Which people, and which page of them."""


@router.post("", operation_id="people.add", status_code=201, summary="Add a person")
def add(create: TheCreation, person: people.NewPerson) -> people.OneTimePassword:
    """The one-time password is shown in this answer and never again."""
    return create(people.add_person, people.OneTimePassword, person)


@router.get("", operation_id="people.list", summary="Everybody who works with Overt")
def list_all(
    office: TheOffice, actor: TheActor, query: Annotated[PersonQuery, Query()]
) -> Listing[people.PersonView]:
    """Deactivated people are among them: the audit chain names them."""
    return people.list_people(office, actor, query, query)


@router.get("/{person_id}", operation_id="people.show", summary="A person")
def show(office: TheOffice, actor: TheActor, person_id: Id) -> people.PersonView:
    """One person, without any secret."""
    return people.show_person(office, actor, person_id)


@router.patch("/{person_id}", operation_id="people.change", summary="Change a person's name or roles")
def change(
    office: TheOffice, actor: TheActor, person_id: Id, asked: people.PersonChange
) -> people.PersonView:
    """What is left out stays. A username cannot be changed."""
    return people.change_person(office, actor, person_id, asked)


@router.post(
    "/{person_id}/password-resets",
    operation_id="people.reset-password",
    status_code=201,
    summary="Give a new one-time password",
)
def reset_password(create: TheCreation, person_id: Id) -> people.OneTimePassword:
    """Their sessions end. The password is shown in this answer and never again."""
    return create(people.reset_password, people.OneTimePassword, person_id)


@router.post("/{person_id}/deactivate", operation_id="people.deactivate", summary="Let a person in no more")
def deactivate(office: TheOffice, actor: TheActor, person_id: Id) -> people.PersonView:
    """Their sessions and tokens end at once."""
    return people.deactivate_person(office, actor, person_id)


@router.post("/{person_id}/reactivate", operation_id="people.reactivate", summary="Let a person in again")
def reactivate(office: TheOffice, actor: TheActor, person_id: Id) -> people.OneTimePassword:
    """With a new one-time password."""
    return people.reactivate_person(office, actor, person_id)
