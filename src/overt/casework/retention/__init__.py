"""Retention: a clock for each kind of data; deletion destroys the key and the row. And the policy that sets it."""

from overt.casework.retention.clock import RetentionClock
from overt.casework.retention.running import KINDS, delete_retention, run_retention
from overt.casework.retention.showing import policy_view, show_policy, show_retention
from overt.casework.retention.views import KindView, PolicyFigure, PolicyView, RetentionRunView, RetentionView

__all__ = [
    "KINDS",
    "KindView",
    "PolicyFigure",
    "PolicyView",
    "RetentionClock",
    "RetentionRunView",
    "RetentionView",
    "delete_retention",
    "policy_view",
    "run_retention",
    "show_policy",
    "show_retention",
]
