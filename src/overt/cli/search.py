"""`overt search`: one face of a picture or clip, for one reason, through one collection."""

from __future__ import annotations

import contextlib
from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated

import typer

from overt.cli._acting import ActingAs, AsJson, DatabaseUrl, DataFolder, acting, taken
from overt.cli._probe_faces import chosen_face, offered_faces, tell_unread
from overt.cli._probe_progress import probe_progress
from overt.cli._search_views import show_search_view
from overt.errors import MissingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from overt.casework import Actor, Office
    from overt.casework.probes import HandedIn

__all__ = ["search"]

_LONGEST_NAME = 255
_LONGEST_REASON = 500


def search(
    name: Annotated[str, typer.Argument(help="The collection's name or id.", metavar="NAME")],
    probes: Annotated[
        list[Path],
        typer.Argument(
            help="Pictures and clips, handed in together. Only the face that is searched is kept of them.",
            metavar="PROBE...",
        ),
    ],
    *,
    reason: Annotated[
        str,
        typer.Option("--reason", help="Why this face is searched, in words: for each face its own. Sealed."),
    ],
    data: DataFolder,
    offence: Annotated[
        str | None, typer.Option("--offence", help="One of the policy's offences; see `overt policy show`.")
    ] = None,
    authority: Annotated[
        str, typer.Option("--authority", help="Who or what allows it: a name, a reference. Sealed.")
    ] = "",
    requested_by: Annotated[
        str, typer.Option("--requested-by", help="Who asked for it, if not whoever searches. Sealed.")
    ] = "",
    face: Annotated[
        str | None,
        typer.Option(
            "--face",
            help="Which face, by its number: needed where there are several, and asked for at a terminal.",
            metavar="K",
        ),
    ] = None,
    most: Annotated[
        int | None, typer.Option("--most", help="Fewer candidates than the policy allows.", metavar="R")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            envvar="OVERT_CLUSTER",
            help="Have a Ray cluster look at the clips and hold the templates: its head, as machine:port.",
        ),
    ] = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Search a collection for one face. An empty list is an answer. What is found is examined before it is used.

    The faces of all that is handed in are offered together, with the file that each is in. One of them is searched.
    """
    from overt.casework import collections as c
    from overt.casework import probes as p
    from overt.casework import searches as s
    from overt.casework import use_cluster

    with acting(data, database, as_) as (office, actor):
        if cluster is not None:
            use_cluster(office, cluster)
        collection = c.show_collection(office, actor, name)
        handed_in = [
            (
                taken(
                    p.NewProbe,
                    name=file.name[:_LONGEST_NAME],
                    reason=reason[:_LONGEST_REASON],
                    pack=collection.pack,
                ),
                file,
            )
            for file in probes
        ]
        with probe_progress(quiet=as_json) as tell:
            opened = p.open_probes(office, actor, handed_in, tell)
        try:
            tell_unread(probes, opened)
            faces = offered_faces(probes, opened)
            picked = chosen_face(faces, face, probes, opened, as_json=as_json)
            new = taken(
                s.NewSearch,
                collection_id=collection.id,
                probe_id=picked.probe.id,
                face_id=picked.face.id,
                reason=reason,
                offence=s.NOT_STATED if offence is None else offence,
                authority=authority,
                requested_by=requested_by,
                most_candidates=most,
            )
            found = s.search_collection(office, actor, new)
        finally:
            _close_all(office, actor, opened)
    show_search_view(found, as_json=as_json)


def _close_all(office: Office, actor: Actor, opened: Sequence[HandedIn]) -> None:
    """Forget them; those whose time was over are forgotten already."""
    from overt.casework.probes import close_probe

    for one in opened:
        if one.probe is not None:
            with contextlib.suppress(MissingError):
                close_probe(office, actor, one.probe.id)
