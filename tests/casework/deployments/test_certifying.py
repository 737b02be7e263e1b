"""A certificate stands behind a deployment's operating point, or every reason why none does is said."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from overt import score_code
from overt.biometrics import OperatingPoint, packs
from overt.casework import certificates
from overt.casework import deployments as d
from overt.casework.certificates import CertificateView
from overt.casework.publication import preview_record
from overt.errors import ConflictError
from overt.records.certificates import CertifiedPoint
from tests.casework.certificates.found import findings, issue
from tests.casework.deployments.force import WHY, Force

REAL_LOAD = packs.load
GONE = certificates.CertificateWithdrawal(reason="the test people were too alike")


def _shown(force: Force, deployment: d.DeploymentView) -> d.DeploymentView:
    return d.show_deployment(force.office, force.operator, deployment.id)


def _review(force: Force, deployment: d.DeploymentView) -> d.DeploymentReview:
    return d.review_deployment(force.office, force.officer(), deployment.id)


def _reasons(force: Force, **point: Any) -> tuple[str, ...]:
    """Why a draft with such an operating point is uncertified."""
    certification = force.draft(operating_point=point).certification
    assert not certification.certified
    return certification.reasons


def _start(force: Force, deployment: d.DeploymentView) -> d.DeploymentView:
    force.clock.turn(hours=1, minutes=5)
    return d.start_deployment(force.office, force.operator, deployment.id)


def _withdraw(force: Force, certificate: CertificateView) -> None:
    certificates.withdraw_certificate(force.office, force.officer(), certificate.id, GONE)


def test_without_a_certificate_it_is_uncertified_everywhere_and_runs(force: Force) -> None:
    reason = "No certificate was ever issued for the model pack embedded"
    draft = force.draft()
    assert (draft.certification.certified, draft.certification.reasons) == (False, (reason,))
    authorised = force.authorise(d.submit_deployment(force.office, force.planner, draft.id).deployment)
    assert f"Not certified because: {reason}" in _review(force, authorised).warnings
    live = _start(force, authorised)
    assert live.certification.reasons == (reason,)
    point = preview_record(force.office, force.officer(), live.id).operating_point
    assert (point.certificate, point.uncertified_because) == ("uncertified", (reason,))


def test_with_a_certificate_it_is_certified_from_the_draft_to_the_record(force: Force) -> None:
    certificate = issue(force)
    draft = force.draft()
    assert draft.certification.certificate_id == certificate.id
    submitted = d.submit_deployment(force.office, force.planner, draft.id).deployment
    review = _review(force, submitted)
    assert review.as_frozen
    assert review.certification.certified
    assert not any("ertified" in warning for warning in review.warnings)
    told, found = review.false_alerts, certificate.signed.certificate.findings
    assert (told.certified, told.certificate) == (True, certificate.id)
    assert (told.measured_false_positives, told.measured_trials) == (found.fpir.hits, found.fpir.trials)
    assert told.says.endswith(f"Certified by {certificate.id}")
    live = _start(force, force.authorise(submitted))
    assert live.certification.certified
    assert live.authorisation is not None
    assert live.authorisation.shown["certification"]["certificate_id"] == certificate.id
    point = preview_record(force.office, force.officer(), live.id).operating_point
    assert (point.certificate, point.certificate_digest) == (certificate.id, certificate.signed.digest)
    assert (point.uncertified_because, point.certificate_withdrawn_at) == ((), None)


def test_a_certificate_holds_everything_that_an_operating_point_is() -> None:
    held = set(CertifiedPoint.model_fields)
    assert held == {field.name for field in msgspec.structs.fields(OperatingPoint)} - {"note"}


@pytest.mark.parametrize(
    ("name", "other", "said"),
    [
        ("threshold", 0.5, "the threshold {own:g}, and 0.5 is planned"),
        ("threshold", 0.99, "the threshold {own:g}, and 0.99 is planned"),
        ("min_eye_distance", 7.5, "between the eyes of {own:g}, and 7.5 is planned"),
        ("min_quality", 0.015, "a least quality of {own:g}, and 0.015 is planned"),
        ("confirmations", 9, "confirmations: {own:g}, and 9 is planned"),
    ],
)
def test_any_other_limit_voids_it(force: Force, name: str, other: float, said: str) -> None:
    issue(force)
    own = getattr(packs.load("embedded").manifest.operating_point, name)
    reasons = _reasons(force, **{name: other})
    assert any(said.format(own=own) in reason for reason in reasons), reasons


def test_faces_that_are_sought_otherwise_void_it(force: Force) -> None:
    found = findings()
    certificate = issue(force)
    assert found.detection.far == "none"
    assert force.draft().certification.certificate_id == certificate.id
    (reason,) = force.draft(far="two-scale").certification.reasons
    assert reason.endswith("in a copy of 640 pixels, and a copy of 640 pixels and one of 1280 is planned")
    seen = found.detection.model_copy(update={"far": "tiles"})
    other = issue(force, found.model_copy(update={"detection": seen}))
    tiles = force.submitted(far="tiles")
    assert tiles.certification.certificate_id == other.id
    assert force.draft().certification.certificate_id == certificate.id
    asked = {"comparisons": 3, "footfall": 1_000}
    assert d.expected_now(force.office, d.ChosenPoint(), **asked).certificate == certificate.id
    assert d.expected_now(force.office, d.ChosenPoint(), far="tiles", **asked).certificate == other.id
    assert not d.expected_now(force.office, d.ChosenPoint(), far="two-scale", **asked).certified


def test_another_certificate_for_that_point_certifies_it(force: Force) -> None:
    issue(force)
    other = issue(force, threshold=0.97)
    assert force.draft(operating_point={"threshold": 0.97}).certification.certificate_id == other.id


def test_a_list_that_is_longer_than_the_certified_one_voids_it(force: Force) -> None:
    found = findings()
    short = found.model_copy(update={"wanted": found.wanted.model_copy(update={"list_size": 2})})
    issue(force, short)
    assert force.draft(force.watchlist(entries=2)).certification.certified
    assert force.draft(force.watchlist(entries=2, images=3)).certification.certified
    longer = force.draft(force.watchlist(entries=3)).certification
    assert longer.reasons == ("It is for lists of at most 2 entries, and 3 are on this one",)


def test_one_that_expires_before_the_window_ends_does_not_stand_behind_it(force: Force) -> None:
    issue(force, days=4.5 / 24)
    reasons = _reasons(force)
    assert reasons == ("It expires on 2026-06-01, before the deployment ends",)
    force.clock.turn(hours=4.6)
    assert _reasons(force) == ("It expired on 2026-06-01",)


def _install(folder: Path, **changed: Any) -> None:
    """Put a pack of the force's own on the machine: the embedded one's files, under another name."""
    place = folder / "packs" / "street"
    place.mkdir(parents=True, exist_ok=True)
    embedded = REAL_LOAD(place) if (place / "pack.toml").is_file() else REAL_LOAD("embedded")
    for file in embedded.manifest.files:
        if not (place / file.name).exists():
            shutil.copy(embedded.folder / file.name, place)
    other = msgspec.structs.replace(embedded.manifest, id="street", **changed)
    (place / "pack.toml").write_text(packs.manifest_toml(other), encoding="utf-8")


@pytest.fixture
def own_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, force: Force) -> Path:
    """The machine's folder, with a pack of the force's own in it; packs are read anew each time."""
    findings()  # they are of the embedded pack, which is elsewhere
    _install(tmp_path / "home")
    monkeypatch.setenv("OVERT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(packs, "load", REAL_LOAD)
    return tmp_path / "home"


def test_another_pack_under_the_same_name_voids_it(force: Force, own_pack: Path) -> None:
    issue(force, findings("street"))
    chosen = {"pack": "street"}
    authorised = force.authorised(force.watchlist(pack="street"), operating_point=chosen)
    assert authorised.certification.certified
    recogniser = REAL_LOAD("street").manifest.recogniser
    _install(own_pack, recogniser=msgspec.structs.replace(recogniser, mean=(120.0, 117.0, 104.0)))
    said = "It is for other networks of street than are installed"
    assert _shown(force, authorised).certification.reasons == (said,)
    with pytest.raises(ConflictError, match="no longer stands behind") as refused:
        _start(force, authorised)
    assert said in str(refused.value)
    _install(own_pack, recogniser=recogniser)
    assert _start(force, authorised).state == "live"


def test_another_version_of_the_pack_voids_it(force: Force, own_pack: Path) -> None:
    issue(force, findings("street"))
    _install(own_pack, version="1-other")
    reasons = _reasons(force, pack="street")
    assert len(reasons) == 1
    assert reasons[0].endswith(", and 1-other is installed")


def _altered_code(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let one module of what runs be another."""
    shutil.copytree(
        score_code.PACKAGE, folder, ignore=lambda _, names: [n for n in names if n == "__pycache__"]
    )
    with (folder / name).open("a", encoding="utf-8") as module:
        module.write("# a change\n")
    monkeypatch.setattr(score_code, "PACKAGE", folder)


