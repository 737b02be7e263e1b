"""People: who they are, how they sign in, in which roles, and with which tokens."""

from overt.casework.people.accounts import (
    add_first_person,
    add_person,
    change_person,
    deactivate_person,
    list_people,
    reactivate_person,
    reset_password,
    show_person,
)
from overt.casework.people.bearers import SESSION_PREFIX, TOKEN_PREFIX
from overt.casework.people.models import (
    AddedToken,
    NewPassword,
    NewPerson,
    NewToken,
    OneTimePassword,
    PersonChange,
    PersonFilter,
    PersonView,
    SelfView,
    SignedIn,
    SignIn,
    TokenView,
)
from overt.casework.people.names import names_of
from overt.casework.people.oidc import OidcAnswer, OidcStart, begin_oidc, sign_in_oidc
from overt.casework.people.own_password import change_password
from overt.casework.people.sessions import SessionState, authenticate, session_state, show_self, sign_out
from overt.casework.people.sign_in import check_password, sign_in
from overt.casework.people.tokens import add_token, list_tokens, revoke_token

__all__ = [
    "SESSION_PREFIX",
    "TOKEN_PREFIX",
    "AddedToken",
    "NewPassword",
    "NewPerson",
    "NewToken",
    "OidcAnswer",
    "OidcStart",
    "OneTimePassword",
    "PersonChange",
    "PersonFilter",
    "PersonView",
    "SelfView",
    "SessionState",
    "SignIn",
    "SignedIn",
    "TokenView",
    "add_first_person",
    "add_person",
    "add_token",
    "authenticate",
    "begin_oidc",
    "change_password",
    "change_person",
    "check_password",
    "deactivate_person",
    "list_people",
    "list_tokens",
    "names_of",
    "reactivate_person",
    "reset_password",
    "revoke_token",
    "session_state",
    "show_person",
    "show_self",
    "sign_in",
    "sign_in_oidc",
    "sign_out",
]
