"""`overt deployments test-feed`: whether a feed can be opened, and a masked picture of it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - the command line reads the annotations
from typing import Annotated

import typer

from overt.cli._acting import ActingAs, AsJson, DatabaseUrl, DataFolder, acting, taken
from overt.cli._showing import show_json
from overt.errors import InputError, SourceError

__all__ = ["try_feed"]


def try_feed(
    feed: Annotated[
        str,
        typer.Argument(
            help="NAME=ADDRESS, which others on this machine can see; or the name of a feed of --deployment's plan.",
            metavar="FEED",
        ),
    ],
    *,
    data: DataFolder,
    deployment: Annotated[str | None, typer.Option("--deployment", help="Try this feed of its plan.")] = None,
    transport: Annotated[str, typer.Option("--transport", help="tcp or udp.")] = "tcp",
    pack: Annotated[
        str, typer.Option("--pack", help="The model pack that finds the faces to mask.")
    ] = "embedded",
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Write the masked picture here, as JPEG.", metavar="FILE")
    ] = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Open a feed for some seconds in a sealed engine that looks for nobody; say what it sees or what is wrong."""
    from overt.casework import live

    if deployment is None:
        name, found, address = feed.partition("=")
        if not found:
            raise InputError(
                "The feed is not written as NAME=ADDRESS",
                "Write north-gate=rtsp://…, or name its deployment with --deployment",
                field="feed",
            )
        asked = taken(
            live.FeedTest,
            feed={"name": name.strip(), "uri": address, "transport": transport},
            pack=pack,
        )
    else:
        asked = taken(live.FeedTest, deployment_id=deployment, feed_name=feed)
    with acting(data, database, as_) as (office, actor):
        seen = live.try_feed(office, actor, asked)
    if picture is not None and seen.picture is not None:
        picture.write_bytes(seen.picture)
    if as_json:
        show_json(seen)
    elif seen.picture is not None:
        rate = (
            "too few to count" if seen.frames_per_second is None else f"{seen.frames_per_second:.1f} a second"
        )
        print(
            f"{seen.feed}: {seen.width}x{seen.height}, {seen.codec}, {rate}, faces in view: {seen.faces_in_view}"
        )
        if seen.fault:
            print(f"but {seen.fault}. {seen.remedy}")
    if seen.picture is None:
        raise SourceError(f"{seen.feed}: {seen.fault}", seen.remedy)
