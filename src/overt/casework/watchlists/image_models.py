"""What the commands about reference images take and give."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from overt.casework.moments import Day

__all__ = [
    "Enrolled",
    "FaceView",
    "FindingView",
    "ImageOutcome",
    "ImageView",
    "NewImage",
    "PictureVerdict",
    "PictureView",
]

TakenOn = Annotated[
    Day | Literal["unknown"], Field(description="When it was taken, or `unknown`, said outright.")
]


class NewImage(BaseModel):
    """A picture to judge, or to enrol."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    content: Annotated[bytes, Field(repr=False, description="The JPEG, PNG, WebP or BMP file.")]
    file: Annotated[str, Field(max_length=255, description="The file's name.")] = ""
    source: Annotated[str, Field(min_length=1, max_length=500, description="Where it comes from.")]
    taken_on: TakenOn


class FindingView(BaseModel):
    """Something that was found about a picture or a row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Annotated[str, Field(description="Its name, such as `too-blurred`.")]
    detail: str
    refuses: Annotated[bool, Field(description="Whether the picture or row is refused for it.")]
    measured: Annotated[float | None, Field(description="The figure, where there is one.")]
    limit: Annotated[float | None, Field(description="The limit that it missed.")]
    unit: str


class FaceView(BaseModel):
    """A face in a picture that was judged, so that the verdict can be drawn over it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    box: Annotated[
        tuple[float, float, float, float],
        Field(description="Left, top, right, bottom, pixels of the picture."),
    ]
    landmarks: Annotated[
        tuple[tuple[float, float], ...],
        Field(description="As seen: left eye, right eye, nose, left and right corner of the mouth; x and y."),
    ]
    taken: Annotated[bool, Field(description="Whether this is the face that was judged.")]


class PictureVerdict(BaseModel):
    """Whether a picture is fit to be a reference image, and everything that was found about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    accepted: bool
    findings: tuple[FindingView, ...]
    measures: Annotated[
        dict[str, float], Field(description="The face's quality by measure, and `quality`, their scalar.")
    ]
    width: Annotated[
        int | None, Field(description="Of the picture, pixels; null where it cannot be read.")
    ] = None
    height: Annotated[int | None, Field(description="Of the picture, pixels.")] = None
    faces: Annotated[tuple[FaceView, ...], Field(description="Every face that was found.")] = ()


class ImageView(BaseModel):
    """A reference image, without its pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    file: str
    source: str
    taken_on: TakenOn
    width: Annotated[int, Field(description="Of the picture as kept, pixels.")]
    height: Annotated[int, Field(description="Of the picture as kept, pixels.")]
    box: Annotated[
        tuple[float, ...],
        Field(description="Left, top, right, bottom of the face, pixels of the picture as kept."),
    ]
    quality: Annotated[float, Field(description="0 to 1.")]
    measures: dict[str, float]
    findings: tuple[FindingView, ...]
    added_at: dt.datetime
    added_by: Annotated[str, Field(description="Id of the person.")]


class ImageOutcome(BaseModel):
    """What became of a picture that was offered for an entry."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    result: Annotated[
        Literal["added", "unchanged", "refused"],
        Field(description="`unchanged`: the entry has this very picture already."),
    ]
    image_id: Annotated[str | None, Field(description="Of the image; null where it was refused.")]
    verdict: PictureVerdict


class Enrolled(BaseModel):
    """What became of a subject who was offered with a picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry_id: Annotated[
        str | None, Field(description="Null where the picture was refused: nothing was added then.")
    ]
    verdict: PictureVerdict


class PictureView(BaseModel):
    """A reference image's pixels, as they are kept: the face and a margin, without the file's metadata."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_id: str
    entry_id: str
    media_type: str = "image/jpeg"
    content: Annotated[bytes, Field(repr=False)]
