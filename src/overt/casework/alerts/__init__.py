"""Alerts: taken in from the engine, adjudicated, engaged, closed and corrected."""

from overt.casework.alerts.adjudicating import adjudicate_alert
from overt.casework.alerts.codes import (
    OFFICER_DEFINED_GROUPS,
    REASONS_NOT_TO_ENGAGE,
    REASONS_TO_ENGAGE,
    SELF_DEFINED_GROUPS,
    AlertClass,
    AlertState,
)
from overt.casework.alerts.correcting import correct_adjudication, correct_engagement, correct_outcome
from overt.casework.alerts.engaging import record_engagement, record_outcome
from overt.casework.alerts.models import (
    Acknowledgement,
    AdjudicationView,
    AlertedEntry,
    AlertFilter,
    AlertSummary,
    AlertView,
    ChanceOfStranger,
    Correction,
    EngagementView,
    NewAdjudication,
    NewEngagement,
    NewOutcome,
    NewRouting,
    OutcomeView,
    RoutingView,
    ScoreMeaning,
    TakenAlert,
)
from overt.casework.alerts.routing import acknowledge_alert, route_alert
from overt.casework.alerts.showing import (
    list_alerts,
    list_my_alerts,
    show_alert,
    show_crop,
    summaries_of,
)
from overt.casework.alerts.standing import Judgement, Standing
from overt.casework.alerts.taking import take_alert

__all__ = [
    "OFFICER_DEFINED_GROUPS",
    "REASONS_NOT_TO_ENGAGE",
    "REASONS_TO_ENGAGE",
    "SELF_DEFINED_GROUPS",
    "Acknowledgement",
    "AdjudicationView",
    "AlertClass",
    "AlertFilter",
    "AlertState",
    "AlertSummary",
    "AlertView",
    "AlertedEntry",
    "ChanceOfStranger",
    "Correction",
    "EngagementView",
    "Judgement",
    "NewAdjudication",
    "NewEngagement",
    "NewOutcome",
    "NewRouting",
    "OutcomeView",
    "RoutingView",
    "ScoreMeaning",
    "Standing",
    "TakenAlert",
    "acknowledge_alert",
    "adjudicate_alert",
    "correct_adjudication",
    "correct_engagement",
    "correct_outcome",
    "list_alerts",
    "list_my_alerts",
    "record_engagement",
    "record_outcome",
    "route_alert",
    "show_alert",
    "show_crop",
    "summaries_of",
    "take_alert",
]