@pytest.mark.parametrize(
    ("module", "part"),
    [("biometrics/quality.py", "quality"), ("engine/passages.py", "passages and fusion")],
)
def test_other_code_voids_it(
    force: Force, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, part: str
) -> None:
    certificate = issue(force)
    authorised = force.authorised()
    _altered_code(tmp_path / "overt", monkeypatch, module)
    said = f"It was issued over other code than runs here: {part} changed since"
    assert _shown(force, authorised).certification.reasons == (said,)
    with pytest.raises(ConflictError, match="no longer stands behind"):
        _start(force, authorised)
    assert _reasons(force) == (said,)
    held = certificates.show_certificate(force.office, force.officer(), certificate.id)
    assert held.state == "other code"


def test_what_was_authorised_with_a_certificate_does_not_start_without_it(force: Force) -> None:
    certificate = issue(force)
    submitted, authorised = force.submitted(), force.authorised()
    _withdraw(force, certificate)
    review = _review(force, submitted)
    assert not review.as_frozen
    assert review.certification.reasons == ("It was withdrawn on 2026-06-01",)
    with pytest.raises(ConflictError, match="no longer stands behind"):
        force.authorise(submitted)
    with pytest.raises(ConflictError, match="no longer stands behind"):
        _start(force, authorised)
    d.withdraw_deployment(force.office, force.planner, authorised.id, WHY)
    again = d.submit_deployment(force.office, force.planner, authorised.id).deployment
    assert not again.certification.certified
    assert d.start_deployment(force.office, force.operator, force.authorise(again).id).state == "live"


