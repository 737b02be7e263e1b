"""`overt searches`: what was searched, its pictures, examining, reviewing, what came of it, and the figures."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import Annotated

import typer

from overt.cli._acting import ActingAs, AsJson, DatabaseUrl, DataFolder, acting, taken
from overt.cli._search_views import show_figures, show_search_view
from overt.cli._showing import all_of, show_json, show_table
from overt.errors import InputError

__all__ = ["searches"]

searches = typer.Typer(
    name="searches",
    help="Look at retrospective searches, examine candidates, review, record what came of them, figures.",
    no_args_is_help=True,
)

Id = Annotated[str, typer.Argument(help="The search's id.", metavar="SEARCH")]
CandidateId = Annotated[str, typer.Argument(help="The candidate's id.", metavar="CANDIDATE")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, in words. It is sealed.")]


@searches.command("list")
def list_(
    *,
    data: DataFolder,
    collection: Annotated[
        str | None, typer.Option("--collection", help="Only in this collection: its id.")
    ] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="Only those: examination, review, outcome or closed.")
    ] = None,
    due: Annotated[
        bool, typer.Option("--due", help="Only those in which something is due from you.")
    ] = False,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """List searches, the newest first: an investigator's own, to others all."""
    from overt.casework import searches as s

    wanted = taken(s.SearchFilter, collection_id=collection, state=state, mine_to_do=due)
    with acting(data, database, as_) as (office, actor):
        found = all_of(lambda page: s.list_searches(office, actor, wanted, page))
    if as_json:
        show_json(found)
        return
    show_table(
        ("search", "state", "collection", "offence", "candidates", "searched", "by", "due from you"),
        (
            (
                one.id,
                one.state,
                one.collection or "deleted",
                one.offence,
                str(one.candidates_returned),
                f"{one.searched_at:%Y-%m-%d %H:%M} UTC",
                one.searched_by_name,
                one.due_from_you,
            )
            for one in found
        ),
    )


