"""Several reference images an entry, and the quality of the one that is enrolled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from score_people import FPIRS, against, head, row, searched

from overt.evaluation.metrics import threshold_for
from overt.rates import exact_interval

if TYPE_CHECKING:
    from score_people import Codes, People, Scores

    from overt.evaluation.metrics import Scored

__all__ = ["enrolment_quality", "mixed_list", "references"]

PARTS = 5


def references(name: str, people: People) -> None:
    """One, two and three references for people with four pictures or more, the last of them the probe."""
    usable = np.flatnonzero(people.found & (people.roles != "nonmated"))
    pictures = {int(who): usable[people.people[usable] == who] for who in np.unique(people.people[usable])}
    enrolled = [rows for rows in pictures.values() if len(rows) > 3]
    probes = np.array([rows[3] for rows in enrolled])
    of_entry = people.people[probes]
    strangers = people.rows("nonmated")
    seen = np.concatenate([probes, strangers])

    def outcome(scores: Scores) -> Scored:
        return searched(
            scores[: len(probes)],
            scores[len(probes) :],
            of_entry,
            of_entry,
            people.people[strangers],
            people.found[probes],
        )

    def cosines(rows: Codes) -> Scores:
        return np.asarray(people.vectors[seen] @ people.vectors[rows].T, np.float32)

    head(
        "pack",
        "references",
        "their scores",
        "TPIR at FPIR 10% (less one, points)",
        "1%",
        "0.3%",
        "FPIR at one's threshold for 1%",
    )
    each = [cosines(np.array([rows[place] for rows in enrolled])) for place in range(3)]
    ways: dict[tuple[int, str], Scores] = {(1, "the one"): each[0]}
    for count in (2, 3):
        several = np.stack(each[:count])
        ways[count, "the best"] = several.max(axis=0)
        ways[count, "their mean"] = several.mean(axis=0)
        mean = np.stack([people.vectors[rows[:count]].mean(axis=0) for rows in enrolled])
        mean /= np.linalg.norm(mean, axis=1, keepdims=True)
        ways[count, "of the mean template"] = np.asarray(people.vectors[seen] @ mean.T, np.float32)
        both = (ways[count, "the best"] + ways[count, "of the mean template"]) / 2
        ways[count, "half the best, half the mean template"] = np.asarray(both, np.float32)
    base = outcome(each[0])
    threshold = threshold_for(base.strangers, FPIRS[1])
    for (count, way), scores in ways.items():
        found = base if count == 1 else outcome(scores)
        row(name, count, way, *against([found], [base]), f"{(found.strangers >= threshold).mean():.2%}")
    print(f"\n{len(enrolled)} entries and as many mated probes, {len(strangers):,} strangers")
    head("pack", "references", "scores, less the best of as many", "TPIR at FPIR 10%", "1%", "0.3%")
    for count in (2, 3):
        best = outcome(ways[count, "the best"])
        for way in ("their mean", "of the mean template", "half the best, half the mean template"):
            row(name, count, way, *against([outcome(ways[count, way])], [best]))


def mixed_list(name: str, people: People) -> None:
    """A list as they are: everybody on it with as many references as there are, up to three; one probe each."""
    strangers, mated = people.rows("nonmated"), people.rows("mated")
    usable = np.flatnonzero(people.found & np.isin(people.roles, ("gallery", "extra")))
    first = people.rows("gallery")
    entries = [
        np.concatenate([[at], usable[(people.people[usable] == people.people[at]) & (usable != at)]])[:3]
        for at in first
    ]
    of_entry = people.people[first]
    seen = people.vectors[np.concatenate([mated, strangers])]

    def outcome(scores: Scores) -> Scored:
        return searched(
            scores[: len(mated)],
            scores[len(mated) :],
            of_entry,
            people.people[mated],
            people.people[strangers],
            people.found[mated],
        )

    starts = np.cumsum([0, *(len(rows) for rows in entries)])[:-1]
    cosines = seen @ people.vectors[np.concatenate(entries)].T
    means = np.stack([people.vectors[rows].mean(axis=0) for rows in entries])
    lengths = np.linalg.norm(means, axis=1)
    of_means = (seen @ means.T) / lengths
    ways = {
        "one reference each": seen @ people.vectors[first].T,
        "the best": np.maximum.reduceat(cosines, starts, axis=1),
        "of the mean template": of_means,
        "of the mean template, times the root of its length": of_means * np.sqrt(lengths),
        "their mean": of_means * lengths,
    }
    head(
        "pack",
        "entries' scores",
        "TPIR at FPIR 10% (less the best, points)",
        "1%",
        "0.3%",
        "FPIR at one's threshold for 1%",
    )
    found = {way: outcome(np.asarray(scores, np.float32)) for way, scores in ways.items()}
    threshold = threshold_for(found["one reference each"].strangers, FPIRS[1])
    for way, one in found.items():
        row(name, way, *against([one], [found["the best"]]), f"{(one.strangers >= threshold).mean():.2%}")
    counts = np.bincount([len(rows) for rows in entries], minlength=4)
    print(f"\n{counts[1]} entries with one reference, {counts[2]} with two, {counts[3]} with three")


def enrolment_quality(name: str, people: People) -> None:
    """TPIR of entries by the quality of their reference, at the thresholds that everybody meets."""
    entries, mated, strangers = (people.rows(role) for role in ("gallery", "mated", "nonmated"))
    hits = people.vectors[mated] @ people.vectors[entries].T
    misses = people.vectors[strangers] @ people.vectors[entries].T
    everybody = searched(
        hits,
        misses,
        people.people[entries],
        people.people[mated],
        people.people[strangers],
        people.found[mated],
    )
    thresholds = [threshold_for(everybody.strangers, rate) for rate in FPIRS]
    place = {int(people.people[at]): at for at in entries}
    reference = np.array([place.get(int(people.people[at]), -1) for at in mated])
    # false alerts fall on the entry that the stranger scored highest with
    accused = entries[misses.argmax(axis=1)]
    head(
        "pack",
        "measure of the reference",
        "from",
        "to",
        "entries",
        "TPIR at FPIR 10%",
        "1% (95% interval)",
        "0.3%",
        "of the false alerts at 1%",
    )
    for measure, values in (("quality", people.quality), ("pixels between the eyes", people.eye_distance)):
        order = np.argsort(values[reference], kind="stable")
        for part in np.array_split(order, PARTS):
            found = [everybody.mates[part] >= threshold for threshold in thresholds]
            low, high = exact_interval(int(found[1].sum()), len(part))
            alarms = accused[everybody.strangers >= thresholds[1]]
            edges = values[reference[part]]
            share = np.isin(alarms, reference[part]).sum()
            row(
                name,
                measure,
                f"{edges.min():.3g}",
                f"{edges.max():.3g}",
                len(part),
                f"{found[0].mean():.3f}",
                f"{found[1].mean():.3f} ({low:.3f} to {high:.3f})",
                f"{found[2].mean():.3f}",
                f"{share} of {len(alarms)}",
            )
