"""Captures and maturity at once: each line once, each cent once."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from ledger.models import JournalEntry
from payments import locks
from payments.actions import captures, maturity
from payments.channels.base import Outcome, OutcomeKind
from payments.models import (
    BalanceTransaction,
    Merchant,
    MerchantAccount,
    Payment,
    PaymentAttempt,
)
from tests.books import assert_balances
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    attempted_payment,
    owed_payment,
    paid_payment,
)
from tests.instants import FRIDAY, NEXT_NOON, NOON
from tests.rig.races import at_once, meanwhile, wait_until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)


# --- capture and maturity -------------------------------------------------------------------------


def captured(payment: Payment, attempt: PaymentAttempt, *, at=NOON) -> None:
    """Record a payment as paid, holding its row as the caller of the action must."""
    with transaction.atomic():
        captures.record_paid(
            locks.locked_payment(payment.pk),
            attempt=attempt,
            outcome=Outcome(
                kind=OutcomeKind.SUCCEEDED,
                amount_minor=payment.amount_minor,
                currency=payment.currency,
                paid_at=at,
            ),
            actor="channel:alipay",
            at=at,
        )


class TestCaptures:
    def test_one_payment_is_booked_once(self):
        # Given
        payment = owed_payment()
        attempt = attempted_payment(payment, channel=AlipayAccountFactory())

        # When
        results = at_once(*([lambda: captured(payment, attempt)] * 6))

        # Then
        assert results == [None] * 6
        assert BalanceTransaction.objects.count() == JournalEntry.objects.count() == 1
        assert_balances(payment.allocations.get().merchant_id, merchant_pending="98.00")

    def test_many_payments_of_one_merchant_are_all_booked(self):
        # Given
        merchant = MerchantFactory()
        channel = AlipayAccountFactory()
        tries = [attempted_payment(owed_payment(merchant), channel=channel) for _ in range(8)]

        # When
        results = at_once(*(lambda t=t: captured(t.payment, t) for t in tries))

        # Then
        assert results == [None] * 8
        assert_balances(merchant.pk, merchant_pending="784.00", service_fee="16.00")


class TestMaturity:
    def test_two_runs_of_one_day_book_it_once(self):
        # Given
        sellers = [MerchantFactory() for _ in range(6)]
        for seller in sellers:
            paid_payment(seller)

        def mature() -> maturity.Maturity:
            return maturity.mature(
                currency="CNY", business_date=FRIDAY, actor="task:test", at=NEXT_NOON
            )

        # When
        results = at_once(*([mature] * 4))

        # Then together they matured everything once
        assert sum(result.accounts for result in results) == 6
        assert sum(result.amount_minor for result in results) == 6 * 9_800
        for seller in sellers:
            assert_balances(seller.pk, merchant_pending="0.00", merchant_available="98.00")

    def test_a_merchant_who_is_being_paid_is_waited_for(self):
        # Given a payment whose booking is not committed yet
        merchant = Merchant.objects.get(pk=paid_payment().allocations.get().merchant_id)
        payment = owed_payment(merchant)
        attempt = attempted_payment(payment, channel=AlipayAccountFactory())
        with transaction.atomic():
            captured_now = locks.locked_payment(payment.pk)
            captures.record_paid(
                captured_now,
                attempt=attempt,
                outcome=Outcome(OutcomeKind.SUCCEEDED, amount_minor=10_000, currency="CNY"),
                actor="channel:alipay",
                at=NOON,
            )

            # When the merchant's day comes at this very moment
            running = meanwhile(
                lambda: maturity.mature(
                    currency="CNY", business_date=FRIDAY, actor="task:test", at=NEXT_NOON
                )
            )
            wait_until_somebody_waits()
            assert not running.done()

        # Then both payments matured
        assert running.result(timeout=10) == maturity.Maturity(accounts=1, amount_minor=19_600)
        assert_balances(merchant.pk, merchant_pending="0.00", merchant_available="196.00")
        assert MerchantAccount.objects.get().matured_through_date == FRIDAY

    def test_a_payment_that_waits_for_maturity_is_dated_after_it(self):
        # Given a run that is not committed yet
        payment = owed_payment()
        attempt = attempted_payment(payment, channel=AlipayAccountFactory())
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM payments_merchantaccount FOR UPDATE")
            MerchantAccount.objects.update(matured_through_date=FRIDAY)

            # When the payment's money would have become available on that very day
            running = meanwhile(lambda: captured(payment, attempt))
            wait_until_somebody_waits()

        # Then it matures with the next one
        running.result(timeout=10)
        assert BalanceTransaction.objects.get().available_on == FRIDAY + timedelta(days=1)
        assert_balances(payment.allocations.get().merchant_id, merchant_pending="98.00")
