"""A force to try Overt with: people of every role, a watchlist of one, a deployment over a drawn street."""

from overt.cli.demonstration.serving import serve_demonstration
from overt.cli.demonstration.staff import STAFF, Member, Staff, hire
from overt.cli.demonstration.world import World, authorise, enrol, plan_street

__all__ = [
    "STAFF",
    "Member",
    "Staff",
    "World",
    "authorise",
    "enrol",
    "hire",
    "plan_street",
    "serve_demonstration",
]
