"""Pages of taking money. Django imports this package to find them."""

from payments.admin import (  # noqa: F401  importing registers
    balance_transactions,
    channel_accounts,
    channel_notifications,
    channel_operations,
    credentials,
    deed_names,
    events,
    holds,
    job_names,
    key_sets,
    kinds,
    links,
    manual_entries,
    merchants,
    parked,
    payments,
    refunds,
    routing,
    sending,
    terms,
)
