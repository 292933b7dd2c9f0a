"""What workers do for payments: found by name, in the right queue, harmless when run twice."""

from datetime import timedelta

import pytest
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger import jobs
from ledger.models import AuditEntry
from payments.actions.attempts import defer_due
from payments.models import Payment, PaymentAttempt
from tests.factories.manual_entries import asked_by_hand
from tests.factories.payments import (
    MerchantFactory,
    confirmed_payment,
    owed_payment,
    paid_payment,
    refund_asked,
)
from tests.instants import NOON
from tests.rig.rows import nothing_written
from tests.rig.stage import let_machines_wait, run_jobs

NAMES = (
    "payments.send_attempt",
    "payments.query_attempt",
    "payments.janitor",
    "payments.expire",
    "payments.mature",
)


@pytest.mark.parametrize("name", NAMES)
def test_is_known_by_the_name_that_jobs_carry(name):
    assert app.tasks[name].queue == ("runs" if name == "payments.mature" else "money")


@pytest.mark.django_db(transaction=True)
class TestJobs:
    def test_run_twice_they_do_their_work_once(self, marketplace):
        # Given
        attempt = confirmed_payment()
        jobs.defer("payments.send_attempt", attempt_id=attempt.pk, at=NOON)

        # When
        assert run_jobs() == ["payments.send_attempt"] * 2

        # Then
        assert PaymentAttempt.objects.get().operation.sends == 1

    def test_the_janitor_has_what_is_due_looked_after(self, marketplace):
        # Given
        confirmed_payment()
        run_jobs()
        let_machines_wait()

        # When
        jobs.defer("payments.janitor", at=NOON)

        # Then
        assert run_jobs() == ["payments.janitor", "payments.query_attempt"]
        assert PaymentAttempt.objects.get().operation.queries == 1

    def test_the_janitor_has_sent_what_lost_its_job(self, marketplace):
        # Given an order whose job is gone
        confirmed_payment()
        ProcrastinateJob.objects.all().delete()
        let_machines_wait()

        # When
        jobs.defer("payments.janitor", at=NOON)

        # Then
        assert run_jobs() == ["payments.janitor", "payments.send_attempt"]
        assert PaymentAttempt.objects.get().operation.sends == 1

    def test_the_janitor_asks_for_one_thing_once(self, marketplace):
        # Given what is due, and was deferred already
        confirmed_payment()
        run_jobs()
        let_machines_wait()
        jobs.defer("payments.janitor", at=NOON)
        run_jobs(queues=["money"])
        let_machines_wait()

        # When two janitors come before anybody asked
        assert defer_due(at=NOON) == 1
        with nothing_written():
            assert defer_due(at=NOON) == 1

        # Then
        waiting = ProcrastinateJob.objects.filter(status="todo")
        assert [job.task_name for job in waiting] == ["payments.query_attempt"]

    def test_what_nobody_may_pay_any_more_is_closed(self, transactional_db):
        # Given
        payment = owed_payment()
        jobs.defer("payments.expire", at=payment.expires_at + timedelta(minutes=2))

        # When
        assert run_jobs() == ["payments.expire"]

        # Then
        found = Payment.objects.get()
        assert (found.status, found.status_code) == ("closed", "expired")
        assert AuditEntry.objects.get(action="payment.closed").actor == "task:payments.expire"

    def test_ends_manual_entries_on_which_nobody_decided(self):
        merchant = MerchantFactory()
        paid_payment(merchant)
        entry = asked_by_hand("adjustment_credit", merchant, 1)
        jobs.defer("payments.expire", at=entry.approval.expires_at)

        assert run_jobs() == ["payments.expire"]
        entry.refresh_from_db()
        assert entry.status == "expired"

    def test_cancels_refunds_on_which_nobody_decided(self):
        refund = refund_asked(paid_payment(amounts_minor=(50_001,)))
        jobs.defer("payments.expire", at=refund.approval.expires_at)

        assert run_jobs() == ["payments.expire"]
        refund.refresh_from_db()
        assert refund.status == "cancelled"

    def test_with_nothing_to_do_the_janitor_does_nothing(self, marketplace):
        # Given
        confirmed_payment()
        run_jobs()

        # When
        jobs.defer("payments.janitor", at=NOON)

        # Then
        assert run_jobs() == ["payments.janitor"]
