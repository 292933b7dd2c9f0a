"""How money between merchants reads in the books: transferred here (E17a), shared there (E17b).

Pure functions; amounts are minor units.
"""

from datetime import date, datetime

from ledger import chart
from ledger.actions.journal import Entry, credit, debit
from payments.postings.owners import channel_owner


def transferred(
    transfer_id: str,
    *,
    from_merchant_id: str,
    to_merchant_id: str,
    amount_minor: int,
    currency: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Move pending money from one merchant to another: E17a, Dr 2001 / Cr 2001.

    The one entry of daily business with two merchants; each of them gets a line. Allocations say
    beforehand whose money it is, and make transfers rare.
    """
    return Entry(
        source=f"{transfer_id}:transferred",
        kind="merchant_transfer",
        subject=transfer_id,
        legs=(
            debit(chart.MERCHANT_PENDING, from_merchant_id, amount_minor, currency),
            credit(chart.MERCHANT_PENDING, to_merchant_id, amount_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )


def shared(
    share_id: str,
    *,
    merchant_id: str,
    channel_account_id: str,
    amount_minor: int,
    currency: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Book what the channel itself gave others of a payment (分账): E17b, Dr 2001 / Cr 1101.

    What it gave them it owes us no more.
    """
    owner = channel_owner(channel_account_id, merchant_id)
    return Entry(
        source=f"{share_id}:shared",
        kind="profit_shared",
        subject=share_id,
        legs=(
            debit(chart.MERCHANT_PENDING, merchant_id, amount_minor, currency),
            credit(chart.CHANNEL_RECEIVABLE, owner, amount_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )
