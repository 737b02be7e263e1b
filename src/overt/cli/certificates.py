"""`overt certificates`: listing, showing, verifying and withdrawing certificates of operating points."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import Annotated

import typer

from overt.cli._acting import ActingAs, AsJson, DatabaseUrl, DataFolder, acting, taken
from overt.cli._showing import show_json, show_table

__all__ = ["certificates"]

certificates = typer.Typer(
    name="certificates",
    help="List, show, verify and withdraw certificates of operating points.",
    no_args_is_help=True,
)

CertificateId = Annotated[str, typer.Argument(help="The certificate's id.", metavar="CERTIFICATE")]


@certificates.command("list")
def list_(
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    pack: Annotated[str | None, typer.Option(help="Of this model pack.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most certificates.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List certificates, the newest first, and whether each holds here and now."""
    from overt.casework.certificates import CertificateFilter, list_certificates
    from overt.casework.paging import Page

    wanted = taken(CertificateFilter, pack=pack)
    with acting(data, database, as_) as (office, actor):
        found = list_certificates(office, actor, wanted, taken(Page, limit=limit)).items
    if as_json:
        show_json(found)
        return
    show_table(
        ("certificate", "state", "pack", "threshold", "FPIR", "list", "TPIR", "issued", "expires"),
        [
            (
                one.id,
                one.state,
                f"{one.pack} {one.pack_version}",
                f"{one.threshold:g}",
                f"{one.fpir:g}",
                f"{one.list_size:,}",
                f"{one.tpir:.3f} ({one.tpir_low:.3f} to {one.tpir_high:.3f})",
                f"{one.issued_at:%Y-%m-%d}",
                f"{one.expires_at:%Y-%m-%d}",
            )
            for one in found
        ],
    )


@certificates.command()
def show(
    certificate: CertificateId,
    *,
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    out: Annotated[
        Path | None, typer.Option(help="Write it to this file, to be given to others.", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a certificate, whole."""
    from overt.casework.certificates import show_certificate
    from overt.cli._certificate_views import show_certificate_view, write_certificate

    with acting(data, database, as_) as (office, actor):
        view = show_certificate(office, actor, certificate)
    if out is not None:
        write_certificate(out, view.signed)
    if as_json:
        show_json(view)
    else:
        show_certificate_view(view)


@certificates.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The certificate's file.", metavar="FILE")],
    *,
    public_key: Annotated[
        str | None,
        typer.Option(
            "--public-key", help="The key that it must be signed with, as hex, known from elsewhere."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify a certificate's file, offline: that it is as it was signed, with the force's key.

    Without --public-key a certificate that somebody signed with a key of their own passes: compare the key that is
    printed with the one you know. Whether it was withdrawn since cannot be seen in a file; ask the force.

    The exit status is 0 if it is as it was signed, and 1 if not. One that has expired is as it was signed still.
    """
    import json
    from datetime import UTC, datetime

    from overt.casework.audit_room import parse_public_key
    from overt.cli._certificate_views import show_certificate_content
    from overt.errors import InputError
    from overt.records.certificates import SignedCertificate, verify_certificate

    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}", "Name the certificate's file") from error
    verdict = verify_certificate(content, parse_public_key(public_key))
    signed = SignedCertificate.from_file(content)
    expired = signed.certificate.expires_at <= datetime.now(UTC)
    if as_json:
        told = {
            "ok": verdict.ok,
            "fault": verdict.fault,
            "expired": expired,
            "id": signed.certificate.id,
            "digest": signed.digest,
            "public_key": signed.public_key,
        }
        print(json.dumps(told))
    elif verdict.ok:
        print(f"{signed.certificate.id} is as it was signed." + (" It has expired." if expired else ""))
        show_certificate_content(signed)
    else:
        print(f"{verdict.fault}.")
    if not verdict.ok:
        raise typer.Exit(1)


@certificates.command()
def withdraw(
    certificate: CertificateId,
    *,
    reason: Annotated[str, typer.Option(help="Why it is to hold no longer; whoever works here can read it.")],
    data: DataFolder,
    database: DatabaseUrl = None,
    as_: ActingAs = None,
    as_json: AsJson = False,
) -> None:
    """Let a certificate hold no longer. Deployments that were authorised with it must be submitted again."""
    from overt.casework.certificates import CertificateWithdrawal, withdraw_certificate

    why = taken(CertificateWithdrawal, reason=reason)
    with acting(data, database, as_) as (office, actor):
        view = withdraw_certificate(office, actor, certificate, why)
    if as_json:
        show_json(view)
    else:
        print(f"{view.id} is withdrawn")
