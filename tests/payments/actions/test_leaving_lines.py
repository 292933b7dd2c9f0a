# ruff: noqa: F811  fixtures are imported
"""An order that never left and may not goes to another account, once, and nothing else does."""

from datetime import timedelta

import pytest
from django.db import transaction

from ledger.models import AuditEntry
from payments.actions import (
    attempts,
    capture_orders,
    closing,
    failover,
    refund_orders,
    switching,
    void_orders,
)
from payments.models import (
    ChannelAccount,
    ChannelBreaker,
    ChannelOperation,
    DatabaseClock,
    MethodSwitch,
    PaymentAttempt,
)
from payments.queries.operations import orders_kept_back
from settlements.actions import transfers
from tests.factories.payments import AlipayAccountFactory
from tests.factories.risk import used_minor
from tests.instants import NOON
from tests.payments.actions.two_accounts import (  # noqa: F401
    another,
    counter,
    let_die,
    second,
    stop,
    tries,
)
from tests.rig.counter import NOBODY_LISTENS, PAID_AT
from tests.rig.rows import nothing_written
from tests.rig.stage import let_machines_wait, run_jobs, story_of

SENT = ["sending", "awaiting_payer", "processing", "unknown", "manual_review"]


def look_after() -> list[str]:
    """Be the janitor and the workers, once what waits is due."""
    let_machines_wait()
    attempts.defer_due(at=NOON)
    return run_jobs(queues=["money"])


def test_f10_what_waits_at_a_dead_line_is_paid_by_an_account_that_comes_later(
    counter, another, simulator
):
    # Given a line that died under the order, with nowhere else to go
    first, payment = counter.attempt.channel_account, counter.attempt.payment
    counter.unplug()
    for _time in range(5):
        counter.send()
        let_machines_wait()
    assert ChannelBreaker.objects.get().opened_at is not None
    ChannelBreaker.objects.update(probe_at=DatabaseClock() + timedelta(hours=1))
    run_jobs(queues=["money"])
    assert look_after() == []
    used = used_minor(payment.payer_id)

    # When
    second = another("8")
    look_after()

    # Then
    assert tries(counter) == [(first.pk, "failed"), (second.pk, "awaiting_payer")]
    assert (counter.attempt.operation.code, counter.story) == ("line_dead", [])
    entry = AuditEntry.objects.get(action="payment.tried_elsewhere")
    assert (entry.subject, entry.actor, entry.reason) == (
        payment.pk,
        "task:payments.failover",
        "line_dead",
    )
    assert (entry.before, entry.after) == (
        {"channel_account": first.pk},
        {"channel_account": second.pk},
    )

    # When
    other = PaymentAttempt.objects.get(channel_account=second)
    simulator.pay(app_id=second.app_id, out_trade_no=other.operation.channel_no, at=PAID_AT)
    attempts.query_attempt(other.pk, at=PAID_AT)

    # Then its limits were counted once, all the while
    payment.refresh_from_db()
    assert (payment.status, used_minor(payment.payer_id)) == ("paid", used)
    assert used == 10_000
    assert story_of(simulator, other.operation.channel_no).count("paid") == 1


@pytest.mark.parametrize(("keep", "code"), [(let_die, "line_dead"), (stop, "held_back")])
def test_a_job_that_may_not_send_hands_its_payment_on_at_once(counter, second, keep, code):
    # Given
    first, payment = counter.attempt.channel_account, counter.attempt.payment
    keep(first)

    # When
    counter.send()

    # Then
    operation = counter.attempt.operation
    assert tries(counter) == [(first.pk, "failed"), (second.pk, "prepared")]
    assert (operation.code, operation.sends, operation.first_sent_at) == (code, 0, None)
    assert (operation.finished_at, operation.next_query_at) == (NOON, None)
    assert used_minor(payment.payer_id) == 10_000


@pytest.mark.parametrize("keep", [let_die, stop])
def test_the_janitor_finds_what_no_job_waits_for(counter, second, keep):
    # Given
    keep(counter.attempt.channel_account)
    let_machines_wait()

    # When
    assert attempts.defer_due(at=NOON) == 1

    # Then one that goes elsewhere by now is looked after no more
    assert "payments.send_attempt" in run_jobs(queues=["money"])
    assert [status for _account, status in tries(counter)] == ["failed", "awaiting_payer"]
    assert orders_kept_back(limit=9) == []


