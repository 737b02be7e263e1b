"""The pages, one file a subject. Each address says with `may(…)` whose it is."""

from fastapi import APIRouter

from overt.console.routes import home, own, sign_in

__all__ = ["ROUTERS"]

ROUTERS: tuple[APIRouter, ...] = (home.router, sign_in.router, own.router)
