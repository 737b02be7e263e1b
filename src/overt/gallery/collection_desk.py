"""The desk of a collection: it reads what phones and scanners make too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from overt.errors import ImageError
from overt.gallery.desk import EnrolmentDesk
from overt.gallery.judgement import Finding
from overt.gallery.pictures import PictureTooLargeError
from overt.gallery.probe_pictures import decode_probe_picture, is_heic_or_tiff

if TYPE_CHECKING:
    from overt.gallery.pictures import Picture

__all__ = ["CollectionDesk"]


class CollectionDesk(EnrolmentDesk):
    """An enrolment desk that reads HEIC and TIFF as well. Custody images come from many systems."""

    def read(self, picture: Path | bytes, name: str) -> Picture | Finding:
        """Read and decode the content of a picture file; a finding says why it cannot be."""
        if isinstance(picture, Path) or not is_heic_or_tiff(picture):
            return super().read(picture, name)
        limits = self.limits
        try:
            return decode_probe_picture(picture, name, most_mib=limits.mib, most_megapixels=limits.megapixels)
        except PictureTooLargeError as error:
            return Finding(
                kind="too-large",
                detail=error.what,
                measured=round(error.measured, 3),
                limit=error.limit,
                unit=error.unit,
            )
        except ImageError as error:
            return Finding(kind="unreadable", detail=error.what)
