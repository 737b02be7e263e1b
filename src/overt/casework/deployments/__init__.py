"""Deployments: planned by one person, frozen, authorised by another, run inside their window, and closed.

The states and the moves between them are one table (`TABLE`); whether the engine may be started is one question
(`may_run`); how many false alerts are to be expected comes from one place (`expectation_with`).
"""

from overt.casework.deployments.authorising import (
    STATEMENT_LENGTH,
    Decision,
    MinorsReason,
    Refusal,
    UrgentReview,
    authorise_deployment,
    refuse_deployment,
    review_urgent,
)
from overt.casework.deployments.certifying import certification_shown, frozen_certification
from overt.casework.deployments.costs import Costs, record_costs
from overt.casework.deployments.drafting import (
    DeploymentFilter,
    change_deployment,
    create_deployment,
    list_deployments,
    show_deployment,
    validated_plan,
)
from overt.casework.deployments.false_alerts import Expectation, expected_false_alerts
from overt.casework.deployments.foreseeing import expected_now, packs_here
from overt.casework.deployments.plan import (
    FAR_FACES,
    USE_CASES,
    ChosenPoint,
    FarFaces,
    Feed,
    FeedChange,
    FeedView,
    Plan,
    PlanChange,
    PlanView,
    StoredPlan,
)
from overt.casework.deployments.planned_feeds import feed_of_plan
from overt.casework.deployments.reviewing import (
    POOR_QUALITY,
    DeploymentReview,
    EntryProblem,
    LookAlikeProblem,
    Overlap,
    review_deployment,
)
from overt.casework.deployments.running import (
    Due,
    RunnablePlan,
    cancel_deployment,
    close_deployment,
    due_moves,
    end_window,
    expire_deployment,
    interrupt_deployment,
    may_run,
    resume_deployment,
    start_deployment,
    suspend_deployment,
)
from overt.casework.deployments.states import MOVES, STATES, TABLE, Move, State, move, next_state
from overt.casework.deployments.submitting import (
    MoveReason,
    Submission,
    submit_deployment,
    withdraw_deployment,
)
from overt.casework.deployments.views import (
    AuthorisationView,
    CostsView,
    DeploymentSummary,
    DeploymentView,
    MoveView,
)

__all__ = [
    "FAR_FACES",
    "MOVES",
    "POOR_QUALITY",
    "STATEMENT_LENGTH",
    "STATES",
    "TABLE",
    "USE_CASES",
    "AuthorisationView",
    "ChosenPoint",
    "Costs",
    "CostsView",
    "Decision",
    "DeploymentFilter",
    "DeploymentReview",
    "DeploymentSummary",
    "DeploymentView",
    "Due",
    "EntryProblem",
    "Expectation",
    "FarFaces",
    "Feed",
    "FeedChange",
    "FeedView",
    "LookAlikeProblem",
    "MinorsReason",
    "Move",
    "MoveReason",
    "MoveView",
    "Overlap",
    "Plan",
    "PlanChange",
    "PlanView",
    "Refusal",
    "RunnablePlan",
    "State",
    "StoredPlan",
    "Submission",
    "UrgentReview",
    "authorise_deployment",
    "cancel_deployment",
    "certification_shown",
    "change_deployment",
    "close_deployment",
    "create_deployment",
    "due_moves",
    "end_window",
    "expected_false_alerts",
    "expected_now",
    "expire_deployment",
    "feed_of_plan",
    "frozen_certification",
    "interrupt_deployment",
    "list_deployments",
    "may_run",
    "move",
    "next_state",
    "packs_here",
    "record_costs",
    "refuse_deployment",
    "resume_deployment",
    "review_deployment",
    "review_urgent",
    "show_deployment",
    "start_deployment",
    "submit_deployment",
    "suspend_deployment",
    "validated_plan",
    "withdraw_deployment",
]
