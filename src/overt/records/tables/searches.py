"""Retrospective searches: one face, one reason, one collection; its candidates, and what people made of them.

Everything that tells of a person is sealed under the search's own key. A candidate names a record of the collection
by its id alone: its reference and its picture are the collection's, and go when they go there.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from overt.records.tables.base import Base

__all__ = [
    "CandidateShowing",
    "Search",
    "SearchCandidate",
    "SearchExamination",
    "SearchOutcome",
    "SearchReview",
]


class Search(Base):
    """One face that was searched for in one collection, and how far the case is.

    When its time is over the key is destroyed, and `key_id`, `sealed_words` and `sealed_face` become None: what stays
    is a row of figures about nobody. The collection may be gone before the search is.
    """

    __tablename__ = "searches"
    __table_args__ = (
        Index("ix_searches_state_searched_at", "state", "searched_at"),
        Index("ix_searches_collection_id_probe_mac", "collection_id", "probe_mac"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    collection_id: Mapped[str] = mapped_column(index=True)
    key_id: Mapped[str | None] = mapped_column(ForeignKey("vault_keys.id"), index=True)
    state: Mapped[str]
    """examination, review, outcome, closed."""
    offence: Mapped[str]
    """One of the policy's, or not-stated."""
    sealed_words: Mapped[bytes | None]
    """Reason, authority, who asked for it, and the probe's name."""
    sealed_face: Mapped[bytes | None]
    """The searched face and a margin, JPEG; of the probe nothing else is kept."""
    probe_mac: Mapped[bytes | None]
    """A keyed digest of the probe, by which a second search with the same one is found."""
    probe_kind: Mapped[str]
    """still, footage."""
    face: Mapped[dict[str, Any]]
    """Where face and landmarks are in the kept picture, its size, when it was seen in a clip; empty once deleted."""
    faces_in_probe: Mapped[int]
    verdict: Mapped[str]
    """Of its quality: good, poor."""
    quality: Mapped[float]
    measures: Mapped[dict[str, Any]]
    findings: Mapped[list[Any]]
    pack: Mapped[str]
    pack_version: Mapped[str]
    images: Mapped[int]
    """Of the collection that were searched."""
    threshold: Mapped[float]
    aim: Mapped[float]
    """The part of searches for somebody who is not in the collection that may return anybody, by the policy."""
    chance: Mapped[dict[str, Any]]
    """What was measured of that at this threshold and so many images; empty where nothing was."""
    most_candidates: Mapped[int]
    examinations_needed: Mapped[int]
    """1, or 2 where the policy asked for a second examiner, blind to the first."""
    searched_at: Mapped[datetime] = mapped_column(index=True)
    searched_by: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    closed_at: Mapped[datetime | None]
    personal_data_deleted_at: Mapped[datetime | None]


class SearchCandidate(Base):
    """A record that the search returned, by the image that scored highest.

    `record_id`, `image_id` and `number` (of the image) become None with the search's personal data.
    """

    __tablename__ = "search_candidates"
    __table_args__ = (UniqueConstraint("search_id", "rank"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    search_id: Mapped[str] = mapped_column(ForeignKey("searches.id"), index=True)
    rank: Mapped[int]
    record_id: Mapped[str | None] = mapped_column(index=True)
    image_id: Mapped[str | None]
    number: Mapped[int | None]
    score: Mapped[float]
    chance: Mapped[dict[str, Any]]
    """The chance of a false candidate at this score and so many images; empty where nothing was measured."""


class CandidateShowing(Base):
    """When a candidate's picture was first shown to an examiner, from which the time to decide is counted."""

    __tablename__ = "candidate_showings"

    candidate_id: Mapped[str] = mapped_column(ForeignKey("search_candidates.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    at: Mapped[datetime]


class SearchExamination(Base):
    """A facial examiner's comparison of a candidate, and decision. Checklist and reason are sealed."""

    __tablename__ = "search_examinations"
    __table_args__ = (
        UniqueConstraint("candidate_id", "place"),
        UniqueConstraint("candidate_id", "person_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    search_id: Mapped[str] = mapped_column(ForeignKey("searches.id"), index=True)
    candidate_id: Mapped[str] = mapped_column(ForeignKey("search_candidates.id"))
    place: Mapped[int]
    """1 for the first, 2 for the second, made blind to the first."""
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    support: Mapped[str]
    """A step of the scale, from different-strong by no-conclusion to same-strong."""
    decision: Mapped[str]
    """put-forward, not-put-forward."""
    sealed_words: Mapped[bytes]
    seconds_taken: Mapped[float]
    at: Mapped[datetime]


class SearchReview(Base):
    """The review after the fact, by somebody who neither searched nor examined."""

    __tablename__ = "search_reviews"
    __table_args__ = (UniqueConstraint("search_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    search_id: Mapped[str] = mapped_column(ForeignKey("searches.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    finding: Mapped[str]
    """in-order, not-in-order."""
    faults: Mapped[list[str]]
    settled: Mapped[dict[str, Any]]
    """The decision on each candidate about whom the examiners disagree, by its id."""
    sealed_words: Mapped[bytes]
    at: Mapped[datetime]


class SearchOutcome(Base):
    """What came of a search. A later one that names it takes its place."""

    __tablename__ = "search_outcomes"

    id: Mapped[str] = mapped_column(primary_key=True)
    search_id: Mapped[str] = mapped_column(ForeignKey("searches.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    outcome: Mapped[str]
    """no-lead, identity-confirmed, identity-refuted, not-pursued, undetermined."""
    sealed_words: Mapped[bytes | None]
    at: Mapped[datetime]
    corrects_id: Mapped[str | None] = mapped_column(ForeignKey("search_outcomes.id"))
