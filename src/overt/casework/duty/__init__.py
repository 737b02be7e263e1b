"""Duty: which engagement officers are present in a deployment, so that its alerts can be routed to them."""

from overt.casework.duty.models import DutyView, NewDuty
from overt.casework.duty.presence import begin_duty, end_duty, list_duty, own_duty

__all__ = ["DutyView", "NewDuty", "begin_duty", "end_duty", "list_duty", "own_duty"]
