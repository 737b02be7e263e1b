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
    └── EvaluationError      data or a result of an evaluation cannot be used

Each error says what happened, to what, and what to do about it.
"""

__all__ = [
    "ContractError",
    "EngineError",
    "EnrolmentError",
    "EvaluationError",
    "FeedError",
    "ImageError",
    "OvertError",
    "PackError",
    "ProviderError",
    "SealError",
    "SourceError",
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
    """The sealed engine could not start, or has stopped unasked."""


class EvaluationError(OvertError):
    """Data or a result of an evaluation cannot be used."""
