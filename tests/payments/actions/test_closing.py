"""When nobody shall pay any more: closed at the channel, then here; no money is ever lost."""

from datetime import timedelta

import pytest
from django.db import transaction

from ledger.models import AuditEntry
from payments.actions import attempts, closing, holds
from payments.errors import PaymentNotCancellableError, PaymentNotFoundError
from payments.models import (
    BalanceTransaction,
    ChannelBreaker,
    ChannelOperation,
    DatabaseClock,
    Event,
    HoldCover,
    Payment,
    PaymentAttempt,
)
from payments.screening import get_screener
from tests.books import assert_entry, balance
from tests.factories.payments import owed_payment
from tests.factories.risk import asked_payment, used_minor
from tests.instants import NEXT_NOON, NOON
from tests.rig.counter import Counter
from tests.rig.rows import nothing_written
from tests.rig.stage import let_machines_wait, run_jobs

CANCELLED_AT = NOON + timedelta(minutes=1)


@pytest.fixture
def counter(marketplace, simulator):
    return Counter(marketplace, simulator)


def cancel(payment_id: str) -> Payment:
    with transaction.atomic():
        return closing.cancel_payment(payment_id, actor="key:ak_1", at=CANCELLED_AT)


def bring(payment: Payment, status: str) -> None:
    """Take a payment to a state by the states' own steps."""
    before = {"paid": ["awaiting_payment"], "conflicted": ["awaiting_payment"]}
    before |= {"closing": ["awaiting_payment"], "paid_late": ["closed"]}
    for step in [*before.get(status, []), status]:
        Payment.objects.filter(pk=payment.pk).update(status=step)


def reviewed_payment() -> Payment:
    """A payment under review whose judgement counted it against its payer's limits."""
    payment = owed_payment(payer_no="P1")
    with transaction.atomic():
        get_screener().screen(asked_payment(payer_id=payment.payer_id, payment_id=payment.pk))
    bring(payment, "risk_review")
    return payment


def kinds_of(payment: Payment) -> list[str]:
    told = Event.objects.filter(subject=payment.pk).order_by("sequence")
    return [kind.removeprefix("payment.") for kind in told.values_list("kind", flat=True)]


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


# --- expiry ---------------------------------------------------------------------------------------


def expire(at) -> int:
    return closing.expire_payments(actor="task:t", at=at)


@pytest.mark.django_db(transaction=True)
class TestExpire:
    def test_closes_what_was_never_confirmed(self):
        # Given
        payment = owed_payment()

        # When
        assert expire(payment.expires_at + closing.GRACE) == 1

        # Then
        found = Payment.objects.get()
        assert (found.status, found.status_code) == ("closed", "expired")

    def test_leaves_the_last_second_alone(self):
        # Given
        payment = owed_payment()

        # When, Then
        with nothing_written():
            assert expire(payment.expires_at + closing.GRACE - timedelta(microseconds=1)) == 0

    def test_ends_a_review_that_nobody_decided_and_gives_the_limits_back(self):
        # Given
        payment = reviewed_payment()
        assert used_minor(payment.payer_id) == 10_000

        # When
        assert expire(payment.expires_at + closing.GRACE) == 1

        # Then
        found = Payment.objects.get()
        assert (found.status, found.status_code) == ("rejected", "expired")
        assert used_minor(payment.payer_id) == 0
        assert AuditEntry.objects.get(action="payment.rejected").actor == "task:t"
        with nothing_written():
            assert expire(NEXT_NOON) == 0

    @pytest.mark.parametrize("status", ["rejected", "paid", "closing", "paid_late"])
    def test_leaves_alone_what_waits_for_nobody(self, status):
        # Given
        bring(owed_payment(), status)

        # When, Then
        with nothing_written():
            assert expire(NEXT_NOON) == 0

    def test_a_second_time_changes_nothing(self):
        # Given
        owed_payment()
        expire(NEXT_NOON)

        # When, Then
        with nothing_written():
            assert expire(NEXT_NOON) == 0

    def test_takes_so_many_at_a_time_the_oldest_first(self, monkeypatch):
        # Given
        young = owed_payment(at=NOON + timedelta(seconds=2))
        old = [owed_payment(at=NOON + timedelta(seconds=second)) for second in (0, 1)]
        monkeypatch.setattr(closing, "EXPIRED_MAX", 2)

        # When
        assert expire(NEXT_NOON) == 2

        # Then
        closed = Payment.objects.filter(status="closed").values_list("pk", flat=True)
        assert set(closed) == {payment.pk for payment in old}
        assert Payment.objects.get(pk=young.pk).status == "created"
        assert expire(NEXT_NOON) == 1

    def test_what_awaits_its_payer_is_closed_at_the_channel(self, counter):
        # Given
        counter.send()
        ended_at = counter.attempt.payment.expires_at + closing.GRACE
        counter.other_side.set_clock(ended_at)

        # When
        assert expire(ended_at) == 1
        assert counter.statuses == ("closing", "awaiting_payer", "awaiting_payer")
        run_jobs()

        # Then
        assert counter.statuses == ("closed", "closed", "closed")
        assert counter.attempt.payment.status_code == "expired"
        assert used_minor(counter.attempt.payment.payer_id) == 0


