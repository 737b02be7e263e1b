"""The figures of searches, month by month: how many, for what, what was found, what people made of it. About nobody.

A count under 5 within a breakdown is left out, as in the published record of a deployment, and so is the next
smallest where that one could be worked out from the whole. What examiners found is counted once everybody who must
examine a search has: whoever looked before and after could otherwise tell what another found.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from overt.casework.commands import Work, command
from overt.casework.publication.measures import agreement_of, hide_small, spread_of
from overt.casework.publication.model import Spread, TooFew
from overt.casework.searches._rows import Case, cases_of
from overt.casework.searches.codes import NOT_STATED, OUTCOMES, REVIEW_FAULTS, SUPPORT
from overt.errors import InputError
from overt.records.tables import Search

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "ExaminerAgreement",
    "FiguresPeriod",
    "MonthOfSearches",
    "SearchFigures",
    "figures_csv",
    "show_search_figures",
]

Month = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", description="Such as `2026-06`.")]
Count = Annotated[int, Field(ge=0)]
Shown = int | TooFew
_MOST_MONTHS: Final = 120
_FIRST_OF_ALL: Final = 2000 * 12  # January 2000, before which there is no month
_AT_ONCE: Final = 500
_NOT_YET: Final = "not-yet"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FiguresPeriod(_Part):
    """From which month to which; the last twelve where nothing is said."""

    first: Month | None = None
    last: Month | None = None


class ExaminerAgreement(_Part):
    """How often a second examiner, blind to the first, decided the same."""

    pairs: Annotated[Count, Field(description="Candidates that two people examined.")]
    same: Annotated[Count, Field(description="Pairs that decided the same.")]
    kappa: Annotated[
        float | TooFew | None,
        Field(
            description="Cohen's kappa (1960): agreement beyond chance. `too few to say` under 10 pairs; null where "
            "both always decided the same one thing, for which it is not defined."
        ),
    ]


class MonthOfSearches(_Part):
    """The searches that were made in a month, as they stand now."""

    month: Month
    searches: Count
    by_offence: Annotated[dict[str, Shown], Field(description="Searches, by what they were for.")]
    by_probe: Annotated[dict[str, Shown], Field(description="Searches, by still or footage.")]
    by_result: Annotated[
        dict[str, Shown], Field(description="Searches, by whether they returned any candidate.")
    ]
    candidates: Annotated[Count, Field(description="Candidates of all of them.")]
    decisions: Annotated[
        dict[str, Shown],
        Field(description="Candidates, by what was decided; `not-yet` while somebody must still decide."),
    ]
    examinations: Annotated[Count, Field(description="In searches that are examined to the end.")]
    support: Annotated[dict[str, Shown], Field(description="Examinations, by what they support.")]
    seconds_to_examine: Annotated[
        Spread, Field(description="From the first look at a candidate's picture to the decision.")
    ]
    agreement: ExaminerAgreement
    reviews: Annotated[
        dict[str, Shown], Field(description="Searches, by their review; `not-yet` without one.")
    ]
    faults: Annotated[
        dict[str, Shown], Field(description="What reviews found wrong; one may find several things.")
    ]
    outcomes: Annotated[
        dict[str, Shown], Field(description="Searches, by what came of them; `not-yet` while it is open.")
    ]


class SearchFigures(_Part):
    """Months, the earliest first."""

    made_at: datetime
    months: tuple[MonthOfSearches, ...]


@command("searches.show-figures")
def show_search_figures(work: Work, period: FiguresPeriod) -> SearchFigures:
    """The figures of some months, counted now.

    Raises:
        InputError: the last month lies before the first, or there are more than ten years of them.
    """
    months = _months(period, work.now)
    offences = dict.fromkeys((*work.office.policy.searches.offences, NOT_STATED), 0)
    shown = tuple(_month(month, _cases(work, month), offences) for month in months)
    work.note("", first=months[0], last=months[-1])
    return SearchFigures(made_at=work.now, months=shown)


def figures_csv(figures: SearchFigures) -> str:
    """A line for each figure of each month: month, figure, of what, count. Empty is not known."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("Month", "Figure", "Of", "Count"))
    for month in figures.months:
        for name, of, value in _lines(month):
            writer.writerow((month.month, name, _text(of), "" if value is None else value))
    return out.getvalue()


