"""A deployment's plan, as it is given, changed and shown."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from overt.casework.moments import Moment  # noqa: TC001 - pydantic reads the annotations
from overt.errors import OvertError
from overt.video import parse_source, redact

__all__ = [
    "FAR_FACES",
    "USE_CASES",
    "ChosenPoint",
    "FarFaces",
    "Feed",
    "FeedChange",
    "FeedView",
    "Plan",
    "PlanChange",
    "PlanView",
    "StoredFeed",
    "StoredPlan",
    "shown_address",
]

USE_CASES: Final = {
    "crime-hotspot": "Crime hotspot",
    "protective-security-event": "Protective security operation: event",
    "protective-security-infrastructure": "Protective security operation: critical national infrastructure",
    "other": "Other, as its purpose says",
}
"""The use cases that forces publish, and how they are written."""

UseCase = Literal["crime-hotspot", "protective-security-event", "protective-security-infrastructure", "other"]
FarFaces = Literal["none", "two-scale", "tiles"]

FAR_FACES: Final[tuple[FarFaces, ...]] = get_args(FarFaces)
"""How faces too small for the usual copy may be sought."""
_MODEL: Final = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _readable_address(uri: str) -> str:
    """An address that Overt could open; the refusal shows it without its password."""
    try:
        parse_source(uri)
    except OvertError as error:
        raise ValueError(f"{error.what}. {error.remedy}") from error
    except OSError as error:
        raise ValueError("a feed's address is a path that no file can have") from error
    return uri


def _readable_or_none(uri: str | None) -> str | None:
    return None if uri is None else _readable_address(uri)


Words = Annotated[str, Field(min_length=3, max_length=2000)]
FeedName = Annotated[
    str, Field(pattern=r"^\w[\w .-]{0,63}$", description="The zone's name, as alerts show it.")
]


class FeedChange(BaseModel):
    """A feed of a changed plan."""

    model_config = _MODEL

    name: FeedName
    uri: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=2000,
            repr=False,
            description="As for a new plan; if null the address of the feed of this name stays.",
        ),
        AfterValidator(_readable_or_none),
    ] = None
    transport: Annotated[Literal["tcp", "udp"], Field(description="How RTSP carries its packets.")] = "tcp"
    pace: Annotated[
        Literal["live", "max"], Field(description="A film at its own pace or as fast as can be.")
    ] = "live"
    loop: Annotated[bool, Field(description="Play a film again and again.")] = False


class Feed(FeedChange):
    """A feed to be watched."""

    uri: Annotated[
        str,
        Field(
            min_length=1,
            max_length=2000,
            repr=False,
            description="rtsp, http, a camera (`usb:0`) or a path on the server. It is sealed, and never shown "
            "again with its password.",
        ),
        AfterValidator(_readable_address),
    ]


class FeedView(BaseModel):
    """A feed as it is shown."""

    model_config = _MODEL

    name: FeedName
    address: Annotated[str, Field(description="Without user, password and query.")]
    transport: Literal["tcp", "udp"]
    pace: Literal["live", "max"]
    loop: bool


class ChosenPoint(BaseModel):
    """What decides an alert; what is left out is the pack's own."""

    model_config = _MODEL

    pack: Annotated[
        str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$", description="A model pack on the server.")
    ] = "embedded"
    threshold: Annotated[float | None, Field(ge=-1, le=1, description="Least similarity that alerts.")] = None
    min_eye_distance: Annotated[
        float | None, Field(ge=0, le=1000, description="Least distance between the eyes, pixels.")
    ] = None
    min_quality: Annotated[
        float | None, Field(ge=0, le=1, description="Least quality of an observation.")
    ] = None
    confirmations: Annotated[
        int | None, Field(ge=1, le=100, description="Observations that must agree before an alert.")
    ] = None


