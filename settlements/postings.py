"""How each event of paying out reads in the books: the accountant's page.

Pure functions. The settlement's id names its entries, so that nothing is booked twice; amounts
are minor units.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from ledger import chart
from ledger.actions.journal import MAX_POSTINGS, Entry, Leg, credit, debit


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


def wallet_topped_up(
    *,
    source: str,
    subject: str,
    channel_account_id: str,
    bank_account_id: str,
    amount_minor: int,
    currency: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Book money that went from the bank to our wallet at a channel: E20, Dr 1102 / Cr 1001."""
    return Entry(
        source=source,
        kind="wallet_topped_up",
        subject=subject,
        legs=(
            debit(chart.CHANNEL_WALLET, channel_account_id, amount_minor, currency),
            credit(chart.BANK, bank_account_id, amount_minor, currency),
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


def channel_settled(
    *,
    source: str,
    subject: str,
    bank_account_id: str,
    movements: Mapping[str, int],
    currency: str,
    effective_date: date,
    at: datetime,
) -> list[Entry]:
    """Book a channel's money that arrived at the bank: E13a, Dr 1001 / Cr 1101 of each owner.

    `movements` is what of it belongs to each owner of 1101 (`chn_…/mer_…`), above or below
    zero. One entry where it fits, several of at most MAX_POSTINGS postings otherwise, with the
    sources `source:1`, `source:2` ….
    """
    owners = [(owner, minor) for owner, minor in sorted(movements.items()) if minor]
    size = MAX_POSTINGS - 1
    chunks = [owners[start : start + size] for start in range(0, len(owners), size)]
    return [
        Entry(
            source=f"{source}:{place}",
            kind="channel_settled",
            subject=subject,
            legs=_channel_legs(chunk, bank_account_id=bank_account_id, currency=currency),
            effective_date=effective_date,
            at=at,
        )
        for place, chunk in enumerate(chunks, 1)
    ]


def _channel_legs(
    chunk: Sequence[tuple[str, int]], *, bank_account_id: str, currency: str
) -> tuple[Leg, ...]:
    legs = [_signed(chart.CHANNEL_RECEIVABLE, owner, -minor, currency) for owner, minor in chunk]
    total_minor = sum(minor for _, minor in chunk)
    if total_minor:
        legs.insert(0, _signed(chart.BANK, bank_account_id, total_minor, currency))
    return tuple(legs)


def _signed(code: str, owner_id: str, minor: int, currency: str) -> Leg:
    """Make a leg of a signed amount: above zero a debit, below zero a credit."""
    make = debit if minor > 0 else credit
    return make(code, owner_id, abs(minor), currency)
