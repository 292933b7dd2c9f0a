"""Say what can be refused in the ledger, and hold the root of every refusal in the house."""

from ledger.errors.approvals import (
    AlreadyDecidedError,
    ApprovalClosedError,
    ApprovalError,
    ApprovalExpiredError,
    ApprovalMissingError,
    SelfApprovalError,
    StaleApprovalError,
)
from ledger.errors.books import (
    AlreadyReversedError,
    DecryptionError,
    DuplicateEntryError,
    IllegalMoveError,
    OverdrawnError,
    UnbalancedEntryError,
)
from ledger.errors.jobs import (
    JobError,
    JobNotGivenUpError,
    JobReasonMissingError,
    JobWaitsAlreadyError,
    UnknownJobError,
)
from ledger.errors.money import (
    AmountError,
    CurrencyMismatchError,
    UnknownCurrencyError,
)
from ledger.errors.people import (
    IncompatibleRolesError,
    LastOfficersError,
    OutsiderRolesError,
    OwnRolesError,
    RoleReasonMissingError,
    RolesError,
    RolesNotAskedError,
    RolesUnchangedError,
    UnknownPersonError,
    UnknownRoleError,
)
from ledger.errors.periods import (
    PeriodBusyError,
    PeriodClosedError,
    PeriodNotOverError,
    PeriodOrderError,
    PeriodUnfinishedError,
)
from ledger.errors.root import (
    DomainError,
    Outcome,
    Retry,
)
from ledger.errors.tiers import (
    TierError,
    TierInvalidError,
    TierNotAskedError,
    TierReasonMissingError,
    TierUnchangedError,
)

__all__ = [
    "AlreadyDecidedError",
    "AlreadyReversedError",
    "AmountError",
    "ApprovalClosedError",
    "ApprovalError",
    "ApprovalExpiredError",
    "ApprovalMissingError",
    "CurrencyMismatchError",
    "DecryptionError",
    "DomainError",
    "DuplicateEntryError",
    "IllegalMoveError",
    "IncompatibleRolesError",
    "JobError",
    "JobNotGivenUpError",
    "JobReasonMissingError",
    "JobWaitsAlreadyError",
    "LastOfficersError",
    "Outcome",
    "OutsiderRolesError",
    "OverdrawnError",
    "OwnRolesError",
    "PeriodBusyError",
    "PeriodClosedError",
    "PeriodNotOverError",
    "PeriodOrderError",
    "PeriodUnfinishedError",
    "Retry",
    "RoleReasonMissingError",
    "RolesError",
    "RolesNotAskedError",
    "RolesUnchangedError",
    "SelfApprovalError",
    "StaleApprovalError",
    "TierError",
    "TierInvalidError",
    "TierNotAskedError",
    "TierReasonMissingError",
    "TierUnchangedError",
    "UnbalancedEntryError",
    "UnknownCurrencyError",
    "UnknownJobError",
    "UnknownPersonError",
    "UnknownRoleError",
]
