"""The rows of the books: accounts, entries, postings, the audit trail, approvals."""

from ledger.models.accounts import Account, AccountBalance
from ledger.models.approvals import ApprovalDecision, ApprovalRequest
from ledger.models.audit import AuditEntry
from ledger.models.journal import JournalEntry, Posting

__all__ = [
    "Account",
    "AccountBalance",
    "ApprovalDecision",
    "ApprovalRequest",
    "AuditEntry",
    "JournalEntry",
    "Posting",
]
