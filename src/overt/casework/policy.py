"""Policy: the limits a force works to, from one TOML file. Those that protect people may only be tightened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from overt.errors import PolicyError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "SEALS_ALWAYS_REQUIRED",
    "AlertPolicy",
    "CollectionPolicy",
    "DeploymentPolicy",
    "OidcPolicy",
    "Policy",
    "RetentionPolicy",
    "SearchPolicy",
    "SignInPolicy",
    "WatchlistPolicy",
    "check_policy",
    "limits_of",
    "read_policy",
]


SEALS_ALWAYS_REQUIRED: Final = (
    "no-inherited-files",
    "dies-with-parent",
    "no-core-dump",
    "not-dumpable",
    "no-file-growth",
    "no-new-privileges",
    "no-filesystem-writes",
    "clean-environment",
    "freed-memory-overwritten",
)
"""Without one of these no deployment goes live. A force may add `memory-locked`, which takes a privilege."""


class SignInPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Signing in.

    Attributes:
        password_length: least number of characters of a password.
        failures_before_lockout: wrong passwords in a row after which an account locks.
        lockout_minutes: for how long.
        attempts_per_minute: most attempts from one client address.
        session_hours: a session's longest life.
        session_idle_minutes: a session ends after so long without use.
        token_days: an API token's longest life.
        one_time_password_hours: how long a password set by an administrator can be used.
    """

    password_length: int = 12
    failures_before_lockout: int = 5
    lockout_minutes: int = 15
    attempts_per_minute: int = 20
    session_hours: float = 12
    session_idle_minutes: float = 60
    token_days: float = 90
    one_time_password_hours: float = 24


class WatchlistPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Watchlists.

    Attributes:
        categories: what an entry may be sought for; the force's own words.
        most_entries: the largest list.
        review_days: an entry is due for review so long after it was added or reviewed.
        longest_days: the furthest an entry's expiry may lie ahead.
        image_years: a reference image older than this is refused.
        image_years_warn: one older than this is noticed as stale.
    """

    categories: tuple[str, ...] = (
        "wanted for a serious offence",
        "subject to a court order",
        "missing or at risk of harm",
        "person of significant concern",
    )
    most_entries: int = 20_000
    review_days: int = 7
    longest_days: int = 365
    image_years: float = 10
    image_years_warn: float = 5


class DeploymentPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Deployments.

    Attributes:
        longest_hours: the longest window.
        authorisation_days: how long an authorisation stands before the window must have begun.
        urgent_hours: how long an urgent one stands; at most 24.
        required_seals: seals without which no deployment goes live.
        second_adjudication: whether a second person must adjudicate, blind to the first, before an engagement.
        certificate_required: whether an operating point without a valid certificate is refused; where it is not,
            every page and the record say that it is uncertified.
        operational_pack_required: whether a model pack that is to show and to practise alone is refused; where it
            is not, every page and the record say what it is for.
        certificate_days: how long a certificate stands.
        restarts: how often the engine is started again before the deployment is suspended.
        restart_seconds: the first pause before that; it doubles each time, up to a minute.
    """

    longest_hours: float = 24
    authorisation_days: float = 14
    urgent_hours: float = 24
    required_seals: tuple[str, ...] = SEALS_ALWAYS_REQUIRED
    second_adjudication: bool = False
    certificate_required: bool = False
    operational_pack_required: bool = False
    certificate_days: float = 365
    restarts: int = 5
    restart_seconds: float = 1.0


class AlertPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Alerts.

    Attributes:
        reason_length: least number of characters of an adjudication's reason.
    """

    reason_length: int = 3


class CollectionPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Collections for retrospective search.

    Attributes:
        review_days: a record is due for review so long after it came in or was reviewed, at the latest; six years,
            the first period of the College of Policing's schedule for the least serious group of offences.
    """

    review_days: int = 2192


class SearchPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Retrospective searches.

    Attributes:
        most_candidates: most candidates that a search returns.
        fpir: the part of searches for somebody who is not in the collection that may return anybody at all, more
            than 0 and at most 1: by it the threshold is chosen, from what was measured of the model pack.
        second_examination: whether a second facial examiner must compare each candidate, blind to the first.
        reason_words: least number of words of the reason for a search.
        offences: what a search may be for; the force's own words.
        required: what must be said with every search beside the reason: offence, authority, requested_by.
    """

    most_candidates: int = 10
    fpir: float = 0.3
    second_examination: bool = True
    reason_words: int = 3
    offences: tuple[str, ...] = (
        "homicide",
        "violence",
        "sexual offence",
        "robbery",
        "burglary",
        "theft",
        "vehicle crime",
        "fraud",
        "drugs",
        "weapons",
        "criminal damage",
        "public order",
        "missing or at risk of harm",
        "other",
    )
    required: tuple[str, ...] = ()


class RetentionPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long each kind is kept. The defaults are the longest that may be set.

    Attributes:
        alert_hours: an alert's picture, entry and reasons, from the alert.
        watchlist_hours: a list made for one deployment, from the deployment's end.
        entry_days_after_expiry: an entry and its images, from its expiry or withdrawal.
        deployment_hours: a deployment's reasons, statements and feed addresses, from its end. Long enough to review
            an urgent authorisation and to answer a complaint; as long as the law lets footage be kept (31 days).
        import_report_days: the report of a bulk import.
        collection_days_after_review: a collection's record and its images, from the review date that passed without
            a review.
        search_days: a retrospective search's face, reasons and examinations, from the search. Long enough for the
            case and for a complaint; the figures stay.
        repeated_request_hours: the answers kept for repeated requests.
        session_days: sessions and API tokens that have ended.
        sign_in_attempt_hours: attempts to sign in.
        run_every_minutes: how often the server runs retention by itself.
    """

    alert_hours: float = 24
    watchlist_hours: float = 24
    entry_days_after_expiry: float = 1
    deployment_hours: float = 744
    import_report_days: float = 31
    collection_days_after_review: float = 31
    search_days: float = 365
    repeated_request_hours: float = 24
    session_days: float = 31
    sign_in_attempt_hours: float = 24
    run_every_minutes: float = 5


class OidcPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Signing in through the force's own OpenID Connect provider. It says who someone is, never what they may do.

    Attributes:
        issuer: the provider's address, as it names itself; https, but for one on this machine.
        client_id: what the provider knows Overt as.
        secret_variable: the environment variable that the client's secret is in; the policy never holds it.
        secret_file: a file that it is in, for want of the variable; from the data folder where relative.
        username_claim: the claim that holds the username of someone whose subject is not linked yet, such as
            `preferred_username`; where it is not given, only those whom an administrator has linked are let in.
        scopes: what is asked of the provider.
    """

    issuer: str
    client_id: str
    secret_variable: str = "OVERT_OIDC_SECRET"  # noqa: S105 - the name of a variable, not a secret
    secret_file: str | None = None
    username_claim: str | None = None
    scopes: tuple[str, ...] = ("openid", "profile")


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a force decides for itself."""

    sign_in: SignInPolicy = SignInPolicy()
    watchlists: WatchlistPolicy = WatchlistPolicy()
    deployments: DeploymentPolicy = DeploymentPolicy()
    alerts: AlertPolicy = AlertPolicy()
    collections: CollectionPolicy = CollectionPolicy()
    searches: SearchPolicy = SearchPolicy()
    retention: RetentionPolicy = RetentionPolicy()
    oidc: OidcPolicy | None = None


_NEVER_MORE: Final = {
    "sign_in.failures_before_lockout": 10,
    "sign_in.attempts_per_minute": 60,
    "sign_in.session_hours": 24,
    "sign_in.session_idle_minutes": 720,
    "sign_in.token_days": 366,
    "sign_in.one_time_password_hours": 72,
    "watchlists.most_entries": 20_000,
    "watchlists.longest_days": 365,
    "deployments.longest_hours": 24,
    "deployments.urgent_hours": 24,
    "deployments.authorisation_days": 31,
    "deployments.certificate_days": 365,
    "collections.review_days": 2192,
    "searches.most_candidates": 50,
    "searches.fpir": 1,
    "retention.alert_hours": 24,
    "retention.watchlist_hours": 24,
    "retention.entry_days_after_expiry": 1,
    "retention.deployment_hours": 744,
    "retention.import_report_days": 31,
    "retention.collection_days_after_review": 31,
    "retention.search_days": 365,
    "retention.repeated_request_hours": 24,
    "retention.session_days": 366,
    "retention.sign_in_attempt_hours": 24,
    "retention.run_every_minutes": 60,
}
_NEVER_LESS: Final = {
    "sign_in.password_length": 12,
    "sign_in.lockout_minutes": 5,
    "alerts.reason_length": 3,
    "searches.reason_words": 3,
}
_SAID_WITH_A_SEARCH: Final = frozenset({"offence", "authority", "requested_by"})


def limits_of(name: str) -> tuple[float | None, float | None]:
    """The least and the most that a figure, such as `retention.alert_hours`, may be set to; None without a limit."""
    return _NEVER_LESS.get(name), _NEVER_MORE.get(name)


def read_policy(file: Path | None) -> Policy:
    """The policy in a TOML file, or the defaults where there is none.

    Raises:
        PolicyError: the file cannot be read, names something unknown, or would loosen a limit.
    """
    if file is None or not file.exists():
        return Policy()
    try:
        policy = msgspec.toml.decode(file.read_bytes(), type=Policy)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PolicyError(
            f"The policy file {file} cannot be used: {error}", "Mend it, or take it away"
        ) from error
    check_policy(policy, str(file))
    return policy


def check_policy(policy: Policy, source: str) -> None:
    """Refuse a policy that loosens what may only be tightened.

    Raises:
        PolicyError: it names the first such limit.
    """
    written: dict[str, Any] = msgspec.to_builtins(policy)
    for name, limit in _NEVER_MORE.items():
        section, key = name.split(".")
        value = written[section][key]
        if not 0 < value <= limit:
            raise PolicyError(
                f"{source} sets {name} to {value:g}, and it must be more than 0 and at most {limit:g}",
                "Shorten it; the limit itself cannot be raised",
            )
    missing = set(SEALS_ALWAYS_REQUIRED) - set(policy.deployments.required_seals)
    if missing:
        raise PolicyError(
            f"{source} leaves out required seals: {', '.join(sorted(missing))}",
            "Put them back into deployments.required_seals; seals can be added to it, not taken from it",
        )
    unknown = set(policy.searches.required) - _SAID_WITH_A_SEARCH
    if unknown:
        raise PolicyError(
            f"{source} asks in searches.required for what no search has: {', '.join(sorted(unknown))}",
            "Name any of: " + ", ".join(sorted(_SAID_WITH_A_SEARCH)),
        )
    for name, least in _NEVER_LESS.items():
        section, key = name.split(".")
        value = written[section][key]
        if value < least:
            raise PolicyError(
                f"{source} sets {name} to {value:g}, and it must be at least {least:g}", "Raise it"
            )
