"""Personal API tokens: for a person's own programs, limited to some commands and some time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from overt.casework.commands import Work, command
from overt.casework.paging import Listing, Page
from overt.casework.people.bearers import TOKEN_PREFIX, new_bearer
from overt.casework.people.models import AddedToken, NewToken, TokenView
from overt.casework.people.sessions import require_session
from overt.casework.permissions import PERMISSIONS
from overt.errors import ConflictError, InputError, MissingError
from overt.records.tables import ApiToken, new_id

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["add_token", "list_tokens", "revoke_token"]


@command("people.add-token")
def add_token(work: Work, new: NewToken) -> AddedToken:
    """Make an API token for oneself. Its secret is given this once.

    Raises:
        InputError: a scope names no command, or it would last longer than the policy allows.
        ConflictError: an API token was used, or a token of this name is in use.
    """
    require_session(work.actor, "make API tokens")
    _check_scopes(new.scopes)
    longest = work.office.policy.sign_in.token_days
    if new.days > longest:
        raise InputError(
            f"A token may last {longest:g} days at most, and this one would last {new.days:g}",
            "Ask for fewer days",
            field="days",
        )
    same = select(ApiToken.id).where(
        ApiToken.person_id == work.actor.id,
        ApiToken.name == new.name,
        ApiToken.revoked_at.is_(None),
        ApiToken.expires_at > work.now,
    )
    if work.session.scalar(same) is not None:
        raise ConflictError(
            f"You have a token called {new.name} already", "Revoke it, or choose another name"
        )
    bearer, digest = new_bearer(TOKEN_PREFIX)
    token = ApiToken(
        id=new_id("token"),
        person_id=work.actor.id,
        name=new.name,
        token_digest=digest,
        scopes=sorted(set(new.scopes)),
        created_at=work.now,
        expires_at=work.now + timedelta(days=new.days),
    )
    work.session.add(token)
    work.note(token.id, scopes=list(token.scopes), expires_at=token.expires_at.isoformat())
    return AddedToken(token=TokenView.of(token), secret=bearer)


def _check_scopes(scopes: Iterable[str]) -> None:
    parts = [name.split(".") for name in PERMISSIONS]
    known = {".".join(name[:n]) for name in parts for n in range(1, len(name) + 1)} | {"*"}
    for scope in scopes:
        if scope not in known:
            raise InputError(
                f"No command is called {scope!r}, and none begins so",
                "Name commands, such as alerts.list, or groups of them, such as alerts",
                field="scopes",
            )


@command("people.list-tokens")
def list_tokens(work: Work, page: Page | None = None) -> Listing[TokenView]:
    """One's own API tokens, newest first, without their secrets.

    Raises:
        InputError: `after` is not the place of a token of theirs.
    """
    page = Page() if page is None else page
    own = ApiToken.person_id == work.actor.id
    wanted = select(ApiToken).where(own).order_by(ApiToken.created_at.desc(), ApiToken.id)
    if page.after is not None:
        last = work.session.get(ApiToken, page.after)
        if last is None or last.person_id != work.actor.id:
            raise InputError("after: there is no such place in the listing", "Begin again", field="after")
        later = (ApiToken.created_at == last.created_at) & (ApiToken.id > last.id)
        wanted = wanted.where((ApiToken.created_at < last.created_at) | later)
    found = list(work.session.scalars(wanted.limit(page.limit + 1)))
    shown = found[: page.limit]
    work.note(work.actor.id, tokens=len(shown))
    return Listing[TokenView](
        items=tuple(TokenView.of(token) for token in shown),
        next=shown[-1].id if len(found) > page.limit else None,
        total=work.session.scalar(select(func.count()).select_from(ApiToken).where(own)) or 0,
    )


@command("people.revoke-token")
def revoke_token(work: Work, token_id: str) -> TokenView:
    """Revoke one of one's own API tokens. Revoking it again changes nothing.

    Raises:
        MissingError: the actor has no such token.
    """
    token = work.session.get(ApiToken, token_id, with_for_update=True)
    if token is None or token.person_id != work.actor.id:
        raise MissingError(f"You have no token {token_id}", "`overt users tokens list` shows those you have")
    work.note(token.id)
    if token.revoked_at is None:
        token.revoked_at = work.now
    return TokenView.of(token)
