"""The tables of docs/record.md, made of the model. `python -m tests.casework.publication.fields` writes them anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from overt.casework.publication import DeploymentRecord

PAGE = Path(__file__).resolve().parents[3] / "docs" / "record.md"
BEGIN, END = "<!-- fields: begin -->\n", "<!-- fields: end -->\n"


def _part(annotation: Any) -> type[BaseModel] | None:
    """The model within an annotation, optional or repeated."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _part(inner)) is not None), None)


def _rows(model: type[BaseModel], name: str = "") -> list[str]:
    return [
        f"| `{name}{field}` | {info.description} |"
        for field, info in model.model_fields.items()
        if info.description is not None
    ]


def tables() -> str:
    """Every field, by the part of the record that it is in."""
    found: dict[str, list[str]] = {"": _rows(DeploymentRecord)}
    shared: dict[type[BaseModel], list[str]] = {}

    def walk(model: type[BaseModel], name: str) -> None:
        for field, info in model.model_fields.items():
            part = _part(info.annotation)
            if part is None:
                continue
            if part.__name__ in {"Rate", "Spread"}:
                shared.setdefault(part, _rows(part))
                continue
            heading = f"{name}{field}"
            doc = " ".join((part.__doc__ or "").split())
            found[heading] = [doc, *_rows(part)]
            walk(part, f"{heading}.")

    walk(DeploymentRecord, "")
    text = "| field | what it is |\n| --- | --- |\n" + "\n".join(found.pop("")) + "\n"
    for heading, (doc, *rows) in found.items():
        text += (
            f"\n### `{heading}`\n\n{doc}\n\n| field | what it is |\n| --- | --- |\n" + "\n".join(rows) + "\n"
        )
    for part, rows in shared.items():
        doc = " ".join((part.__doc__ or "").split())
        heading = {"Rate": "A rate", "Spread": "A spread"}[part.__name__]
        text += (
            f"\n### {heading}\n\n{doc}\n\n| field | what it is |\n| --- | --- |\n" + "\n".join(rows) + "\n"
        )
    return text


def written(page: str) -> str:
    """The page with its tables as the model has them."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
