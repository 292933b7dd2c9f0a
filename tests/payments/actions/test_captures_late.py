"""Money that comes late, twice, or otherwise than asked."""

from datetime import date, timedelta

import pytest
from django.db import transaction

from ledger.errors import IllegalMoveError
from ledger.models import JournalEntry
from payments.actions import captures, maturity
from payments.channels.base import Outcome, OutcomeKind
from payments.models import BalanceTransaction, ChannelOperation, Event, Payment, PaymentAttempt
from tests.books import assert_balances, assert_entry, balance
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    owed_payment,
    paid_payment,
)
from tests.instants import (
    MONDAY,
    NEXT_NOON,
    NOON,
    THURSDAY,
)
from tests.payments.actions.captured import capture, waiting
from tests.rig.rows import gained, nothing_written, row_counts

pytestmark = pytest.mark.django_db


class TestLate:
    """Money that we learn of after its day has matured is pending until the next one."""

    def test_waits_for_the_day_after_the_last_that_matured(self, laws_now):
        # Given a merchant whose money has matured through Monday
        attempt = waiting()
        merchant_id = attempt.payment.allocations.get().merchant_id
        maturity.mature(currency="CNY", business_date=MONDAY, actor="task:t", at=NEXT_NOON)

        # When we learn on Monday that they were paid on Thursday
        capture(attempt, paid_at=NOON)
        laws_now()

        # Then the line is of Thursday, and matures with Tuesday
        line = BalanceTransaction.objects.get()
        assert (line.effective_date, line.available_on) == (THURSDAY, MONDAY + timedelta(days=1))
        maturity.mature(
            currency="CNY", business_date=date(2026, 3, 10), actor="task:t", at=NEXT_NOON
        )
        assert_balances(merchant_id, merchant_pending="0.00", merchant_available="98.00")
        laws_now()


class TestConflict:
    """Money that came otherwise than asked belongs to nobody until two people decide."""

    @pytest.mark.parametrize("amount_minor", [9_999, 10_001])
    def test_another_amount_waits_in_suspense(self, amount_minor, laws_now):
        # Given
        attempt = waiting()
        merchant_id = attempt.payment.allocations.get().merchant_id

        # When
        payment = capture(attempt, amount_minor=amount_minor)

        # Then
        assert (payment.status, payment.status_code) == ("conflicted", "amount_differs")
        assert payment.paid_at == NOON
        text = f"{amount_minor // 100}.{amount_minor % 100:02}"
        assert_entry(f"{payment.pk}:conflicted", f"Dr 1101 {text} CNY\nCr 2901 {text} CNY")
        assert_balances(merchant_id, merchant_pending="0.00", service_fee="0.00")
        assert BalanceTransaction.objects.count() == 0
        assert Event.objects.filter(kind="payment.conflicted").count() == 1
        laws_now()

    def test_another_currency_waits_in_its_own_suspense(self, laws_now):
        # When
        payment = capture(waiting(), currency="USD")

        # Then
        assert payment.status == "conflicted"
        assert_entry(f"{payment.pk}:conflicted", "Dr 1101 100.00 USD\nCr 2901 100.00 USD")
        assert balance("2901", "unallocated", "USD") == "100.00"
        assert balance("2901", "unallocated", "CNY") == "0.00"
        laws_now()

    @pytest.mark.parametrize("amount_minor", [0, None])
    def test_nothing_at_all_is_a_conflict_without_a_booking(self, amount_minor):
        # When
        payment = capture(waiting(), amount_minor=amount_minor)

        # Then
        assert payment.status == "conflicted"
        assert JournalEntry.objects.count() == 0

    def test_the_same_conflict_again_changes_nothing(self):
        # Given
        attempt = waiting()
        capture(attempt, amount_minor=9_999)

        # When, Then
        with nothing_written():
            capture(attempt, amount_minor=9_999)
        with nothing_written():
            capture(attempt)


class TestTwice:
    """The same outcome again changes nothing."""

    def test_of_a_paid_payment(self):
        # Given
        attempt = waiting()
        capture(attempt)

        # When, Then
        with nothing_written():
            payment = capture(attempt, at=NEXT_NOON + timedelta(days=1))
        assert payment.paid_at == NOON

    def test_of_a_paid_payment_with_another_amount(self):
        # Given
        attempt = waiting()
        capture(attempt)

        # When, Then
        with nothing_written():
            assert capture(attempt, amount_minor=1).status == "paid"


