"""Many workers and many notifications about one paid order: it is sent, kept and booked once."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest
from django.db import connections, transaction
from django.test import Client

from ledger.models import AuditEntry, JournalEntry
from payments.actions import attempts, payments
from payments.errors import LeaseLostError
from payments.models import (
    BalanceTransaction,
    ChannelNotification,
    ChannelOperation,
    Event,
    Payment,
    PaymentAttempt,
)
from settlements.queries import integrity
from settlements.rehearsal.marketplace import take_in_merchants
from tests.contracts.mailbox import Mailbox
from tests.factories.payments import owed_payment
from tests.instants import NOON
from tests.rig.stage import let_machines_wait, run_jobs

WORKERS = 8
PAID_AT = NOON + timedelta(minutes=5)
SLOW_SECONDS = 1

Result = TypeVar("Result")


@pytest.fixture
def mailbox():
    """Keep what the channel would tell us, so that a test can tell it as often as it likes."""
    mailbox = Mailbox()
    yield mailbox
    mailbox.close()


@pytest.fixture
def attempt(marketplace, mailbox, settings):
    """Confirm a payment of two merchants; its order has not been sent yet."""
    settings.PUBLIC_URL = mailbox.url.partition("/notify")[0]
    merchants = take_in_merchants(marketplace, {"tea": "Tea", "books": "Books"}, at=NOON)
    payment = owed_payment(*merchants.values(), amounts_minor=(6_000, 4_000))
    with transaction.atomic():
        payments.confirm_payment(
            payment.id, method="alipay_qr", client_ip=None, actor="key:test", at=NOON
        )
    return PaymentAttempt.objects.select_related("operation").get()


@pytest.fixture
def paid(attempt, marketplace, simulator):
    """Bring the order to where the payer has paid and nobody here knows."""
    run_jobs()
    number = attempt.operation.channel_no
    simulator.pay(app_id=marketplace.plan.app_id, out_trade_no=number, at=PAID_AT)
    return attempt


def at_once(deed: Callable[[], Result]) -> list[Result]:
    """Let every worker do the deed on a connection of its own, all starting together."""
    start = threading.Barrier(WORKERS, timeout=10)

    def work(_: int) -> Result:
        try:
            start.wait()
            return deed()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(work, range(WORKERS)))


def deeds_at_the_channel(simulator, attempt):
    """List what the channel did under the order's number, questions left out."""
    found, after = [], 0
    while page := simulator.client.get(f"/control/effects?after={after}").json()["effects"]:
        after = page[-1]["id"]
        found += [
            effect["kind"]
            for effect in page
            if effect["number"] == attempt.operation.channel_no and effect["kind"] != "request"
        ]
    return found


def assert_booked_once():
    payment = Payment.objects.get()
    assert (payment.status, payment.paid_at) == ("paid", PAID_AT)
    assert JournalEntry.objects.count() == BalanceTransaction.objects.count() == 2
    assert Event.objects.filter(kind="payment.paid").count() == 1
    assert AuditEntry.objects.filter(action="payment.paid").count() == 1
    assert integrity.verify().is_sound


def test_an_order_that_many_workers_send_leaves_once(attempt, simulator):
    # When
    at_once(lambda: attempts.send_attempt(attempt.id, at=NOON))

    # Then
    assert deeds_at_the_channel(simulator, attempt) == ["order_accepted"]
    operation = ChannelOperation.objects.get()
    assert (operation.status, operation.sends) == ("awaiting_payer", 1)


def test_an_order_that_many_workers_ask_about_is_booked_once(paid):
    # When
    at_once(lambda: attempts.query_attempt(paid.id, at=NOON))

    # Then
    assert_booked_once()


def test_a_notification_that_comes_many_times_at_once_is_kept_and_booked_once(paid, mailbox):
    # Given
    letter = mailbox.about(paid.operation.channel_no)
    address = f"/notify/{paid.channel_account_id}/"
    kind = letter.headers["Content-Type"]

    # When
    answers = at_once(lambda: Client().post(address, letter.body, content_type=kind))

    # Then
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, b"success")}
    verdicts = list(ChannelNotification.objects.values_list("verdict", flat=True))
    assert sorted(verdicts) == ["genuine"] + ["repeated"] * (len(answers) - 1)
    assert set(run_jobs()) == {"payments.query_attempt"}
    assert_booked_once()


def test_a_worker_whose_lease_is_over_writes_nothing(paid, simulator):
    # Given: a worker waits for an answer so long that its lease ends
    simulator.client.post(
        "/control/faults",
        json={
            "kind": "slow",
            "method": "alipay.trade.query",
            "out_trade_no": paid.operation.channel_no,
            "seconds": SLOW_SECONDS,
        },
    ).raise_for_status()

    def ask_slowly():
        try:
            attempts.query_attempt(paid.id, at=NOON)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(ask_slowly)
        wait_for_lease()
        let_machines_wait()

        # When: another worker asks meanwhile and is answered at once
        attempts.query_attempt(paid.id, at=NOON)

        # Then
        with pytest.raises(LeaseLostError):
            late.result(timeout=10)
    assert_booked_once()


def wait_for_lease():
    """Wait until the first worker has taken the order and is asking."""
    deadline = time.monotonic() + 10
    while not ChannelOperation.objects.exclude(lease_token=None).exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    # The lease is committed before the question leaves; the fault is struck when it arrives.
    time.sleep(SLOW_SECONDS / 4)