# --- late money -----------------------------------------------------------------------------------


@pytest.fixture
def closed(counter):
    """A payment that was cancelled while its payer still holds the code."""
    counter.send()
    cancel(counter.attempt.payment_id)
    run_jobs()
    assert counter.statuses == ("closed", "closed", "closed")
    return counter


class TestLate:
    def test_money_for_a_closed_payment_waits_in_suspense(self, closed):
        # Given
        closed.payer_pays()

        # When the channel told us
        closed.ask(is_notified=True)

        # Then
        payment = closed.attempt.payment
        assert closed.statuses == ("paid_late", "succeeded", "succeeded")
        assert (payment.status_code, payment.method) == ("cancelled", "alipay_qr")
        assert_entry(f"{payment.pk}:paid_late", "Dr 1101 100.00 CNY\nCr 2901 100.00 CNY")
        assert balance("2901", "unallocated") == "100.00"
        assert BalanceTransaction.objects.count() == 0
        assert kinds_of(payment)[-2:] == ["closed", "paid_late"]
        assert AuditEntry.objects.get(action="payment.paid_late").actor == "channel:alipay"

    def test_told_again_nothing_more_happens(self, closed):
        # Given
        closed.payer_pays()
        closed.ask(is_notified=True)

        # When, Then
        with nothing_written():
            closed.ask(is_notified=True)

    def test_nobody_asks_about_a_closed_order_by_itself(self, closed):
        # Given
        closed.payer_pays()
        let_machines_wait()

        # When, Then
        with nothing_written():
            assert attempts.defer_due(at=NOON) == 0
            closed.ask()
        assert closed.statuses == ("closed", "closed", "closed")

    def test_told_of_nothing_it_stays_closed(self, closed):
        # When a notification says more than the channel's answer
        closed.ask(is_notified=True)

        # Then
        assert closed.statuses == ("closed", "closed", "closed")
        assert run_jobs() == []
        let_machines_wait()
        assert run_jobs() == []

    def test_who_scans_late_finds_the_code_closed(self, closed):
        # Given
        closed.payer_scans()

        # When
        closed.ask(is_notified=True)

        # Then
        assert closed.calls[-3:] == ["query 10000", "close 10000", "query 10000"]
        assert closed.statuses == ("closed", "closed", "closed")

    def test_without_an_answer_it_is_asked_again_until_there_is_one(self, closed):
        # Given
        closed.payer_pays()
        closed.fail("http_500", "query", count=2)

        # When
        closed.ask(is_notified=True)
        assert closed.statuses == ("closed", "closed", "closed")
        let_machines_wait()
        assert run_jobs() == ["payments.query_attempt"]
        let_machines_wait()
        assert run_jobs() == ["payments.query_attempt"]

        # Then
        assert closed.statuses == ("paid_late", "succeeded", "succeeded")


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
