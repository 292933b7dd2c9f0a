"""Pages of the books. Django imports this package to find them."""

from ledger.admin import accounts, approvals, audit, journal, seals  # noqa: F401  importing registers
