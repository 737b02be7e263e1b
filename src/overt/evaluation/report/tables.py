"""Results as tables of words, for a terminal and for a page alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from overt.evaluation.protocols import IdentificationResult, PassageResult, VerificationResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from overt.evaluation.metrics import (
        Difference,
        Estimate,
        GroupColumn,
        Insufficient,
        Interval,
        OpenSetRate,
        Ranged,
        Spread,
    )
    from overt.evaluation.protocols import DataName, Result

__all__ = ["Table", "figures_of", "percent", "provenance_table", "spoken", "tables_of", "wanted"]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its title, its headings, its rows, and what is to be said below it."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def percent(part: float) -> str:
    """A part of one as per cent, with as many places as it needs.

    >>> percent(0.9234), percent(0.00312)
    ('92.3%', '0.31%')
    """
    return f"{part:.1%}" if part >= 0.1 or part == 0 else f"{part:.2%}"


def wanted(rate: float) -> str:
    """A rate that was asked for, without places that it does not have.

    >>> wanted(0.1), wanted(0.003)
    ('10%', '0.3%')
    """
    return f"{rate * 100:.6g}%"


def _interval(interval: Interval | None) -> str:
    return "" if interval is None else f"{percent(interval[0])} to {percent(interval[1])}"


def spoken(rate: Estimate | Insufficient) -> str:
    """A rate with its interval, or "insufficient data"."""
    return rate if isinstance(rate, str) else f"{percent(rate.value)} ({_interval(rate.interval)})"


def tables_of(result: Result) -> list[Table]:
    """Every table of a result, in the order in which they are read."""
    tables = [figures_of(result)]
    if isinstance(result, IdentificationResult):
        tables.append(_open_set(result))
        if result.likelihood_ratios is not None:
            tables.append(_likelihoods(result, result.likelihood_ratios))
        if result.attainable is not None:
            tables.append(_attainable(result, result.attainable))
        tables += _groups(result)
    elif isinstance(result, VerificationResult):
        tables.append(_matches(result))
        tables += _pair_groups(result)
    else:
        tables += _passage_groups(result)
    return tables


def figures_of(result: Result) -> Table:
    """The head of a result: who was tried, and the figures that need no threshold."""
    name = result.provenance.data.name
    if isinstance(result, PassageResult):
        per_passage = result.false_positives_per_passage
        rows = [
            ("people on the watchlist (N)", f"{result.n_gallery:,}"),
            (
                "passages, of people on it, of others",
                _three(result.n_passages, result.n_mated, result.n_nonmated),
            ),
            ("threshold", f"{result.threshold:.4f}"),
            ("TPIR, by passage", spoken(result.tpir)),
            ("FPIR, by passage", spoken(result.fpir)),
            ("alerts, true, false", _three(result.alerts, result.true_alerts, result.false_alerts)),
            ("passages that the engine saw", f"{result.passages_seen:,}"),
            ("false alerts a passage", _per_passage(per_passage, result.false_positives_interval)),
            *(("missed", where) for where in result.missed),
        ]
        return Table(f"Passages: {name}", ("", ""), tuple(rows))
    if isinstance(result, VerificationResult):
        rows = [
            ("pairs of one person, of two", f"{result.n_same:,}, {result.n_different:,}"),
            ("accuracy, ten parts", _accuracy(result.accuracy, result.accuracy_interval)),
            (
                "the same, both kinds weighed alike",
                "insufficient data" if result.balanced is None else percent(result.balanced.mean),
            ),
            ("area under the ROC curve", _plainly(result.auc, 4)),
            ("equal error rate", result.eer if isinstance(result.eer, str) else percent(result.eer)),
            ("failure to acquire", percent(result.failure_to_acquire)),
            *_covered(result.covered),
        ]
        return Table(f"Verification: {name}", ("", ""), tuple(rows))
    rows = [
        ("people enrolled (N)", f"{result.n_gallery:,}"),
        ("probes of them, of others", f"{result.n_mated:,}, {result.n_nonmated:,}"),
        ("rows passed over as extra", f"{result.n_extra:,}"),
        ("rank 1", _accuracy(result.rank1, result.rank1_interval)),
        ("failure to acquire", percent(result.failure_to_acquire)),
        *_covered(result.covered),
        ("scores", "cosines" if result.normalisation == "none" else f"{result.normalisation} over a cohort"),
    ]
    covering = result.provenance.preparation.occlusion
    title = f"Identification: {name}" + (f", probes behind a drawn {covering}" if covering else "")
    return Table(title, ("", ""), tuple(rows))


def _covered(covered: Mapping[str, int]) -> list[tuple[str, str]]:
    """How many faces were compared like with like; nothing where the pack compares all as they are."""
    return [
        (f"{part} face looks covered, compared with references made alike", f"{number:,}")
        for part, number in covered.items()
    ]


def _three(first: int, second: int, third: int) -> str:
    return f"{first:,}, {second:,}, {third:,}"


def _plainly(value: float | Insufficient, places: int) -> str:
    return value if isinstance(value, str) else f"{value:.{places}f}"


def _accuracy(value: float | Insufficient, interval: Interval | None) -> str:
    if isinstance(value, str):
        return value
    return f"{percent(value)} ({_interval(interval)})" if interval else percent(value)


def _open_set(result: IdentificationResult) -> Table:
    rows: list[tuple[str, ...]] = []
    for asked, rate in result.tpir.items():
        if isinstance(rate, str):
            rows.append((wanted(float(asked)), rate, "", "", ""))
            continue
        rows.append(
            (
                wanted(float(asked)),
                f"{percent(rate.value)} ({_interval(rate.interval)})",
                _interval(rate.bootstrap_interval),
                f"{rate.threshold:.4f}",
                f"{percent(rate.fpir)} ({_interval(rate.fpir_interval)})",
            )
        )
    told = {rate.threshold_from for rate in result.tpir.values() if not isinstance(rate, str)}
    origin = f"Thresholds were chosen on the {' and '.join(sorted(told))}" if told else "No rate is supported"
    carried = any(not isinstance(rate, str) and rate.modelled for rate in result.tpir.values())
    return Table(
        f"Found at a rate of false alerts, list of {result.n_gallery:,}",
        ("wanted FPIR", "TPIR", "with the threshold's own doubt", "threshold", "FPIR measured"),
        tuple(rows),
        origin + (", and carried to this list's size by a model" if carried else ""),
    )


def _likelihoods(result: IdentificationResult, ratios: dict[str, Ranged | Insufficient]) -> Table:
    """What a score at a threshold is worth as evidence, and what such ratios cost."""
    rows = [
        (f"likelihood ratio at the threshold for FPIR {wanted(float(asked))}", _ranged(ratio))
        for asked, ratio in ratios.items()
    ]
    rows += [
        (words, _ranged(figure))
        for words, figure in (("Cllr, bits", result.cllr), ("least possible Cllr, bits", result.min_cllr))
        if figure is not None
    ]
    return Table(
        "What scores are worth as evidence, fitted on the calibration people",
        ("", ""),
        tuple(rows),
        "A ratio says how many times more often such a score comes of people and their own entries than of others "
        "and any entry; it is no chance that an alert is right. Cllr: 0 is perfect, 1 is as good as silence",
    )


def _ranged(figure: Ranged | Insufficient) -> str:
    if isinstance(figure, str):
        return figure
    low, high = figure.interval
    return f"{figure.value:,.3g} ({low:,.3g} to {high:,.3g})"


def _attainable(result: IdentificationResult, attainable: dict[str, OpenSetRate | Insufficient]) -> Table:
    """Thresholds of the tested people themselves, beside those of plain cosines where scores are normalised."""
    plain = (result.plain.attainable or {}) if result.plain is not None else {}
    rows = [
        (wanted(float(asked)), _found(rate), *([_found(plain[asked])] if asked in plain else []))
        for asked, rate in attainable.items()
    ]
    headings = ("FPIR, measured", "TPIR", *(["TPIR by plain cosines"] if plain else []))
    note = "Thresholds chosen on these very trials: for comparing systems, and not for a deployment"
    return Table("At one measured rate of false alerts", headings, tuple(rows), note)


def _found(rate: OpenSetRate | Insufficient) -> str:
    return rate if isinstance(rate, str) else spoken(rate.tpir)


def _matches(result: VerificationResult) -> Table:
    rows = [
        (wanted(float(asked)), rate, "", "")
        if isinstance(rate, str)
        else (wanted(float(asked)), spoken(rate.fnmr), f"{rate.threshold:.4f}", spoken(rate.fmr))
        for asked, rate in result.fnmr.items()
    ]
    headings = ("wanted FMR", "FNMR", "threshold", "FMR measured")
    return Table("Missed at a rate of false matches", headings, tuple(rows))


def _per_passage(rate: float | Insufficient, interval: Interval | None) -> str:
    if isinstance(rate, str) or interval is None:
        return "insufficient data"
    return f"{rate:.2g} ({interval[0]:.2g} to {interval[1]:.2g})"


def _no_groups(said: str, why: str = "No column of the data labels anybody") -> list[Table]:
    return [Table("By group", ("", ""), (("groups", said),), why)]


def _pair_groups(result: VerificationResult) -> list[Table]:
    if isinstance(result.groups, str):
        return _no_groups(result.groups, "No column labels the pairs, or there are too few of two people")
    return [
        Table(
            f"By {name}, at the threshold {column.threshold:.4f} for FMR 1% over everybody",
            ("", "pairs of one person", "FNMR", "of two", "FMR"),
            tuple(
                (
                    value or "(not labelled)",
                    f"{rates.n_same:,}",
                    spoken(rates.fnmr),
                    f"{rates.n_different:,}",
                    spoken(rates.fmr),
                )
                for value, rates in column.values.items()
            ),
            f"Missed: {_difference(column.fnmr)}. False matches: {_difference(column.fmr)}",
        )
        for name, column in result.groups.items()
    ]


def _passage_groups(result: PassageResult) -> list[Table]:
    if isinstance(result.groups, str):
        return _no_groups(result.groups)
    return [
        Table(
            f"By {name}",
            ("", "passages of people on the list", "TPIR"),
            tuple(
                (value or "(not labelled)", f"{rates.n_mated:,}", spoken(rates.tpir))
                for value, rates in column.values.items()
            ),
            f"Misses: {_difference(column.fnir)}. False alerts are not told apart by group: "
            "whose they were is not known",
        )
        for name, column in result.groups.items()
    ]


def _groups(result: IdentificationResult) -> list[Table]:
    if isinstance(result.groups, str):
        return _no_groups(result.groups)
    return [_group(name, column) for name, column in result.groups.items()]


def _group(name: str, column: GroupColumn) -> Table:
    rows = [
        (
            value or "(not labelled)",
            f"{rates.n_mated:,}",
            spoken(rates.tpir),
            f"{rates.n_nonmated:,}",
            spoken(rates.fpir),
            percent(rates.failure_to_acquire),
        )
        for value, rates in column.values.items()
    ]
    return Table(
        f"By {name}, at the threshold {column.threshold:.4f} for FPIR {wanted(column.wanted_fpir)} over everybody",
        ("", "probes on the list", "TPIR", "others", "FPIR", "no face"),
        tuple(rows),
        f"Misses: {_difference(column.fnir)}. False positives: {_difference(column.fpir)}",
    )


def _difference(difference: Difference) -> str:
    return (
        f"largest over geometric mean {_spread(difference.max_over_geometric_mean)}, "
        f"Gini {_spread(difference.gini)}"
    )


def _spread(spread: Spread | Insufficient) -> str:
    if isinstance(spread, str):
        return spread
    return f"{spread.value:.2f} ({spread.interval[0]:.2f} to {spread.interval[1]:.2f})"


def provenance_table(result: Result) -> Table:
    """What the result rests on, digests shortened to 16 places."""
    basis = result.provenance
    prepared = basis.preparation
    far = "" if prepared.far == "none" else f", far faces by {prepared.far}"
    how = f"longer side {prepared.long_side}{far}"
    if not isinstance(result, PassageResult):
        how += f", border {prepared.pad}, over the face {prepared.occlusion or 'nothing'}"
    rows = [
        ("pack", f"{basis.pack.id} {basis.pack.version}, {basis.pack.digest[:16]}"),
        (
            "data",
            _named(basis.data, "people"),
        ),
        (
            "calibration",
            "none" if basis.calibration is None else _named(basis.calibration, "other people"),
        ),
        ("preparation", how),
        ("seed", str(basis.seed)),
        ("software", f"Overt {basis.code.version}, scoring {basis.code.scoring[:16]}"),
        ("made", basis.made_at),
    ]
    return Table("What this rests on", ("", ""), tuple(rows))


def _named(data: DataName, people: str) -> str:
    return f"{data.name}: {data.images:,} pictures of {data.identities:,} {people}, {data.digest[:16]}"