class TestAfterTheEnd:
    """Money for a payment that was closed, and money that comes a second time: in suspense."""

    def closed(self) -> PaymentAttempt:
        attempt = waiting()
        for status in ("closing", "closed"):
            Payment.objects.update(status=status, status_code="expired")
        attempt.payment.refresh_from_db()
        return attempt

    @pytest.mark.parametrize("amount_minor", [10_000, 9_999])
    def test_money_for_a_closed_payment_is_late_whatever_it_is(self, amount_minor, laws_now):
        # When
        payment = capture(self.closed(), amount_minor=amount_minor)

        # Then the reason why it was closed stays
        assert (payment.status, payment.status_code) == ("paid_late", "expired")
        assert payment.paid_at == NOON
        text = f"{amount_minor // 100}.{amount_minor % 100:02}"
        assert_entry(f"{payment.pk}:paid_late", f"Dr 1101 {text} CNY\nCr 2901 {text} CNY")
        assert JournalEntry.objects.get().kind == "payment_paid_late"
        assert BalanceTransaction.objects.count() == 0
        laws_now()

    def test_the_same_late_money_again_changes_nothing(self):
        # Given
        attempt = self.closed()
        capture(attempt)

        # When, Then
        with nothing_written():
            assert capture(attempt).status == "paid_late"

    @pytest.mark.parametrize("first_minor", [10_000, 9_999])
    def test_money_by_a_second_try_leaves_the_payment_as_it_is(self, first_minor, laws_now):
        # Given a payment that is paid, or conflicted
        first = waiting()
        status = capture(first, amount_minor=first_minor).status
        for row in (first.operation, first):
            row.status = "succeeded"
            row.save(update_fields=["status"])
        second = second_try_of(first)

        # When
        payment = capture(second)

        # Then
        assert payment.status == status
        assert_entry(f"{second.pk}:paid_twice", "Dr 1101 100.00 CNY\nCr 2901 100.00 CNY")
        assert JournalEntry.objects.get(source=f"{second.pk}:paid_twice").subject == payment.pk
        assert Event.objects.get(kind="payment.paid_twice").subject == payment.pk
        with nothing_written():
            capture(second)
        laws_now()


def second_try_of(first: PaymentAttempt) -> PaymentAttempt:
    """Return another try of the same payment, at the same account."""
    operation = ChannelOperation.objects.create(
        kind="pay",
        channel_account=first.channel_account,
        channel_no="ATT_2",
        subject="att_2",
        amount_minor=10_000,
        currency="CNY",
        created_at=NOON,
    )
    return PaymentAttempt.objects.create(
        id="att_2",
        payment=first.payment,
        channel_account=first.channel_account,
        operation=operation,
        method="alipay_qr",
        created_at=NOON,
    )


class TestRefusals:
    """What cannot become paid, and what that leaves behind: nothing."""

    @pytest.mark.parametrize("status", ["created", "rejected", "risk_review"])
    def test_refuses_a_payment_that_may_not_become_paid(self, status):
        # Given an order that was placed before the payment was taken back
        payment = owed_payment()
        Payment.objects.update(status=status)
        payment.refresh_from_db()
        attempt = PaymentAttempt(payment=payment, channel_account=AlipayAccountFactory())

        # When, Then
        with nothing_written(), pytest.raises(IllegalMoveError):
            capture(attempt)
        with nothing_written(), pytest.raises(IllegalMoveError):
            capture(attempt, amount_minor=1)
        assert Payment.objects.get().status == status


@pytest.mark.django_db(transaction=True)
def test_is_a_part_of_recording_the_answer():
    # Given
    attempt = waiting()

    # When, Then
    with nothing_written(), pytest.raises(AssertionError, match="part"):
        capture(attempt)


@pytest.mark.django_db(transaction=True)
def test_all_of_it_is_undone_together():
    # Given
    attempt = waiting()
    before = row_counts()

    # When what comes after the booking fails
    with transaction.atomic():
        capture(attempt)
        transaction.set_rollback(True)

    # Then
    assert gained(before) == {}
    assert Payment.objects.get().status == "awaiting_payment"


def test_costs_a_constant_number_of_round_trips(django_assert_num_queries):
    # Given payments of one and of four merchants
    one = waiting()
    four = waiting(owed_payment(*(MerchantFactory() for _ in range(4)), amounts_minor=(2_500,) * 4))
    for attempt in (one, four):
        attempt.payment.refresh_from_db()

    # When: allocations with their merchants, the first open day (a notification may be recorded
    # after its own day was closed), the accounts kept still, the calendar, one call of the
    # ledger, all lines, the payment, its event, its audit row
    for attempt in (one, four):
        with django_assert_num_queries(9):
            captures.record_paid(
                attempt.payment,
                attempt=attempt,
                outcome=Outcome(
                    OutcomeKind.SUCCEEDED, amount_minor=10_000, currency="CNY", paid_at=NOON
                ),
                actor="channel:alipay",
                at=NOON,
            )


def test_the_factory_says_what_the_channel_would(laws_now):
    """`paid_payment` is what other tests begin with; it obeys the same laws."""
    # When
    payment = paid_payment(unallocated_minor=500)

    # Then
    assert (payment.status, payment.amount_minor) == ("paid", 10_500)
    laws_now()
