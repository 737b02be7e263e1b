"""Results for people: tables, what the figures promise for a deployment, and a page that needs nothing else."""

from overt.evaluation.report.drawing import cmc_chart, det_chart
from overt.evaluation.report.page import page
from overt.evaluation.report.pictures import worst_pictures
from overt.evaluation.report.promises import Promise, in_words, promise_at, promises
from overt.evaluation.report.tables import Table, percent, provenance_table, spoken, tables_of

__all__ = [
    "Promise",
    "Table",
    "cmc_chart",
    "det_chart",
    "in_words",
    "page",
    "percent",
    "promise_at",
    "promises",
    "provenance_table",
    "spoken",
    "tables_of",
    "worst_pictures",
]
