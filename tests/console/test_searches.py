"""The pages of retrospective search, without a browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from overt.biometrics import ModelPack
from overt.casework import Office
from overt.casework import probes as p
from overt.casework import searches as s
from overt.casework.probes._views import face_view
from overt.casework.probes.held import desk_of
from tests.casework.searches.cases import REASON, Shop, comparison, review
from tests.console.visitors import Visitor
from tests.offices import Clock, Staff


@pytest.fixture
def shop(office: Office, staff: Staff, clock: Clock, pack: ModelPack) -> Iterator[Shop]:
    """A collection, and people."""
    made = Shop(office, staff, clock, pack)
    yield made
    made.close()


def offered(shop: Shop, faces: int = 1) -> str:
    """An open probe whose faces are told of too."""
    probe = shop.probe(faces)
    held = desk_of(shop.office).find(probe, shop.investigator.id, shop.office.now())
    told = tuple(face_view(face) for face in held.faces.values())
    held.view = held.view.model_copy(update={"faces": told})
    return probe


def answers(**more: object) -> dict[str, object]:
    """An examiner's form, as the browser sends it."""
    made = comparison()
    form: dict[str, object] = {f"feature-{code}": "" for code in s.FEATURES}
    form |= {f"feature-{code}": found for code, found in made.features.items()}
    form |= {f"note-{code}": note for code, note in made.notes.items()}
    return form | {"support": made.support, "decision": made.decision, "reason": made.reason} | more


def test_an_empty_list_is_an_answer_and_is_said_so(shop: Shop, visit: Callable[..., Visitor]) -> None:
    shop.add("A/1", shop.like(0.1))
    found = shop.search()
    shown = visit("investigator").get(f"/searches/{found.id}").text
    assert "Nobody resembles this face enough" in shown
    assert "1 picture was searched" in shown
    assert "does not prove" in shown


def test_a_search_that_is_refused_comes_back_as_it_was_written(
    shop: Shop, visit: Callable[..., Visitor]
) -> None:
    probe = offered(shop, 2)
    form = {
        "face_id": "face-1",
        "collection_id": shop.collection_id,
        "reason": "because",
        "authority": "QX/7",
    }
    answer = visit("investigator").post(f"/probes/{probe}/searches", form)
    assert answer.status_code == 422
    assert "3 words or more" in answer.text
    answer = visit("investigator").post(f"/probes/{probe}/searches", {**form, "reason": REASON})
    assert answer.status_code == 303
    gone = visit("investigator").post(f"/probes/probe-{'0' * 16}/searches", {**form, "reason": REASON})
    assert gone.status_code == 404
    assert REASON in gone.text
    again = visit("investigator").post(
        f"/probes/{probe}/searches", {**form, "face_id": "face-2", "reason": REASON}
    )
    assert again.status_code == 422
    assert "another face of the same probe" in again.text


def test_no_form_searches_for_several_faces(
    shop: Shop, visit: Callable[..., Visitor], office: Office
) -> None:
    probe = offered(shop, 3)
    form = {"face_id": ["face-1", "face-2"], "collection_id": shop.collection_id, "reason": REASON}
    assert visit("investigator").post(f"/probes/{probe}/searches", form).status_code == 303
    assert s.list_searches(office, shop.reviewer).total == 1


def test_a_probe_is_its_openers_alone(shop: Shop, visit: Callable[..., Visitor]) -> None:
    probe = offered(shop)
    other = visit("investigator", name="somebody else")
    assert visit("investigator").get(f"/probes/{probe}").status_code == 200
    assert other.get(f"/probes/{probe}").status_code == 404
    assert other.get(f"/probes/{probe}/faces/face-1/picture").status_code == 404
    picture = visit("investigator").get(f"/probes/{probe}/faces/face-1/picture")
    assert (picture.headers["content-type"], picture.headers["cache-control"]) == ("image/jpeg", "no-store")


def test_what_is_open_can_be_closed(shop: Shop, visit: Callable[..., Visitor], office: Office) -> None:
    probe = offered(shop)
    assert visit("investigator").post(f"/probes/{probe}/close").status_code == 303
    assert not p.list_probes(office, shop.investigator)


