"""Pages of paying out. Django imports this package to find them."""

from settlements.admin import (  # noqa: F401  importing registers
    bills,
    contributions,
    deed_names,
    destinations,
    job_names,
    kinds,
    openings,
    payment_files,
    payouts,
    periods,
    runs,
    settlements,
)
