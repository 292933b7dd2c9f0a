"""Who plays in the chains: one merchant or two, one channel, one bank, and their first payment."""

from datetime import UTC, date, datetime
from typing import Any

from docs.chains.telling import Step, step
from ledger.actions.journal import Entry
from payments.models import (
    ManualEntry,
    MerchantAccount,
    PaymentAllocation,
    Refund,
    RefundAllocation,
)
from payments.postings import captures, maturity, refunds
from payments.postings.fees import ChannelFeeTerms
from payments.postings.refunds import Occasion
from payments.postings.suspense import Break
from payments.pricing import Funding

CURRENCY = "CNY"
MERCHANT, OTHER, CHANNEL, BANK = "merchant", "other", "Alipay", "bank"
GROSS, FEE, CHANNEL_FEE, NET = 10_000, 200, 60, 9_800
FRIDAY, MONDAY, TUESDAY = date(2026, 3, 6), date(2026, 3, 9), date(2026, 3, 10)
AT = datetime(2026, 3, 6, 4, 0, tzinfo=UTC)

WHEN: dict[str, Any] = {"effective_date": MONDAY, "at": AT}
MONEY: dict[str, Any] = {"currency": CURRENCY, **WHEN}
OCCASION = Occasion(CHANNEL, MONDAY, AT)


def allocation(
    name: str = "allocation", *, gross: int = GROSS, fee: int = FEE
) -> PaymentAllocation:
    """Return what of a payment is the merchant's."""
    return PaymentAllocation(
        id=name, payment_id="payment", merchant_id=MERCHANT, amount_minor=gross, fee_minor=fee
    )


def part(name: str, amount_minor: int, *, fee_returned: int) -> RefundAllocation:
    """Return the merchant's part of a refund."""
    return RefundAllocation(
        id=name,
        refund=Refund(id="refund", currency=CURRENCY),
        allocation=allocation(),
        amount_minor=amount_minor,
        fee_returned_minor=fee_returned,
    )


def merchant_account() -> MerchantAccount:
    """Return the merchant's account."""
    return MerchantAccount(merchant_id=MERCHANT, currency=CURRENCY)


def by_hand(kind: str, amount_minor: int) -> ManualEntry:
    """Return what two people decided to book by hand."""
    return ManualEntry(
        id=kind,
        kind=kind,
        merchant_account=merchant_account(),
        amount_minor=amount_minor,
        currency=CURRENCY,
    )


def found(name: str) -> Break:
    """Return a difference under its id."""
    return Break(name, CHANNEL, CURRENCY, MONDAY, AT)


def paid(
    *, terms: ChannelFeeTerms = ChannelFeeTerms.BORNE, tax_minor: int = 0, name: str = "allocation"
) -> Entry:
    """Book the payment of 100.00."""
    return captures.paid(
        allocation(name),
        currency=CURRENCY,
        channel_account_id=CHANNEL,
        channel_fee_minor=CHANNEL_FEE,
        effective_date=FRIDAY,
        at=AT,
        tax_minor=tax_minor,
        channel_fee_terms=terms,
    )


def matured(amount_minor: int = NET) -> Entry:
    """Make what is pending available."""
    return maturity.matured(
        merchant_account(),
        amount_minor=amount_minor,
        business_date=MONDAY,
        effective_date=MONDAY,
        at=AT,
    )


def given_back(one: RefundAllocation, funding: Funding) -> Entry:
    """Set a refund apart."""
    return refunds.requested(one, funding=funding, tax_minor=0, occasion=OCCASION)


def paid_step() -> Step:
    """Tell that the payer has paid."""
    return step("A payer pays 100.00", "E01, E02a, E03", paid())


def available() -> tuple[Step, Step]:
    """Tell that the payer has paid and the money has become available."""
    return paid_step(), step("T+1 has come: it is available", "E04", matured())
