# ruff: noqa: F811  fixtures are imported
"""When nobody shall pay any more: closed at the channel, then here; no money is ever lost."""

from datetime import timedelta

import pytest

from ledger.models import AuditEntry
from payments.actions import attempts, holds
from payments.errors import PaymentNotCancellableError, PaymentNotFoundError
from payments.models import (
    BalanceTransaction,
    ChannelBreaker,
    DatabaseClock,
    Event,
    HoldCover,
    Payment,
)
from tests.factories.payments import owed_payment
from tests.factories.risk import used_minor
from tests.instants import NOON
from tests.payments.actions.closing_desk import (  # noqa: F401
    CANCELLED_AT,
    bring,
    cancel,
    closed,
    counter,
    kinds_of,
    reviewed_payment,
)
from tests.rig.rows import nothing_written
from tests.rig.stage import let_machines_wait, run_jobs

# --- cancel ---------------------------------------------------------------------------------------


@pytest.mark.django_db
class TestCancel:
    def test_closes_what_was_never_confirmed_at_once(self):
        # Given
        payment = owed_payment()

        # When
        cancel(payment.pk)

        # Then
        found = Payment.objects.get()
        assert (found.status, found.status_code) == ("closed", "cancelled")
        event = Event.objects.get(sequence=2)
        assert (event.kind, event.at, event.payload["code"]) == (
            "payment.closed",
            CANCELLED_AT,
            "cancelled",
        )

    def test_a_second_time_changes_nothing(self):
        # Given
        payment = owed_payment()
        cancel(payment.pk)

        # When, Then
        with nothing_written():
            cancel(payment.pk)

    def test_ends_a_review_and_gives_the_limits_back(self):
        # Given
        payment = reviewed_payment()
        assert used_minor(payment.payer_id) == 10_000

        # When
        cancel(payment.pk)

        # Then
        found = Payment.objects.get()
        assert (found.status, found.status_code) == ("rejected", "cancelled")
        assert used_minor(payment.payer_id) == 0
        assert kinds_of(payment)[-1] == "rejected"
        assert AuditEntry.objects.get(action="payment.rejected").actor == "key:ak_1"
        with nothing_written():
            cancel(payment.pk)

    @pytest.mark.parametrize("status", ["rejected", "paid", "conflicted"])
    def test_refuses_what_went_on_and_says_as_what(self, status):
        # Given
        payment = owed_payment()
        bring(payment, status)

        # When, Then
        with nothing_written(), pytest.raises(PaymentNotCancellableError) as refusal:
            cancel(payment.pk)
        assert Payment.objects.get().get_status_display() in str(refusal.value)
        assert Payment.objects.get().status == status

    def test_refuses_what_does_not_exist(self):
        with nothing_written(), pytest.raises(PaymentNotFoundError):
            cancel("pay_nothing")


