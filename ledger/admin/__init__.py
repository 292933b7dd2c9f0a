"""Pages of the books. Django imports this package to find them."""

from ledger.admin import (  # noqa: F401  importing registers
    accounts,
    approval_tiers,
    approvals,
    audit,
    history,
    jobs,
    journal,
    seals,
)
