"""The code that a score, and so an alert, hangs on; and digests of it as it is installed.

An operating point's figures are evidence about one version of this code. A certificate carries its digests, and a
server compares them with those of the code that it runs. Whoever adds a module that a score hangs on lists it here; a
test walks what the engine and enrolment import, and fails where one of it is neither listed nor excused.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["PACKAGE", "SCORE_CODE", "digest_of_code", "score_code"]

PACKAGE: Final = Path(__file__).parent

SCORE_CODE: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("detection", ("biometrics/detection/*.py", "biometrics/faces.py", "biometrics/sessions.py")),
    ("frames", ("video/_container.py", "video/_images.py", "video/_libav.py", "video/_pixels.py")),
    ("enrolment", ("gallery/desk.py", "gallery/face_finder.py", "gallery/pictures.py")),
    ("alignment", ("biometrics/alignment.py",)),
    ("embedding", ("biometrics/embedding.py",)),
    ("quality", ("biometrics/quality.py", "biometrics/_occlusion.py")),
    ("covered faces", ("biometrics/covering.py", "biometrics/_covering_model.py", "engine/covered.py")),
    ("tracking", ("biometrics/tracking.py", "biometrics/_motion.py")),
    ("passages and fusion", ("engine/passages.py", "engine/pipeline.py")),
    ("the live run", ("engine/live.py", "engine/wire.py")),
    ("several pictures of an entry", ("gallery/fusion.py",)),
    ("search", ("gallery/search.py",)),
    ("quantisation", ("gallery/quantisation.py",)),
)
"""What decides a score, and the files of it within the package."""


def score_code() -> dict[str, str]:
    """The digest of each part of `SCORE_CODE`, by its name, SHA-256, hexadecimal."""
    return {part: digest_of_code(patterns) for part, patterns in SCORE_CODE}


def digest_of_code(patterns: tuple[str, ...]) -> str:
    """The digest of files of the package, in the order of the patterns and within each of the names.

    It is taken once: what runs is what was there when it was first asked for.

    Args:
        patterns: of paths within the package.
    """
    return _digest(PACKAGE, patterns)


@cache
def _digest(package: Path, patterns: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for pattern in patterns:
        for file in sorted(package.glob(pattern)):
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