class TestCancelAtTheChannel:
    """The channel is asked, told to close, and asked again; its answer decides."""

    def test_a_code_that_nobody_scanned_is_closed_here(self, counter):
        # Given
        counter.send()
        payment = counter.attempt.payment
        assert used_minor(payment.payer_id) == 10_000

        # When
        assert cancel(payment.pk).status == "closing"
        with nothing_written():
            cancel(payment.pk)
        assert counter.statuses == ("closing", "awaiting_payer", "awaiting_payer")
        run_jobs()

        # Then the channel knows no such trade, and can be told nothing
        assert [call for call in counter.calls if "AUTH_" not in call] == [
            "precreate 10000",
            "query ACQ.TRADE_NOT_EXIST",
            "close ACQ.TRADE_NOT_EXIST",
            "query ACQ.TRADE_NOT_EXIST",
        ]
        assert counter.statuses == ("closed", "closed", "closed")
        assert counter.attempt.operation.code == "never_scanned"
        assert counter.attempt.payment.status_code == "cancelled"
        assert used_minor(payment.payer_id) == 0
        assert kinds_of(payment) == ["created", "awaiting_payment", "closing", "closed"]
        assert AuditEntry.objects.get(action="payment.closing").actor == "key:ak_1"
        assert AuditEntry.objects.get(action="payment.closed").actor == "channel:alipay"

    def test_a_code_that_was_scanned_is_closed_there_first(self, counter):
        # Given
        counter.send()
        counter.payer_scans()

        # When
        cancel(counter.attempt.payment_id)
        run_jobs()

        # Then
        assert counter.calls[1:] == ["query 10000", "close 10000", "query 10000"]
        assert counter.statuses == ("closed", "closed", "closed")
        assert counter.attempt.operation.code == "TRADE_CLOSED"

    def test_a_payer_who_was_faster_has_paid(self, counter):
        # Given
        counter.send()
        counter.payer_pays()

        # When
        cancel(counter.attempt.payment_id)
        run_jobs()

        # Then
        assert counter.calls[1:] == ["query 10000"]
        assert counter.statuses == ("paid", "succeeded", "succeeded")
        assert BalanceTransaction.objects.get().net_minor == 9_800

    @pytest.mark.parametrize("verb", ["query", "close"])
    def test_an_answer_that_cannot_be_believed_leaves_it_closing(self, counter, verb):
        # Given
        counter.send()
        counter.payer_scans()
        counter.fail("http_500", verb)

        # When
        cancel(counter.attempt.payment_id)
        run_jobs()

        # Then nothing is given back, and it is asked again
        assert counter.statuses == ("closing", "awaiting_payer", "awaiting_payer")
        assert used_minor(counter.attempt.payment.payer_id) == 10_000
        let_machines_wait()
        assert attempts.defer_due(at=NOON) == 1
        run_jobs()
        assert counter.statuses == ("closed", "closed", "closed")

    def test_a_close_that_was_heard_but_not_answered_is_found_closed(self, counter):
        # Given
        counter.send()
        counter.payer_scans()
        counter.fail("http_500", "close", after_commit=True)

        # When
        cancel(counter.attempt.payment_id)
        run_jobs()
        let_machines_wait()
        attempts.defer_due(at=NOON)
        run_jobs()

        # Then one more question was enough
        assert counter.calls[1:] == ["query 10000", "close http_500", "query 10000"]
        assert counter.statuses == ("closed", "closed", "closed")

    def test_an_order_that_never_left_is_not_sent_any_more(self, counter):
        # When
        cancel(counter.attempt.payment_id)
        run_jobs()

        # Then
        assert counter.story == []
        assert counter.statuses == ("closed", "failed", "failed")
        assert counter.attempt.operation.code == "not_wanted"
        assert used_minor(counter.attempt.payment.payer_id) == 0

    @pytest.mark.parametrize("keeps", ["a hold", "a dead line"])
    def test_an_order_that_never_left_ends_at_once_whatever_keeps_it(self, counter, keeps):
        # Given an order that waits, since people said stop or nobody answers
        account = counter.market.alipay
        if keeps == "a hold":
            holds.hold_sending(HoldCover.EVERYTHING, actor="user:1", at=NOON, reason="alarm")
        else:
            ChannelBreaker.objects.create(
                channel_account=account,
                failed_at=[NOON] * 5,
                opened_at=DatabaseClock(),
                probe_at=DatabaseClock() + timedelta(minutes=5),
            )
        run_jobs()
        assert counter.statuses == ("awaiting_payment", "prepared", "prepared")

        # When
        cancelled = cancel(counter.attempt.payment_id)

        # Then
        assert (cancelled.status, cancelled.status_code) == ("closed", "cancelled")
        assert counter.statuses == ("closed", "failed", "failed")
        operation = counter.attempt.operation
        assert (operation.code, operation.sends, operation.first_sent_at) == ("not_wanted", 0, None)
        assert used_minor(counter.attempt.payment.payer_id) == 0
        run_jobs()
        assert counter.story == []

    def test_an_order_of_unknown_outcome_is_not_sent_again(self, counter):
        # Given an order whose answer was lost before the channel had it
        counter.fail("timeout_before", "precreate")
        counter.send()
        assert counter.statuses == ("awaiting_payment", "unknown", "unknown")

        # When
        cancel(counter.attempt.payment_id)
        run_jobs()

        # Then
        assert counter.statuses == ("closed", "closed", "closed")
        assert "order_accepted" not in counter.story

    def test_without_a_live_try_there_is_nothing_to_ask(self, counter):
        # Given a try that failed for certain
        attempts.send_attempt(counter.attempt_id, at=counter.attempt.payment.expires_at)

        # When
        payment = cancel(counter.attempt.payment_id)

        # Then
        assert (payment.status, payment.status_code) == ("closed", "cancelled")
        assert counter.story == []
