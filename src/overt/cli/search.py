"""`overt search`: one face of a picture or clip, for one reason, through one collection."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated

import typer

from overt.cli._acting import ActingAs, AsJson, DatabaseUrl, DataFolder, acting, taken
from overt.cli._probe_progress import probe_progress
from overt.cli._search_views import show_faces, show_search_view
from overt.errors import InputError

if TYPE_CHECKING:
    from overt.casework import probes as p

__all__ = ["search"]

_LONGEST_NAME = 255
_LONGEST_REASON = 500


def search(
    name: Annotated[str, typer.Argument(help="The collection's name or id.", metavar="NAME")],
    probe: Annotated[
        Path,
        typer.Argument(
            help="A picture or a clip. Only the face that is searched is kept of it.", metavar="PROBE"
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
            "--face", help="Which face, by its number or id: needed where there are several.", metavar="K"
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
            help="Have a Ray cluster hold the templates: its head, as machine:port.",
        ),
    ] = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Search a collection for one face. An empty list is an answer. What is found is examined before it is used."""
    from overt.casework import collections as c
    from overt.casework import probes as p
    from overt.casework import searches as s
    from overt.casework import use_cluster

    with acting(data, database, as_) as (office, actor):
        if cluster is not None:
            use_cluster(office, cluster)
        collection = c.show_collection(office, actor, name)
        handed_in = taken(
            p.NewProbe,
            name=probe.name[:_LONGEST_NAME],
            reason=reason[:_LONGEST_REASON],
            pack=collection.pack,
        )
        with probe_progress(probe.name, quiet=as_json) as tell:
            opened = p.open_probe(office, actor, handed_in, probe, tell)
        try:
            new = taken(
                s.NewSearch,
                collection_id=collection.id,
                probe_id=opened.id,
                face_id=_chosen(opened, face, as_json=as_json),
                reason=reason,
                offence=s.NOT_STATED if offence is None else offence,
                authority=authority,
                requested_by=requested_by,
                most_candidates=most,
            )
            found = s.search_collection(office, actor, new)
        finally:
            p.close_probe(office, actor, opened.id)
    show_search_view(found, as_json=as_json)


def _chosen(opened: p.ProbeView, face: str | None, *, as_json: bool) -> str:
    """The face to search; several are never searched at once.

    Raises:
        InputError: there is none, or there are several and none is named, or none is called so.
    """
    if not opened.faces:
        raise InputError(
            f"No face was found in {opened.name}",
            "Hand in a better picture of whom it is about",
            field="probe",
        )
    ids = [one.id for one in opened.faces]
    if face is None and len(ids) == 1:
        return ids[0]
    if face in ids:
        return str(face)
    if face is not None and face.isdecimal() and 1 <= int(face) <= len(ids):
        return ids[int(face) - 1]
    show_faces(opened, as_json=as_json)
    if face is None:
        raise InputError(
            f"{len(ids)} faces were found in {opened.name}, and a search is of one",
            "Name it with --face, with a reason of its own",
            field="face",
        )
    raise InputError(
        f"{opened.name} has no such face: {face[:40]}",
        f"Name one from 1 to {len(ids)}, or an id",
        field="face",
    )
