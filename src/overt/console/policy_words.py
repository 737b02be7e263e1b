"""The policy's figures in words, out of the documentation of the policy itself."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from overt.casework import policy
from overt.casework.publication.wording import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from overt.casework.retention import PolicyView
    from overt.casework.retention.views import PolicyFigure

__all__ = ["Section", "ShownFigure", "sections_of"]

_SECTIONS: Final[Mapping[str, tuple[str, type]]] = {
    "sign_in": ("Signing in", policy.SignInPolicy),
    "watchlists": ("Watchlists", policy.WatchlistPolicy),
    "deployments": ("Deployments", policy.DeploymentPolicy),
    "alerts": ("Alerts", policy.AlertPolicy),
    "collections": ("Collections", policy.CollectionPolicy),
    "searches": ("Retrospective searches", policy.SearchPolicy),
    "retention": ("Retention", policy.RetentionPolicy),
    "oidc": ("The force's own sign-in", policy.OidcPolicy),
}
_FIELD: Final = re.compile(r"^    (\w+): (.+(?:\n        .+)*)", re.MULTILINE)


@dataclass(frozen=True)
class ShownFigure:
    """A figure of the policy as it is shown.

    Attributes:
        name: as the policy file has it.
        what: what it says, in words.
        values: what the force has set; several for a list.
        is_default: whether that is what it is without a policy file.
        limit: how far it may be set, in words.
    """

    name: str
    what: str
    values: tuple[str, ...]
    is_default: bool
    limit: str


@dataclass(frozen=True)
class Section:
    """A section of the policy."""

    name: str
    title: str
    figures: tuple[ShownFigure, ...]


def sections_of(shown: PolicyView) -> tuple[Section, ...]:
    """The policy, section by section."""
    found = []
    for name, (title, model) in _SECTIONS.items():
        words = _words(model)
        figures = tuple(
            _figure(figure, words) for figure in shown.figures if figure.name.partition(".")[0] == name
        )
        if figures:
            found.append(Section(name, title, figures))
    return tuple(found)


def _words(model: type) -> dict[str, str]:
    """What each attribute is, as the class's own documentation says."""
    written = inspect.cleandoc(model.__doc__ or "").replace("\n    ", "\n    ")
    return {name: _sentence(" ".join(said.split())) for name, said in _FIELD.findall(written)}


def _sentence(said: str) -> str:
    return said[:1].upper() + said[1:].rstrip(".")


def _figure(figure: PolicyFigure, words: Mapping[str, str]) -> ShownFigure:
    key = figure.name.partition(".")[2]
    return ShownFigure(
        name=figure.name,
        what=words.get(key, key),
        values=_values(figure.value),
        is_default=figure.value == figure.default,
        limit=_limit(figure),
    )


def _values(value: object) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    if isinstance(value, (tuple, list)):
        return tuple(str(one).replace("-", " ") for one in value)
    if isinstance(value, float) and value.is_integer():
        return (number(int(value)),)
    return (number(value) if isinstance(value, (int, float)) else "not set" if value is None else str(value),)


def _limit(figure: PolicyFigure) -> str:
    if figure.name == "deployments.required_seals":
        return "seals can be added, none taken away"
    parts = []
    if figure.at_least is not None:
        parts.append(f"at least {number(int(figure.at_least))}")
    if figure.at_most is not None:
        parts.append(f"at most {number(int(figure.at_most))}")
    return " and ".join(parts)
