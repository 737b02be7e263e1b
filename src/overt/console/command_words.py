"""What each command does, in words: for the audit chain as people read it, and for what a role may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from overt.casework import PERMISSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["COMMAND_WORDS", "SUBJECTS", "done", "may_do"]

SUBJECTS: Final[Mapping[str, str]] = {
    "people": "People",
    "watchlists": "Watchlists",
    "entries": "Entries",
    "images": "Reference images",
    "imports": "Bulk imports",
    "collections": "Collections",
    "probes": "Pictures and clips handed in",
    "certificates": "Certificates",
    "deployments": "Deployments",
    "runs": "The engine's runs",
    "live": "Live pictures",
    "duty": "Duty",
    "alerts": "Alerts",
    "searches": "Searches",
    "retention": "Retention",
    "policy": "Policy",
    "publication": "Records",
    "audit": "Audit chain",
    "vault": "Vault",
    "system": "System",
}
"""The first part of a command's name, in words."""

COMMAND_WORDS: Final[Mapping[str, str]] = {
    "people.sign-in": "sign in with a password",
    "people.sign-in-oidc": "sign in through the force's own sign-in",
    "people.add-first": "make the first administrator",
    "people.sign-out": "sign out",
    "people.show-self": "see who they are here",
    "people.change-password": "change their own password",
    "people.add-token": "make an API token of their own",
    "people.list-tokens": "list their own API tokens",
    "people.revoke-token": "revoke an API token of their own",
    "people.add": "add a person",
    "people.list": "list people",
    "people.show": "look at a person",
    "people.change": "change a person's name or roles",
    "people.reset-password": "give a person a new one-time password",
    "people.deactivate": "shut a person out",
    "people.reactivate": "let a person in again",
    "watchlists.create": "make a watchlist",
    "watchlists.list": "list watchlists",
    "watchlists.show": "look at a watchlist",
    "watchlists.change": "change a watchlist",
    "watchlists.review": "record that a watchlist was reviewed",
    "watchlists.renew": "make a watchlist's templates for covered faces",
    "watchlists.delete": "delete a watchlist",
    "watchlists.export": "export a watchlist",
    "watchlists.list-look-alikes": "list look-alikes on a watchlist",
    "entries.add": "add an entry",
    "entries.list": "list entries",
    "entries.show": "look at an entry",
    "entries.change": "change an entry",
    "entries.approve": "approve an entry",
    "entries.approve-many": "approve several entries",
    "entries.withdraw": "withdraw an entry",
    "entries.delete": "delete an entry",
    "images.judge": "have a picture's quality judged",
    "images.add": "add a reference image",
    "images.show": "look at a reference image",
    "images.delete": "delete a reference image",
    "imports.start": "begin a bulk import",
    "imports.take-rows": "import rows",
    "imports.finish": "finish a bulk import",
    "imports.interrupt": "note that a bulk import was cut short",
    "imports.list": "list bulk imports",
    "imports.show": "look at a bulk import",
    "imports.show-report": "look at a bulk import's report",
    "collections.create": "make a collection",
    "collections.list": "list collections",
    "collections.show": "look at a collection",
    "collections.change": "change a collection",
    "collections.delete": "delete a collection",
    "collections.ingest": "bring pictures into a collection",
    "collections.take-rows": "take pictures in",
    "collections.finish-ingestion": "finish bringing pictures in",
    "collections.interrupt": "note that bringing pictures in was cut short",
    "collections.list-ingestions": "list ingestions",
    "collections.show-ingestion": "look at an ingestion",
    "collections.show-ingestion-rows": "look at an ingestion's report",
    "collections.show-record": "look at a record",
    "collections.show-picture": "look at a picture of a record",
    "collections.list-due-records": "list the records that are due for review",
    "collections.review-record": "review a record",
    "collections.delete-record": "delete a record",
    "collections.compare": "compare a collection's images with each other",
    "collections.report": "look at a collection's report",
    "collections.show-pair": "look at a pair of images",
    "collections.decide-pair": "decide about a pair of images",
    "collections.re-embed": "begin a collection's templates of another model pack",
    "collections.take-templates": "make templates of another model pack",
    "collections.switch": "switch a collection to another model pack",
    "collections.abandon-re-embedding": "give up templates of another model pack",
    "deployments.create": "plan a deployment",
    "deployments.list": "list deployments",
    "deployments.show": "look at a deployment",
    "deployments.change": "change a plan",
    "deployments.review": "see what an authorising officer is shown",
    "deployments.test-feed": "test a feed with a masked picture",
    "deployments.end-feed-test": "end the test of a feed",
    "deployments.submit": "submit a deployment for authorisation",
    "deployments.withdraw": "take a submitted deployment back",
    "deployments.authorise": "authorise a deployment",
    "deployments.refuse": "refuse a deployment",
    "deployments.review-urgent": "review an urgent authorisation",
    "deployments.start": "start a deployment",
    "deployments.suspend": "suspend a deployment",
    "deployments.resume": "resume a deployment",
    "deployments.close": "end a deployment",
    "deployments.cancel": "cancel a deployment",
    "deployments.record-costs": "record staff and cost",
    "deployments.interrupt": "suspend a deployment whose server or engine failed",
    "deployments.expire": "let an authorisation expire",
    "deployments.end-window": "end a deployment whose window is over",
    "runs.prepare": "prepare an engine's run",
    "runs.record-ready": "record that an engine is sealed and ready",
    "runs.record-telemetry": "record an engine's figures",
    "runs.record-fault": "record a fault",
    "runs.record-end": "record that an engine's run has ended",
    "runs.list": "list an engine's runs",
    "live.watch": "watch a deployment's events",
    "live.show-feed": "look at a feed's masked pictures",
    "duty.begin": "report for duty",
    "duty.end": "go off duty",
    "duty.list": "see who is on duty",
    "probes.open": "look for faces in a picture or clip that is handed in",
    "probes.record-faces": "record how many faces were found in a picture or clip",
    "probes.list": "list the pictures and clips that they have open",
    "probes.show": "look at what was found in a picture or clip",
    "probes.show-face": "look at one face of a picture or clip",
    "probes.close": "close a picture or clip",
    "certificates.issue": "issue a certificate over an operating point",
    "certificates.list": "list certificates",
    "certificates.show": "look at a certificate",
    "certificates.withdraw": "withdraw a certificate",
    "alerts.take": "take in an alert",
    "alerts.list": "list alerts",
    "alerts.show": "look at an alert",
    "alerts.show-crop": "look at an alert's picture",
    "alerts.list-mine": "list the alerts that were routed to them",
    "alerts.adjudicate": "adjudicate an alert",
    "alerts.route": "route an alert to officers",
    "alerts.acknowledge": "acknowledge an alert",
    "alerts.record-engagement": "record an engagement",
    "alerts.record-outcome": "record an outcome",
    "alerts.correct-adjudication": "correct their own adjudication",
    "alerts.correct-engagement": "correct an engagement",
    "alerts.correct-outcome": "correct an outcome",
    "searches.search": "search a collection for one face",
    "searches.list": "list searches",
    "searches.show": "look at a search",
    "searches.show-face": "look at the face that was searched",
    "searches.show-candidate": "look at a candidate's picture",
    "searches.examine": "examine a candidate",
    "searches.review": "review a search",
    "searches.record-outcome": "record what came of a search",
    "searches.show-figures": "see the figures of searches",
    "retention.run": "run retention",
    "retention.delete": "delete what is due",
    "retention.show": "see the retention clocks",
    "policy.show": "read the policy",
    "publication.preview": "preview a record",
    "publication.show-course": "see how a deployment went",
    "publication.list": "list a deployment's published records",
    "publication.show": "read a published record",
    "publication.record-seeds": "record how often seeds walked past",
    "publication.publish": "publish a record",
    "audit.list": "search the audit chain",
    "audit.show": "look at an entry of the audit chain",
    "audit.verify": "verify the audit chain",
    "audit.export": "export the audit chain",
    "audit.checkpoint": "sign the audit chain as it is",
    "vault.rotate": "replace the master key",
    "vault.backup": "back up the whole record",
    "vault.restore": "restore a backup",
    "system.show": "see what this installation is",
    "system.list-packs": "see the model packs",
}
"""By command; `vault.restore` is entered by a restoration, which nobody signs in for."""


def done(command: str) -> str:
    """A command as an entry of the chain tells of it.

    >>> done("alerts.adjudicate")
    'Adjudicate an alert'
    """
    said = COMMAND_WORDS.get(command, command)
    return said[:1].upper() + said[1:]


def may_do(role: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What a role may do, by subject, in words; without what everybody may.

    >>> may_do("auditor")[-1][0]
    'System'
    """
    everybody = {name for name in PERMISSIONS if name.startswith("people.")} & {
        name for name, roles in PERMISSIONS.items() if len(roles) > 2
    }
    by_subject: dict[str, list[str]] = {}
    for name, roles in PERMISSIONS.items():
        if role in roles and name not in everybody and name != "policy.show":
            by_subject.setdefault(SUBJECTS[name.partition(".")[0]], []).append(COMMAND_WORDS[name])
    return tuple((subject, tuple(said)) for subject, said in by_subject.items())
