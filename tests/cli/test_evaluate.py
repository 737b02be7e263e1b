"""`overt evaluate` as a person and a script use it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from overt.cli import main
from tests.evaluation.protocols.people import People, write_people

if TYPE_CHECKING:
    from overt.biometrics import ModelPack


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit status."""

    status: int
    stdout: str
    stderr: str


Overt = Callable[..., Ran]


@pytest.fixture
def overt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Overt:
    """Runs the command in this process, for a new one would spend its time on loading libraries."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["overt", "evaluate", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return Ran(int(ended.value.code or 0), told.out, told.err)

    return run


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return write_people(tmp_path_factory.mktemp("people"), enrolled=4, strangers=3)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.mark.usefixtures("pack")
def test_a_manifest_gives_the_agreed_figures_and_a_page(
    overt: Overt, people: People, cache: Path, tmp_path: Path
) -> None:
    page, out = tmp_path / "page.html", tmp_path / "result.json"
    ran = overt(people.manifest, "--json", "--report", page, "--out", out, "--cache", cache, "--threads", 1)
    assert ran.status == 0, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    assert out.read_text("utf-8") == ran.stdout
    assert (told["n_gallery"], told["n_mated"], told["n_nonmated"]) == (4, 4, 3)
    assert told["rank1"] == "insufficient data"
    assert list(told["tpir"]) == ["0.1", "0.01", "0.003", "0.001"]
    assert told["failure_to_acquire"] == 0
    assert told["groups"] == "insufficient data"
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert "<img" not in page.read_text("utf-8"), "nobody's picture is shown unless it is asked for"
    shown = overt(people.manifest, "--report", page, "--pictures", "--cache", cache, "--occlude", "hand")
    assert shown.status == 0, shown.stderr
    text = page.read_text("utf-8")
    # four probes with what was enrolled of them, and three strangers
    assert text.count('src="data:image/jpeg;base64,') == 4 * 2 + 3
    assert "only as the licence of the data allows" in text
    table = overt(people.manifest, "--cache", cache, "--occlude", "mask", "--fpir", "0.05")
    assert table.status == 0, table.stderr
    assert "probes behind a drawn mask" in table.stdout
    assert "5%" in table.stdout
    assert "insufficient data" in table.stdout


def test_pairs_are_verified_and_templates_lie_under_overts_home(
    overt: Overt, pack: ModelPack, people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERT_HOME", str(tmp_path))
    ran = overt("--pairs", people.pairs, "--pack", pack.folder, "--json", "--threads", 1)
    assert ran.status == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert (told["n_same"], told["n_different"], told["accuracy"]) == (4, 4, "insufficient data")
    assert len(list((tmp_path / "evaluation").iterdir())) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Nothing was named"),
        (("{manifest}", "--calibrate", "{manifest}"), "7 identities are in manifest.csv and in manifest.csv"),
        (("{manifest}", "--normalise", "s-norm"), "need a cohort of other people"),
        (("--pairs", "{pairs}", "--calibrate", "{manifest}"), "--pairs asks for verification"),
        (("--pairs", "{pairs}", "--fpir", "0.01"), "--fpir is for identification"),
        (("{manifest}", "--fpir", "1.5"), "1.5 is no false positive rate"),
        (("nowhere.csv",), "nowhere.csv cannot be read"),
        (("{manifest}", "--pictures"), "--pictures is for the page"),
        (("--pairs", "{pairs}", "--pictures", "--report", "x.html"), "--pairs has none"),
        (("{manifest}", "--watchlist", "{pairs}"), "--watchlist means nothing for pictures"),
        (("{manifest}", "--threshold", "0.5"), "--threshold means nothing for pictures"),
        (("{passages}", "--occlude", "mask"), "--occlude means nothing for footage"),
        (("{passages}", "--calibrate", "{manifest}"), "--calibrate means nothing for footage"),
        (("{passages}",), "nobody is sought in it"),
    ],
)
@pytest.mark.usefixtures("pack")
def test_what_cannot_be_done_is_said_with_what_to_do(
    overt: Overt, people: People, words: tuple[str, ...], said: str
) -> None:
    passages = people.manifest.with_name("passages.csv")
    passages.write_text("identity,feed,enter,leave\n", "utf-8")
    named = [word.format(manifest=people.manifest, pairs=people.pairs, passages=passages) for word in words]
    ran = overt(*named)
    assert ran.status == 1
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