@searches.command("show")
def show(
    search: Id,
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Show a search. While it is examined, an examiner sees no other's examination."""
    from overt.casework import searches as s

    with acting(data, database, as_) as (office, actor):
        show_search_view(s.show_search(office, actor, search), as_json=as_json)


@searches.command("pictures")
def pictures(
    candidate: CandidateId,
    *,
    search: Annotated[str, typer.Option("--search", help="The search's id.")],
    to: Annotated[
        Path,
        typer.Option("--to", help="A folder; two new files, JPEG, are written into it.", metavar="FOLDER"),
    ],
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
) -> None:
    """Write the searched face and a candidate's picture, to compare them. An examiner's time counts from then."""
    from overt.casework import searches as s

    files = [to / f"{name}.jpg" for name in (search, candidate)]
    if not to.is_dir():
        raise InputError(f"There is no folder {to}", "Name one", field="to")
    for file in files:
        if file.exists():
            raise InputError(f"{file} is there already", "Name another folder", field="to")
    with acting(data, database, as_) as (office, actor):
        contents = [
            s.show_searched_face(office, actor, search),
            s.show_candidate_picture(office, actor, candidate),
        ]
    for file, content in zip(files, contents, strict=True):
        file.write_bytes(content)
        typer.echo(str(file))


@searches.command("examine")
def examine(
    candidate: CandidateId,
    *,
    data: DataFolder,
    features: Annotated[
        list[str],
        typer.Option(
            "--feature",
            help="FEATURE=FINDING, again for each. Findings: similar, explained, different, not-visible.",
            metavar="FEATURE=FINDING",
        ),
    ],
    support: Annotated[
        str,
        typer.Option(
            "--support",
            help="different-strong, different-moderate, different-limited, no-conclusion, same-limited, "
            "same-moderate or same-strong.",
        ),
    ],
    reason: ReasonOption,
    notes: Annotated[
        list[str] | None,
        typer.Option("--note", help="FEATURE=WORDS, more about a feature. Sealed.", metavar="FEATURE=WORDS"),
    ] = None,
    decision: Annotated[
        str, typer.Option("--decision", help="put-forward or not-put-forward.")
    ] = "not-put-forward",
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Examine a candidate whose picture you have looked at. Without --decision they are not put forward."""
    from overt.casework import searches as s

    new = taken(
        s.NewExamination,
        features=_pairs(features, "feature"),
        notes=_pairs(notes or [], "note"),
        support=support,
        decision=decision,
        reason=reason,
    )
    with acting(data, database, as_) as (office, actor):
        show_search_view(s.examine_candidate(office, actor, candidate, new), as_json=as_json)


@searches.command("review")
def review(
    search: Id,
    *,
    data: DataFolder,
    finding: Annotated[str, typer.Option("--finding", help="in-order or not-in-order.")],
    reason: ReasonOption,
    faults: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            help="What was not in order, again for each: reason, authority, proportionality, probe-quality, "
            "whose-face, examination, other.",
        ),
    ] = None,
    settled: Annotated[
        list[str] | None,
        typer.Option(
            "--settle",
            help="CANDIDATE=DECISION where the examiners disagree, again for each: put-forward or not-put-forward.",
            metavar="CANDIDATE=DECISION",
        ),
    ] = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Review a search that you neither made nor examined."""
    from overt.casework import searches as s

    new = taken(
        s.NewReview,
        finding=finding,
        faults=tuple(faults or ()),
        reason=reason,
        settled=_pairs(settled or [], "settle"),
    )
    with acting(data, database, as_) as (office, actor):
        show_search_view(s.review_search(office, actor, search, new), as_json=as_json)


@searches.command("outcome")
def outcome_(
    search: Id,
    *,
    data: DataFolder,
    outcome: Annotated[
        str,
        typer.Option(
            "--outcome",
            help="no-lead, identity-confirmed, identity-refuted, undetermined or not-pursued.",
        ),
    ],
    note: Annotated[
        str, typer.Option("--note", help="In words; needed where an earlier outcome is replaced. Sealed.")
    ] = "",
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Record what came of a search, which closes it. Recorded again, the later one stands."""
    from overt.casework import searches as s

    new = taken(s.NewSearchOutcome, outcome=outcome, note=note)
    with acting(data, database, as_) as (office, actor):
        show_search_view(s.record_search_outcome(office, actor, search, new), as_json=as_json)


@searches.command("figures")
def figures(
    *,
    data: DataFolder,
    first: Annotated[str | None, typer.Option("--from", help="The first month.", metavar="YYYY-MM")] = None,
    last: Annotated[str | None, typer.Option("--to", help="The last month.", metavar="YYYY-MM")] = None,
    as_csv: Annotated[
        Path | None, typer.Option("--csv", help="Write them here: a new file.", metavar="FILE")
    ] = None,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """The figures of searches month by month, the last twelve where none are named. About nobody."""
    from overt.casework import searches as s

    if as_csv is not None and as_csv.exists():
        raise InputError(f"{as_csv} is there already", "Name a new file", field="csv")
    period = taken(s.FiguresPeriod, first=first, last=last)
    with acting(data, database, as_) as (office, actor):
        made = s.show_search_figures(office, actor, period)
    if as_csv is not None:
        as_csv.write_text(s.figures_csv(made), encoding="utf-8", newline="")
    if as_json:
        show_json(made)
    elif as_csv is None:
        show_figures(made)
    else:
        typer.echo(f"{len(made.months)} months written to {as_csv}")


def _pairs(written: list[str], option: str) -> dict[str, str]:
    """`NAME=WORDS`, each name once.

    Raises:
        InputError: one is not written so, or a name is there twice.
    """
    found: dict[str, str] = {}
    for one in written:
        name, equals, said = one.partition("=")
        if not equals or not name.strip() or name.strip() in found:
            raise InputError(
                f"--{option} {one[:40]} is not NAME=VALUE, or names something twice",
                "Write each once, with an equals sign",
                field=option,
            )
        found[name.strip()] = said.strip()
    return found
