"""What is kept for how long, and the policy that says so."""

from overt.api.acting import TheActor
from overt.api.inputs import api_router
from overt.casework import retention
from overt.web.service import TheOffice

__all__ = ["router"]

router = api_router("retention")


@router.get("/retention", operation_id="retention.show", summary="Each kind of data and its clock")
def show(office: TheOffice, actor: TheActor) -> retention.RetentionView:
    """How many are held, how many are due, and when retention ran last."""
    return retention.show_retention(office, actor)


@router.post(
    "/retention/runs", operation_id="retention.run", status_code=201, summary="Delete what is due, now"
)
def run(office: TheOffice, actor: TheActor) -> retention.RetentionRunView:
    """The server does this by itself every few minutes. Asked twice, the second time deletes nothing more."""
    return retention.run_retention(office, actor)


@router.get("/policy", operation_id="policy.show", summary="The policy in force")
def show_policy(office: TheOffice, actor: TheActor) -> retention.PolicyView:
    """Each figure, its default, and the limit that none may pass."""
    return retention.show_policy(office, actor)