def test_one_that_is_withdrawn_in_the_middle_stops_nothing_and_lets_nothing_go_on(force: Force) -> None:
    certificate = issue(force)
    live = force.live()
    _withdraw(force, certificate)
    assert not _shown(force, live).certification.certified
    d.suspend_deployment(force.office, force.operator, live.id, WHY)
    with pytest.raises(ConflictError, match="no longer stands behind"):
        d.resume_deployment(force.office, force.operator, live.id)
    closed = d.close_deployment(force.office, force.operator, live.id, WHY)
    assert closed.certification.certificate_id == certificate.id, "as it was frozen, once it is over"
    point = preview_record(force.office, force.officer(), live.id).operating_point
    assert (point.certificate, point.certificate_withdrawn_at) == (certificate.id, force.clock())


def test_one_that_is_issued_later_changes_nothing_of_what_was_signed(force: Force) -> None:
    authorised = force.authorised()
    issue(force)
    assert not _shown(force, authorised).certification.certified
    assert _start(force, authorised).state == "live"
    assert force.draft(window_start="2026-06-01T11:00:00Z").certification.certified


def test_a_policy_can_require_one(force: Force) -> None:
    rules = msgspec.structs.replace(force.office.policy.deployments, certificate_required=True)
    draft, authorised = force.draft(), force.authorised()
    force.office.policy = msgspec.structs.replace(force.office.policy, deployments=rules)
    with pytest.raises(ConflictError, match="the policy requires a certificate"):
        d.submit_deployment(force.office, force.planner, draft.id)
    with pytest.raises(ConflictError, match="the policy requires a certificate"):
        _start(force, authorised)
    issue(force)
    submitted = d.submit_deployment(force.office, force.planner, draft.id).deployment
    assert d.start_deployment(force.office, force.operator, force.authorise(submitted).id).state == "live"


def test_a_plan_that_is_being_made_is_told_what_stands_behind_it(force: Force) -> None:
    asked = {"comparisons": 3, "footfall": 1_000}
    told = d.expected_now(force.office, d.ChosenPoint(), **asked)
    assert told is not None
    assert told.uncertified_because == ("No certificate was ever issued for the model pack embedded",)
    certificate = issue(force)
    told = d.expected_now(force.office, d.ChosenPoint(), **asked)
    assert told is not None
    assert (told.certificate, told.uncertified_because) == (certificate.id, ())


def test_a_pack_to_practise_with_is_marked_and_a_policy_can_refuse_it(own_pack: Path, force: Force) -> None:
    licence = msgspec.structs.replace(
        REAL_LOAD("street").manifest.licence, operational_use=False, demonstration=True
    )
    _install(own_pack, licence=licence)
    authorised = force.authorised(force.watchlist(pack="street"), operating_point={"pack": "street"})
    told = _shown(force, authorised).certification
    assert told.only_for == (
        "The model pack street is for research and demonstration alone: nobody may be looked for with it"
    )
    assert told.only_for in told.briefly
    rules = msgspec.structs.replace(force.office.policy.deployments, operational_pack_required=True)
    force.office.policy = msgspec.structs.replace(force.office.policy, deployments=rules)
    with pytest.raises(ConflictError, match="requires a pack for operations"):
        _start(force, authorised)
