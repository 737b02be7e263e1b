"""Probes: pictures and clips that an investigator hands in, every face offered, all of it in memory alone."""

from overt.casework.probes._footage import ProbeProgress
from overt.casework.probes.handing_in import HandedIn, HandingIn, open_probe, open_probes
from overt.casework.probes.held import LASTS_MINUTES, MOST_PROBES
from overt.casework.probes.looking_room import (
    LookingRoom,
    is_clip,
    list_lookings,
    looking_at,
    looking_room,
    start_looking,
)
from overt.casework.probes.models import (
    FacePicture,
    LookingView,
    NewProbe,
    ProbeFaceView,
    ProbeKind,
    ProbeShotView,
    ProbeVerdict,
    ProbeView,
)
from overt.casework.probes.opening import (
    close_probe,
    face_to_search,
    list_probes,
    show_face,
    show_probe,
)
from overt.casework.probes.searched import SearchedFace

__all__ = [
    "LASTS_MINUTES",
    "MOST_PROBES",
    "FacePicture",
    "HandedIn",
    "HandingIn",
    "LookingRoom",
    "LookingView",
    "NewProbe",
    "ProbeFaceView",
    "ProbeKind",
    "ProbeProgress",
    "ProbeShotView",
    "ProbeVerdict",
    "ProbeView",
    "SearchedFace",
    "close_probe",
    "face_to_search",
    "is_clip",
    "list_lookings",
    "list_probes",
    "looking_at",
    "looking_room",
    "open_probe",
    "open_probes",
    "show_face",
    "show_probe",
    "start_looking",
]
