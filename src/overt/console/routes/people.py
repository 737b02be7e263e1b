"""People and their roles: an administrator's work; an auditor reads."""

from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from overt.casework import Office, Role, people
from overt.casework.paging import Page
from overt.casework.people import OneTimePassword, PersonChange, PersonView
from overt.console.addresses import PersonId
from overt.console.command_words import may_do
from overt.console.forms import REFUSALS, Form, blank_form, read_form
from overt.console.pages import page, see_other
from overt.console.viewer import Viewer, may
from overt.web.service import TheOffice

__all__ = ["router"]

router = APIRouter()

_SHOWN: Final = 100


@router.get("/people")
def all_people(  # noqa: PLR0917 - the framework gives each by its name
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("people.list")],
    named: Annotated[str, Query(max_length=200)] = "",
    role: Annotated[str, Query(max_length=40)] = "",
    active: Literal["", "yes", "no"] = "",
    after: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Everybody who works with Overt, by username."""
    wanted = people.PersonFilter(
        named=named.strip() or None,
        role=Role(role) if role in set(Role.of_people()) else None,
        active={"yes": True, "no": False}.get(active),
    )
    listing = people.list_people(office, viewer.actor, Page(after=after, limit=_SHOWN), wanted)
    asked = {"named": named, "role": role, "active": active}
    return page(
        request,
        viewer,
        "people/list.html",
        listing=listing,
        asked=asked,
        query=urlencode({name: value for name, value in asked.items() if value}),
        roles=Role.of_people(),
        after=after or "",
    )


@router.get("/people/new")
def blank(request: Request, office: TheOffice, viewer: Annotated[Viewer, may("people.add")]) -> Response:
    """The form for a new person."""
    return _new(request, office, viewer, Form())


@router.get("/people/roles")
def all_roles(request: Request, viewer: Annotated[Viewer, may("people.list")]) -> Response:
    """What each role may do, out of the table of permissions."""
    return page(
        request, viewer, "people/roles.html", roles=[(role, may_do(role)) for role in Role.of_people()]
    )


@router.post("/people")
async def add(request: Request, office: TheOffice, viewer: Annotated[Viewer, may("people.add")]) -> Response:
    """Add a person; their one-time password is on the page that answers and on no later one."""
    form = await read_form(request, viewer)
    try:
        new = form.take(
            people.NewPerson, roles=form.all("roles"), with_password=not form.has("without_password")
        )
        made = await run_in_threadpool(form.give, office, viewer, people.add_person, OneTimePassword, new)
    except REFUSALS as error:
        return await run_in_threadpool(_new, request, office, viewer, form.refused(error))
    return _given(request, viewer, made, "added")


@router.get("/people/{person_id}")
def show(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("people.show")], person_id: PersonId
) -> Response:
    """A person, in which roles, and what can be done about them."""
    return _person(request, office, viewer, person_id, None)


@router.post("/people/{person_id}")
async def change(
    request: Request, office: TheOffice, viewer: Annotated[Viewer, may("people.change")], person_id: PersonId
) -> Response:
    """Another name, other roles, another link to the force's own sign-in."""
    form = await read_form(request, viewer)
    try:
        given: dict[str, object] = {"full_name": form.text("full_name"), "roles": form.all("roles")}
        if office.policy.oidc is not None:
            given["oidc_subject"] = form.text("oidc_subject") or None
        asked = PersonChange.model_validate(given)
        await run_in_threadpool(people.change_person, office, viewer.actor, person_id, asked)
    except REFUSALS as error:
        return await run_in_threadpool(_person, request, office, viewer, person_id, form.refused(error))
    return see_other(f"/people/{person_id}", "The change is recorded")


@router.post("/people/{person_id}/reset-password")
async def reset_password(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("people.reset-password")],
    person_id: PersonId,
) -> Response:
    """A new one-time password, shown once."""
    form = await read_form(request, viewer)
    try:
        made = await run_in_threadpool(
            form.give, office, viewer, people.reset_password, OneTimePassword, person_id
        )
    except REFUSALS as error:
        return await run_in_threadpool(_person, request, office, viewer, person_id, form.refused(error))
    return _given(request, viewer, made, "reset")


@router.post("/people/{person_id}/deactivate")
async def deactivate(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("people.deactivate")],
    person_id: PersonId,
) -> Response:
    """Let them in no more."""
    form = await read_form(request, viewer)
    try:
        await run_in_threadpool(form.give, office, viewer, people.deactivate_person, PersonView, person_id)
    except REFUSALS as error:
        return await run_in_threadpool(_person, request, office, viewer, person_id, form.refused(error))
    return see_other(f"/people/{person_id}", "They are let in no more, and their sessions have ended")


@router.post("/people/{person_id}/reactivate")
async def reactivate(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("people.reactivate")],
    person_id: PersonId,
) -> Response:
    """Let them in again, with a new one-time password, shown once."""
    form = await read_form(request, viewer)
    try:
        made = await run_in_threadpool(
            form.give, office, viewer, people.reactivate_person, OneTimePassword, person_id
        )
    except REFUSALS as error:
        return await run_in_threadpool(_person, request, office, viewer, person_id, form.refused(error))
    return _given(request, viewer, made, "reactivated")


def _new(request: Request, office: Office, viewer: Viewer, form: Form) -> Response:
    return page(
        request,
        viewer,
        "people/new.html",
        form=form,
        roles=[(role, may_do(role)) for role in Role.of_people()],
        oidc=office.policy.oidc is not None,
        hours=office.policy.sign_in.one_time_password_hours,
    )


def _person(request: Request, office: Office, viewer: Viewer, person_id: str, form: Form | None) -> Response:
    person = people.show_person(office, viewer.actor, person_id)
    filled = blank_form(
        full_name=person.full_name,
        roles=tuple(str(role) for role in person.roles),
        oidc_subject=person.oidc_subject or "",
    )
    return page(
        request,
        viewer,
        "people/person.html",
        form=form or filled,
        person=person,
        roles=[(role, may_do(role)) for role in Role.of_people()],
        oidc=office.policy.oidc is not None,
        is_self=person.id == viewer.actor.id,
    )


def _given(request: Request, viewer: Viewer, made: OneTimePassword, why: str) -> Response:
    return page(request, viewer, "people/given.html", made=made, why=why)
