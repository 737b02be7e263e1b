"""A watchlist in memory: entries, their reference images and their templates."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from overt.biometrics import Contract, Covering, FloatArray
from overt.errors import WatchlistError
from overt.gallery.search import check_templates

__all__ = ["Entry", "ReferenceImage", "Watchlist"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A subject's place on a watchlist. All but the reference may be empty here; an operation demands more.

    Attributes:
        reference: what the force's own records call the subject; unique in the list.
        name: what officers are shown.
        category: why such a person is sought, in the words of the force's policy.
        lawful_basis: the warrant, order, condition or duty the entry rests on.
        instruction: what officers should do.
        image_source: where the reference image comes from.
        image_date: when it was taken.
        date_of_birth: the subject's, if known.
        expiry: the last day the entry may be used.
        notes: anything else that the list's maker wrote, by column name.
    """

    reference: str
    name: str = ""
    category: str = ""
    lawful_basis: str = ""
    instruction: str = ""
    image_source: str = ""
    image_date: dt.date | None = None
    date_of_birth: dt.date | None = None
    expiry: dt.date | None = None
    notes: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def title(self) -> str:
        """The name, or the reference where there is none."""
        return self.name or self.reference


class ReferenceImage(msgspec.Struct, frozen=True, kw_only=True):
    """An enrolled picture, one for each template.

    Attributes:
        file: the name of the file it came from.
        sha256: of that file, hexadecimal.
        width: of the picture as kept, pixels.
        height: of the picture as kept, pixels.
        box: left, top, right, bottom of the face in the picture as kept, pixels.
        quality: the quality scalar, 0 to 1.
        jpeg: the picture as kept: upright, without the file's metadata. Empty when read without pictures.
    """

    file: str
    sha256: str
    width: int
    height: int
    box: tuple[float, float, float, float]
    quality: float
    jpeg: bytes = b""


@dataclass(frozen=True, eq=False)
class Watchlist:
    """Subjects gathered for one purpose.

    Attributes:
        contract: the model pack that the templates are bound to.
        entries: in the order of enrolment, references unique.
        templates: float32 [m, dimension], of unit length.
        entry_of_template: int64 [m]: the index of each template's entry.
        images: [m]: the picture each template was made from.
        covered: the same templates made with a part of the face even, row for row, by that part; empty where covered
            faces are compared as they are.

    Raises:
        WatchlistError: references repeat, or the parts do not fit together, or a template cannot be used.
        ContractError: the templates are not of the contract's dimension.
    """

    contract: Contract
    entries: tuple[Entry, ...]
    templates: FloatArray = field(repr=False)
    entry_of_template: npt.NDArray[np.int64] = field(repr=False)
    images: tuple[ReferenceImage, ...] = field(repr=False)
    covered: Mapping[Covering, FloatArray] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        check_templates(self.templates, self.contract)
        m = len(self.templates)
        if not m == len(self.entry_of_template) == len(self.images):
            raise WatchlistError(
                f"{m} templates, {len(self.entry_of_template)} entry numbers and {len(self.images)} images "
                "do not fit together",
                "Enrol the watchlist again",
            )
        for covering, templates in self.covered.items():
            check_templates(templates, self.contract)
            if len(templates) != m:
                raise WatchlistError(
                    f"{m} templates and {len(templates)} for faces covered at {covering} do not fit together",
                    "Enrol the watchlist again",
                )
        held = np.unique(self.entry_of_template)
        if not np.array_equal(held, np.arange(len(self.entries))):
            raise WatchlistError(
                "every entry of a watchlist has a template, and every template an entry; here it is not so",
                "Enrol the watchlist again",
            )
        references = self.references
        if len(set(references)) != len(references):
            twice = next(one for one in references if references.count(one) > 1)
            raise WatchlistError(
                f"the reference {twice!r} is on the watchlist twice", "Give each a reference of its own"
            )

    @property
    def references(self) -> tuple[str, ...]:
        """Each entry's reference."""
        return tuple(entry.reference for entry in self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def images_of(self, entry: int) -> tuple[ReferenceImage, ...]:
        """The pictures of the entry with this index."""
        return tuple(self.images[int(i)] for i in np.flatnonzero(self.entry_of_template == entry))

    def current(self, today: dt.date) -> Self:
        """The same list without the entries whose expiry has passed."""
        kept = [i for i, entry in enumerate(self.entries) if entry.expiry is None or entry.expiry >= today]
        place = {old: new for new, old in enumerate(kept)}
        rows = [row for row, entry in enumerate(self.entry_of_template.tolist()) if entry in place]
        return type(self)(
            contract=self.contract,
            entries=tuple(self.entries[i] for i in kept),
            templates=np.ascontiguousarray(self.templates[rows]),
            entry_of_template=np.array([place[int(self.entry_of_template[row])] for row in rows], np.int64),
            images=tuple(self.images[row] for row in rows),
            covered={part: np.ascontiguousarray(each[rows]) for part, each in self.covered.items()},
        )
