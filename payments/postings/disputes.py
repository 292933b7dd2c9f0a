"""How disputes read in the books: E06. What is claimed is frozen first (2006), then decided.

What the channel took stands in 1301 until the dispute is decided; what the merchant may lose stands
in 2006. Both end at zero, won or lost. Pure functions; amounts are minor units.
"""

from ledger import chart
from ledger.actions.journal import Entry, Leg, credit, debit
from payments.postings.owners import channel_owner, without_zeros
from payments.postings.refunds import Occasion
from payments.pricing import Funding, GivenBack


def frozen(
    dispute_id: str, *, merchant_id: str, funding: Funding, currency: str, occasion: Occasion
) -> Entry:
    """Freeze what is claimed, from what the merchant has (E06a), else on credit (E06b).

    Dr 2001 what of this payment is pending    Cr 2006 amount
    Dr 2002 what is available (E06a)
    Dr 2005 of the reserve
    Dr 1201 what the platform advances (E06b)
    """
    amount_minor = _sum_of(funding)
    return _entry(
        f"{dispute_id}:frozen",
        "dispute_frozen",
        dispute_id,
        [
            *_drawn(funding, merchant_id=merchant_id, currency=currency),
            credit(chart.DISPUTE_FREEZE, merchant_id, amount_minor, currency),
        ],
        occasion,
    )


def taken(
    dispute_id: str,
    *,
    merchant_id: str,
    amount_minor: int,
    fee_funding: Funding,
    currency: str,
    occasion: Occasion,
) -> Entry:
    """Book that the channel took what is claimed, and charge its dispute fee to the merchant: E06c.

    Dr 1301 amount                      Cr 1101 amount + fee
    Dr 2002 fee (or 2001, 2005, 1201, as `fee_funding` says)
    """
    owner = channel_owner(occasion.channel_account_id, merchant_id)
    total_minor = amount_minor + _sum_of(fee_funding)
    return _entry(
        f"{dispute_id}:taken",
        "dispute_taken",
        dispute_id,
        [
            debit(
                chart.DISPUTED_FUNDS_RECEIVABLE,
                occasion.channel_account_id,
                amount_minor,
                currency,
            ),
            *_drawn(fee_funding, merchant_id=merchant_id, currency=currency),
            credit(chart.CHANNEL_RECEIVABLE, owner, total_minor, currency),
        ],
        occasion,
    )


def returned(
    dispute_id: str, *, merchant_id: str, amount_minor: int, currency: str, occasion: Occasion
) -> Entry:
    """Book that the channel gave the money of a won dispute back: E06d, Dr 1101 / Cr 1301."""
    owner = channel_owner(occasion.channel_account_id, merchant_id)
    return _entry(
        f"{dispute_id}:returned",
        "dispute_returned",
        dispute_id,
        [
            debit(chart.CHANNEL_RECEIVABLE, owner, amount_minor, currency),
            _no_longer_owed(amount_minor, currency, occasion),
        ],
        occasion,
    )


def released(
    dispute_id: str, *, merchant_id: str, given: GivenBack, currency: str, occasion: Occasion
) -> Entry:
    """Give the merchant what was frozen: E06e.

    Dr 2006 amount    Cr 2001 what is still pending
                      Cr 1201 up to the debt outstanding
                      Cr 2002 the rest
    """
    amount_minor = given.pending_minor + given.debt_minor + given.available_minor
    return _entry(
        f"{dispute_id}:released",
        "dispute_released",
        dispute_id,
        [
            debit(chart.DISPUTE_FREEZE, merchant_id, amount_minor, currency),
            credit(chart.MERCHANT_PENDING, merchant_id, given.pending_minor, currency),
            credit(chart.MERCHANT_DEBT, merchant_id, given.debt_minor, currency),
            credit(chart.MERCHANT_AVAILABLE, merchant_id, given.available_minor, currency),
        ],
        occasion,
    )


def absorbed(
    dispute_id: str, *, merchant_id: str, amount_minor: int, currency: str, occasion: Occasion
) -> Entry:
    """Let what was frozen bear a lost dispute: E06f, Dr 2006 / Cr 1301."""
    return _entry(
        f"{dispute_id}:absorbed",
        "dispute_absorbed",
        dispute_id,
        [
            debit(chart.DISPUTE_FREEZE, merchant_id, amount_minor, currency),
            _no_longer_owed(amount_minor, currency, occasion),
        ],
        occasion,
    )


def borne(
    dispute_id: str, *, merchant_id: str, amount_minor: int, currency: str, occasion: Occasion
) -> Entry:
    """Let the platform bear a lost dispute: E06g, Dr 5003 / Cr 1301.

    What was frozen goes back to the merchant by an entry of its own (E06e).
    """
    return _entry(
        f"{dispute_id}:borne",
        "dispute_borne",
        dispute_id,
        [
            debit(chart.CHARGEBACK_LOSS, merchant_id, amount_minor, currency),
            _no_longer_owed(amount_minor, currency, occasion),
        ],
        occasion,
    )


def _drawn(funding: Funding, *, merchant_id: str, currency: str) -> list[Leg]:
    return [
        debit(chart.MERCHANT_PENDING, merchant_id, funding.pending_minor, currency),
        debit(chart.MERCHANT_AVAILABLE, merchant_id, funding.available_minor, currency),
        debit(chart.RESERVE, merchant_id, funding.reserve_minor, currency),
        debit(chart.MERCHANT_DEBT, merchant_id, funding.debt_minor, currency),
    ]


def _sum_of(funding: Funding) -> int:
    return (
        funding.pending_minor + funding.available_minor + funding.reserve_minor + funding.debt_minor
    )


def _no_longer_owed(amount_minor: int, currency: str, occasion: Occasion) -> Leg:
    account_id = occasion.channel_account_id
    return credit(chart.DISPUTED_FUNDS_RECEIVABLE, account_id, amount_minor, currency)


def _entry(source: str, kind: str, subject: str, legs: list[Leg], occasion: Occasion) -> Entry:
    return Entry(
        source=source,
        kind=kind,
        subject=subject,
        legs=without_zeros(legs),
        effective_date=occasion.effective_date,
        at=occasion.at,
    )
