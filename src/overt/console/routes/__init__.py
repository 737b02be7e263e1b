"""The pages, one file a subject. Each address says with `may(…)` whose it is."""

from fastapi import APIRouter

from overt.console.routes import (
    alerts,
    audit,
    certificates,
    deployments,
    enrolment,
    entries,
    home,
    imports,
    live,
    live_alerts,
    live_stream,
    officer,
    officer_stream,
    own,
    people,
    planning,
    policy,
    records,
    retention,
    sign_in,
    signing,
    system,
    watchlists,
)

__all__ = ["ROUTERS"]

ROUTERS: tuple[APIRouter, ...] = (
    home.router,
    sign_in.router,
    own.router,
    live.router,
    live_alerts.router,
    live_stream.router,
    officer.router,
    officer_stream.router,
    watchlists.router,
    entries.router,
    enrolment.router,
    imports.router,
    alerts.router,
    planning.router,
    deployments.router,
    signing.router,
    records.router,
    certificates.router,
    audit.router,
    people.router,
    system.router,
    retention.router,
    policy.router,
)
