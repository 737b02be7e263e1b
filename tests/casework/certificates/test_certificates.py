"""Certificates are signed by the office, shown to everybody, withdrawn by name, and verified by anybody."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select, text

from overt.casework import audit_room, certificates
from overt.casework.paging import Page
from overt.errors import AuthorityError, ConflictError, InputError, MissingError
from overt.records.audit import canonical
from overt.records.certificates import LABEL, SignedCertificate, verify_certificate
from overt.records.tables import OperatingPointCertificate
from tests.casework.certificates.found import findings, issue
from tests.casework.deployments.force import Force

WHY = certificates.CertificateWithdrawal(reason="the test people were too alike")


def test_what_is_issued_is_shown_and_listed_whole(force: Force) -> None:
    made = issue(force, days=30)
    assert made.state == "valid"
    assert made.expires_at == force.clock() + timedelta(days=30)
    assert made.signed.certificate.findings == findings()
    assert made.issued_by_name == "Administrator (administrator)"
    later = issue(force, threshold=0.9)
    officer = force.officer()
    assert certificates.show_certificate(force.office, officer, made.id) == made
    listed = certificates.list_certificates(force.office, officer)
    assert {one.id for one in listed.items} == {made.id, later.id}
    first = certificates.list_certificates(force.office, officer, page=Page(limit=1))
    second = certificates.list_certificates(force.office, officer, page=Page(limit=1, after=first.next))
    assert {first.items[0].id, second.items[0].id} == {made.id, later.id}
    assert second.next is None
    other = certificates.CertificateFilter(pack="open")
    assert certificates.list_certificates(force.office, officer, other).items == ()
    with pytest.raises(MissingError):
        certificates.show_certificate(force.office, officer, "certificate-0")


def test_it_stands_as_long_as_the_policy_lets_it_and_no_longer(force: Force) -> None:
    made = issue(force)
    assert made.expires_at - made.issued_at == timedelta(days=365)
    with pytest.raises(InputError, match="365 days at most"):
        issue(force, days=366)
    force.clock.turn(days=365)
    assert certificates.show_certificate(force.office, force.officer(), made.id).state == "expired"


@pytest.mark.parametrize("role", ["authorising-officer", "deployment-planner", "auditor", "lfr-operator"])
def test_only_an_administrator_issues(force: Force, role: str) -> None:
    new = certificates.NewCertificate(findings=findings())
    with pytest.raises(AuthorityError):
        certificates.issue_certificate(force.office, force.staff(role), new)


def test_an_office_signs_only_what_is_installed(force: Force) -> None:
    found = findings()
    other = found.model_copy(update={"pack": found.pack.model_copy(update={"scoring": "ab" * 32})})
    with pytest.raises(ConflictError, match="other networks"):
        issue(force, other)
    parts = {**found.code.parts, "search": "cd" * 32}
    other = found.model_copy(update={"code": found.code.model_copy(update={"parts": parts})})
    with pytest.raises(ConflictError, match="other code"):
        issue(force, other)


def test_withdrawal_is_by_name_for_good_and_in_the_chain(force: Force) -> None:
    made = issue(force)
    with pytest.raises(AuthorityError):
        certificates.withdraw_certificate(force.office, force.planner, made.id, WHY)
    gone = certificates.withdraw_certificate(force.office, force.officer(), made.id, WHY)
    assert (gone.state, gone.withdrawn_at) == ("withdrawn", force.clock())
    assert (gone.withdrawn_by_name, gone.withdrawn_reason) == ("Inspector (inspector)", WHY.reason)
    assert gone.signed == made.signed
    with pytest.raises(ConflictError, match="was withdrawn"):
        certificates.withdraw_certificate(force.office, force.officer(), made.id, WHY)
    entries = audit_room.list_audit(force.office, force.staff("auditor")).items
    told = {entry.command: entry for entry in entries if entry.outcome == "done"}
    assert told["certificates.issue"].details["digest"] == made.signed.digest
    assert told["certificates.withdraw"].subject == made.id
    assert WHY.reason not in json.dumps([entry.details for entry in entries])


def test_a_file_is_verified_with_the_public_key_alone(force: Force) -> None:
    content = issue(force).signed.as_file().encode()
    assert verify_certificate(content, force.office.audit.public_key).ok
    assert verify_certificate(content).ok
    own = Ed25519PrivateKey.generate()
    public = own.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert "another key" in verify_certificate(content, public).fault

    written = json.loads(content)
    told = canonical(written["certificate"])
    written["signature"] = own.sign(LABEL.encode() + b"\n" + told).hex()
    assert "signature is not good" in verify_certificate(json.dumps(written).encode()).fault
    written["public_key"] = public.hex()
    assert verify_certificate(json.dumps(written).encode()).ok
    assert not verify_certificate(json.dumps(written).encode(), force.office.audit.public_key).ok


def _altered(value: Any) -> list[Any]:
    """The value with each of the leaves that it holds altered, one at a time."""
    if isinstance(value, dict):
        return [{**value, key: other} for key in value for other in _altered(value[key])]
    if isinstance(value, list):
        return [
            [*value[:i], other, *value[i + 1 :]] for i in range(len(value)) for other in _altered(value[i])
        ]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, (int, float)):
        return [value + 1e-4 if value < 0.5 else value / 2]
    return [f"{value}x"] if isinstance(value, str) else []


def test_no_leaf_of_a_certificate_can_be_altered(force: Force) -> None:
    signed = json.loads(issue(force).signed.as_file())
    others = _altered(signed)
    assert len(others) > 60
    for other in others:
        try:
            verdict = verify_certificate(json.dumps(other).encode(), force.office.audit.public_key)
        except InputError:
            continue
        assert not verdict.ok


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"certificate": 1}', b"[" * 100_000])
def test_what_is_no_certificate_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="no certificate"):
        verify_certificate(content)


def test_a_database_that_was_altered_is_seen(force: Force) -> None:
    made = issue(force)
    with force.office.database.transaction() as session:
        row = session.scalars(select(OperatingPointCertificate)).one()
        longer = row.content.replace('"list_size":400', '"list_size":40000')
        assert longer != row.content
        session.execute(text("UPDATE certificates SET content = :content"), {"content": longer})
    assert certificates.show_certificate(force.office, force.officer(), made.id).state == "altered"


def test_a_file_holds_what_the_office_holds(force: Force) -> None:
    made = issue(force)
    assert SignedCertificate.from_file(made.signed.as_file().encode()) == made.signed