def _lines(month: MonthOfSearches) -> Iterable[tuple[str, str, float | str | None]]:
    yield "searches", "", month.searches
    for name in ("by_offence", "by_probe", "by_result"):
        for of, count in getattr(month, name).items():
            yield f"searches {name.replace('_', ' ')}", of, count
    yield "candidates", "", month.candidates
    for of, count in month.decisions.items():
        yield "candidates by decision", of, count
    yield "examinations", "", month.examinations
    for of, count in month.support.items():
        yield "examinations by support", of, count
    yield "seconds to examine", "half were at most", month.seconds_to_examine.p50
    yield "seconds to examine", "95 of 100 were at most", month.seconds_to_examine.p95
    yield "examiners", "pairs", month.agreement.pairs
    yield "examiners", "pairs that agree", month.agreement.same
    yield "examiners", "kappa", month.agreement.kappa
    for title, counts in (
        ("reviews", month.reviews),
        ("faults found", month.faults),
        ("outcomes", month.outcomes),
    ):
        for of, count in counts.items():
            yield title, of, count


def _text(text: str) -> str:
    """Words that a spreadsheet will not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _months(period: FiguresPeriod, now: datetime) -> list[str]:
    last = _number(period.last or f"{now.astimezone(UTC):%Y-%m}")
    first = max(last - 11, _FIRST_OF_ALL) if period.first is None else _number(period.first)
    if first > last:
        raise InputError("The last month lies before the first", "Give the earlier one first", field="last")
    if last - first >= _MOST_MONTHS:
        raise InputError(
            f"{last - first + 1} months are asked for", f"Ask for {_MOST_MONTHS} at a time", field="first"
        )
    return [f"{at // 12:04d}-{at % 12 + 1:02d}" for at in range(first, last + 1)]


def _number(month: str) -> int:
    year, of_year = month.split("-")
    return int(year) * 12 + int(of_year) - 1


def _cases(work: Work, month: str) -> list[Case]:
    number = _number(month)
    begin, end = (datetime(at // 12, at % 12 + 1, 1, tzinfo=UTC) for at in (number, number + 1))
    searches = work.session.scalars(
        select(Search)
        .where(Search.searched_at >= begin, Search.searched_at < end)
        .order_by(Search.searched_at, Search.id)
    ).all()
    return [
        case
        for at in range(0, len(searches), _AT_ONCE)
        for case in cases_of(work, searches[at : at + _AT_ONCE])
    ]


def _month(month: str, cases: Sequence[Case], offences: Mapping[str, int]) -> MonthOfSearches:
    examined = [case for case in cases if case.search.state != "examination"]
    examinations = [row for case in examined for row in case.examinations]
    standing = [one for case in examined for one in case.standing.candidates]
    waiting = sum(len(case.candidates) for case in cases) - len(standing)
    pairs = [(one.decisions[1], one.decisions[2]) for one in standing if {1, 2} <= one.decisions.keys()]
    reviews = [case.review for case in cases if case.review is not None]
    return MonthOfSearches(
        month=month,
        searches=len(cases),
        by_offence=_counted(offences, [case.search.offence for case in cases]),
        by_probe=_counted(("still", "footage"), [case.search.probe_kind for case in cases]),
        by_result=_counted(
            ("candidates", "nobody"), ["candidates" if case.candidates else "nobody" for case in cases]
        ),
        candidates=len(standing) + waiting,
        decisions=_counted(
            ("put-forward", "not-put-forward", _NOT_YET),
            [*(one.decision or _NOT_YET for one in standing), *[_NOT_YET] * waiting],
        ),
        examinations=len(examinations),
        support=_counted(SUPPORT, [row.support for row in examinations]),
        seconds_to_examine=spread_of([row.seconds_taken for row in examinations]),
        agreement=ExaminerAgreement(**agreement_of(pairs).model_dump()),
        reviews=_counted(
            ("in-order", "not-in-order", _NOT_YET),
            [case.review.finding if case.review is not None else _NOT_YET for case in cases],
        ),
        faults=_counted(REVIEW_FAULTS, [fault for review in reviews for fault in review.faults]),
        outcomes=_counted(
            (*OUTCOMES, _NOT_YET),
            [case.outcome.outcome if case.outcome is not None else _NOT_YET for case in cases],
        ),
    )


def _counted(names: Iterable[str], found: Sequence[str]) -> dict[str, Shown]:
    """How often each was found, those that were not as well; where nothing at all was, 0 tells of nobody."""
    counts = dict.fromkeys(names, 0)
    for one in found:
        counts[one] = counts.get(one, 0) + 1
    return dict(hide_small(counts)) if found else dict(counts)
