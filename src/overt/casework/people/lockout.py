"""Wrong passwords are counted, by account and by client address, whatever becomes of the command they came with."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from overt.errors import RateError
from overt.records.tables import Person, SignInAttempt

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from overt.casework.commands import Work

__all__ = [
    "Attempts",
    "client_of",
    "count_attempt",
    "count_refusal",
    "count_wrong_password",
    "is_locked",
    "recent_attempts",
    "too_many_attempts",
]

_WINDOW: Final = timedelta(minutes=1)
_REFUSED: Final = "refused "


def is_locked(person: Person, now: datetime) -> bool:
    """Whether no password is taken for this account now."""
    return person.locked_until is not None and person.locked_until > now


def count_wrong_password(entry: Work, person_id: str) -> None:
    """Count one wrong password; the last that the policy allows locks the account. For `Work.on_failure`."""
    person = entry.session.get_one(Person, person_id, with_for_update=True, populate_existing=True)
    policy = entry.office.policy.sign_in
    person.failed_sign_ins += 1
    entry.details["wrong_passwords"] = person.failed_sign_ins
    if person.failed_sign_ins >= policy.failures_before_lockout:
        person.failed_sign_ins = 0
        person.locked_until = entry.now + timedelta(minutes=policy.lockout_minutes)
        entry.details["locked_until"] = person.locked_until.isoformat()


def client_of(address: str) -> str:
    """What attempts are counted by: an IPv4 address, the /64 network of an IPv6 address, or the text as it is."""
    try:
        parsed = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


@dataclass(frozen=True)
class Attempts:
    """What a client has done in the last minute.

    Attributes:
        too_many: whether it has none left.
        wait: the seconds until it has one again.
        refused: whether it was refused in this minute already, and the refusal entered.
    """

    too_many: bool
    wait: float
    refused: bool


def recent_attempts(session: Session, client: str, most: int, now: datetime) -> Attempts:
    """The attempts of a client in the last minute, of which it has `most`."""
    within = SignInAttempt.at > now - _WINDOW
    times = select(SignInAttempt.at).where(SignInAttempt.client == client, within)
    recent = list(session.scalars(times.order_by(SignInAttempt.at.desc()).limit(most)))
    refused = select(SignInAttempt.seq).where(SignInAttempt.client == _REFUSED + client, within).limit(1)
    return Attempts(
        too_many=len(recent) >= most,
        wait=(recent[-1] + _WINDOW - now).total_seconds() if recent else 0.0,
        refused=session.scalar(refused) is not None,
    )


def count_attempt(session: Session, client: str, now: datetime, *, succeeded: bool) -> None:
    """Count one attempt of a client."""
    session.add(SignInAttempt(client=client, at=now, succeeded=succeeded))


def count_refusal(session: Session, client: str, now: datetime) -> None:
    """Remember that a client was refused: one refusal a minute is entered in the audit chain, not thousands."""
    session.add(SignInAttempt(client=_REFUSED + client, at=now, succeeded=False))


def too_many_attempts(wait: float) -> RateError:
    """The refusal."""
    seconds = max(1, round(wait))
    return RateError(
        "There were too many attempts to sign in from this address",
        f"Wait {seconds} seconds and try again",
        wait_seconds=float(seconds),
    )
