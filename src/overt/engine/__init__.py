"""The sealed live process: the only place where the public's faces exist."""

from overt.engine.client import Engine
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
    "Closed",
    "CoveredTemplates",
    "Durations",
    "Engine",
    "EngineLimits",
    "Fault",
    "FeedSpec",
    "FeedTelemetry",
    "MaskedFrame",
    "Outward",
    "Ready",
    "SealState",
    "Stop",
    "Telemetry",
]
