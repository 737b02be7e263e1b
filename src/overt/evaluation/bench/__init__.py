"""How fast it is, beside bare inference and beside its peers: ratios taken turn by turn in one run."""

from overt.evaluation.bench.peers import PEERS
from overt.evaluation.bench.programme import Plan, run_benchmark, run_soak
from overt.evaluation.bench.results import BenchReport, SoakFigures
from overt.evaluation.bench.tables import Table, markdown, report_tables, soak_tables

__all__ = [
    "PEERS",
    "BenchReport",
    "Plan",
    "SoakFigures",
    "Table",
    "markdown",
    "report_tables",
    "run_benchmark",
    "run_soak",
    "soak_tables",
]
