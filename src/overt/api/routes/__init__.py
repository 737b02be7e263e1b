"""The routes, one file a subject, each thin over its commands."""

from overt.api.routes import (
    alerts,
    audit,
    certificates,
    collections,
    deployments,
    duty,
    entries,
    images,
    imports,
    live,
    people,
    probes,
    publication,
    retention,
    searches,
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
    imports.router,
    collections.router,
    deployments.router,
    live.router,
    duty.router,
    alerts.router,
    publication.router,
    certificates.router,
    probes.router,
    searches.router,
    retention.router,
    audit.router,
    system.router,
    system.root,
    publication.root,
)
