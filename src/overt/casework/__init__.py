"""Who may do what, and when. Every command names its actor and is in the audit chain."""

from overt.casework.actor import Actor, Role
from overt.casework.clusters import cluster_of, use_cluster
from overt.casework.commands import COMMANDS, Command, Work, command
from overt.casework.office import Office, open_office
from overt.casework.permissions import PERMISSIONS
from overt.casework.policy import Policy, read_policy

__all__ = [
    "COMMANDS",
    "PERMISSIONS",
    "Actor",
    "Command",
    "Office",
    "Policy",
    "Role",
    "Work",
    "cluster_of",
    "command",
    "open_office",
    "read_policy",
    "use_cluster",
]
