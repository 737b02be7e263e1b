"""Signing in through an OpenID Connect provider, against a real one on this machine."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from sqlalchemy import select

from overt.casework import Actor, Office, Role, people
from overt.casework.policy import OidcPolicy
from overt.errors import (
    AuthorityError,
    ConflictError,
    InputError,
    MissingError,
    PolicyError,
    RateError,
    SignInError,
)
from overt.records.tables import AuditEntry
from tests.casework.people.conftest import NOBODY, Crew, sign_in
from tests.casework.people.provider import CLIENT_ID, CLIENT_SECRET, Claims, Provider, rsa_key
from tests.offices import Clock

BACK = "https://overt.force.example/signed-in"


@pytest.fixture
def provider(clock: Clock) -> Iterator[Provider]:
    """The force's provider."""
    made = Provider(now=lambda: clock().timestamp())
    yield made
    made.close()


@pytest.fixture
def linked(
    office: Office, provider: Provider, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> people.PersonView:
    """An office that knows the provider, and a person in it who is linked to `subject-1`."""
    monkeypatch.setenv("OVERT_OIDC_SECRET", CLIENT_SECRET)
    _set(office, OidcPolicy(issuer=provider.issuer, client_id=CLIENT_ID))
    new = people.NewPerson(
        username="bob",
        full_name="Bob",
        roles=(Role.LFR_OPERATOR,),
        oidc_subject="subject-1",
        with_password=False,
    )
    given = people.add_person(office, crew.administrator, new)
    assert given.one_time_password is None
    assert not given.person.has_password
    return given.person


def _set(office: Office, settings: OidcPolicy) -> None:
    office.policy = msgspec.structs.replace(office.policy, oidc=settings)


def _go(start: people.OidcStart, client: str = "10.0.0.1") -> people.OidcAnswer:
    """What a browser does: to the provider and back."""
    with httpx.Client() as browser:
        back = browser.get(start.url).headers["location"]
    assert back.startswith(BACK)
    came = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    return people.OidcAnswer(code=came["code"], state=came["state"], pending=start.pending, client=client)


def _sign_in(office: Office, client: str = "10.0.0.1") -> people.SignedIn:
    return people.sign_in_oidc(office, NOBODY, _go(people.begin_oidc(office, BACK), client))


def _why(office: Office) -> dict[str, object]:
    with office.database.transaction() as session:
        details = session.scalars(
            select(AuditEntry.details)
            .where(AuditEntry.command == "people.sign-in-oidc", AuditEntry.outcome == "failed")
            .order_by(AuditEntry.seq.desc())
        ).first()
    assert details is not None
    found: dict[str, object] = json.loads(details)
    return found


def test_a_linked_person_is_let_in_and_gets_no_role_from_claims(
    office: Office, provider: Provider, linked: people.PersonView
) -> None:
    provider.alter = lambda claims: claims | {"roles": ["administrator"], "groups": ["administrator"]}
    signed_in = _sign_in(office)
    actor = people.authenticate(office, signed_in.token, "console")
    assert (actor.id, actor.roles, actor.scopes) == (linked.id, {Role.LFR_OPERATOR}, None)
    with pytest.raises(ConflictError, match="provider"):
        people.change_password(office, actor, people.NewPassword(current="x", new="three blue kettles"))


def test_what_the_browser_is_sent_with(office: Office, linked: people.PersonView) -> None:
    one, two = people.begin_oidc(office, BACK), people.begin_oidc(office, BACK)
    asked = [parse_qs(urlsplit(start.url).query) for start in (one, two)]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
        assert len(asked[0][name][0]) >= 43
    assert CLIENT_SECRET not in one.url + one.pending
    pending = json.loads(base64.urlsafe_b64decode(one.pending))
    assert pending["verifier"] not in one.url


def _wrong(name: str, value: object) -> object:
    return lambda claims: claims | {name: value}


def _without(name: str) -> object:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


@pytest.mark.parametrize(
    "alter",
    [
        pytest.param(_wrong("nonce", "of another sign-in"), id="wrong-nonce"),
        pytest.param(_without("nonce"), id="no-nonce"),
        pytest.param(_wrong("aud", "another-client"), id="wrong-audience"),
        pytest.param(_wrong("aud", ["another-client", "and-another"]), id="wrong-audiences"),
        pytest.param(lambda c: c | {"aud": [CLIENT_ID, "other"], "azp": "other"}, id="for-another-party"),
        pytest.param(_without("aud"), id="no-audience"),
        pytest.param(_wrong("iss", "https://another.example"), id="wrong-issuer"),
        pytest.param(lambda c: c | {"exp": c["iat"] - 61}, id="expired"),
        pytest.param(_without("exp"), id="without-end"),
        pytest.param(lambda c: c | {"iat": c["iat"] + 3600}, id="from-the-future"),
        pytest.param(lambda c: c | {"nbf": c["iat"] + 3600}, id="not-yet"),
        pytest.param(_without("sub"), id="no-subject"),
        pytest.param(_wrong("sub", ""), id="empty-subject"),
        pytest.param(_wrong("sub", 1), id="subject-of-another-kind"),
        pytest.param(_wrong("exp", "soon"), id="end-of-another-kind"),
        pytest.param(_wrong("at_hash", "AAAA"), id="wrong-access-token"),
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    office: Office, provider: Provider, linked: people.PersonView, alter: object
) -> None:
    provider.alter = alter  # type: ignore[assignment]
    with pytest.raises(SignInError, match="not valid"):
        _sign_in(office)
    assert provider.tokens_given == 1
    assert _why(office)["error"] == "SignInError"


@pytest.mark.parametrize("how", ["none", "another key", "public key", "cut", "garbage"])
def test_a_token_that_the_provider_did_not_sign_is_refused(
    office: Office, provider: Provider, linked: people.PersonView, how: str
) -> None:
    another = rsa_key("another's")

    def sign(claims: Claims) -> str:
        if how == "none":
            return provider.unsigned(claims)
        if how == "another key":
            return provider.signed(claims, another)
        if how == "public key":
            return provider.signed_with_the_public_key(claims)
        if how == "cut":
            return provider.signed(claims).rpartition(".")[0] + "."
        return "garbage"

    provider.sign = sign
    with pytest.raises(SignInError, match="not valid"):
        _sign_in(office)
    assert provider.tokens_given == 1


def test_a_subject_that_nobody_is_linked_to_is_refused(
    office: Office, provider: Provider, linked: people.PersonView
) -> None:
    provider.subject, provider.username = "subject-2", "bob"
    with pytest.raises(SignInError, match="no active account"):
        _sign_in(office)
    assert _why(office)["why"] == "nobody linked"


def test_a_deactivated_person_is_refused(
    office: Office, provider: Provider, linked: people.PersonView, crew: Crew
) -> None:
    people.deactivate_person(office, crew.administrator, linked.id)
    with pytest.raises(SignInError, match="no active account"):
        _sign_in(office)
    given = people.reactivate_person(office, crew.administrator, linked.id)
    assert given.one_time_password is None
    assert _sign_in(office).person.id == linked.id


def test_a_username_claim_links_once_and_never_again(
    office: Office, provider: Provider, linked: people.PersonView, crew: Crew
) -> None:
    cyd = crew.hire("cyd", "auditor")
    _set(office, OidcPolicy(issuer=provider.issuer, client_id=CLIENT_ID, username_claim="preferred_username"))
    provider.subject, provider.username = "subject-of-cyd", "Cyd"
    signed_in = _sign_in(office)
    assert (signed_in.person.id, signed_in.person.oidc_subject) == (cyd.id, "subject-of-cyd")
    # Someone else who is given that name at the provider later does not become them.
    provider.subject = "subject-of-another-cyd"
    with pytest.raises(SignInError, match="no active account"):
        _sign_in(office)
    # Nor does a name take over a person who is linked.
    provider.username = "bob"
    with pytest.raises(SignInError, match="no active account"):
        _sign_in(office)


def test_a_one_time_password_is_void_once_the_provider_was_used(
    office: Office, provider: Provider, linked: people.PersonView, crew: Crew
) -> None:
    given = people.reset_password(office, crew.administrator, linked.id)
    assert given.one_time_password is not None
    signed_in = _sign_in(office)
    assert not signed_in.must_change_password
    assert people.authenticate(office, signed_in.token, "api").scopes is None
    with pytest.raises(SignInError):
        sign_in(office, "bob", given.one_time_password)


def test_an_answer_belongs_to_its_beginning(
    office: Office, provider: Provider, linked: people.PersonView, clock: Clock
) -> None:
    answer, other = _go(people.begin_oidc(office, BACK)), people.begin_oidc(office, BACK)
    for wrong in (
        answer.model_copy(update={"pending": other.pending}),
        answer.model_copy(update={"state": "guessed"}),
        answer.model_copy(update={"state": "gu\u00e9ssed"}),
        answer.model_copy(update={"pending": "nonsense"}),
        answer.model_copy(update={"pending": "n\u00f6nsense"}),
        answer.model_copy(update={"pending": base64.urlsafe_b64encode(b"{}").decode()}),
    ):
        with pytest.raises(SignInError, match="not begun"):
            people.sign_in_oidc(office, NOBODY, wrong)
    assert provider.tokens_given == 0
    people.sign_in_oidc(office, NOBODY, answer)
    with pytest.raises(SignInError, match="did not take"):
        people.sign_in_oidc(office, NOBODY, answer)
    late = _go(people.begin_oidc(office, BACK))
    clock.turn(minutes=10)
    with pytest.raises(SignInError, match="too long"):
        people.sign_in_oidc(office, NOBODY, late)


def test_a_stolen_code_is_worth_nothing_without_its_verifier(
    office: Office, provider: Provider, linked: people.PersonView
) -> None:
    stolen = _go(people.begin_oidc(office, BACK))
    own = people.begin_oidc(office, BACK)
    state = json.loads(base64.urlsafe_b64decode(own.pending))["state"]
    with pytest.raises(SignInError, match="did not take"):
        people.sign_in_oidc(
            office, NOBODY, stolen.model_copy(update={"pending": own.pending, "state": state})
        )
    assert provider.tokens_given == 0


def test_a_wrong_secret_is_refused_by_the_provider(
    office: Office, provider: Provider, linked: people.PersonView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERT_OIDC_SECRET", "a wrong one")
    with pytest.raises(SignInError, match="did not take"):
        _sign_in(office)


def test_the_secret_can_be_in_a_file(
    office: Office, provider: Provider, linked: people.PersonView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OVERT_OIDC_SECRET")
    _set(office, OidcPolicy(issuer=provider.issuer, client_id=CLIENT_ID, secret_file="oidc.secret"))
    with pytest.raises(PolicyError, match="cannot be read"):
        _sign_in(office)
    (office.folder / "oidc.secret").write_text(CLIENT_SECRET + "\n")
    assert _sign_in(office).person.id == linked.id


def test_addresses_are_held_to_the_same_rate(
    office: Office, provider: Provider, linked: people.PersonView
) -> None:
    answer = _go(people.begin_oidc(office, BACK)).model_copy(update={"state": "guessed"})
    for _ in range(office.policy.sign_in.attempts_per_minute):
        with pytest.raises(SignInError):
            people.sign_in_oidc(office, NOBODY, answer)
    for _ in range(2):
        with pytest.raises(RateError):
            _sign_in(office)
    with pytest.raises(RateError):
        people.sign_in_oidc(office, NOBODY, _go(people.begin_oidc(office, BACK)))
    assert _sign_in(office, client="10.0.0.2").person.id == linked.id


@pytest.mark.parametrize(
    ("discovery", "why"),
    [
        ({"issuer": "https://another.example"}, "names another issuer"),
        ({"token_endpoint": "http://another.example/token"}, "not https"),
        ({"jwks_uri": 1}, "malformed"),
    ],
)
def test_a_provider_that_cannot_be_trusted_is_not_used(
    office: Office, provider: Provider, linked: people.PersonView, discovery: dict[str, str], why: str
) -> None:
    provider.discovery = discovery
    with pytest.raises(SignInError, match=why):
        people.begin_oidc(office, BACK)


def test_a_provider_that_does_not_answer_is_an_error_with_a_remedy(
    office: Office, provider: Provider, linked: people.PersonView
) -> None:
    _set(office, OidcPolicy(issuer=provider.issuer + "/nowhere", client_id=CLIENT_ID))
    with pytest.raises(SignInError, match="did not answer"):
        people.begin_oidc(office, BACK)
    _set(office, OidcPolicy(issuer="http://provider.example", client_id=CLIENT_ID))
    with pytest.raises(PolicyError, match="https"):
        people.begin_oidc(office, BACK)


def test_the_way_back_must_be_an_address(office: Office, linked: people.PersonView) -> None:
    for address in ("javascript:alert(1)", "/signed-in", "https://", ""):
        with pytest.raises(InputError) as caught:
            people.begin_oidc(office, address)
        assert caught.value.field == "redirect_uri"


def test_only_nobody_signs_in(office: Office, linked: people.PersonView, crew: Crew) -> None:
    with pytest.raises(AuthorityError):
        people.sign_in_oidc(office, crew.administrator, _go(people.begin_oidc(office, BACK)))


def test_without_the_section_there_is_no_such_sign_in(office: Office) -> None:
    with pytest.raises(MissingError, match="not set up"):
        people.begin_oidc(office, BACK)
    with pytest.raises(MissingError, match="not set up"):
        people.sign_in_oidc(
            office, Actor.nobody("api"), people.OidcAnswer(code="c", state="s", pending="p", client="c")
        )


@pytest.mark.parametrize("package", ["httpx", "authlib.oidc.core", "joserfc.jwt"])
def test_a_missing_extra_says_what_to_install(
    office: Office, linked: people.PersonView, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(PolicyError, match=r"overt\[oidc\]"):
        people.begin_oidc(office, BACK)


def test_a_link_is_one_person_s_and_the_only_way_in_is_not_taken_away(
    office: Office, linked: people.PersonView, crew: Crew
) -> None:
    cyd = crew.hire("cyd", "auditor")
    link = people.PersonChange(oidc_subject="subject-1")
    with pytest.raises(ConflictError, match="somebody else"):
        people.change_person(office, crew.administrator, cyd.id, link)
    with pytest.raises(ConflictError, match="no password"):
        people.change_person(office, crew.administrator, linked.id, people.PersonChange(oidc_subject=None))
    people.reset_password(office, crew.administrator, linked.id)
    people.change_person(office, crew.administrator, linked.id, people.PersonChange(oidc_subject=None))
    assert people.change_person(office, crew.administrator, cyd.id, link).oidc_subject == "subject-1"