class _Common(BaseModel):
    """What a plan says apart from its feeds' addresses and why it is urgent."""

    model_config = _MODEL

    title: Annotated[str, Field(min_length=3, max_length=200)]
    use_case: UseCase
    purpose: Annotated[Words, Field(description="What it is for. Published: name nobody.")]
    location: Annotated[str, Field(min_length=3, max_length=200, description="Published.")]
    zone: Annotated[Words, Field(description="The zone of recognition: where the cameras look, in words.")]
    signage: Annotated[
        str,
        Field(
            min_length=10,
            max_length=2000,
            description="How the public is told: marked van, signs and where they stand. There is no covert mode.",
        ),
    ]
    window_start: Annotated[Moment, Field(description="Not live before this time.")]
    window_end: Annotated[Moment, Field(description="Not live after it; the engine stops by itself.")]
    watchlists: Annotated[
        tuple[str, ...], Field(min_length=1, max_length=20, description="Ids of watchlists.")
    ]
    operating_point: ChosenPoint = ChosenPoint()
    expected_footfall: Annotated[
        int, Field(ge=1, le=10_000_000, description="Faces that are expected to pass the cameras.")
    ]
    urgent: Annotated[bool, Field(description="Needs an urgent authorisation, of 24 hours at most.")] = False
    masked_fps: Annotated[
        float, Field(ge=0, le=10, description="Masked pictures a second and feed for the live view.")
    ] = 1.0
    far: Annotated[
        FarFaces,
        Field(
            description="How faces that are too small in a copy of 640 pixels are sought: not at all, in a copy of "
            "1280 pixels as well, or in tiles at full resolution. Either costs the machine several times as much."
        ),
    ] = "none"
    staff: Annotated[int | None, Field(ge=0, le=10_000, description="Officers and staff planned.")] = None
    cost: Annotated[float | None, Field(ge=0, le=1e9, description="Planned cost.")] = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="Of the cost, as ISO 4217 has it.")] = (
        "GBP"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.window_end <= self.window_start:
            raise ValueError("window_end must be after window_start")
        if len(set(self.watchlists)) != len(self.watchlists):
            raise ValueError("watchlists names one twice")
        return self


class Plan(_Common):
    """Who, where, why and when: everything that an authorising officer decides over."""

    feeds: Annotated[tuple[Feed, ...], Field(min_length=1, max_length=64)]
    urgent_reason: Annotated[
        str, Field(max_length=2000, repr=False, description="Why it is urgent; required where it is. Sealed.")
    ] = ""

    @model_validator(mode="after")
    def _check_feeds(self) -> Self:
        if len({feed.name for feed in self.feeds}) != len(self.feeds):
            raise ValueError("feeds has two of the same name")
        if self.urgent and len(self.urgent_reason) < 10:
            raise ValueError("urgent_reason must say, in 10 characters or more, why it is urgent")
        if not self.urgent and self.urgent_reason:
            raise ValueError("urgent_reason is given and urgent is not set")
        return self


class StoredFeed(BaseModel):
    """A feed as it is kept in the open."""

    model_config = _MODEL

    name: str
    transport: Literal["tcp", "udp"]
    pace: Literal["live", "max"]
    loop: bool


class StoredPlan(_Common):
    """A plan as it is kept in the open: without addresses, and without why it is urgent."""

    feeds: tuple[StoredFeed, ...]

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """The part of a plan that is kept in the open."""
        kept = plan.model_dump(exclude={"urgent_reason", "feeds"})
        feeds = tuple(StoredFeed(**feed.model_dump(exclude={"uri"})) for feed in plan.feeds)
        return cls(**kept, feeds=feeds)


class PlanView(_Common):
    """A plan as it is shown."""

    feeds: tuple[FeedView, ...]
    urgent_reason: Annotated[str, Field(repr=False)] = ""


class PlanChange(BaseModel):
    """What is to be different; what is left out stays as it is."""

    model_config = _MODEL

    revision: Annotated[
        int | None,
        Field(description="The revision that you saw; another one is refused. Not checked if null."),
    ] = None
    title: Annotated[str | None, Field(min_length=3, max_length=200)] = None
    use_case: UseCase | None = None
    purpose: Words | None = None
    location: Annotated[str | None, Field(min_length=3, max_length=200)] = None
    zone: Words | None = None
    signage: Annotated[str | None, Field(min_length=10, max_length=2000)] = None
    window_start: Moment | None = None
    window_end: Moment | None = None
    watchlists: Annotated[tuple[str, ...] | None, Field(min_length=1, max_length=20)] = None
    operating_point: ChosenPoint | None = None
    expected_footfall: Annotated[int | None, Field(ge=1, le=10_000_000)] = None
    urgent: bool | None = None
    urgent_reason: Annotated[str | None, Field(max_length=2000, repr=False)] = None
    masked_fps: Annotated[float | None, Field(ge=0, le=10)] = None
    far: FarFaces | None = None
    staff: Annotated[int | None, Field(ge=0, le=10_000)] = None
    cost: Annotated[float | None, Field(ge=0, le=1e9)] = None
    currency: Annotated[str | None, Field(pattern=r"^[A-Z]{3}$")] = None
    feeds: Annotated[
        tuple[FeedChange, ...] | None,
        Field(min_length=1, max_length=64, description="All that there are to be; others are gone."),
    ] = None

    def asked(self) -> dict[str, Any]:
        """The fields that are to change, by name."""
        return {
            name: value
            for name, value in self.model_dump(exclude={"revision"}, exclude_unset=True).items()
            if value is not None or name in {"staff", "cost"}
        }


def shown_address(uri: str) -> str:
    """A feed's address without user, password and query."""
    return redact(uri)
