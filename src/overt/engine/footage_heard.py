"""All that a footage run says of one clip, here or on another machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from overt.engine.footage_client import FootageEngine
from overt.engine.footage_wire import FootagePassage, FootageProgress
from overt.engine.wire import Closed, Fault
from overt.errors import EngineError, WireError

if TYPE_CHECKING:
    from collections.abc import Callable

    from overt.engine.footage_wire import BeginFootage, FootageOutward

__all__ = ["FootageHeard", "hear_clip"]


class FootageHeard(msgspec.Struct, kw_only=True):
    """What was said of a clip.

    Attributes:
        passages: as they ended.
        progress: how far it came.
        troubles: what was wrong with it, or broke the process.
    """

    passages: list[FootagePassage] = []
    progress: FootageProgress = FootageProgress(seconds=0.0)
    troubles: list[Fault] = []


def hear_clip(begin: BeginFootage, clip: int, tell: Callable[[FootageProgress], None]) -> FootageHeard:
    """Have a sealed process look at a clip, and hear it out.

    Args:
        begin: what it is to do.
        clip: the descriptor of the clip, open for reading; it stays the caller's.
        tell: is given how far it is, about twice a second.

    Raises:
        EngineError: the process could not begin. One that dies of the clip is a trouble, and what it gave before is
            whole.
    """
    heard = FootageHeard()
    with FootageEngine.start(begin, clip) as engine:
        try:
            for message in engine.messages():
                _hear(message, heard, tell)
        except EngineError as error:
            heard.troubles.append(Fault(kind="engine", detail=error.what, remedy=error.remedy))
        except WireError as error:
            raise EngineError(
                "The engine has said what no engine says, and was ended", "Look at `overt doctor`"
            ) from error
    return heard


def _hear(message: FootageOutward, heard: FootageHeard, tell: Callable[[FootageProgress], None]) -> None:
    if isinstance(message, FootagePassage):
        heard.passages.append(message)
    elif isinstance(message, Fault):
        heard.troubles.append(message)
    elif isinstance(message, FootageProgress):
        heard.progress = message
        tell(message)
    elif isinstance(message, Closed) and message.reason == "the pipeline failed on every picture":
        heard.troubles.append(Fault(kind="bad-frame", detail=message.reason))
