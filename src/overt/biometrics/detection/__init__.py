"""Faces in pictures: CenterFace, SCRFD and YuNet networks behind one detector."""

from overt.biometrics.detection.detector import Detector, load_detector
from overt.biometrics.detection.settings import DetectionSettings

__all__ = ["DetectionSettings", "Detector", "load_detector"]
