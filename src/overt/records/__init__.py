"""What is remembered: tables, migrations, the vault (encryption), the audit chain."""

from overt.records.audit import AuditChain
from overt.records.database import Database
from overt.records.master_key import KEY_VARIABLE, MasterKey
from overt.records.vault import Vault

__all__ = ["KEY_VARIABLE", "AuditChain", "Database", "MasterKey", "Vault"]
