# ruff: noqa: F811  fixtures are imported
"""Taking an order back for another method, once."""

from datetime import timedelta

from django.db import transaction

from ledger.models import AuditEntry
from payments.actions import attempts, closing
from payments.models import (
    BalanceTransaction,
    ChannelOperation,
    PaymentAttempt,
)
from tests.books import assert_entry, balance
from tests.factories.risk import used_minor
from tests.instants import NOON
from tests.payments.actions.closing_desk import CANCELLED_AT, closed, counter, expire, kinds_of  # noqa: F401
from tests.rig.counter import Counter
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs

# --- another method, and money that comes twice ---------------------------------------------------


def confirm_again(counter: Counter, *, method: str = "alipay_qr") -> PaymentAttempt:
    """Close the live try as an earlier one, and let the payer try once more."""
    attempt = counter.attempt
    with transaction.atomic():
        closing.withdraw_attempt(attempt, at=CANCELLED_AT)
    run_jobs()
    (other,) = attempt.payment.attempts.exclude(pk=attempt.pk)
    return other


class TestWithdraw:
    def test_the_next_try_begins_when_the_channel_has_closed_the_first(self, counter):
        # Given
        counter.send()
        payment = counter.attempt.payment

        # When
        other = confirm_again(counter)

        # Then
        assert counter.attempt.operation.code == "never_scanned"
        assert (other.status, other.payment.status) == ("awaiting_payer", "awaiting_payment")
        assert used_minor(payment.payer_id) == 10_000
        assert kinds_of(payment) == ["created", "awaiting_payment", "awaiting_payment"]

    def test_while_the_channel_does_not_say_there_is_no_second_try(self, counter):
        # Given
        counter.send()
        counter.payer_scans()
        counter.fail("http_500", "close")

        # When
        with transaction.atomic():
            closing.withdraw_attempt(counter.attempt, at=CANCELLED_AT)
        run_jobs()

        # Then
        assert counter.statuses == ("awaiting_payment", "awaiting_payer", "awaiting_payer")
        assert PaymentAttempt.objects.count() == 1

    def test_who_paid_meanwhile_has_paid(self, counter):
        # Given
        counter.send()
        counter.payer_pays()

        # When
        with transaction.atomic():
            closing.withdraw_attempt(counter.attempt, at=CANCELLED_AT)
        run_jobs()

        # Then
        assert counter.statuses == ("paid", "succeeded", "succeeded")
        assert PaymentAttempt.objects.count() == 1

    def test_after_its_end_no_second_try_begins(self, counter):
        # Given
        counter.send()
        payment = counter.attempt.payment

        # When
        with transaction.atomic():
            closing.withdraw_attempt(counter.attempt, at=payment.expires_at)
        run_jobs()

        # Then
        assert counter.statuses == ("awaiting_payment", "closed", "closed")
        assert PaymentAttempt.objects.count() == 1
        assert expire(payment.expires_at + closing.GRACE) == 1
        assert counter.statuses[0] == "closed"


class TestTwice:
    """Two successes are two payments of one debt: the second is never lost."""

    def pay(self, counter: Counter, attempt: PaymentAttempt) -> None:
        counter.other_side.pay(
            app_id=counter.market.plan.app_id,
            out_trade_no=attempt.operation.channel_no,
            at=NOON + timedelta(minutes=5),
        )

    def test_the_second_money_waits_in_suspense(self, counter):
        # Given a second try that was paid, and a payer who still holds the first code
        counter.send()
        second = confirm_again(counter)
        self.pay(counter, second)
        attempts.query_attempt(second.pk, at=NOON)
        counter.payer_pays()

        # When
        counter.ask(is_notified=True)

        # Then
        payment = counter.attempt.payment
        assert counter.statuses == ("paid", "succeeded", "succeeded")
        assert BalanceTransaction.objects.get().net_minor == 9_800
        assert_entry(f"{counter.attempt_id}:paid_twice", "Dr 1101 100.00 CNY\nCr 2901 100.00 CNY")
        assert kinds_of(payment)[-2:] == ["paid", "paid_twice"]
        assert AuditEntry.objects.get(action="payment.paid_twice").subject == payment.pk
        with nothing_written():
            counter.ask(is_notified=True)

    def test_when_the_first_code_is_paid_the_second_is_closed(self, counter):
        # Given
        counter.send()
        second = confirm_again(counter)
        counter.payer_pays()

        # When
        counter.ask(is_notified=True)
        run_jobs()

        # Then the first money is the payment's, and the second code takes none
        assert counter.statuses == ("paid", "succeeded", "succeeded")
        assert BalanceTransaction.objects.get().net_minor == 9_800
        second.refresh_from_db()
        assert (second.status, second.operation.code) == ("closed", "never_scanned")
        assert used_minor(second.payment.payer_id) == 10_000

    def test_of_two_that_are_paid_before_anybody_asks_one_counts(self, counter):
        # Given
        counter.send()
        second = confirm_again(counter)
        counter.payer_pays()
        self.pay(counter, second)

        # When
        counter.ask(is_notified=True)
        run_jobs()

        # Then
        assert ChannelOperation.objects.filter(status="succeeded").count() == 2
        assert balance("2901", "unallocated") == "100.00"
        assert_entry(f"{second.pk}:paid_twice", "Dr 1101 100.00 CNY\nCr 2901 100.00 CNY")
