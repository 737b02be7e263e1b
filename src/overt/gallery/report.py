"""What became of every row of an enrolment."""

import msgspec

from overt.biometrics import Contract, Covering
from overt.gallery.judgement import EnrolmentLimits, Finding

__all__ = ["EnrolmentReport", "ImageVerdict", "LookAlike", "RowVerdict"]


class ImageVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one picture.

    Attributes:
        file: its name.
        accepted: whether it was enrolled.
        findings: what was found about it.
        measures: the face's quality by measure, and `quality`, their scalar; empty where no face was chosen.
    """

    file: str
    accepted: bool
    findings: tuple[Finding, ...]
    measures: dict[str, float]


class RowVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one row.

    Attributes:
        place: where the row stands in its source.
        reference: of its entry.
        name: of its entry.
        accepted: whether the entry was enrolled, with at least one picture.
        findings: what was found about the row itself.
        images: its pictures.
    """

    place: str
    reference: str
    name: str
    accepted: bool
    findings: tuple[Finding, ...]
    images: tuple[ImageVerdict, ...]

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Those of the row and of its pictures."""
        return (*self.findings, *(finding for image in self.images for finding in image.findings))


class LookAlike(msgspec.Struct, frozen=True, kw_only=True):
    """Two entries whose templates resemble each other as much as the operating point takes for one person."""

    first: str
    second: str
    score: float


class EnrolmentReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an enrolment.

    Attributes:
        source: the folder or file that was enrolled.
        contract: of the templates.
        limits: what every picture was held to.
        threshold: cosine similarity from which two entries are look-alikes: the pack's operating point.
        rows: in the order of the source.
        look_alikes: most alike first.
        notices: what in the source was passed over.
        coverings: the parts of faces for which each picture has a template with that part even.
    """

    source: str
    contract: Contract
    limits: EnrolmentLimits
    threshold: float
    rows: tuple[RowVerdict, ...]
    look_alikes: tuple[LookAlike, ...]
    notices: tuple[str, ...]
    coverings: tuple[Covering, ...] = ()

    @property
    def enrolled(self) -> int:
        """How many entries were enrolled."""
        return sum(row.accepted for row in self.rows)

    @property
    def refused(self) -> int:
        """How many rows were refused."""
        return len(self.rows) - self.enrolled

    @property
    def images_refused(self) -> int:
        """How many pictures of enrolled entries were refused."""
        return sum(not image.accepted for row in self.rows if row.accepted for image in row.images)
