"""What the tests of refunds and their neighbours share."""

from datetime import date

import pytest

from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from ledger.models import JournalEntry
from payments.actions import maturity
from payments.models import (
    BalanceTransaction,
    Merchant,
    MerchantAccount,
    Payment,
    Refund,
)
from payments.queries.refunds import paid_attempt
from tests.books import balance
from tests.factories.payments import (
    FeePlanFactory,
    MerchantFactory,
    owed_payment,
    refund_asked,
)
from tests.factories.terms import give_account_terms
from tests.instants import FRIDAY, NEXT_NOON
from tests.rig.attacks import check_laws


@pytest.fixture(autouse=True)
def laws_hold(db):
    """Whatever a test did, the deferred laws of the database agree."""
    yield
    check_laws()


def mature(business_date: date = FRIDAY) -> None:
    check_laws()
    maturity.mature(currency="CNY", business_date=business_date, actor="task:test", at=NEXT_NOON)


def asked(payment: Payment, **other) -> Refund:
    """Ask for a refund of money that is committed already, and have the laws look."""
    check_laws()
    refund = refund_asked(payment, **other)
    check_laws()
    return refund


def parts(refund: Refund) -> list[str]:
    return list(refund.allocations.order_by("place").values_list("pk", flat=True))


def lines(refund: Refund) -> list[tuple[str, int, int, int, date]]:
    """Return the lines of a refund: kind, gross, fee, net, available on."""
    return list(
        BalanceTransaction.objects.filter(source__in=parts(refund))
        .order_by("created_at", "entry_id", "available_on", "net_minor")
        .values_list("kind", "gross_minor", "fee_minor", "net_minor", "available_on")
    )


def merchant_with(policy: str = "return_proportional", vat_bps: int = 0, **account) -> Merchant:
    """A merchant at 2.00 % whose account in CNY is open, with the terms for refunds."""
    merchant = MerchantFactory(fee_plan=FeePlanFactory(refund_policy=policy, vat_bps=vat_bps))
    owed_payment(merchant)
    give_account_terms(merchant, **account)
    return merchant


def on_the_way(payment: Payment, merchant_id: str = "") -> str:
    """Return what stands in 2101 of the payment's channel account and merchant."""
    owner = merchant_id or payment.allocations.get().merchant_id
    return balance("2101", f"{paid_attempt(payment).channel_account_id}/{owner}")


def spend(merchant: Merchant, minor: int) -> None:
    """Take available money away, as a fee would; adjustments need two people."""
    _adjust(merchant, minor, "4002")


def _adjust(merchant: Merchant, minor: int, code: str) -> None:
    entry_id = journal.post_entry(
        Entry(
            source=f"adjust:{JournalEntry.objects.count()}",
            kind="adjustment",
            legs=(
                debit("2002", merchant.pk, minor, "CNY"),
                credit(code, merchant.pk, minor, "CNY"),
            ),
            effective_date=FRIDAY,
            at=NEXT_NOON,
        )
    )
    BalanceTransaction.objects.create(
        merchant=merchant,
        entry_id=entry_id,
        kind="payout_fee",
        source="adjustment",
        currency="CNY",
        gross_minor=-minor,
        fee_minor=0,
        net_minor=-minor,
        effective_date=FRIDAY,
        available_on=MerchantAccount.objects.get(merchant=merchant).matured_through_date,
        created_at=NEXT_NOON,
    )
    check_laws()
