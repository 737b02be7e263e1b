"""A deployment that is live, and officers."""

from __future__ import annotations

from tests.casework.alerts.conftest import case, case_of_two

__all__ = ["case", "case_of_two"]
