"""A payment leaves a dead line while somebody sends it, its payer leaves it, or all do at once."""

import threading

import pytest
from django.db import transaction

from payments.actions import closing, failover, operations
from payments.models import ChannelBreaker, ChannelOperation, PaymentAttempt
from payments.states import LIVE_ATTEMPTS
from tests.factories.payments import AlipayAccountFactory, confirmed_payment
from tests.factories.risk import used_minor
from tests.instants import NOON
from tests.payments.actions.two_accounts import let_die
from tests.rig.races import at_once, meanwhile, wait_until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 6


@pytest.fixture
def attempt() -> PaymentAttempt:
    """A try at the first of two accounts that has not left."""
    AlipayAccountFactory()
    made = confirmed_payment(payer_no="P1")
    AlipayAccountFactory()
    return made


def claim(attempt: PaymentAttempt):
    """Be a worker up to its claim, as `Exchange.send` makes it."""
    with transaction.atomic():
        # The same two locks in the same order.
        PaymentAttempt.objects.select_for_update().values_list("pk").get(pk=attempt.pk)
        lease = operations.claim_to_send(attempt.pk)
        if lease is not None:
            PaymentAttempt.objects.filter(pk=attempt.pk).update(status="sending")
        return lease


def leave(attempt: PaymentAttempt) -> bool:
    return failover.leave_line(attempt.pk, at=NOON)


def cancel(attempt: PaymentAttempt) -> None:
    with transaction.atomic():
        closing.cancel_payment(attempt.payment_id, actor="user:1", at=NOON)


def tries(attempt: PaymentAttempt) -> list[str]:
    rows = PaymentAttempt.objects.filter(payment_id=attempt.payment_id)
    return list(rows.order_by("created_at", "id").values_list("status", flat=True))


def test_who_is_being_sent_at_this_moment_stays(attempt):
    # Given a worker in the middle of its claim, whose line dies right after it looked
    claimed, goes_on = threading.Event(), threading.Event()

    def slow_claim():
        with transaction.atomic():
            lease = claim(attempt)
            claimed.set()
            goes_on.wait(10)
            return lease

    worker = meanwhile(slow_claim)
    assert claimed.wait(10)
    let_die(attempt.channel_account)

    # When somebody would have it tried elsewhere
    leaver = meanwhile(lambda: leave(attempt))
    wait_until_somebody_waits()
    goes_on.set()

    # Then
    assert worker.result(10) is not None
    assert leaver.result(10) is False
    assert tries(attempt) == ["sending"]


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_one_order_tries_the_line_or_leaves_it_and_never_both(attempt, round_no):
    # Given a dead line that one order may try
    let_die(attempt.channel_account, is_tried=True)

    # When
    lease, *left = at_once(lambda: claim(attempt), lambda: leave(attempt), lambda: leave(attempt))

    # Then
    if lease is None:
        assert sorted(left) == [False, True]
        assert tries(attempt) == ["failed", "prepared"]
        assert ChannelOperation.objects.get(subject=attempt.pk).sends == 0
    else:
        assert left == [False, False]
        assert tries(attempt) == ["sending"]
    assert PaymentAttempt.objects.filter(status__in=LIVE_ATTEMPTS).count() == 1
    assert ChannelBreaker.objects.count() == 1


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_who_cancels_meanwhile_gets_that(attempt, round_no):
    # Given
    let_die(attempt.channel_account)

    # When
    results = at_once(lambda: cancel(attempt), lambda: leave(attempt))

    # Then nothing is live, and what it used of limits is free again
    assert results[0] is None
    attempt.payment.refresh_from_db()
    assert attempt.payment.status == "closed"
    assert set(tries(attempt)) == {"failed"}
    assert used_minor(attempt.payment.payer_id) == 0
