"""Collections for retrospective search: records, images, templates by model pack, and how they came in."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from overt.records.tables.base import Base

__all__ = [
    "Collection",
    "CollectionImage",
    "CollectionPair",
    "CollectionRecord",
    "CollectionRemoval",
    "CollectionTemplate",
    "Ingestion",
    "IngestionRow",
]


class Collection(Base):
    """A gallery for retrospective search. Its key wraps the keys of its records and of its ingestions.

    What writes to a collection holds its row, so that `numbered` and `revision` grow in the order of the commits.
    """

    __tablename__ = "collections"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    key_id: Mapped[str] = mapped_column(ForeignKey("vault_keys.id"), index=True)
    pack: Mapped[str]
    """Of the templates that are searched."""
    pack_version: Mapped[str]
    dimension: Mapped[int]
    alike_threshold: Mapped[float]
    """Of the pack's operating point: from which two images are taken to resemble each other."""
    next_pack: Mapped[str | None]
    """Of the templates that are made beside them, until the switch; None where none are."""
    next_pack_version: Mapped[str | None]
    next_dimension: Mapped[int | None]
    next_alike_threshold: Mapped[float | None]
    review_days: Mapped[int]
    """A record without a review date of its own is due so many days after it came in."""
    numbered: Mapped[int] = mapped_column(default=0)
    """The last number that an image was given."""
    revision: Mapped[int] = mapped_column(default=0)
    """Counts the changes of what a search goes through."""
    compared_to: Mapped[int] = mapped_column(default=0)
    """Images up to this number have been compared with all others."""
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class CollectionRecord(Base):
    """One person under one reference, such as a custody record's. `sealed` holds it and the table's other columns."""

    __tablename__ = "collection_records"
    __table_args__ = (UniqueConstraint("collection_id", "reference_mac"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collections.id"), index=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("vault_keys.id"), index=True)
    reference_mac: Mapped[bytes]
    sealed: Mapped[bytes]
    review_by: Mapped[date] = mapped_column(Date, index=True)
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    added_at: Mapped[datetime]
    added_by: Mapped[str]


class CollectionImage(Base):
    """One picture of a record, sealed under the record's key.

    `number` is what an index in memory knows it by; none is given twice. `source_mac` is a keyed digest of the file.
    """

    __tablename__ = "collection_images"
    __table_args__ = (
        UniqueConstraint("collection_id", "number"),
        UniqueConstraint("record_id", "source_mac"),
        Index("ix_collection_images_collection_id_source_mac", "collection_id", "source_mac"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collections.id"))
    record_id: Mapped[str] = mapped_column(ForeignKey("collection_records.id"), index=True)
    number: Mapped[int]
    source_mac: Mapped[bytes]
    sealed_picture: Mapped[bytes]
    """The face and its surroundings, a JPEG: for examiners, and for templates of another pack."""
    sealed_source: Mapped[bytes]
    """The file's name."""
    taken_on: Mapped[date | None] = mapped_column(Date)
    width: Mapped[int]
    height: Mapped[int]
    box: Mapped[list[Any]]
    """Left, top, right, bottom of the face, pixels of the picture as kept."""
    landmarks: Mapped[list[Any]]
    """Five points of the face, x and y, pixels of the picture as kept."""
    quality: Mapped[float]
    measures: Mapped[dict[str, Any]]
    findings: Mapped[list[Any]]
    added_at: Mapped[datetime]


class CollectionTemplate(Base):
    """An image's template of one model pack; `sealed` is None where that pack makes none of the picture.

    `made` says whether it does: counted by an index of its own, since a count must not read a million templates.
    """

    __tablename__ = "collection_templates"
    __table_args__ = (Index("ix_collection_templates_made", "collection_id", "pack", "pack_version", "made"),)

    collection_id: Mapped[str] = mapped_column(ForeignKey("collections.id"), primary_key=True)
    pack: Mapped[str] = mapped_column(primary_key=True)
    pack_version: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    """Of the image."""
    image_id: Mapped[str] = mapped_column(ForeignKey("collection_images.id"), index=True)
    made: Mapped[bool]
    sealed: Mapped[bytes | None]
    refusals: Mapped[list[str]]
    """Kinds of findings, where it makes none."""


class CollectionRemoval(Base):
    """An image that is gone, so that every process takes it out of its index. Numbers only."""

    __tablename__ = "collection_removals"
    __table_args__ = (Index("ix_collection_removals_collection_id_revision", "collection_id", "revision"),)

    collection_id: Mapped[str] = mapped_column(ForeignKey("collections.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int]
    """Of the collection, that it was removed with."""


class CollectionPair(Base):
    """Two images that are reported: the same picture or person under two references, two people in one record.

    `decision` is what a person found who looked at both; None until then. Nothing follows from it by itself.
    """

    __tablename__ = "collection_pairs"
    __table_args__ = (UniqueConstraint("first_image_id", "second_image_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collections.id"), index=True)
    kind: Mapped[str]
    """same-picture, same-person, two-people."""
    first_record_id: Mapped[str] = mapped_column(ForeignKey("collection_records.id"), index=True)
    second_record_id: Mapped[str] = mapped_column(ForeignKey("collection_records.id"), index=True)
    """The same as the first for two people in one record."""
    first_image_id: Mapped[str] = mapped_column(ForeignKey("collection_images.id"), index=True)
    second_image_id: Mapped[str] = mapped_column(ForeignKey("collection_images.id"), index=True)
    score: Mapped[float]
    threshold: Mapped[float]
    """From which two images were taken to resemble each other, when the pair was found."""
    stranger_rate: Mapped[float | None]
    """Part of strangers who would score so against a collection of this size; None where nothing is measured."""
    found_at: Mapped[datetime]
    decision: Mapped[str | None]
    """same-person, different-people, left."""
    sealed_reason: Mapped[bytes | None]
    """Why: under the second record's key within the first's, so that it goes with either."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]


class Ingestion(Base):
    """One run that brings images in; begun again after an interruption it goes on where it was.

    Its key wraps the keys of rows that belong to no record, and is destroyed with the report.
    """

    __tablename__ = "ingestions"

    id: Mapped[str] = mapped_column(primary_key=True)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collections.id"), index=True)
    key_id: Mapped[str | None] = mapped_column(ForeignKey("vault_keys.id"), index=True)
    source_mac: Mapped[bytes]
    """By which the same source is found again."""
    sealed_source: Mapped[bytes]
    """The source's name, under the collection's key."""
    kind: Mapped[str]
    """folder, archive, manifest."""
    state: Mapped[str]
    """running, finished, failed, interrupted."""
    rows: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[float] = mapped_column(default=0.0)
    """Spent on the rows that are done."""
    workers_replaced: Mapped[int] = mapped_column(default=0)
    """Of a cluster: they were lost, and what they had was done by others."""
    failure: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime]
    started_by: Mapped[str]
    finished_at: Mapped[datetime | None]


class IngestionRow(Base):
    """What became of one row: written with its image in one transaction, so that none is taken twice."""

    __tablename__ = "ingestion_rows"
    __table_args__ = (
        Index("ix_ingestion_rows_ingestion_id_place", "ingestion_id", "place"),
        Index("ix_ingestion_rows_reference_mac", "reference_mac"),
    )

    ingestion_id: Mapped[str] = mapped_column(ForeignKey("ingestions.id"), primary_key=True)
    row_mac: Mapped[bytes] = mapped_column(primary_key=True)
    """Of reference, image and the file's size and date: the row's key."""
    place: Mapped[int]
    result: Mapped[str]
    """added, changed, unchanged, refused."""
    kinds: Mapped[list[str]]
    """Kinds of findings that refuse it."""
    reference_mac: Mapped[bytes]
    record_id: Mapped[str | None] = mapped_column(ForeignKey("collection_records.id"), index=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("vault_keys.id"), index=True)
    """The record's; one of its own where it belongs to none."""
    sealed: Mapped[bytes]
    """Reference, file and findings."""
