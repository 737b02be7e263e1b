"""Certificates of operating points, in plain words for whoever authorises."""

from typing import Annotated, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from overt.casework import certificates
from overt.casework.certificates import CertificateView, CertificateWithdrawal
from overt.casework.paging import Page
from overt.console.addresses import After, Id
from overt.console.forms import REFUSALS, Form, read_form
from overt.console.pages import page, see_other
from overt.console.viewer import Viewer, may
from overt.web.service import TheOffice

__all__ = ["router"]

router = APIRouter()

MayShow = Annotated[Viewer, may("certificates.show")]
_ROWS: Final = 50


@router.get("/certificates")
def list_page(
    request: Request,
    office: TheOffice,
    viewer: Annotated[Viewer, may("certificates.list")],
    after: After = None,
) -> Response:
    """All of them, the newest first."""
    listing = certificates.list_certificates(office, viewer.actor, page=Page(limit=_ROWS, after=after))
    return page(request, viewer, "certificates/list.html", listing=listing)


@router.get("/certificates/{certificate_id}")
def show_page(request: Request, office: TheOffice, certificate_id: Id, viewer: MayShow) -> Response:
    """One, whole."""
    return _shown(request, office, viewer, certificate_id, Form())


@router.get("/certificates/{certificate_id}/download")
def download(office: TheOffice, certificate_id: Id, viewer: MayShow) -> Response:
    """As it is given to others, to be verified."""
    view = certificates.show_certificate(office, viewer.actor, certificate_id)
    return Response(
        view.signed.as_file(),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{view.id}.json"'},
    )


@router.post("/certificates/{certificate_id}/withdraw")
async def withdraw(
    request: Request,
    office: TheOffice,
    certificate_id: Id,
    viewer: Annotated[Viewer, may("certificates.withdraw")],
) -> Response:
    """Let it hold no longer."""
    form = await read_form(request, viewer)
    try:
        why = form.take(CertificateWithdrawal)
        given = certificates.withdraw_certificate
        await run_in_threadpool(form.give, office, viewer, given, CertificateView, certificate_id, why)
    except REFUSALS as error:
        return await run_in_threadpool(_shown, request, office, viewer, certificate_id, form.refused(error))
    return see_other(f"/certificates/{certificate_id}", "The certificate is withdrawn")


def _shown(request: Request, office: TheOffice, viewer: Viewer, certificate_id: str, form: Form) -> Response:
    view = certificates.show_certificate(office, viewer.actor, certificate_id)
    return page(request, viewer, "certificates/show.html", form=form, it=view)
