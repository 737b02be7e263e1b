"""Certificates on a terminal and in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from overt.cli._showing import safe, show_table
from overt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from overt.casework.certificates import CertificateView
    from overt.records.certificates import Certificate, CertifiedRate, SignedCertificate

__all__ = ["show_certificate_content", "show_certificate_view", "write_certificate"]


def show_certificate_view(view: CertificateView) -> None:
    """Print a certificate of this office."""
    print(f"{view.id}  {view.state}")
    show_certificate_content(view.signed)
    if view.withdrawn_at is not None:
        print(
            f"Withdrawn on {_day(view.withdrawn_at)} by {safe(view.withdrawn_by_name)}: "
            f"{safe(view.withdrawn_reason)}"
        )


def show_certificate_content(signed: SignedCertificate) -> None:
    """Print what a certificate says."""
    certificate = signed.certificate
    show_table(("", ""), [(name, safe(said)) for name, said in _rows(certificate)])
    for said in certificate.findings.limits:
        print(f"! {safe(said)}.")
    print(f"SHA-256 {signed.digest}\nPublic key {signed.public_key}")


def write_certificate(out: Path, signed: SignedCertificate) -> None:
    """Write a certificate's file.

    Raises:
        InputError: it cannot be written.
    """
    try:
        out.write_text(signed.as_file(), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}", "Name another file") from error


def _rows(certificate: Certificate) -> Iterator[tuple[str, str]]:
    found = certificate.findings
    point, wanted, at = found.operating_point, found.wanted, found.fpir_at_list_size
    yield "issued", f"{_day(certificate.issued_at)} by {certificate.issued_by_name}"
    yield "expires", _day(certificate.expires_at)
    yield "pack", f"{found.pack.id} {found.pack.version}"
    yield (
        "threshold",
        f"{point.threshold:g} (95% interval {found.threshold_low:.4f} to {found.threshold_high:.4f})",
    )
    eyes, quality = f"{point.min_eye_distance:g} pixels between the eyes", f"quality {point.min_quality:g}"
    yield "limits", f"{eyes}, {quality}, {point.confirmations} confirmations"
    seen = found.detection
    more = {"none": "", "two-scale": f" and one of {seen.far_long_side}", "tiles": " and in tiles"}[seen.far]
    yield "faces sought", f"in a copy of {seen.long_side} pixels{more}"
    yield "wanted", f"FPIR {wanted.fpir:g} at a list of {wanted.list_size:,}"
    yield "found", f"TPIR {_rate(found.tpir)}, of people on a list of {found.test.enrolled:,}"
    yield "false", f"FPIR {_rate(found.fpir)}, against {found.test.enrolled:,} people"
    basis = "modelled" if at.modelled else "measured"
    yield (
        "",
        f"FPIR {at.value:.4f} ({at.low:.4f} to {at.high:.4f}) at a list of {wanted.list_size:,}, {basis}",
    )
    yield "promise", found.false_alerts.says
    if isinstance(found.groups, str):
        yield "groups", found.groups
    else:
        for column, groups in found.groups.items():
            for name, group in groups.groups.items():
                yield (
                    f"{column}: {name}",
                    f"TPIR {_told(group.tpir)}, FPIR {_told(group.fpir)}",
                )
    for name, data in (("calibrated on", found.calibration), ("tested on", found.test)):
        counts = f"{data.identities:,} people, {data.images:,} pictures, {data.strangers:,} strangers"
        yield name, f"{data.name}: {counts}; SHA-256 {data.digest}"
    yield "code", f"Overt {found.code.version}"


def _rate(rate: CertifiedRate) -> str:
    return f"{rate.value:.4f} ({rate.low:.4f} to {rate.high:.4f}; {rate.hits:,} of {rate.trials:,})"


def _told(rate: CertifiedRate | str) -> str:
    return rate if isinstance(rate, str) else _rate(rate)


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"
