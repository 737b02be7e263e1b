"""A collection whose templates are drawn, so that it is known who resembles whom; probes; and people to search."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field

import cv2
import msgspec
import numpy as np
from sqlalchemy.orm import Session

from overt.biometrics import Contract, FloatArray, ModelPack
from overt.casework import Actor, Office
from overt.casework import searches as s
from overt.casework.collections._sealed import Personal, about_part, about_template
from overt.casework.probes.held import HeldFace, HeldProbe, HeldShot, closes_at, desk_of
from overt.casework.probes.models import ProbeView
from overt.records.tables import Collection, CollectionImage, CollectionRecord, CollectionTemplate, new_id
from tests.offices import Clock, Staff

REASON = "seen at the till when the purse was taken"
MEASURES = {"quality": 0.6, "eye_distance": 60.0}


@dataclass
class Shop:
    """A collection, whoever searches in it, and facial examiners."""

    office: Office
    staff: Staff
    clock: Clock
    pack: ModelPack
    collection_id: str = ""
    probes: int = 0
    records: dict[str, str] = field(default_factory=dict)
    """By reference."""

    def __post_init__(self) -> None:
        contract = self.contract
        with self.office.database.transaction() as session:
            key = self.office.vault.new_key(session, "collection", self.office.now())
            collection = Collection(
                id=new_id("collection"),
                name=f"custody-{new_id('c')[-6:]}",
                purpose="pictures taken in custody",
                key_id=key,
                pack=contract.pack,
                pack_version=contract.version,
                dimension=contract.dimension,
                alike_threshold=0.9,
                review_days=365,
                created_at=self.office.now(),
                created_by="test",
            )
            session.add(collection)
        self.collection_id = collection.id

    @property
    def contract(self) -> Contract:
        return self.pack.contract

    @property
    def investigator(self) -> Actor:
        return self.staff("investigator")

    @property
    def first(self) -> Actor:
        return self.staff("facial-examiner", name="first examiner")

    @property
    def second(self) -> Actor:
        return self.staff("facial-examiner", name="second examiner")

    @property
    def reviewer(self) -> Actor:
        return self.staff("authorising-officer")

    def add(self, reference: str, *templates: FloatArray) -> str:
        """A record with an image for each template; its id."""
        office = self.office
        with office.database.transaction() as session:
            collection = session.get_one(Collection, self.collection_id)
            key = office.vault.new_key(session, "record", office.now(), parent=collection.key_id)
            record_id = new_id("record")
            session.add(
                CollectionRecord(
                    id=record_id,
                    collection_id=self.collection_id,
                    key_id=key,
                    reference_mac=hashlib.sha256(reference.encode()).digest(),
                    sealed=office.vault.seal(
                        session,
                        key,
                        msgspec.msgpack.encode(Personal(reference=reference)),
                        about=about_part(record_id, "sealed"),
                    ),
                    review_by=dt.date(2030, 1, 1),
                    added_at=office.now(),
                    added_by="test",
                )
            )
            session.flush()
            for template in templates:
                collection.numbered += 1
                collection.revision += 1
                self._add_image(session, collection, record_id, key, template)
        self.records[reference] = record_id
        return record_id

    def _add_image(
        self, session: Session, collection: Collection, record_id: str, key: str, template: FloatArray
    ) -> None:
        office, image_id = self.office, new_id("image")
        session.add(
            CollectionImage(
                id=image_id,
                collection_id=collection.id,
                record_id=record_id,
                number=collection.numbered,
                source_mac=image_id.encode(),
                sealed_picture=office.vault.seal(
                    session, key, b"\xff\xd8 custody", about=about_part(image_id, "picture")
                ),
                sealed_source=office.vault.seal(
                    session, key, msgspec.msgpack.encode("a.jpg"), about=about_part(image_id, "source")
                ),
                taken_on=dt.date(2025, 4, 1),
                width=100,
                height=120,
                box=[10.0, 10.0, 90.0, 110.0],
                landmarks=[[30.0, 50.0], [70.0, 50.0], [50.0, 70.0], [35.0, 90.0], [65.0, 90.0]],
                quality=0.7,
                measures={},
                findings=[],
                added_at=office.now(),
            )
        )
        session.flush()
        session.add(
            CollectionTemplate(
                collection_id=collection.id,
                pack=self.contract.pack,
                pack_version=self.contract.version,
                number=collection.numbered,
                image_id=image_id,
                made=True,
                sealed=office.vault.seal(
                    session,
                    key,
                    template.astype("<f4").tobytes(),
                    about=about_template(image_id, self.contract),
                ),
                refusals=[],
            )
        )

    def like(self, score: float, face: int = 0, other: int = 50) -> FloatArray:
        """A template whose cosine with a probe's face is this."""
        made = np.zeros(self.contract.dimension, np.float32)
        made[face], made[other] = score, np.sqrt(1 - score * score)
        return made

    def probe(self, faces: int = 1, actor: Actor | None = None, content: bytes = b"still") -> str:
        """Open a still with so many faces; face k's template points along axis k."""
        self.probes += 1
        who, now = actor or self.investigator, self.office.now()
        held = {}
        for at in range(faces):
            template = np.zeros(self.contract.dimension, np.float32)
            template[at] = 1
            shot = HeldShot(
                jpeg=np.array(cv2.imencode(".jpg", np.full((64, 48, 3), 120, np.uint8))[1], np.uint8),
                size=(48, 64),
                box=np.array([8, 8, 40, 56], np.float32),
                landmarks=np.array([[16, 24], [32, 24], [24, 34], [18, 44], [30, 44]], np.float32),
                picture_box=np.array([100 * at, 10, 100 * at + 40, 60], np.float32),
                measures=dict(MEASURES),
                seconds=None,
                templates={self.contract: template},
            )
            held[f"face-{at + 1}"] = HeldFace(f"face-{at + 1}", [shot], "good", ())
        view = ProbeView(
            id=new_id("probe"),
            kind="still",
            name="till camera.jpg",
            sha256=hashlib.sha256(content).hexdigest(),
            width=640,
            height=480,
            seconds=None,
            pictures=1,
            faces=(),
            troubles=(),
            pack=self.contract.pack,
            pack_version=self.contract.version,
            opened_at=now,
            closes_at=closes_at(now),
        )
        desk_of(self.office).put(HeldProbe(view, "to find the thief", who.id, held))
        return view.id

    def search(self, probe_id: str = "", face: int = 1, reason: str = REASON, **more: object) -> s.SearchView:
        """Search for a face of a probe."""
        new = s.NewSearch.model_validate(
            {
                "collection_id": self.collection_id,
                "probe_id": probe_id or self.probe(),
                "face_id": f"face-{face}",
                "reason": reason,
                **more,
            }
        )
        return s.search_collection(self.office, self.investigator, new)

    def examine(self, candidate_id: str, actor: Actor, **values: object) -> s.SearchView:
        """Look at a candidate, think, and examine."""
        s.show_candidate_picture(self.office, actor, candidate_id)
        self.clock.turn(seconds=90)
        return s.examine_candidate(self.office, actor, candidate_id, comparison(**values))

    def examined(self, *, agree: bool = True) -> s.SearchView:
        """A search with one candidate whom both examiners have examined."""
        self.add("A/1", self.like(0.99))
        found = self.search()
        candidate = found.candidates[0].id
        self.examine(candidate, self.first)
        second: dict[str, object] = (
            {} if agree else {"support": "no-conclusion", "decision": "not-put-forward"}
        )
        return self.examine(candidate, self.second, **second)

    def close(self) -> None:
        """Let go of every open probe."""
        desk = desk_of(self.office)
        for person in list(self.staff.made.values()):
            for held in desk.of(person.id, self.office.now()):
                desk.close(held.view.id)


def comparison(**values: object) -> s.NewExamination:
    """A comparison that supports one person."""
    return s.NewExamination.model_validate(
        {
            "features": {"ears": "similar", "nose": "similar", "lines": "explained", "neck": "not-visible"},
            "notes": {"ears": "the same fold in the rim"},
            "support": "same-moderate",
            "decision": "put-forward",
            "reason": "rim of the ear and tip of the nose agree",
            **values,
        }
    )


def review(**values: object) -> s.NewReview:
    """A review that found nothing amiss."""
    return s.NewReview.model_validate(
        {"finding": "in-order", "reason": "one face, for a theft that was reported", **values}
    )
