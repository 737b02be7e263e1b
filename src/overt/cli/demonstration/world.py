"""What the simulated force does, by the real commands: a watchlist, its approval, a plan, its authorisation."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from overt.casework import deployments, watchlists

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from overt.casework import Office
    from overt.cli.demonstration.staff import Staff

__all__ = ["World", "authorise", "enrol", "plan_street"]

_HOURS: Final = 8
_MASKED_FPS: Final = 4.0
_STATEMENT: Final = (
    "A demonstration on a simulated street: necessary to show how Overt works, and nobody real is looked for."
)


@dataclass(frozen=True)
class World:
    """The force's office and its people.

    Attributes:
        office: empty but for the people.
        staff: the people.
    """

    office: Office
    staff: Staff


def enrol(
    world: World, pictures: Sequence[tuple[str, Path]], *, title: str = "Demonstration: one person"
) -> str:
    """A watchlist of the people of these (name, picture), each approved by the inspector; returns its id.

    Raises:
        EnrolmentError: a picture is not fit to be a reference image.
    """
    office, manager = world.office, world.staff["manager"]
    made = watchlists.create_watchlist(
        office, manager, watchlists.NewWatchlist(title=title, purpose="To show how Overt works")
    )
    today = office.now().date()
    for number, (name, picture) in enumerate(pictures, start=1):
        entry = watchlists.add_entry(
            office,
            manager,
            made.id,
            watchlists.NewEntry(
                reference=f"DEMO/{number:03}",
                name=name,
                category=office.policy.watchlists.categories[0],
                lawful_basis="None is needed: a simulated person in a demonstration",
                date_of_birth="unknown",
                instruction="Confirm who it is, and end the demonstration politely",
                warnings=("simulated",),
                expires_on=today + dt.timedelta(days=1),
            ),
        )
        watchlists.add_image(
            office,
            manager,
            entry.id,
            watchlists.NewImage(
                content=picture.read_bytes(),
                file=picture.name,
                source="public-domain portrait",
                taken_on="unknown",
            ),
        )
        watchlists.approve_entry(office, world.staff["inspector"], entry.id)
    return made.id


def plan_street(
    world: World,
    watchlist_id: str,
    film: Path,
    *,
    loop: bool,
    title: str = "Demonstration: a simulated street",
) -> str:
    """A draft over a film as its one feed; returns the deployment's id."""
    start = world.office.now()
    plan = deployments.Plan.model_validate(
        {
            "title": title,
            "use_case": "other",
            "purpose": "To show how Overt works, on a street that is drawn and people who are cut out",
            "location": "A simulated street",
            "zone": "The whole of the drawn street, seen from a mast at its end",
            "signage": "A simulation: nobody real walks here. In a street: a marked van, signs before the zone",
            "window_start": start,
            "window_end": start + dt.timedelta(hours=_HOURS),
            "watchlists": (watchlist_id,),
            "expected_footfall": 1000,
            "masked_fps": _MASKED_FPS,
            "feeds": ({"name": "street", "uri": str(film), "pace": "live", "loop": loop},),
        }
    )
    return deployments.create_deployment(world.office, world.staff["planner"], plan).id


def authorise(world: World, deployment_id: str) -> None:
    """Submit a draft, and have the inspector sign what they were shown."""
    office, inspector = world.office, world.staff["inspector"]
    deployments.submit_deployment(office, world.staff["planner"], deployment_id)
    digest = deployments.review_deployment(office, inspector, deployment_id).digest
    assert digest is not None  # noqa: S101 - it has been submitted
    deployments.authorise_deployment(
        office,
        inspector,
        deployment_id,
        deployments.Decision(digest=digest, statement=_STATEMENT, password=SecretStr(world.staff.password)),
    )
