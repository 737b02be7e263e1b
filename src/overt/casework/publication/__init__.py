"""Publication: the public record of each deployment, counted out of the database; as JSON, as CSV and as a page."""

from overt.casework.publication.columns import COLUMNS, record_csv
from overt.casework.publication.course import (
    DeploymentCourse,
    Interval,
    Range,
    RunTimes,
    show_course,
)
from overt.casework.publication.model import SCHEMA_VERSION, TOO_FEW, DeploymentRecord
from overt.casework.publication.page import record_page
from overt.casework.publication.publishing import (
    PublishedSummary,
    PublishedView,
    SeedPasses,
    list_records,
    preview_record,
    publish_record,
    record_seeds,
    show_record,
)
from overt.casework.publication.schema import SCHEMA_FILE, record_schema
from overt.casework.publication.wording import record_summary

__all__ = [
    "COLUMNS",
    "SCHEMA_FILE",
    "SCHEMA_VERSION",
    "TOO_FEW",
    "DeploymentCourse",
    "DeploymentRecord",
    "Interval",
    "PublishedSummary",
    "PublishedView",
    "Range",
    "RunTimes",
    "SeedPasses",
    "list_records",
    "preview_record",
    "publish_record",
    "record_csv",
    "record_page",
    "record_schema",
    "record_seeds",
    "record_summary",
    "show_course",
    "show_record",
]
