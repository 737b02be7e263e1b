"""The routes, one file a subject, each thin over its commands."""

from overt.api.routes import (
    alerts,
    audit,
    deployments,
    entries,
    images,
    live,
    people,
    retention,
    sign_in,
    system,
    watchlists,
)

__all__ = ["ROUTERS"]

ROUTERS = (
    sign_in.router,
    people.router,
    watchlists.router,
    entries.router,
    images.router,
    deployments.router,
    live.router,
    alerts.router,
    retention.router,
    audit.router,
    system.router,
    system.root,
)
