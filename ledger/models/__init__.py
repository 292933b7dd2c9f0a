"""The rows of the books, from accounts and entries to periods, approvals, history and seals."""

from ledger.models.accounts import Account, AccountBalance
from ledger.models.approvals import ApprovalDecision, ApprovalRequest, ApprovalTier
from ledger.models.audit import AuditEntry
from ledger.models.configuration_changes import ChangeOperation, ConfigurationChange
from ledger.models.jobs import Job, JobState
from ledger.models.journal import JournalEntry, Posting
from ledger.models.periods import ClosedThrough, DailyBalance, Period, PeriodEvent
from ledger.models.seals import Seal
from ledger.models.totals import ControlTotal

__all__ = [
    "Account",
    "AccountBalance",
    "ApprovalDecision",
    "ApprovalRequest",
    "ApprovalTier",
    "AuditEntry",
    "ChangeOperation",
    "ClosedThrough",
    "ConfigurationChange",
    "ControlTotal",
    "DailyBalance",
    "Job",
    "JobState",
    "JournalEntry",
    "Period",
    "PeriodEvent",
    "Posting",
    "Seal",
]