def test_the_second_examiner_is_shown_nothing_of_the_first(shop: Shop, visit: Callable[..., Visitor]) -> None:
    shop.add("A/1", shop.like(0.99))
    found = shop.search()
    page = f"/searches/{found.id}/candidates/{found.candidates[0].id}"
    first = visit("facial-examiner", name="first examiner")
    second = visit("facial-examiner", name="second examiner")
    first.get(f"/candidates/{found.candidates[0].id}/picture")
    assert first.post(page, answers()).status_code == 303
    assert "rim of the ear" in first.get(page).text
    for address in (page, f"/searches/{found.id}"):
        shown = second.get(address).text
        assert "rim of the ear" not in shown
        assert "same fold" not in shown
        assert "Put forward as a lead</span>" not in re.sub(r"<label.*?</label>", "", shown, flags=re.DOTALL)
    assert "You are the second examiner" in second.get(page).text


def test_an_examination_that_contradicts_itself_loses_nothing(
    shop: Shop, visit: Callable[..., Visitor]
) -> None:
    shop.add("A/1", shop.like(0.99))
    found = shop.search()
    page = f"/searches/{found.id}/candidates/{found.candidates[0].id}"
    examiner = visit("facial-examiner", name="first examiner")
    examiner.get(f"/candidates/{found.candidates[0].id}/picture")
    answer = examiner.post(page, answers(support="no-conclusion"))
    assert answer.status_code == 422
    assert "supports neither" in answer.text
    assert re.search(r'name="feature-ears" value="similar" checked', answer.text)
    assert 'value="the same fold in the rim"' in answer.text
    assert "rim of the ear and tip of the nose agree" in answer.text


def test_a_reviewer_settles_what_examiners_disagree_about(shop: Shop, visit: Callable[..., Visitor]) -> None:
    found = shop.examined(agree=False)
    candidate = found.candidates[0].id
    reviewer = visit("authorising-officer")
    page = f"/searches/{found.id}/review"
    assert "The examiners disagree" in reviewer.get(page).text
    form = {"finding": "in-order", "reason": review().reason}
    refused = reviewer.post(page, form)
    assert refused.status_code == 422
    assert "The examiners disagree about" in refused.text
    assert reviewer.post(page, {**form, f"settled-{candidate}": "put-forward"}).status_code == 303
    assert "Settled by the reviewer" in reviewer.get(f"/searches/{found.id}").text


def test_an_outcome_fits_what_was_put_forward(shop: Shop, visit: Callable[..., Visitor]) -> None:
    found = shop.examined()
    s.review_search(shop.office, shop.reviewer, found.id, review())
    investigator = visit("investigator")
    shown = investigator.get(f"/searches/{found.id}").text
    assert 'value="identity-confirmed"' in shown
    assert 'value="no-lead"' not in shown
    page = f"/searches/{found.id}/outcome"
    assert investigator.post(page, {"outcome": "undetermined", "note": ""}).status_code == 303
    late = investigator.post(page, {"outcome": "identity-refuted", "note": ""})
    assert late.status_code == 422
    assert (
        investigator.post(page, {"outcome": "identity-refuted", "note": "he was in Leeds"}).status_code == 303
    )
    assert "a later one takes its place" in investigator.get(f"/searches/{found.id}").text


def test_figures_are_read_and_taken_away(shop: Shop, visit: Callable[..., Visitor]) -> None:
    shop.examined()
    officer = visit("authorising-officer")
    shown = officer.get("/searches/figures")
    assert shown.status_code == 200
    assert "2026-06: 1 search" in shown.text
    table = officer.get("/searches/figures/export?first=2026-06&last=2026-06&kind=csv")
    assert table.headers["content-disposition"] == 'attachment; filename="searches-2026-06-to-2026-06.csv"'
    assert "2026-06,searches,,1" in table.text
    assert (
        officer.get("/searches/figures/export?first=2026-06&kind=json").json()["months"][-1]["searches"] == 1
    )
    for wrong in ("first=June", "first=2026-06&last=2026-01"):
        refused = officer.get(f"/searches/figures?{wrong}")
        assert refused.status_code == 422, wrong


def test_lists_hold_what_waits_for_whoever_looks(shop: Shop, visit: Callable[..., Visitor]) -> None:
    shop.examined()
    assert "There is no search" not in visit("authorising-officer").get("/searches?mine=yes").text
    assert "Review it" in visit("authorising-officer").get("/searches").text
    assert "No search fits" in visit("investigator").get("/searches?mine=yes").text
    assert "No search fits" in visit("auditor").get("/searches?state=closed").text
