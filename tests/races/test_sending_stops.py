"""Stopping what is sent, at the same moment as it is sent, on connections of their own."""

import threading

import pytest
from django.db import transaction

from ledger.models import AuditEntry
from payments.actions import holds, operations
from payments.channels.base import NOT_CONNECTED, Outcome, OutcomeKind
from payments.errors import LeaseLostError
from payments.models import ChannelBreaker, ChannelOperation, DatabaseClock, Event, HoldCover
from tests.factories.payments import AlipayAccountFactory
from tests.instants import NOON
from tests.rig.races import at_once, meanwhile, wait_until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 5
DEAD = Outcome(OutcomeKind.NOT_SENT, code=NOT_CONNECTED)


def order(channel, number: int) -> str:
    ChannelOperation.objects.create(
        kind="payout",
        channel_account=channel,
        channel_no=f"PO{number}",
        subject=f"po_{number}",
        amount_minor=10_000,
        currency="CNY",
        created_at=NOON,
    )
    return f"po_{number}"


def claim(subject: str):
    with transaction.atomic():
        return operations.claim_to_send(subject)


def answer(subject: str, lease, outcome: Outcome) -> None:
    with transaction.atomic():
        operation = ChannelOperation.objects.select_for_update().get(subject=subject)
        operations.record_outcome(operation, lease=lease, outcome=outcome, at=NOON)


def stop() -> None:
    holds.hold_sending(HoldCover.PAYOUTS, actor="user:1", at=NOON, reason="alarm")


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_five_that_fail_at_once_open_a_breaker_once(round_no):
    # Given five workers whose connections were refused
    channel = AlipayAccountFactory()
    leases = {subject: claim(subject) for subject in (order(channel, n) for n in range(5))}

    # When
    results = at_once(
        *(lambda s=subject, t=lease: answer(s, t, DEAD) for subject, lease in leases.items())
    )

    # Then
    assert results == [None] * 5
    assert len(ChannelBreaker.objects.get().failed_at) == 5
    assert ChannelBreaker.objects.get().opened_at is not None
    assert AuditEntry.objects.filter(action="channel_account.breaker_opened").count() == 1
    assert Event.objects.filter(kind="channel_account.breaker_opened").count() == 1


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_one_of_many_tries_a_dead_line(round_no):
    # Given
    channel = AlipayAccountFactory()
    subjects = [order(channel, number) for number in range(5)]
    ChannelBreaker.objects.create(
        channel_account=channel,
        failed_at=[NOON] * 5,
        opened_at=DatabaseClock(),
        probe_at=DatabaseClock(),
    )

    # When
    leases = at_once(*(lambda s=subject: claim(s) for subject in subjects))

    # Then
    assert len([lease for lease in leases if lease is not None]) == 1


def test_a_hold_waits_for_who_is_claiming_and_after_its_commit_nobody_claims():
    # Given a worker in the middle of its claim
    channel = AlipayAccountFactory()
    first, second = order(channel, 1), order(channel, 2)
    claimed, goes_on = threading.Event(), threading.Event()

    def slow_claim():
        with transaction.atomic():
            lease = operations.claim_to_send(first)
            claimed.set()
            goes_on.wait(10)
            return lease

    worker = meanwhile(slow_claim)
    assert claimed.wait(10)

    # When somebody says stop
    holder = meanwhile(stop)
    wait_until_somebody_waits()
    assert not holder.done()
    goes_on.set()
    holder.result(10)

    # Then who was first was first, and nobody comes after
    assert worker.result(10) is not None
    assert ChannelOperation.objects.get(subject=first).status == "sending"
    assert claim(second) is None


def test_a_claim_that_meets_a_hold_being_placed_waits_and_is_refused():
    # Given a hold that is written and not committed
    subject = order(AlipayAccountFactory(), 1)
    with transaction.atomic():
        holds.place_hold(HoldCover.PAYOUTS, actor="user:1", at=NOON, reason="alarm")

        # When
        worker = meanwhile(lambda: claim(subject))
        wait_until_somebody_waits()

    # Then its snapshot was older than the hold, and yet it saw it
    assert worker.result(10) is None
    assert ChannelOperation.objects.get().status == "prepared"


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_claims_and_a_hold_at_once_leave_nothing_claimed_later(round_no):
    # Given
    channel = AlipayAccountFactory()
    subjects = [order(channel, number) for number in range(6)]

    # When
    at_once(stop, *(lambda s=subject: claim(s) for subject in subjects))

    # Then what was not claimed by now never is
    left = ChannelOperation.objects.filter(status="prepared").values_list("subject", flat=True)
    assert [claim(subject) for subject in left] == [None] * len(left)


def test_f38_who_was_paused_past_their_lease_writes_nothing():
    # Given a sender that was stopped after its call, and one that took over and was answered
    subject = order(AlipayAccountFactory(), 1)
    paused = claim(subject)
    ChannelOperation.objects.update(lease_until=DatabaseClock())
    with transaction.atomic():
        fresh = operations.claim_to_ask(subject)
    answer(subject, fresh, Outcome(OutcomeKind.SUCCEEDED, channel_ref="2026", raw="{}"))

    # When the first wakes up, on its own connection, with another answer
    woken = meanwhile(
        lambda: answer(subject, paused, Outcome(OutcomeKind.FAILED, code="PAYEE_NOT_EXIST"))
    )

    # Then
    assert isinstance(woken.exception(10), LeaseLostError)
    operation = ChannelOperation.objects.get()
    assert (operation.status, operation.channel_ref, operation.code) == ("succeeded", "2026", "")
