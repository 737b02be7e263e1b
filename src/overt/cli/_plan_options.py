"""A deployment's plan as a command line gives it: a TOML or JSON file, options, or both; an option goes before."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from overt.errors import InputError

__all__ = [
    "Confirmations",
    "Cost",
    "Currency",
    "EndsAt",
    "EyeDistance",
    "Far",
    "Feeds",
    "Footfall",
    "Location",
    "MaskedFps",
    "Pack",
    "PlanFile",
    "Purpose",
    "Quality",
    "Signage",
    "Staff",
    "StartsAt",
    "Threshold",
    "Title",
    "Urgent",
    "UseCase",
    "Watchlists",
    "Zone",
    "written_plan",
]

_MOST: Final = 1 << 20
_POINT: Final = ("pack", "threshold", "min_eye_distance", "min_quality", "confirmations")

PlanFile = Annotated[
    Path | None, typer.Option("--plan", help="The plan as a TOML or JSON file.", metavar="FILE")
]
Title = Annotated[str | None, typer.Option("--title", help="What it is called.")]
UseCase = Annotated[
    str | None,
    typer.Option(
        "--use-case",
        help="crime-hotspot, protective-security-event, protective-security-infrastructure or other.",
    ),
]
Purpose = Annotated[str | None, typer.Option("--purpose", help="What it is for. Published.")]
Location = Annotated[str | None, typer.Option("--location", help="Where. Published.")]
Zone = Annotated[str | None, typer.Option("--zone", help="The zone of recognition, in words.")]
Signage = Annotated[
    str | None,
    typer.Option("--signage", help="How the public is told: marked van, signs and where they are."),
]
StartsAt = Annotated[
    str | None, typer.Option("--start", help="When the window begins: 2026-06-01T10:00:00Z.", metavar="TIME")
]
EndsAt = Annotated[str | None, typer.Option("--end", help="When it ends.", metavar="TIME")]
Feeds = Annotated[
    list[str] | None,
    typer.Option(
        "--feed",
        help="NAME=ADDRESS; give it again for each. Others on this machine can see it: put an address that holds a "
        "password into the plan's file.",
    ),
]
Watchlists = Annotated[
    list[str] | None, typer.Option("--watchlist", help="A watchlist's id; give it again for each.")
]
Pack = Annotated[str | None, typer.Option("--pack", help="The model pack; `embedded` if not said.")]
Threshold = Annotated[
    float | None,
    typer.Option("--threshold", help="Least similarity that alerts; the pack's own if not said."),
]
EyeDistance = Annotated[
    float | None, typer.Option("--min-eye-distance", help="Least distance between the eyes, pixels.")
]
Quality = Annotated[
    float | None, typer.Option("--min-quality", help="Least quality of an observation, 0 to 1.")
]
Confirmations = Annotated[
    int | None, typer.Option("--confirmations", help="Observations that must agree before an alert.")
]
Footfall = Annotated[int | None, typer.Option("--footfall", help="Faces that are expected to pass.")]
Urgent = Annotated[
    str | None, typer.Option("--urgent", help="Why it is urgent; asks for an urgent authorisation.")
]
MaskedFps = Annotated[
    float | None, typer.Option("--masked-fps", help="Masked pictures a second and feed for the live view.")
]
Far = Annotated[
    Literal["none", "two-scale", "tiles"] | None,
    typer.Option(
        "--far", help="How faces too small for a copy of 640 pixels are sought; not at all if not said."
    ),
]
Staff = Annotated[int | None, typer.Option("--staff", help="Officers and staff planned.")]
Cost = Annotated[float | None, typer.Option("--cost", help="Planned cost.")]
Currency = Annotated[str | None, typer.Option("--currency", help="Of the cost: GBP if not said.")]


def written_plan(file: Path | None, options: dict[str, Any]) -> dict[str, Any]:
    """The fields of a plan that a file and options name, as they were written.

    Args:
        file: TOML or JSON with the fields of a plan.
        options: by a plan's field (feeds as NAME=ADDRESS, `urgent` as the reason) or an operating point's.

    Raises:
        InputError: the file cannot be read, or a feed is not NAME=ADDRESS.
    """
    written = {} if file is None else _read(file)
    given = {name: value for name, value in options.items() if value is not None}
    point = {name: given.pop(name) for name in _POINT if name in given}
    if point:
        before = written.get("operating_point", {})
        written["operating_point"] = {**before, **point} if isinstance(before, dict) else point
    if "feeds" in given:
        given["feeds"] = [_feed(text) for text in given["feeds"]]
    if "urgent" in given:
        given |= {"urgent": True, "urgent_reason": given["urgent"]}
    return {**written, **given}


def _read(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > _MOST:
            raise InputError(f"{file} is larger than a plan can be", "Name a plan's file", field="plan")
        text = file.read_text(encoding="utf-8")
        written = json.loads(text) if file.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise InputError(
            f"{file} cannot be read: {error.strerror}", "Name a plan's file", field="plan"
        ) from error
    except ValueError as error:
        raise InputError(
            f"{file} is neither TOML nor (with the suffix .json) JSON: {error}", "Correct it", field="plan"
        ) from error
    if not isinstance(written, dict):
        raise InputError(f"{file} holds no fields of a plan", "See examples/plan.toml", field="plan")
    return written


def _feed(text: str) -> dict[str, str]:
    name, found, address = text.partition("=")
    if not found or not name.strip() or not address:
        raise InputError("A feed is not written as NAME=ADDRESS", "Write north-gate=rtsp://…", field="feeds")
    return {"name": name.strip(), "uri": address}
