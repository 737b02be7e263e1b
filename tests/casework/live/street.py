"""Two people enrolled by the real commands, and a film of a simulated street that both walk through."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from overt.casework import watchlists as w
from overt.evaluation.scene import Scene, SceneSettings, write_reference
from tests.casework.deployments.force import Force

__all__ = ["Street", "film_street"]


@dataclass
class Street:
    """A force with Grace Hopper and Eileen Collins on its list, and a film of both."""

    force: Force
    film: Path
    watchlist_id: str
    hopper: str
    collins: str

    @classmethod
    def of(cls, force: Force, film: Path, folder: Path) -> Street:
        """Everything up to the plan, by the commands that people would give."""
        office, manager = force.office, force.staff("watchlist-manager")
        listed = w.create_watchlist(
            office, manager, w.NewWatchlist(title="Saturday", purpose="People wanted for serious offences")
        )
        entries = []
        for person in ("grace-hopper", "eileen-collins"):
            new = w.NewEntry.model_validate(
                {
                    "reference": f"R/{person}",
                    "name": person.replace("-", " ").title(),
                    "category": "wanted for a serious offence",
                    "lawful_basis": "warrant of 3 May 2026",
                    "date_of_birth": dt.date(1986, 12, 9),
                    "instruction": "detain",
                    "expires_on": dt.date(2026, 8, 1),
                }
            )
            entry = w.add_entry(office, manager, listed.id, new)
            picture = write_reference(person, folder).read_bytes()
            image = w.NewImage(content=picture, source="custody photograph", taken_on=dt.date(2024, 1, 1))
            outcome = w.add_image(office, manager, entry.id, image)
            assert outcome.result == "added", outcome
            w.approve_entry(office, force.officer(), entry.id)
            entries.append(entry.id)
        return cls(force, film, listed.id, *entries)


def film_street(folder: Path) -> Path:
    """Eight seconds of a simulated street, which can be looped."""
    film = folder / "street.mp4"
    Scene(SceneSettings(seconds=8)).write(film)
    return film
