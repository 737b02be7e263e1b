"""A live deployment with alerts whose pictures can be shown, for the pages of the officers on the street."""

from __future__ import annotations

import cv2
import msgspec
import numpy as np
from sqlalchemy import select

from overt.casework import Actor, duty
from overt.casework import alerts as a
from overt.casework.watchlists._sealed import Personal, about_image, seal_personal
from overt.engine import Alert as EngineAlert
from overt.records.tables import ReferenceImage, WatchlistEntry
from tests.casework.alerts.cases import Case

__all__ = ["NAME", "WARNINGS", "Street"]

NAME = "Sam Sought"
WARNINGS = ("carries a knife", "has threatened officers")
_SIDE = 170


class Street(Case):
    """A case whose entries carry warnings, and whose pictures are drawn faces."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for entry_id in self.entries[:2]:
            self.describe(entry_id)

    def describe(self, entry_id: str, name: str = NAME, warnings: tuple[str, ...] = WARNINGS) -> None:
        """Have an entry be about somebody of this name, with a picture that is one."""
        with self.office.database.transaction() as session:
            entry = session.get_one(WatchlistEntry, entry_id)
            personal = Personal(
                reference="R/2026/17",
                name=name,
                lawful_basis="warrant of arrest",
                date_of_birth=None,
                instruction="Detain. Do not approach alone.",
                warnings=warnings,
            )
            entry.sealed = seal_personal(self.force.work(session), entry_id, entry.key_id, personal)
            for image in session.scalars(select(ReferenceImage).where(ReferenceImage.entry_id == entry_id)):
                image.width = image.height = _SIDE
                image.box = [35, 35, 135, 135]
                about = about_image(image.id, "picture")
                vault = self.office.vault
                image.sealed_picture = vault.seal(session, entry.key_id, drawn_face(90), about=about)

    def message(self, entry: int = 0, passage: int | None = None) -> EngineAlert:
        """What the engine would say, with a picture."""
        said = super().message(entry, passage)
        return msgspec.structs.replace(said, box=(235.0, 235.0, 335.0, 335.0), crop=drawn_face(160))

    def present(self, officer: Actor | None = None, call_sign: str = "Sierra 21") -> Actor:
        """Have an officer on duty."""
        who = officer or self.officer
        duty.begin_duty(self.office, who, self.deployment_id, duty.NewDuty(call_sign=call_sign))
        return who

    def routed(self, entry: int = 0) -> str:
        """An alert that is to be engaged, and so is routed to everybody on duty; its id."""
        alert_id = self.take(entry)
        self.adjudicate(alert_id)
        return alert_id

    def shown(self, alert_id: str) -> a.AlertView:
        """An alert as it stands."""
        return a.show_alert(self.office, self.auditor, alert_id)


def drawn_face(grey: int) -> bytes:
    """A drawing of a face, JPEG: nobody's."""
    picture = np.full((_SIDE, _SIDE, 3), 225, np.uint8)
    cv2.circle(picture, (85, 85), 50, (grey, grey, grey), -1)
    for x in (67, 103):
        cv2.circle(picture, (x, 75), 7, (30, 30, 30), -1)
    cv2.ellipse(picture, (85, 105), (22, 10), 0, 0, 180, (30, 30, 30), 4)
    written, coded = cv2.imencode(".jpg", picture)
    assert written
    return coded.tobytes()
