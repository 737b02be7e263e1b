"""The routes, one file a subject, each thin over its commands."""

from overt.api.routes import alerts, deployments, people, retention, sign_in, system

__all__ = ["ROUTERS"]

ROUTERS = (
    sign_in.router,
    people.router,
    deployments.router,
    alerts.router,
    retention.router,
    system.router,
    system.root,
)
