"""A result as one page that needs nothing else: figures, curves, groups, worst cases, and what they promise."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from overt.evaluation.protocols import IdentificationResult, VerificationResult, to_json
from overt.evaluation.report.drawing import cmc_chart, det_chart
from overt.evaluation.report.promises import in_words, promises
from overt.evaluation.report.tables import Table, percent, provenance_table, tables_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from overt.evaluation.protocols import Result, WorstCase

__all__ = ["page"]

_STYLE: Final = """
:root{color-scheme:light dark;--line:#1d4ed8;--dot:#b91c1c;--soft:#d4d4d8;--text:#18181b;--back:#fff}
@media(prefers-color-scheme:dark){:root{--line:#93c5fd;--dot:#fca5a5;--soft:#3f3f46;--text:#f4f4f5;--back:#18181b}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--back);max-width:60rem;margin:2rem auto;
padding:0 1rem}
table{border-collapse:collapse;margin:.5rem 0 1.5rem;display:block;overflow-x:auto}
caption{text-align:left;font-weight:600;padding:.25rem 0;white-space:nowrap}
th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--soft);vertical-align:top}
figure{margin:1rem 0}svg{width:100%;max-width:35rem;height:auto}svg text{font-size:12px;fill:var(--text)}
.grid{stroke:var(--soft);fill:none}.line{stroke:var(--line);stroke-width:2;fill:none}circle{fill:var(--dot)}
.case{display:inline-block;margin:.25rem .75rem .25rem 0}.case img{height:9rem;margin-right:.25rem}
.notice{border-left:4px solid var(--dot);padding-left:.75rem}
@media print{body{max-width:none}}
"""

_MEANINGS: Final = {
    "identification": "TPIR is the part of the people on the list who are found; FPIR is the part of the people not "
    "on it who would raise a false alert. A lower threshold raises both. The figures hold for pictures like these, "
    "for a list of this size, and for people like those in the data; they are no forecast for a street.",
    "verification": "Pictures are compared in pairs: FMR is the part of pairs of two people taken for one, FNMR the "
    "part of pairs of one person taken for two. Watchlists are not searched like this; the figures serve to compare "
    "networks.",
    "passages": "The engine watched the footage as it watches a street. TPIR is the part of passages of people on "
    "the list that raised the right alert; a false alert names somebody who was not passing.",
}


def page(
    result: Result,
    *,
    list_size: int,
    footfall: int,
    pictures: Mapping[str, tuple[str, ...]] | None = None,
) -> str:
    """The page, HTML in UTF-8, with no script and nothing fetched from anywhere.

    Args:
        result: of any protocol.
        list_size: of the deployment that is being considered.
        footfall: faces expected to be seen in it.
        pictures: of the worst cases by their rows, from `worst_pictures`; nobody's face is shown without.
    """
    pack = result.provenance.pack
    title = f"Evaluation of {pack.id} {pack.version} on {result.provenance.data.name}"
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(_MEANINGS[result.protocol])}</p>",
        *(f'<p class="notice">{escape(notice)}.</p>' for notice in result.notices),
    ]
    if isinstance(result, IdentificationResult):
        parts += _promised(result, list_size, footfall)
    parts.append("<h2>Figures</h2><p>Intervals are of 95%.</p>")
    parts += [_table(table) for table in tables_of(result)]
    parts += _curves(result)
    if isinstance(result, IdentificationResult):
        parts += _worst(result, pictures)
    parts.append(f"<h2>Provenance</h2>{_table(provenance_table(result))}")
    parts.append(
        f"<details><summary>The result as JSON</summary><pre>{escape(to_json(result))}</pre></details>"
    )
    parts.append("</main></body></html>\n")
    return "".join(parts)


def _promised(result: IdentificationResult, list_size: int, footfall: int) -> list[str]:
    told = promises(result, list_size=list_size, footfall=footfall)
    parts = ["<h2>What the figures promise</h2>"]
    if not told:
        parts.append("<p>Insufficient data: no rate of false alerts is supported by these trials.</p>")
        return parts
    rows = tuple(
        (
            f"{promise.threshold:.4f}",
            in_words(promise),
            f"{percent(promise.tpir)} ({percent(promise.tpir_interval[0])} to {percent(promise.tpir_interval[1])})",
        )
        for promise in told
    )
    note = (
        "The model takes comparisons as independent; likenesses within a list and crowds unlike the data break it. "
        "The part found was measured on the smaller list"
    )
    parts.append(_table(Table("", ("threshold", "false alerts", "people sought who are found"), rows, note)))
    return parts


def _curves(result: Result) -> list[str]:
    parts = []
    if isinstance(result, IdentificationResult):
        points = [(rate.fpir, 1 - rate.value) for rate in result.tpir.values() if not isinstance(rate, str)]
        if result.det is not None:
            chart = det_chart(result.det, points=points)
            parts.append(
                _figure(chart, f"Misses against false alerts, list of {result.n_gallery:,}; dots: above")
            )
        if result.n_mated and result.n_gallery:
            parts.append(
                _figure(cmc_chart(result.cmc), "How often the right person is among the first candidates")
            )
    elif isinstance(result, VerificationResult) and result.roc is not None:
        points = [
            (rate.fmr.value, rate.fnmr.value) for rate in result.fnmr.values() if not isinstance(rate, str)
        ]
        chart = det_chart(result.roc, points=points, across="FMR", up="FNMR")
        parts.append(_figure(chart, "Pairs of one person missed against pairs of two matched"))
    return parts


def _figure(chart: str, caption: str) -> str:
    return f"<figure>{chart}<figcaption>{escape(caption)}</figcaption></figure>"


def _worst(result: IdentificationResult, pictures: Mapping[str, tuple[str, ...]] | None) -> list[str]:
    headings = ("listed at", "score", "place of the right person")
    parts = ["<h2>Worst cases</h2>"]
    if pictures is not None:
        said = "The pictures were asked for. Pass this page on only as the licence of the data allows."
        if result.provenance.preparation.occlusion:
            said += " They are shown without what was drawn over them."
        parts.append(f'<p class="notice">{said}</p>')
    for title, cases, ranked in (
        ("People on the list who score lowest", result.lowest_mates, True),
        ("Others who score highest", result.highest_strangers, False),
    ):
        parts.append(_table(Table(title, headings if ranked else headings[:2], _cases(cases, ranked=ranked))))
        if pictures is not None:
            parts += [_shown(case, pictures.get(case.place, ())) for case in cases]
    return parts


def _shown(case: WorstCase, addresses: tuple[str, ...]) -> str:
    words = ("searched for", "enrolled")
    images = "".join(
        f'<img src="{escape(address)}" alt="{escape(case.place)}, {word}">'
        for address, word in zip(addresses, words, strict=False)
    )
    said = f"{case.place}: {' and '.join(words[: len(addresses)])}"
    return f'<figure class="case">{images}<figcaption>{escape(said)}</figcaption></figure>'


def _cases(cases: tuple[WorstCase, ...], *, ranked: bool = True) -> tuple[tuple[str, ...], ...]:
    rows = []
    for case in cases:
        score = "no face" if case.rank == 0 and ranked else f"{case.score:.4f}"
        rows.append(
            (case.place, score, str(case.rank) if case.rank else "none") if ranked else (case.place, score)
        )
    return tuple(rows)


def _table(table: Table) -> str:
    caption = f"<caption>{escape(table.title)}</caption>" if table.title else ""
    head = ""
    if any(table.headings):
        cells = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in table.headings)
        head = f"<thead><tr>{cells}</tr></thead>"
    body = "".join(
        "<tr>" + "".join(_cell(cell, first=i == 0) for i, cell in enumerate(row)) + "</tr>"
        for row in table.rows
    )
    note = f"<p>{escape(table.note)}.</p>" if table.note else ""
    return f"<table>{caption}{head}<tbody>{body}</tbody></table>{note}"


def _cell(text: str, *, first: bool) -> str:
    return f'<th scope="row">{escape(text)}</th>' if first else f"<td>{escape(text)}</td>"
