"""How settlements read in the books: their fee (E07f), their hold (E07a) and its end (E07b).

Pure functions; amounts are minor units.
"""

from datetime import date, datetime

from ledger import chart
from ledger.actions.journal import Entry, credit, debit


def payout_fee(
    settlement_id: str,
    *,
    merchant_id: str,
    fee_minor: int,
    currency: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Charge the payout fee when a settlement is drafted: E07f, Dr 2002 / Cr 4002."""
    return Entry(
        source=fee_source(settlement_id),
        kind="payout_fee",
        subject=settlement_id,
        legs=(
            debit(chart.MERCHANT_AVAILABLE, merchant_id, fee_minor, currency),
            credit(chart.PAYOUT_FEE, merchant_id, fee_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )


def fee_source(settlement_id: str) -> str:
    """Name the entry that charged a settlement's payout fee."""
    return f"{settlement_id}:fee"


def held(
    settlement_id: str,
    *,
    merchant_id: str,
    net_minor: int,
    currency: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Set a drafted settlement's net apart: E07a, Dr 2002 / Cr 2003."""
    return Entry(
        source=f"{settlement_id}:hold",
        kind="settlement_hold",
        subject=settlement_id,
        legs=(
            debit(chart.MERCHANT_AVAILABLE, merchant_id, net_minor, currency),
            credit(chart.SETTLEMENT_HOLD, merchant_id, net_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )


def released(
    settlement_id: str,
    *,
    merchant_id: str,
    net_minor: int,
    currency: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Give a rejected or cancelled settlement's net back: E07b, Dr 2003 / Cr 2002."""
    return Entry(
        source=f"{settlement_id}:release",
        kind="settlement_release",
        subject=settlement_id,
        legs=(
            debit(chart.SETTLEMENT_HOLD, merchant_id, net_minor, currency),
            credit(chart.MERCHANT_AVAILABLE, merchant_id, net_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )
