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
    """Tell all tests apart, and skip, with the reason, those that need reference data which is not there."""
    _tell_apart(items)
    if (SHARED_DATA / "README.md").is_file():
        return
    absent = pytest.mark.skip(reason="no reference data at ../shared/data")
    for item in items:
        if "shared" in item.keywords:
            item.add_marker(absent)


def _tell_apart(items: list[pytest.Item]) -> None:
    """Of tests with one id only the first is run where tests are dealt to several processes.

    Schemathesis gives its tests names that are their own, and pytest 9.2 ids without the part that tells them apart.
    """
    for item in items:
        if item.name != item.nodeid.rpartition("::")[2] and "[" not in item.nodeid:
            item._id = item.id.with_params(item.name.partition("[")[2].removesuffix("]"))
    several = [nodeid for nodeid, count in Counter(item.nodeid for item in items).items() if count > 1]
    if several:
        raise pytest.UsageError(f"Tests with one id, of which only one would be run: {', '.join(several)}")


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
