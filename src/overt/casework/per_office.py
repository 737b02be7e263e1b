"""What an office has one of in this process, in memory: made when it is first asked for, gone with the office."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from overt.casework.office import Office

__all__ = ["PerOffice"]

T = TypeVar("T")


class PerOffice(Generic[T]):
    """Call it with an office to be given that office's own.

    Args:
        make: makes it.
    """

    def __init__(self, make: Callable[[Office], T]) -> None:
        self._make = make
        self._made: weakref.WeakKeyDictionary[Office, T] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def __call__(self, office: Office) -> T:
        """The office's."""
        with self._lock:
            if office not in self._made:
                self._made[office] = self._make(office)
            return self._made[office]
