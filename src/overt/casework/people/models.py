"""What the commands about people take and give."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads the annotations
from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator

from overt.casework.actor import Role

if TYPE_CHECKING:
    from overt.records.tables import ApiToken, Person

__all__ = [
    "LONGEST_PASSWORD",
    "AddedToken",
    "NewPassword",
    "NewPerson",
    "NewToken",
    "OneTimePassword",
    "PersonChange",
    "PersonFilter",
    "PersonView",
    "SelfView",
    "SignIn",
    "SignedIn",
    "TokenView",
]

LONGEST_PASSWORD: Final = 256
_RESERVED: Final = frozenset({"nobody", "server", "engine", "retention", "software", "overt"})


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _free(username: str) -> str:
    if username in _RESERVED or username.startswith(("person-", "software-")):
        raise ValueError("this username is the software's own")
    return username


def _plain(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it has characters that cannot be printed")
    return text


Username = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9._@-]*$", max_length=64),
    AfterValidator(_free),
    Field(description="Small letters, digits and . _ @ -, unlike anybody else's. It cannot be changed."),
]
FullName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_plain),
    Field(description="As colleagues know them."),
]
OidcSubject = Annotated[
    str,
    StringConstraints(min_length=1, max_length=255),
    AfterValidator(_plain),
    Field(description="Their `sub` at the OpenID Connect provider."),
]
Secret = Annotated[str, Field(min_length=1, max_length=LONGEST_PASSWORD, repr=False)]


def _roles(roles: tuple[Role, ...]) -> tuple[Role, ...]:
    """Roles that one person can hold together, sorted.

    An administrator sees no case data and an auditor changes nothing, so neither can hold another role.
    """
    held = frozenset(roles)
    if unknown := held - set(Role.of_people()):
        raise ValueError(f"no person holds the role {sorted(unknown)[0]}")
    for alone in (Role.ADMINISTRATOR, Role.AUDITOR):
        if alone in held and len(held) > 1:
            raise ValueError(f"the role {alone} cannot be held together with another")
    return tuple(sorted(held))


Roles = Annotated[
    tuple[Role, ...],
    Field(
        min_length=1,
        max_length=len(Role),
        description="What they are trained and appointed to do. Administrator and auditor stand alone.",
    ),
    AfterValidator(_roles),
]


class NewPerson(_Model):
    """Someone who is to work with Overt."""

    username: Username
    full_name: FullName
    roles: Roles
    oidc_subject: OidcSubject | None = None
    with_password: Annotated[
        bool,
        Field(
            description="Give a one-time password; false for someone who signs in by OpenID Connect alone."
        ),
    ] = True


class PersonChange(_Model):
    """What is to change about a person; what is left out stays."""

    full_name: FullName | None = None
    roles: Roles | None = None
    oidc_subject: Annotated[
        OidcSubject | None, Field(description="Null takes the link to the OpenID Connect provider away.")
    ] = None

    @field_validator("full_name", "roles")
    @classmethod
    def _given(cls, value: object) -> object:
        if value is None:
            raise ValueError("it cannot be null; leave it out where it stays")
        return value


class PersonFilter(_Model):
    """Which people a listing holds: those that fit all that is given."""

    named: Annotated[str | None, Field(max_length=200, description="A part of the username or the name.")] = (
        None
    )
    role: Annotated[Role | None, Field(description="In this role, perhaps among others.")] = None
    active: Annotated[
        bool | None, Field(description="True: who may sign in; false: who was deactivated.")
    ] = None


class PersonView(_Model):
    """A person, as administrators, auditors and they themselves see them."""

    id: str
    username: str
    full_name: str
    roles: tuple[Role, ...]
    has_password: Annotated[bool, Field(description="False where they sign in by OpenID Connect alone.")]
    must_change_password: Annotated[bool, Field(description="They still have the one-time password.")]
    password_expires_at: Annotated[datetime | None, Field(description="The end of the one-time password.")]
    oidc_subject: str | None
    locked_until: Annotated[
        datetime | None, Field(description="No password is taken until then, after too many wrong ones.")
    ]
    created_at: datetime
    created_by: Annotated[str, Field(description="Id of whoever added them.")]
    deactivated_at: datetime | None

    @classmethod
    def of(cls, person: Person, now: datetime) -> Self:
        """Of a row."""
        locked = person.locked_until
        return cls(
            id=person.id,
            username=person.username,
            full_name=person.full_name,
            roles=tuple(Role(role) for role in person.roles),
            has_password=person.password_digest is not None,
            must_change_password=person.must_change_password,
            password_expires_at=person.password_expires_at,
            oidc_subject=person.oidc_subject,
            locked_until=locked if locked is not None and locked > now else None,
            created_at=person.created_at,
            created_by=person.created_by,
            deactivated_at=person.deactivated_at,
        )


class OneTimePassword(_Model):
    """A person, and the password for their first sign-in, which is shown this once."""

    person: PersonView
    one_time_password: Annotated[
        str | None,
        Field(repr=False, description="Shown this once. Null where they sign in by OpenID Connect alone."),
    ]
    expires_at: Annotated[datetime | None, Field(description="It must have been used and changed by then.")]


class SignIn(_Model):
    """A username and a password, and where they come from."""

    username: Annotated[str, Field(max_length=200)]
    password: Secret
    client: Annotated[
        str,
        Field(max_length=100, description="The client's address, which the number of attempts is held to."),
    ]

    @field_validator("username")
    @classmethod
    def _as_kept(cls, value: str) -> str:
        return value.strip().casefold()


class SignedIn(_Model):
    """A session that was just begun."""

    token: Annotated[str, Field(repr=False, description="The session's secret; give it as a bearer token.")]
    expires_at: Annotated[datetime, Field(description="The end of the session, or sooner without use.")]
    person: PersonView
    must_change_password: Annotated[
        bool, Field(description="Until the password is changed, nothing else can be done.")
    ]


class NewPassword(_Model):
    """A person's change of their own password."""

    current: Secret
    new: Secret


class NewToken(_Model):
    """A personal API token that is to be made."""

    name: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
        AfterValidator(_plain),
        Field(description="What it is for."),
    ]
    scopes: Annotated[
        tuple[str, ...],
        Field(
            min_length=1,
            max_length=200,
            description="The commands it is for: their names, such as `alerts.list`, or the beginning of some up to "
            "a dot, such as `alerts`; `*` for all that its owner may do.",
        ),
    ]
    days: Annotated[
        float, Field(gt=0, description="How long it is good for; at most what the policy says.")
    ] = 30


class TokenView(_Model):
    """A personal API token, without its secret."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, token: ApiToken) -> Self:
        """Of a row."""
        return cls(
            id=token.id,
            name=token.name,
            scopes=tuple(token.scopes),
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
            revoked_at=token.revoked_at,
        )


class AddedToken(_Model):
    """A token that was just made, with its secret."""

    token: TokenView
    secret: Annotated[str, Field(repr=False, description="Shown this once; give it as a bearer token.")]


class SelfView(_Model):
    """The one who asks, and what they may do now."""

    person: PersonView
    commands: Annotated[tuple[str, ...], Field(description="What they may do, with this session or token.")]
    session_expires_at: Annotated[datetime | None, Field(description="Null with an API token.")]
