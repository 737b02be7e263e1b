"""The sealed live process: the only place where the public's faces exist."""

from overt.engine.client import Engine
from overt.engine.footage_client import FootageEngine, clip_in_memory
from overt.engine.footage_wire import (
    BeginFootage,
    FootageLimits,
    FootageOutward,
    FootagePassage,
    FootageProgress,
    FootageShot,
)
from overt.engine.wire import (
    Alert,
    Begin,
    Closed,
    CoveredTemplates,
    Durations,
    EngineLimits,
    Fault,
    FeedSpec,
    FeedTelemetry,
    MaskedFrame,
    Outward,
    Ready,
    SealState,
    Stop,
    Telemetry,
)

__all__ = [
    "Alert",
    "Begin",
    "BeginFootage",
    "Closed",
    "CoveredTemplates",
    "Durations",
    "Engine",
    "EngineLimits",
    "Fault",
    "FeedSpec",
    "FeedTelemetry",
    "FootageEngine",
    "FootageLimits",
    "FootageOutward",
    "FootagePassage",
    "FootageProgress",
    "FootageShot",
    "MaskedFrame",
    "Outward",
    "Ready",
    "SealState",
    "Stop",
    "Telemetry",
    "clip_in_memory",
]
