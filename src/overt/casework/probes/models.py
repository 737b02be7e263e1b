"""What the commands about probes take and give."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from overt.casework.watchlists import FindingView

__all__ = [
    "FacePicture",
    "LookingView",
    "NewProbe",
    "ProbeFaceView",
    "ProbeKind",
    "ProbeShotView",
    "ProbeVerdict",
    "ProbeView",
]

_MODEL = ConfigDict(frozen=True, extra="forbid")
_WORDS = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

ProbeKind = Literal["still", "footage"]
ProbeVerdict = Literal["good", "poor", "unusable"]
"""good: a reference image could be so; poor: it can be searched with, and a person who is there may be missed;
unusable: too little to be compared at all."""


class NewProbe(BaseModel):
    """A picture or a clip that an investigator hands in."""

    model_config = _WORDS

    name: Annotated[
        str, Field(min_length=1, max_length=255, description="The file's name or exhibit number.")
    ]
    reason: Annotated[
        str,
        Field(
            min_length=3, max_length=500, description="Why it is looked at: the case, and what is hoped for."
        ),
    ]
    pack: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$",
            description="The model pack that finds the faces and makes their templates.",
        ),
    ] = "embedded"


class ProbeShotView(BaseModel):
    """One look at a face: the still, or one of the best pictures of a passage."""

    model_config = _MODEL

    width: Annotated[int, Field(description="Of the cut, pixels.")]
    height: int
    box: Annotated[
        tuple[float, float, float, float],
        Field(description="Left, top, right, bottom of the face in the cut."),
    ]
    landmarks: Annotated[
        tuple[tuple[float, float], ...],
        Field(
            description="In the cut: left eye, right eye, nose, left and right corner of the mouth; x and y."
        ),
    ]
    picture_box: Annotated[
        tuple[float, float, float, float], Field(description="The face in the whole picture, pixels.")
    ]
    seconds: Annotated[float | None, Field(description="Where in the clip; null of a still.")]
    measures: Annotated[
        dict[str, float], Field(description="Quality by measure, and `quality`, their scalar.")
    ]


class ProbeFaceView(BaseModel):
    """A face that can be searched for: one face of a still, or one person's way through a clip."""

    model_config = _MODEL

    id: str
    verdict: ProbeVerdict
    findings: Annotated[tuple[FindingView, ...], Field(description="What falls short of a reference image.")]
    quality: Annotated[float, Field(description="0 to 1, of the best look.")]
    shots: Annotated[tuple[ProbeShotView, ...], Field(description="Best first; a still has one.")]
    first_seconds: Annotated[
        float | None, Field(description="When it came into the picture; null of a still.")
    ]
    last_seconds: Annotated[float | None, Field(description="When it was last seen; null of a still.")]


class ProbeView(BaseModel):
    """A probe that was opened: what it is, and every face found in it. Held in memory alone."""

    model_config = _MODEL

    id: str
    kind: ProbeKind
    name: str
    sha256: Annotated[str, Field(description="Of the file, hexadecimal.")]
    width: Annotated[int, Field(description="Of its pictures, upright, pixels.")]
    height: int
    seconds: Annotated[float | None, Field(description="How long the clip is; null of a still.")]
    pictures: Annotated[int, Field(description="How many pictures of it were looked at.")]
    faces: tuple[ProbeFaceView, ...]
    troubles: Annotated[
        tuple[str, ...],
        Field(description="What was wrong with a clip, in words; what could be read was used."),
    ]
    pack: str
    pack_version: str
    opened_at: dt.datetime
    closes_at: Annotated[dt.datetime, Field(description="When it is forgotten, if nobody closes it before.")]


class FacePicture(BaseModel):
    """A face of a probe with what surrounds it, every other face masked."""

    model_config = _MODEL

    probe_id: str
    face_id: str
    shot: int
    media_type: str = "image/jpeg"
    content: Annotated[bytes, Field(repr=False)]


class LookingView(BaseModel):
    """A clip that is being looked at, or why it could not be."""

    model_config = _MODEL

    id: Annotated[str, Field(description="That the probe will have.")]
    name: str
    state: Literal["looking", "refused"]
    began: dt.datetime
    seconds: Annotated[float, Field(description="Of the clip that have been looked at.")]
    of_seconds: Annotated[float, Field(description="How long the clip says it is; 0 where it does not say.")]
    faces: Annotated[int, Field(description="Found so far.")]
    working_seconds: Annotated[float, Field(description="Since the looking began.")]
    refusal: Annotated[str, Field(description="Why it could not be looked at; empty while it is.")]
    remedy: str
