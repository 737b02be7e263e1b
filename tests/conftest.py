"""What every test shares: the reference data beside the checkout, and a list of what was skipped and why."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from overt.biometrics import ModelPack, packs

pytest_plugins = ["tests.databases", "tests.offices"]

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA = REPOSITORY.parent / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, the tests that need reference data which is not there."""
    if (SHARED_DATA / "README.md").is_file():
        return
    absent = pytest.mark.skip(reason="no reference data at ../shared/data")
    for item in items:
        if "shared" in item.keywords:
            item.add_marker(absent)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the skipped tests by reason: a run that left something out says what."""
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    reasons = Counter(_reason(report) for report in skipped)
    terminalreporter.section(f"{len(skipped)} skipped, by reason")
    for reason, count in reasons.most_common():
        terminalreporter.line(f"{count:5d}  {reason}")


def _reason(report: pytest.TestReport) -> str:
    """The reason of one skip, without pytest's prefix."""
    found = report.longrepr
    text = found[2] if isinstance(found, tuple) else str(found)
    return text.removeprefix("Skipped: ")


@pytest.fixture(scope="session", autouse=True)
def nothing_left_open() -> Iterator[None]:
    """What nobody closed is found at the latest when a run ends, or a worker's part of it: its last test fails.

    pytest itself looks once more when all is over, but what it finds then in a worker goes nowhere.
    """
    yield
    for _ in range(3):  # what is freed may free more
        gc.collect()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of reference data; the test must carry `pytest.mark.shared`."""
    return SHARED_DATA


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def pack() -> ModelPack:
    """The embedded pack, pulled if it is not there yet."""
    if "embedded" not in packs.installed():
        packs.pull("embedded")
    return packs.load("embedded")


@pytest.fixture(scope="session")
def dlib_pack() -> ModelPack:
    """The pack of dlib's own recogniser, which compares covered faces with their like; pulled if it is not there."""
    if "dlib" not in packs.installed():
        packs.pull("dlib")
    return packs.load("dlib")
