"""What the addresses of pages hold: ids, and the place to go on from in a long listing."""

import re
from typing import Annotated, Final

from fastapi import Path, Query

__all__ = ["After", "AlertId", "DeploymentId", "Id", "PersonId", "is_id"]

_ID: Final = r"^[a-z]+(-[a-z]+)*-[0-9a-f]{16}$"
Id = Annotated[str, Path(min_length=3, max_length=64, pattern=_ID)]
AlertId = Annotated[str, Path(pattern=r"^alert-[0-9a-f]{16}$")]
DeploymentId = Annotated[str, Path(pattern=r"^deployment-[0-9a-f]{16}$")]
PersonId = Annotated[str, Path(pattern=r"^person-[0-9a-f]{16}$")]
After = Annotated[str | None, Query(max_length=100)]


def is_id(written: str, kind: str) -> bool:
    """Whether what a form holds is an id of this kind, such as `entry`, and so may stand in an address."""
    return written.startswith(f"{kind}-") and len(written) <= 64 and re.match(_ID, written) is not None
