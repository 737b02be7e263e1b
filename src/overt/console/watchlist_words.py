"""What watchlists, pictures and imports are called on pages, and what to do about what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["WATCHLIST_WORDS"]

WATCHLIST_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "entry": {
        "pending": "Waiting for approval",
        "approved": "Approved",
        "withdrawn": "Withdrawn",
        "expired": "Expired",
    },
    "pair": {"look-alike": "Look-alikes", "duplicate": "Perhaps one subject twice"},
    "import": {
        "running": "Running",
        "finished": "Finished",
        "failed": "Failed",
        "interrupted": "Interrupted",
    },
    "row": {
        "added": "Added",
        "changed": "Changed",
        "unchanged": "There already",
        "refused": "Refused",
    },
    "finding": {
        "missing": "The picture is not in the archive",
        "unreadable": "This is not a picture that can be read",
        "too-large": "The picture is too large",
        "no-face": "No face was found",
        "several-faces": "It cannot be told which face is meant",
        "too-small": "The face is too small",
        "too-blurred": "The face is blurred",
        "too-turned": "The head is turned too far",
        "too-dark": "The face is too dark",
        "too-bright": "The face is too bright",
        "occluded": "Too much of the face is covered",
        "no-template": "The recogniser made nothing of it",
        "too-old": "The picture is older than policy allows",
        "malformed": "The row cannot be understood",
        "repeated": "The reference is there twice",
        "outside-folder": "The picture's path leads out of the archive",
        "outside-policy": "Policy does not allow this",
        "expired": "The last day has passed",
        "withdrawn": "The entry was withdrawn",
        "other-faces": "Smaller faces were passed over",
        "unlike-others": "It does not resemble the entry's other pictures",
        "old": "The picture is not recent",
        "undated": "Nobody knows when it was taken",
    },
    "finding-remedy": {
        "missing": "Put the file into the archive, under the name that the row gives",
        "unreadable": "Give a whole JPEG, PNG, WebP or BMP file; into a collection also HEIC or TIFF",
        "too-large": "Give a smaller copy",
        "no-face": "Give a picture that shows the whole face from the front",
        "several-faces": "Cut the picture so that the subject is alone in it, or clearly the nearest",
        "too-small": "Give a larger picture, or one taken from nearer; enlarging this one does not help",
        "too-blurred": "Give a sharper picture; sharpening this one does not help",
        "too-turned": "Give a picture that shows the face from the front",
        "too-dark": "Give a picture with more light on the face",
        "too-bright": "Give a picture with less light on the face",
        "occluded": "Give a picture without mask, scarf, hand or glasses over the face",
        "no-template": "Give another picture",
        "too-old": "Give a more recent picture",
        "malformed": "Correct the row, and import the table again",
        "repeated": "Give each subject a reference of its own, or join the rows",
        "outside-folder": "Put the picture into the archive",
        "outside-policy": "Correct the row as policy asks",
        "expired": "Name a day to come, if the subject is still sought",
        "withdrawn": "Delete the withdrawn entry first, if the subject is to be listed again",
        "other-faces": "See on the picture whether the right face was taken",
        "unlike-others": "Compare them: they may show two people",
        "old": "Give a more recent one, if there is one",
        "undated": "Find out when it was taken, if you can",
    },
    "measure": {
        "eye_distance": "Between the eyes, pixels",
        "sharpness": "Sharpness, 0 to 1",
        "yaw": "Turned to the side, degrees",
        "pitch": "Turned up or down, degrees",
        "roll": "Leant to the side, degrees",
        "exposure": "Exposure, 0 to 1",
        "occlusion": "Covered, 0 to 1",
        "detector_score": "The detector's confidence, 0 to 1",
        "quality": "Quality in all, 0 to 1",
    },
}
"""Codes in words, by what they are codes of; a part of `overt.console.wording.WORDS`."""
