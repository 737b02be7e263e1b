"""Faces covered as people cover them, drawn by our own code through the five landmarks.

A stand-in for pictures of really covered people, of which no identified set may be shipped. It spares the parts of
the face that stay bare and hides the others under something of plausible texture and light; it knows nothing of how
people wear such things otherwise, so figures on it are no forecast.
"""

from overt.evaluation.protocols.occlusion.draw import OCCLUSIONS, OcclusionKind, draw_occlusion

__all__ = ["OCCLUSIONS", "OcclusionKind", "draw_occlusion"]
