"""docs/record.md says of every field what the model says."""

from __future__ import annotations

from overt.casework.publication import COLUMNS
from tests.casework.publication.fields import PAGE, written


def test_the_page_has_every_field() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page), "run python -m tests.casework.publication.fields"
    assert page.count("| `") > 100


def test_the_page_names_every_column() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"`{column}`" in page for column in COLUMNS)
