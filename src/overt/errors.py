"""Every error a user of Overt can meet.

    OvertError
    ├── PackError            a model pack is missing, altered, unlicensed or of an unknown layout
    ├── ProviderError        an inference provider was asked for and is not there
    ├── ImageError           a picture cannot be read or used
    ├── EnrolmentError       a watchlist row or reference image was refused
    ├── WatchlistError       a watchlist file is missing, altered, or locked with another key
    ├── ContractError        templates of one model pack were offered to another
    ├── SourceError          a feed's address is malformed or its kind is not supported
    ├── FeedError            a feed that was opened has failed; carries the fault's kind
    ├── SealError            a seal that was required is not held
    ├── WireError            a message on the engine's wire is malformed or too large
    ├── EngineError          the sealed engine could not start, or has stopped unasked
    ├── ClusterError         a Ray cluster or a shard on it cannot be reached
    ├── EvaluationError      data or a result of an evaluation cannot be used
    ├── RecordsError         the database cannot be opened, is of another version, or is in use
    ├── VaultError           the master key is missing or wrong, or sealed data was altered or its key destroyed
    ├── AuditError           the audit chain is broken, or an export of it cannot be used
    ├── PolicyError          the policy file is malformed, or would loosen a limit that it may only tighten
    ├── SignInError          a sign-in, session or token was refused
    ├── AuthorityError       the actor's roles or token do not allow the command
    ├── InputError           what a command was given cannot be taken; carries the field's name
    ├── MissingError         what a command names is not there
    ├── ConflictError        what a command asks does not fit the state that things are in
    └── RateError            too many attempts; carries the seconds to wait

Each error says what happened, to what, and what to do about it.
"""

__all__ = [
    "AuditError",
    "AuthorityError",
    "ClusterError",
    "ConflictError",
    "ContractError",
    "EngineError",
    "EnrolmentError",
    "EvaluationError",
    "FeedError",
    "ImageError",
    "InputError",
    "MissingError",
    "OvertError",
    "PackError",
    "PolicyError",
    "ProviderError",
    "RateError",
    "RecordsError",
    "SealError",
    "SignInError",
    "SourceError",
    "VaultError",
    "WatchlistError",
    "WireError",
]


class OvertError(Exception):
    """The root of Overt's errors.

    Args:
        what: what happened and to what, as one sentence without the full stop.
        remedy: what the reader should do, as one sentence without the full stop.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}. {self.remedy}." if self.remedy else f"{self.what}."


class PackError(OvertError):
    """A model pack is missing, altered, unlicensed or of an unknown layout."""


class ProviderError(OvertError):
    """An inference provider was asked for and is not available on this machine."""


class ImageError(OvertError):
    """A picture cannot be read or used."""


class EnrolmentError(OvertError):
    """A watchlist row or reference image was refused."""


class WatchlistError(OvertError):
    """A watchlist file is missing, altered, or locked with another key."""


class ContractError(OvertError):
    """Templates made by one model pack were offered to another."""


class SourceError(OvertError):
    """A feed's address is malformed, or its kind is not supported."""


class FeedError(OvertError):
    """A feed that was opened has failed.

    Args:
        kind: the fault's name, one of `overt.video.FAULT_KINDS`.
        what: what happened and to which feed.
        remedy: what to do.
    """

    def __init__(self, kind: str, what: str, remedy: str = "") -> None:
        super().__init__(what, remedy)
        self.kind = kind


class SealError(OvertError):
    """A seal that was required is not held."""


class WireError(OvertError):
    """A message on the engine's wire is malformed or too large."""


class EngineError(OvertError):
    """The sealed engine could not start, or has stopped unasked.

    Args:
        what: what happened.
        remedy: what to do.
        refused: whether the engine itself has said why it cannot begin; the same start would end the same way.
    """

    def __init__(self, what: str, remedy: str = "", *, refused: bool = False) -> None:
        super().__init__(what, remedy)
        self.refused = refused


class ClusterError(OvertError):
    """A Ray cluster, or a shard of a collection on it, cannot be reached."""


class EvaluationError(OvertError):
    """Data or a result of an evaluation cannot be used."""


class RecordsError(OvertError):
    """The database cannot be opened, is of another version, or is in use by another server."""


class VaultError(OvertError):
    """The master key is missing or wrong, or sealed data was altered, or its key has been destroyed."""


class AuditError(OvertError):
    """The audit chain is broken, or an export of it cannot be used."""


class PolicyError(OvertError):
    """The policy file is malformed, or would loosen a limit that it may only tighten."""


class SignInError(OvertError):
    """A sign-in, session or token was refused. The message never says which part was wrong."""


class AuthorityError(OvertError):
    """The actor's roles, or the scopes of the token used, do not allow the command."""


class InputError(OvertError):
    """What a command was given cannot be taken.

    Args:
        what: what is wrong.
        remedy: what to do.
        field: the name of the field it was given in, empty where it is no single one.
    """

    def __init__(self, what: str, remedy: str = "", *, field: str = "") -> None:
        super().__init__(what, remedy)
        self.field = field


class MissingError(OvertError):
    """What a command names is not there."""


class ConflictError(OvertError):
    """What a command asks does not fit the state that things are in: an illegal move, a repeated reference."""


class RateError(OvertError):
    """Too many attempts.

    Args:
        what: what was attempted too often.
        remedy: what to do.
        wait_seconds: how long to wait.
    """

    def __init__(self, what: str, remedy: str = "", *, wait_seconds: float = 0.0) -> None:
        super().__init__(what, remedy)
        self.wait_seconds = wait_seconds
