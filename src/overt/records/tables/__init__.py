"""The tables, one file a subject. Times are UTC; ids say what they name; what is personal is sealed."""

from overt.records.tables.alerts import Adjudication, Alert, AlertShowing, Engagement, Outcome
from overt.records.tables.audit import AuditCheckpoint, AuditEntry, AuditHead
from overt.records.tables.base import Base, UtcTime, new_id
from overt.records.tables.certificates import OperatingPointCertificate
from overt.records.tables.collections import (
    Collection,
    CollectionImage,
    CollectionPair,
    CollectionRecord,
    CollectionRemoval,
    CollectionTemplate,
    Ingestion,
    IngestionRow,
)
from overt.records.tables.deployments import (
    Authorisation,
    Deployment,
    DeploymentMove,
    EngineRun,
    FrozenEntry,
    LiveEvent,
    PublishedRecord,
    RunFault,
)
from overt.records.tables.duty import AlertRouting, Duty
from overt.records.tables.people import ApiToken, Person, SignInAttempt, SignInSession
from overt.records.tables.searches import (
    CandidateShowing,
    Search,
    SearchCandidate,
    SearchExamination,
    SearchOutcome,
    SearchReview,
)
from overt.records.tables.service import RepeatedRequest, RetentionRun, ServerLease
from overt.records.tables.vault import VaultKey, VaultMark
from overt.records.tables.watchlists import (
    ImportJob,
    LookAlikePair,
    ReferenceImage,
    Watchlist,
    WatchlistEntry,
)

__all__ = [
    "Adjudication",
    "Alert",
    "AlertRouting",
    "AlertShowing",
    "ApiToken",
    "AuditCheckpoint",
    "AuditEntry",
    "AuditHead",
    "Authorisation",
    "Base",
    "CandidateShowing",
    "Collection",
    "CollectionImage",
    "CollectionPair",
    "CollectionRecord",
    "CollectionRemoval",
    "CollectionTemplate",
    "Deployment",
    "DeploymentMove",
    "Duty",
    "Engagement",
    "EngineRun",
    "FrozenEntry",
    "ImportJob",
    "Ingestion",
    "IngestionRow",
    "LiveEvent",
    "LookAlikePair",
    "OperatingPointCertificate",
    "Outcome",
    "Person",
    "PublishedRecord",
    "ReferenceImage",
    "RepeatedRequest",
    "RetentionRun",
    "RunFault",
    "Search",
    "SearchCandidate",
    "SearchExamination",
    "SearchOutcome",
    "SearchReview",
    "ServerLease",
    "SignInAttempt",
    "SignInSession",
    "UtcTime",
    "VaultKey",
    "VaultMark",
    "Watchlist",
    "WatchlistEntry",
    "new_id",
]
