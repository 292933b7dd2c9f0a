"""The rows of the books: accounts, entries, postings, the audit trail, approvals, history."""

from ledger.models.accounts import Account, AccountBalance
from ledger.models.approvals import ApprovalDecision, ApprovalRequest
from ledger.models.audit import AuditEntry
from ledger.models.configuration_changes import ChangeOperation, ConfigurationChange
from ledger.models.journal import JournalEntry, Posting

__all__ = [
    "Account",
    "AccountBalance",
    "ApprovalDecision",
    "ApprovalRequest",
    "AuditEntry",
    "ChangeOperation",
    "ConfigurationChange",
    "JournalEntry",
    "Posting",
]
