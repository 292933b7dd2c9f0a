"""How payouts read in the books: on their way (E08), made (E09), failed or come back (E10).

Pure functions; amounts are minor units.
"""

from datetime import date, datetime

from ledger import chart
from ledger.actions.journal import Entry, credit, debit


def instructed(
    payout_id: str,
    *,
    merchant_id: str,
    bank_account_id: str,
    amount_minor: int,
    currency: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Send a payout to the bank: E08, Dr 2003 / Cr 2401."""
    return Entry(
        source=f"{payout_id}:instructed",
        kind="payout_instructed",
        subject=payout_id,
        legs=(
            debit(chart.SETTLEMENT_HOLD, merchant_id, amount_minor, currency),
            credit(chart.PAYOUTS_IN_TRANSIT, bank_account_id, amount_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )


def confirmed(
    payout_id: str,
    *,
    bank_account_id: str,
    amount_minor: int,
    charge_minor: int,
    currency: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Book what the bank's statement shows of a payout: E09.

        Dr 2401 amount      Cr 1001 amount + charge
        Dr 5002 charge

    `charge_minor` is the bank's own charge, 0 if the statement shows none.
    """
    legs = [
        debit(chart.PAYOUTS_IN_TRANSIT, bank_account_id, amount_minor, currency),
        credit(chart.BANK, bank_account_id, amount_minor + charge_minor, currency),
    ]
    if charge_minor:
        legs.append(debit(chart.BANK_CHARGES, bank_account_id, charge_minor, currency))
    return Entry(
        source=f"{payout_id}:confirmed",
        kind="payout_confirmed",
        subject=payout_id,
        legs=tuple(legs),
        effective_date=effective_date,
        at=at,
    )


def transferred(
    payout_id: str,
    *,
    channel_account_id: str,
    amount_minor: int,
    fee_minor: int,
    currency: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Book a transfer that the channel made from our wallet there: E09w.

        Dr 2401 amount      Cr 1102 amount + fee
        Dr 5002 fee

    `fee_minor` is what the channel charged for it, 0 if it said nothing of a fee.
    """
    legs = [
        debit(chart.PAYOUTS_IN_TRANSIT, channel_account_id, amount_minor, currency),
        credit(chart.CHANNEL_WALLET, channel_account_id, amount_minor + fee_minor, currency),
    ]
    if fee_minor:
        legs.append(debit(chart.BANK_CHARGES, channel_account_id, fee_minor, currency))
    return Entry(
        source=f"{payout_id}:confirmed",
        kind="payout_confirmed",
        subject=payout_id,
        legs=tuple(legs),
        effective_date=effective_date,
        at=at,
    )


def returned(
    payout_id: str,
    *,
    merchant_id: str,
    bank_account_id: str,
    amount_minor: int,
    currency: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Take a payout back that came back after the bank had paid: E10b, Dr 1001 / Cr 2003."""
    return Entry(
        source=f"{payout_id}:returned",
        kind="payout_returned",
        subject=payout_id,
        legs=(
            debit(chart.BANK, bank_account_id, amount_minor, currency),
            credit(chart.SETTLEMENT_HOLD, merchant_id, amount_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )


def transfer_returned(
    payout_id: str,
    *,
    merchant_id: str,
    channel_account_id: str,
    amount_minor: int,
    currency: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Take a transfer back that came back to our wallet: E10w, Dr 1102 / Cr 2003."""
    return Entry(
        source=f"{payout_id}:returned",
        kind="payout_returned",
        subject=payout_id,
        legs=(
            debit(chart.CHANNEL_WALLET, channel_account_id, amount_minor, currency),
            credit(chart.SETTLEMENT_HOLD, merchant_id, amount_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )


def failed(
    payout_id: str,
    *,
    merchant_id: str,
    bank_account_id: str,
    amount_minor: int,
    currency: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Take a payout back that failed before money moved: E10a, Dr 2401 / Cr 2003."""
    return Entry(
        source=f"{payout_id}:failed",
        kind="payout_failed",
        subject=payout_id,
        legs=(
            debit(chart.PAYOUTS_IN_TRANSIT, bank_account_id, amount_minor, currency),
            credit(chart.SETTLEMENT_HOLD, merchant_id, amount_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )
