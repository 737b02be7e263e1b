"""The one table of who may do what. A command that is not in it cannot be carried out by anyone."""

from __future__ import annotations

from typing import Final

from overt.casework.actor import Role

__all__ = ["PERMISSIONS"]

_WM, _DP, _AO = Role.WATCHLIST_MANAGER, Role.DEPLOYMENT_PLANNER, Role.AUTHORISING_OFFICER
_OP, _EO, _AU, _AD = Role.LFR_OPERATOR, Role.ENGAGEMENT_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR
_IN, _FE = Role.INVESTIGATOR, Role.FACIAL_EXAMINER
_SW, _NO = Role.SOFTWARE, Role.NOBODY
_EVERYONE: Final = frozenset(Role.of_people())
_LISTS: Final = frozenset({_WM, _DP, _AO, _AU})
_PLANS: Final = frozenset({_DP, _AO, _OP, _EO, _AU})
_ALERTS: Final = frozenset({_OP, _EO, _AU})
_SEARCHES: Final = frozenset({_IN, _FE, _AO, _AU})

PERMISSIONS: Final[dict[str, frozenset[Role]]] = {
    # People and sign-in. The administrator sees people and machines, never case data.
    "people.sign-in": frozenset({_NO}),
    "people.sign-in-oidc": frozenset({_NO}),
    "people.add-first": frozenset({_NO}),
    "people.sign-out": _EVERYONE,
    "people.show-self": _EVERYONE,
    "people.change-password": _EVERYONE,
    "people.add-token": _EVERYONE,
    "people.list-tokens": _EVERYONE,
    "people.revoke-token": _EVERYONE,
    "people.add": frozenset({_AD}),
    "people.list": frozenset({_AD, _AU}),
    "people.show": frozenset({_AD, _AU}),
    "people.change": frozenset({_AD}),
    "people.reset-password": frozenset({_AD}),
    "people.deactivate": frozenset({_AD}),
    "people.reactivate": frozenset({_AD}),
    # Watchlists: built and checked by managers, approved by an authorising officer.
    "watchlists.create": frozenset({_WM}),
    "watchlists.list": _LISTS,
    "watchlists.show": _LISTS,
    "watchlists.change": frozenset({_WM}),
    "watchlists.review": frozenset({_WM}),
    "watchlists.delete": frozenset({_WM}),
    "watchlists.export": frozenset({_WM, _AO, _AU}),
    "watchlists.list-look-alikes": _LISTS,
    "entries.add": frozenset({_WM}),
    "entries.list": _LISTS,
    "entries.show": _LISTS,
    "entries.change": frozenset({_WM}),
    "entries.approve": frozenset({_AO}),
    "entries.approve-many": frozenset({_AO}),
    "entries.withdraw": frozenset({_WM, _AO}),
    "entries.delete": frozenset({_WM}),
    "images.judge": frozenset({_WM}),
    "images.add": frozenset({_WM}),
    "images.show": _LISTS | {_OP, _EO},
    "images.delete": frozenset({_WM}),
    "imports.start": frozenset({_WM}),
    "imports.take-rows": frozenset({_WM}),
    "imports.finish": frozenset({_WM}),
    "imports.interrupt": frozenset({_SW}),
    "imports.list": frozenset({_WM, _AU}),
    "imports.show": frozenset({_WM, _AU}),
    "imports.show-report": frozenset({_WM, _AU}),
    # Collections for retrospective search: built and weeded by watchlist managers, searched by investigators.
    "collections.create": frozenset({_WM}),
    "collections.list": frozenset({_WM, _IN, _FE, _AU}),
    "collections.show": frozenset({_WM, _IN, _FE, _AU}),
    "collections.change": frozenset({_WM}),
    "collections.delete": frozenset({_WM}),
    "collections.ingest": frozenset({_WM}),
    "collections.take-rows": frozenset({_WM}),
    "collections.finish-ingestion": frozenset({_WM}),
    "collections.interrupt": frozenset({_SW}),
    "collections.list-ingestions": frozenset({_WM, _AU}),
    "collections.show-ingestion": frozenset({_WM, _AU}),
    "collections.show-ingestion-rows": frozenset({_WM, _AU}),
    "collections.show-record": frozenset({_WM, _AU}),
    "collections.review-record": frozenset({_WM}),
    "collections.delete-record": frozenset({_WM}),
    # Probes: pictures and clips that an investigator hands in, each person's own, in memory alone.
    "probes.open": frozenset({_IN}),
    "probes.record-faces": frozenset({_SW}),
    "probes.list": frozenset({_IN}),
    "probes.show": frozenset({_IN}),
    "probes.show-face": frozenset({_IN}),
    "probes.close": frozenset({_IN}),
    # Searches: an investigator's for one face, examined by facial examiners, reviewed by somebody who did neither.
    "searches.search": frozenset({_IN}),
    "searches.list": _SEARCHES,
    "searches.show": _SEARCHES,
    "searches.show-face": _SEARCHES,
    "searches.show-candidate": _SEARCHES,
    "searches.examine": frozenset({_FE}),
    "searches.review": frozenset({_FE, _AO}),
    "searches.record-outcome": frozenset({_IN, _FE}),
    "searches.show-figures": frozenset({_FE, _AO, _AU}),
    # Certificates: what an evaluation found of an operating point, signed. They hold no case data.
    "certificates.issue": frozenset({_AD}),
    "certificates.list": _EVERYONE,
    "certificates.show": _EVERYONE,
    "certificates.withdraw": frozenset({_AD, _AO}),
    # Deployments: planned by one person, authorised by another, run by a third.
    "deployments.create": frozenset({_DP}),
    "deployments.list": _PLANS,
    "deployments.show": _PLANS,
    "deployments.change": frozenset({_DP}),
    "deployments.review": frozenset({_DP, _AO, _AU}),
    "deployments.test-feed": frozenset({_DP, _OP}),
    "deployments.end-feed-test": frozenset({_SW}),
    "deployments.submit": frozenset({_DP}),
    "deployments.withdraw": frozenset({_DP}),
    "deployments.authorise": frozenset({_AO}),
    "deployments.refuse": frozenset({_AO}),
    "deployments.review-urgent": frozenset({_AO}),
    "deployments.start": frozenset({_OP}),
    "deployments.suspend": frozenset({_OP, _AO}),
    "deployments.resume": frozenset({_OP}),
    "deployments.close": frozenset({_OP, _AO}),
    "deployments.cancel": frozenset({_DP, _AO}),
    "deployments.record-costs": frozenset({_DP, _OP}),
    "deployments.interrupt": frozenset({_SW}),
    "deployments.expire": frozenset({_SW}),
    "deployments.end-window": frozenset({_SW}),
    # The engine's runs, as the server sees them.
    "runs.prepare": frozenset({_SW}),
    "runs.record-ready": frozenset({_SW}),
    "runs.record-telemetry": frozenset({_SW}),
    "runs.record-fault": frozenset({_SW}),
    "runs.record-end": frozenset({_SW}),
    "runs.list": _PLANS,
    "live.watch": frozenset({_OP, _EO, _AU}),
    "live.show-feed": frozenset({_OP, _AU}),
    # Duty: which engagement officers are there.
    "duty.begin": frozenset({_EO}),
    "duty.end": frozenset({_EO}),
    "duty.list": _ALERTS,
    # Alerts: taken in by the software, decided by people.
    "alerts.take": frozenset({_SW}),
    "alerts.list": _ALERTS,
    "alerts.show": _ALERTS,
    "alerts.show-crop": _ALERTS,
    "alerts.list-mine": frozenset({_EO}),
    "alerts.adjudicate": frozenset({_OP, _EO}),
    "alerts.route": frozenset({_OP}),
    "alerts.acknowledge": frozenset({_EO}),
    "alerts.record-engagement": frozenset({_EO}),
    "alerts.record-outcome": frozenset({_EO}),
    "alerts.correct-adjudication": frozenset({_OP, _EO}),
    "alerts.correct-engagement": frozenset({_EO}),
    "alerts.correct-outcome": frozenset({_EO}),
    # What is kept, for how long, and what is published.
    "retention.run": frozenset({_AD, _SW}),
    "retention.delete": frozenset({_AD, _SW}),
    "retention.show": frozenset({_AD, _AU}),
    "policy.show": _EVERYONE,
    "publication.preview": _PLANS,
    "publication.show-course": _PLANS,
    "publication.list": _PLANS,
    "publication.show": _PLANS,
    "publication.record-seeds": frozenset({_DP, _OP}),
    "publication.publish": frozenset({_AO}),
    "audit.list": frozenset({_AU}),
    "audit.show": frozenset({_AU}),
    "audit.verify": frozenset({_AU, _AD}),
    "audit.export": frozenset({_AU}),
    "audit.checkpoint": frozenset({_AU, _SW}),
    "vault.rotate": frozenset({_AD}),
    "vault.backup": frozenset({_AD}),
    "system.show": frozenset({_AD, _AU}),
    "system.list-packs": frozenset({_AD, _AU}),
}
"""Command → the roles that may give it. Rules about single cases (the authorising officer is never the planner, the
second adjudicator never the first) are the commands' own."""
