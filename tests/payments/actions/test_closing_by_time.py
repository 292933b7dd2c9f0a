# ruff: noqa: F811  fixtures are imported
"""Payments that end by time, and money that comes late."""

from datetime import timedelta

import pytest

from ledger.models import AuditEntry
from payments.actions import attempts, closing
from payments.models import (
    BalanceTransaction,
    Payment,
)
from tests.books import assert_entry, balance
from tests.factories.payments import owed_payment
from tests.factories.risk import used_minor
from tests.instants import NEXT_NOON, NOON
from tests.payments.actions.closing_desk import (  # noqa: F401
    bring,
    closed,
    counter,
    expire,
    kinds_of,
    reviewed_payment,
)
from tests.rig.rows import nothing_written
from tests.rig.stage import let_machines_wait, run_jobs


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
