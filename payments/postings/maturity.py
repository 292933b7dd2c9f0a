"""How money that has become available reads in the books: E04."""

from datetime import date, datetime

from ledger import chart
from ledger.actions.journal import Entry, credit, debit
from payments.models import MerchantAccount


def matured(
    account: MerchantAccount,
    *,
    amount_minor: int,
    business_date: date,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Move what became available on `business_date` from pending: E04, Dr 2001 / Cr 2002."""
    merchant_id, currency = account.merchant_id, account.currency
    return Entry(
        source=f"{merchant_id}:{currency}:matured:{business_date}",
        kind="maturity",
        subject=merchant_id,
        legs=(
            debit(chart.MERCHANT_PENDING, merchant_id, amount_minor, currency),
            credit(chart.MERCHANT_AVAILABLE, merchant_id, amount_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )
