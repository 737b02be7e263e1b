"""`overt watch` on a film: one alert, nobody else, no picture and no secret printed, and a clean end."""

from __future__ import annotations

import datetime as dt
import io
import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from rich.console import Console

from overt.cli._begin import begin_and_state
from overt.cli._feeds import feed_specs
from overt.cli._running import run_with_view
from overt.engine import EngineLimits
from overt.errors import ContractError, SourceError, WatchlistError
from overt.gallery import Entry, ReferenceImage, Watchlist, load_watchlist

if TYPE_CHECKING:
    from pathlib import Path

    from overt.biometrics import Contract, ModelPack
    from tests.cli.conftest import Film

OVERT = [sys.executable, "-c", "from overt.cli import main; main()"]


def watch(*arguments: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*OVERT, "watch", *arguments], capture_output=True, text=True, timeout=timeout, check=False
    )


def test_the_one_person_on_the_watchlist_is_alerted_and_a_missing_feed_is_a_fault(film: Film) -> None:
    done = watch(
        "-w", str(film.watchlist), "-s", f"gate={film.path}", "-s", "absent.mp4", "--pace", "max", "--json"
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    alerts = [line for line in lines if line["type"] == "alert"]
    faults = [line for line in lines if line["type"] == "fault"]
    summary = lines[-1]
    assert done.returncode == 0, done.stderr
    assert [alert["entry"] for alert in alerts] == ["Grace Hopper"]
    assert alerts[0]["feed"] == "gate"
    assert alerts[0]["score"] >= alerts[0]["threshold"]
    face = film.truth.who(alerts[0]["media_seconds"], tuple(alerts[0]["box"]))
    assert face is not None
    assert face.identity == "grace-hopper"
    assert [(fault["feed"], fault["kind"]) for fault in faults] == [("absent", "unreachable")]
    assert summary["type"] == "summary"
    assert summary["worked"]
    assert summary["erased"]
    assert summary["alerts"] == 1
    assert summary["passages"] >= 2
    assert set(summary["erasure_ms"]) == {"p50", "p95", "p99", "max"}
    assert max(map(len, done.stdout.splitlines())) < 4000  # no line has room for a picture


def test_when_every_feed_fails_the_exit_status_says_so_and_no_password_is_printed(film: Film) -> None:
    done = watch(
        "-w", str(film.watchlist), "-s", "rtsp://van:s3cret@127.0.0.1:9/a?token=t0ken", "--seconds", "1.5"
    )
    assert done.returncode == 1
    assert "unreachable" in done.stdout
    assert "no feed could be searched" in done.stderr
    for secret in ("s3cret", "t0ken"):
        assert secret not in done.stdout + done.stderr


def test_ctrl_c_stops_and_erases(film: Film) -> None:
    """The film is played twice over as two feeds, so that it is still running at the first alert."""
    sources = [part for n in range(2) for part in ("-s", f"gate{n}={film.path}")]
    command = [*OVERT, "watch", "-w", str(film.watchlist), *sources, "--pace", "max", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["type"] == "alert"
        process.send_signal(signal.SIGINT)
        summary = json.loads(process.stdout.readlines()[-1])
        assert process.wait(60) == 0
    assert summary["reason"] == "Ctrl-C"
    assert summary["erased"]
    received = sum(feed["frames_processed"] for feed in summary["feeds"])
    assert 0 < received < 2 * len(film.truth.faces)


def test_the_live_view_runs_on_a_terminal(film: Film, pack: ModelPack) -> None:
    feeds = feed_specs([str(film.path)], pace="max", transport="tcp")
    watchlist = load_watchlist(film.watchlist, pack)
    begin, state = begin_and_state(pack, watchlist, feeds, EngineLimits(), title="watching 1 feed")
    terminal = io.StringIO()
    before = signal.getsignal(signal.SIGINT)
    run_with_view(begin, state, Console(file=terminal, force_terminal=True, width=100))
    assert state.worked()
    assert "Grace Hopper" in terminal.getvalue()
    assert "a person decides" in terminal.getvalue()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_watchlist_that_is_not_there_is_one_message() -> None:
    done = watch("-w", "no-such-folder", "-s", "0")
    assert done.returncode == 1
    assert "no-such-folder" in done.stderr
    assert "Traceback" not in done.stderr


class TestFeedNames:
    def names(self, *sources: str) -> list[str]:
        return [spec.name for spec in feed_specs(sources, pace="live", transport="tcp")]

    def test_without_a_name_a_feed_is_called_after_its_source(self) -> None:
        assert self.names("a/street.mp4", "rtsp://u:p@10.0.0.8:554/main?x=y", "http://cam/", "0") == [
            "street",
            "10.0.0.8/main",
            "cam",
            "camera 0",
        ]

    def test_a_name_may_be_given_and_the_address_keeps_its_own_equals_sign(self) -> None:
        specs = feed_specs(["gate=rtsp://h/x?a=b", "rtsp://h/x?a=b"], pace="max", transport="udp")
        assert [(spec.name, spec.uri) for spec in specs] == [
            ("gate", "rtsp://h/x?a=b"),
            ("h/x", "rtsp://h/x?a=b"),
        ]
        assert {(spec.pace, spec.transport) for spec in specs} == {("max", "udp")}

    def test_a_file_with_an_equals_sign_in_its_name_is_that_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "a=b.mp4").touch()
        assert self.names("a=b.mp4") == ["a=b"]

    def test_a_name_that_is_taken_gets_a_number_and_one_given_twice_is_refused(self) -> None:
        assert self.names("x/street.mp4", "y/street.mp4", "z/street.mp4") == [
            "street",
            "street 2",
            "street 3",
        ]
        with pytest.raises(SourceError, match="both called 'gate'"):
            self.names("gate=0", "gate=1")
        with pytest.raises(SourceError, match="No source"):
            self.names()


def small_watchlist(contract: Contract, expiry: dt.date | None) -> Watchlist:
    template = np.zeros((1, contract.dimension), np.float32)
    template[0, 0] = 1
    image = ReferenceImage(file="a.jpg", sha256="", width=9, height=9, box=(0, 0, 9, 9), quality=1)
    return Watchlist(
        contract=contract,
        entries=(Entry(reference="E1", name="Ada", expiry=expiry),),
        templates=template,
        entry_of_template=np.zeros(1, np.int64),
        images=(image,),
    )


class TestBegin:
    def test_a_threshold_that_is_given_holds(self, pack: ModelPack) -> None:
        feeds = feed_specs(["0"], pace="live", transport="tcp")
        begin, state = begin_and_state(
            pack, small_watchlist(pack.contract, None), feeds, EngineLimits(), title="t", threshold=0.5
        )
        assert begin.operating_point.threshold == state.threshold == 0.5
        assert begin.entries == ("E1",)
        assert state.sought["E1"].title == "Ada"

    def test_another_packs_watchlist_is_refused(self, pack: ModelPack) -> None:
        from overt.biometrics import Contract

        other = Contract(pack="another", version="9", dimension=128)
        with pytest.raises(ContractError, match="another 9"):
            begin_and_state(pack, small_watchlist(other, None), (), EngineLimits(), title="t")

    def test_a_list_of_expired_entries_is_refused(self, pack: ModelPack) -> None:
        past = small_watchlist(pack.contract, dt.date(2020, 1, 31))
        with pytest.raises(WatchlistError, match="expired"):
            begin_and_state(pack, past, (), EngineLimits(), title="t")
