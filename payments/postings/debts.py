"""How merchants' debts read in the books: recovered (E16a)."""

from datetime import date, datetime

from ledger import chart
from ledger.actions.journal import Entry, credit, debit
from payments.models import MerchantAccount


def debt_recovered(
    account: MerchantAccount, *, place: int, amount_minor: int, effective_date: date, at: datetime
) -> Entry:
    """Take what a merchant owes us from what is available: E16a, Dr 2002 / Cr 1201.

    `place` is how often the debt had moved before; it tells the recoveries of one day apart.
    """
    merchant_id, currency = account.merchant_id, account.currency
    return Entry(
        source=f"{merchant_id}:{currency}:debt_recovered:{place}",
        kind="debt_recovered",
        subject=merchant_id,
        legs=(
            debit(chart.MERCHANT_AVAILABLE, merchant_id, amount_minor, currency),
            credit(chart.MERCHANT_DEBT, merchant_id, amount_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )
