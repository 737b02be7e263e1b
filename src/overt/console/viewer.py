"""Who looks: the person behind a browser's session cookie, and the pages that are theirs to open.

The cookie holds the session's secret and nothing else, and no script can read it. Every address says which commands
its page is for; whoever may give none of them is refused before anything is read.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Depends, Request

from overt.casework.commands import COMMANDS
from overt.casework.people import SESSION_PREFIX, SessionState, authenticate, session_state
from overt.errors import AuthorityError, SignInError
from overt.web.service import TheOffice  # noqa: TC001 - the framework reads the annotations

if TYPE_CHECKING:
    from starlette.responses import Response

    from overt.casework import Actor

__all__ = ["MayOpen", "SignedInOnly", "Viewer", "forget_session", "keep_session", "may", "session_secret"]

_PLAIN: Final = "overt-session"
_SECURE: Final = "__Host-overt-session"
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LONGEST: Final = 512


@dataclass(frozen=True)
class Viewer:
    """Someone who has signed in.

    Attributes:
        actor: whom commands are carried out for.
        session: their session.
        csrf: goes with every form of theirs; another site cannot know it.
    """

    actor: Actor
    session: SessionState
    csrf: str

    def may(self, command: str) -> bool:
        """Whether a command is theirs to give, so that a page can leave out what is not."""
        try:
            COMMANDS[command].authorise(self.actor)
        except AuthorityError:
            return False
        return True


class MayOpen:
    """An address's guard: whoever may give one of these commands may open it."""

    def __init__(self, *commands: str) -> None:
        if unknown := [name for name in commands if name not in COMMANDS]:
            raise ValueError(f"there is no command {unknown[0]}")
        self.commands = commands

    def __call__(self, request: Request, office: TheOffice) -> Viewer:
        """The viewer.

        Raises:
            SignInError: nobody is signed in, or the session has ended.
            AuthorityError: none of the commands is theirs to give, or they must choose a password first.
        """
        secret = session_secret(request)
        actor = authenticate(office, secret, "console")
        viewer = Viewer(actor, session_state(office, actor), csrf_of(secret))
        if self.commands and not any(viewer.may(name) for name in self.commands):
            COMMANDS[self.commands[0]].authorise(actor)
        return viewer


class SignedInOnly(MayOpen):
    """For pages that are everybody's who has signed in."""


def may(*commands: str) -> Any:
    """The guard of a route, for its annotation: whoever may give one of these commands; without any, everybody."""
    return Depends(MayOpen(*commands) if commands else SignedInOnly())


TheViewer = Annotated[Viewer, may()]


def session_secret(request: Request) -> str:
    """The secret in the session cookie.

    Raises:
        SignInError: there is none, or it cannot be one.
    """
    secret = request.cookies.get(_name(request), "")
    if not secret.startswith(SESSION_PREFIX) or not secret.isascii() or len(secret) > _LONGEST:
        raise SignInError("Nobody is signed in here", "Sign in")
    return secret


def csrf_of(secret: str) -> str:
    """What a session's forms carry. From it nobody finds the secret."""
    return hmac.new(secret.encode(), b"overt console forms", hashlib.sha256).hexdigest()


def keep_session(request: Request, response: Response, secret: str) -> None:
    """Have the browser keep a session until it is closed: out of scripts' reach, off other sites' requests."""
    response.set_cookie(
        _name(request), secret, httponly=True, samesite="strict", secure=is_secure(request), path="/"
    )


def forget_session(request: Request, response: Response) -> None:
    """Have the browser forget it."""
    response.delete_cookie(
        _name(request), httponly=True, samesite="strict", secure=is_secure(request), path="/"
    )


def is_secure(request: Request) -> bool:
    """Whether cookies are for https alone: everywhere but on the machine itself."""
    return request.url.scheme == "https" or (request.url.hostname or "") not in _HERE


def _name(request: Request) -> str:
    return _SECURE if is_secure(request) else _PLAIN