def test_a_hold_of_all_accounts_moves_nothing_and_wakes_nobody(counter, second):
    # Given
    stop()

    # When
    counter.send()
    let_machines_wait()

    # Then
    assert counter.statuses == ("awaiting_payment", "prepared", "prepared")
    assert orders_kept_back(limit=9) == []
    assert not failover.leave_line(counter.attempt_id, at=NOON)
    assert AuditEntry.objects.filter(action="payment.tried_elsewhere").count() == 0


@pytest.mark.parametrize("why", ["none", "dead", "held", "off", "scene", "usd"])
def test_without_another_account_that_takes_it_it_waits(counter, another, why):
    # Given
    if why == "usd":
        other = AlipayAccountFactory(currency="USD")
    elif why != "none":
        other = another("8")
    if why == "dead":
        let_die(other)
    elif why == "held":
        stop(other)
    elif why == "off":
        ChannelAccount.objects.filter(pk=other.pk).update(is_enabled=False)
    elif why == "scene":
        MethodSwitch.objects.create(
            method="alipay_qr", channel_account=other, closed_by="user:1", closed_at=NOON
        )
    let_die(counter.attempt.channel_account)

    # When
    counter.send()
    let_machines_wait()

    # Then
    assert tries(counter) == [(counter.attempt.channel_account_id, "prepared")]
    assert orders_kept_back(limit=9) == []


def test_it_goes_to_each_account_once(counter, second):
    # Given one that left the first account for the second
    first = counter.attempt.channel_account
    let_die(first)
    counter.send()

    # When the second dies and the first answers again
    ChannelBreaker.objects.update(failed_at=[], opened_at=None, probe_at=None)
    let_die(second)
    look_after()

    # Then it waits for its line
    assert tries(counter) == [(first.pk, "failed"), (second.pk, "prepared")]


def test_what_may_leave_by_now_stays(counter, second):
    # When, Then
    with nothing_written():
        assert not failover.leave_line(counter.attempt_id, at=NOON)


@pytest.mark.parametrize("status", SENT)
def test_what_was_ever_sent_stays_where_it_is(counter, second, status):
    # Given
    let_die(counter.attempt.channel_account)
    path = ["sending"] if status == "sending" else ["sending", "unknown", status]
    for step in dict.fromkeys(path):
        ChannelOperation.objects.update(status=step)
        PaymentAttempt.objects.update(status=step)
    let_machines_wait()

    # When, Then
    assert orders_kept_back(limit=9) == []
    with nothing_written():
        assert not failover.leave_line(counter.attempt_id, at=NOON)


def test_who_has_cancelled_or_chosen_otherwise_was_first(counter, second):
    # Given
    attempt = counter.attempt
    let_die(attempt.channel_account)
    with transaction.atomic():
        closing.cancel_payment(attempt.payment_id, actor="user:1", at=NOON)

    # When, Then
    with nothing_written():
        assert not failover.leave_line(attempt.pk, at=NOON)
    assert (attempt.operation.sends, used_minor(attempt.payment.payer_id)) == (0, 0)


def test_who_chooses_another_way_while_it_waits_gets_that(counter, second):
    # Given
    attempt = counter.attempt
    let_die(attempt.channel_account)
    with transaction.atomic():
        switching.confirm_or_switch(
            attempt.payment_id, method="alipay_page", client_ip=None, actor="payer", at=NOON
        )

    # When
    look_after()

    # Then
    assert tries(counter) == [(attempt.channel_account_id, "failed"), (second.pk, "awaiting_payer")]
    assert counter.attempt.operation.code == "not_wanted"
    assert PaymentAttempt.objects.get(channel_account=second).method == "alipay_page"


def test_whose_time_is_over_goes_nowhere(counter, second):
    # Given
    let_die(counter.attempt.channel_account)
    late = counter.attempt.payment.expires_at

    # When, Then
    assert failover.leave_line(counter.attempt_id, at=late) is False
    assert failover.leave_line(counter.attempt_id, at=late - timedelta(seconds=1)) is True


def test_one_that_tries_the_line_is_sent_and_only_the_others_leave(counter, second):
    # Given
    first = counter.attempt.channel_account
    let_die(first, is_tried=True)
    counter._point_at(NOBODY_LISTENS)

    # When
    counter.send()

    # Then it was the one that tried, and left because of that
    assert tries(counter) == [(first.pk, "failed"), (second.pk, "prepared")]
    assert counter.attempt.operation.code == "NOT_CONNECTED"


@pytest.mark.parametrize("orders", [refund_orders, capture_orders, void_orders, transfers])
def test_only_payments_go_elsewhere(orders):
    assert attempts._EXCHANGE.kept_back is not None
    assert orders._EXCHANGE.kept_back is None
