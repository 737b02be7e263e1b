"""`overt certify`: an operating point out of evidence, and a certificate signed over it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from overt.cli._acting import ActingAs, AsJson, DatabaseUrl, DataFolder, acting

if TYPE_CHECKING:
    from overt.evaluation.certificates import CertifyPlan
    from overt.records.certificates import Findings

__all__ = ["certify"]


def certify(
    dataset: Annotated[
        Path,
        typer.Argument(help="Tested on: a folder with one folder for each person, or a CSV manifest."),
    ],
    *,
    calibrate: Annotated[Path, typer.Option(help="Other people, on whom the threshold is chosen.")],
    fpir: Annotated[
        float, typer.Option(help="Of strangers, the part that may alert against the whole list.")
    ],
    list_size: Annotated[int, typer.Option(min=1, help="Entries on the largest list it is for.")],
    footfall: Annotated[int, typer.Option(min=1, help="Faces expected in a deployment.")],
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    pack: Annotated[str, typer.Option(help="Model pack: its name.")] = "embedded",
    expires: Annotated[
        float | None,
        typer.Option(help="Days that it stands.", show_default="as long as the policy lets it"),
    ] = None,
    min_eye_distance: Annotated[
        float | None, typer.Option(help="Least distance between the eyes, pixels.", show_default="the pack's")
    ] = None,
    min_quality: Annotated[
        float | None, typer.Option(help="Least quality of an observation.", show_default="the pack's")
    ] = None,
    confirmations: Annotated[
        int | None, typer.Option(min=1, help="Observations that must agree.", show_default="the pack's")
    ] = None,
    pad: Annotated[
        Literal["auto", "always", "never"],
        typer.Option(help="Put a border around pictures, as `overt evaluate` does."),
    ] = "auto",
    far: Annotated[
        Literal["none", "two-scale", "tiles"],
        typer.Option(
            help="How faces too small for a copy of 640 pixels are sought: as the plan will say it."
        ),
    ] = "none",
    seed: Annotated[int, typer.Option(min=0, help="Of bootstraps.")] = 1,
    cache: Annotated[
        Path | None, typer.Option(help="Folder for templates.", show_default="under OVERT_HOME")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Keep no templates.")] = False,
    threads: Annotated[int, typer.Option(min=0, help="Threads of one inference; 0 takes every core.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Also write it to this file, to be given to others.")] = (
        None
    ),
    as_json: AsJson = False,
) -> None:
    """Choose a threshold for a wanted rate of false alerts, measure it on other people, and sign what was found.

    Where the data cannot support the rate it is refused, with how many strangers it would take.
    """
    from overt.casework.certificates import NewCertificate, issue_certificate
    from overt.cli._acting import taken
    from overt.cli._certificate_views import show_certificate_view, write_certificate
    from overt.cli._showing import show_json
    from overt.errors import EvaluationError
    from overt.evaluation.certificates import CertifyPlan
    from overt.evaluation.protocols import Plan, Preparation, cache_folder

    if not 0 < fpir < 1:
        raise EvaluationError(f"{fpir:g} is no false positive rate", "Give a rate above 0 and below 1")
    plan = CertifyPlan(
        fpir=fpir,
        list_size=list_size,
        footfall=footfall,
        min_eye_distance=min_eye_distance,
        min_quality=min_quality,
        confirmations=confirmations,
        trials=Plan(
            preparation=Preparation(pad=pad, far=far, seed=seed),
            seed=seed,
            cache=None if no_cache else (cache or cache_folder()),
            threads=threads,
        ),
    )
    with acting(data, database, as_) as (office, actor):
        issue_certificate.authorise(actor)
        findings = _evaluated(pack, dataset, calibrate, plan)
        view = issue_certificate(
            office, actor, taken(NewCertificate, findings=findings.model_dump(), days=expires)
        )
    if out is not None:
        write_certificate(out, view.signed)
    if as_json:
        show_json(view)
    else:
        show_certificate_view(view)


def _evaluated(pack: str, dataset: Path, calibrate: Path, plan: CertifyPlan) -> Findings:
    from dataclasses import replace

    from overt.cli.evaluate import Bars
    from overt.evaluation.bench.ready import ready_pack
    from overt.evaluation.certificates import certify as evaluated
    from overt.evaluation.protocols import read_dataset

    with Bars() as bars:
        shown = replace(plan, trials=replace(plan.trials, progress=bars.tell))
        return evaluated(ready_pack(pack), read_dataset(dataset), read_dataset(calibrate), shown)
