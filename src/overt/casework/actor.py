"""Who acts: a person in their roles, or the software itself, by name."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal

__all__ = ["Actor", "Role", "Via"]

Via = Literal["api", "cli", "console", "server"]


class Role(enum.StrEnum):
    """What a person is trained and appointed to do (and two that are no person's)."""

    WATCHLIST_MANAGER = "watchlist-manager"
    DEPLOYMENT_PLANNER = "deployment-planner"
    AUTHORISING_OFFICER = "authorising-officer"
    LFR_OPERATOR = "lfr-operator"
    ENGAGEMENT_OFFICER = "engagement-officer"
    INVESTIGATOR = "investigator"
    FACIAL_EXAMINER = "facial-examiner"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    SOFTWARE = "software"
    """The server acting by itself: taking in an alert, ending a window, deleting what is due. No person's."""
    NOBODY = "nobody"
    """Whoever has not signed in yet. Never given to a person."""

    @classmethod
    def of_people(cls) -> tuple[Role, ...]:
        """The roles a person can hold."""
        return tuple(role for role in cls if role not in {cls.SOFTWARE, cls.NOBODY})


@dataclass(frozen=True)
class Actor:
    """Who a command is carried out for. Made by signing in (`overt.casework.people`) or by the server for itself.

    Attributes:
        id: of the person; for the software its part's name, such as `engine`.
        name: the username, as the audit chain shows it.
        roles: what they may act as.
        via: the way they came.
        scopes: with an API token, the commands it is limited to: a command's name, the beginning of one up to a dot,
            or `*`; None where nothing is limited.
        session_id: of the session they signed in to, where there is one.
    """

    id: str
    name: str
    roles: frozenset[Role]
    via: Via
    scopes: frozenset[str] | None = None
    session_id: str | None = None

    @classmethod
    def software(cls, part: str) -> Actor:
        """The server itself, by the part that acts: `engine`, `retention`, `server`."""
        return cls(id=f"software-{part}", name=part, roles=frozenset({Role.SOFTWARE}), via="server")

    @classmethod
    def nobody(cls, via: Via) -> Actor:
        """Whoever has not signed in."""
        return cls(id="nobody", name="nobody", roles=frozenset({Role.NOBODY}), via=via)

    def in_scope(self, command: str) -> bool:
        """Whether the token used, if one was, is for this command."""
        if self.scopes is None or "*" in self.scopes:
            return True
        parts = command.split(".")
        return any(".".join(parts[:n]) in self.scopes for n in range(1, len(parts) + 1))
