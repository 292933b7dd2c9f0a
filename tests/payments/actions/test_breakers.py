"""A line that is dead is left alone, and tried now and then (R11, F10)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.models import AuditEntry
from payments.actions import attempts, breakers, operations
from payments.channels.base import (
    BAD_SIGNATURE,
    HTTP_STATUS,
    NO_ANSWER,
    NOT_CONNECTED,
    NOT_FOUND,
    REFUSED_HERE,
    Outcome,
    OutcomeKind,
)
from payments.models import ChannelBreaker, ChannelOperation, DatabaseClock, Event, OperationKind
from payments.queries.operations import operations_due
from tests.factories.payments import AlipayAccountFactory
from tests.instants import NOON
from tests.rig.counter import Counter

pytestmark = pytest.mark.django_db

DEAD = Outcome(OutcomeKind.NOT_SENT, code=NOT_CONNECTED, message="refused")
SILENT = Outcome(OutcomeKind.UNKNOWN, code=NO_ANSWER)
ANSWER = Outcome(OutcomeKind.PROCESSING, raw="{}")


@pytest.fixture
def channel():
    return AlipayAccountFactory()


@pytest.fixture
def counter(marketplace, simulator):
    """A marketplace's counter: one payment of 100.00 that is confirmed, and its channel."""
    return Counter(marketplace, simulator)


def order(channel, number: int = 1, *, kind: str = "refund") -> ChannelOperation:
    return ChannelOperation.objects.create(
        kind=kind,
        channel_account=channel,
        channel_no=f"REF{number}",
        subject=f"ref_{number}",
        amount_minor=10_000,
        currency="CNY",
        created_at=NOON,
    )


def send(operation: ChannelOperation, outcome: Outcome) -> bool:
    """Be the worker that sends, and is told this; tell whether it could."""
    lease = operations.claim_to_send(operation.subject)
    if lease is None:
        return False
    operation.refresh_from_db()
    operations.record_outcome(operation, lease=lease, outcome=outcome, at=NOON)
    return True


def ask(operation: ChannelOperation, outcome: Outcome) -> None:
    lease = operations.claim_to_ask(operation.subject)
    assert lease is not None
    operation.refresh_from_db()
    operations.record_outcome(operation, lease=lease, outcome=outcome, at=NOON)


def opened(channel) -> ChannelOperation:
    """Let a line die under one order; return that order."""
    operation = order(channel)
    for _ in range(breakers.FAILURES):
        assert send(operation, DEAD)
    return operation


def pause_is_over() -> None:
    ChannelBreaker.objects.update(probe_at=DatabaseClock())


def test_five_failures_in_thirty_seconds_open_it_and_tell_why(channel):
    # Given
    operation = order(channel)
    for _ in range(4):
        send(operation, DEAD)
    assert ChannelBreaker.objects.get().opened_at is None

    # When
    send(operation, DEAD)

    # Then the order is safe: it never left, and waits
    breaker = ChannelBreaker.objects.get()
    assert breaker.opened_at is not None
    assert breaker.probe_at - breaker.opened_at == timedelta(seconds=15)
    assert breaker.reason == "NOT_CONNECTED refused"
    assert not send(operation, ANSWER)
    operation.refresh_from_db()
    assert (operation.status, operation.sends) == ("prepared", 5)
    audit = AuditEntry.objects.get(action="channel_account.breaker_opened")
    assert (audit.subject, audit.reason) == (channel.pk, "NOT_CONNECTED refused")
    assert Event.objects.get(subject=channel.pk).kind == "channel_account.breaker_opened"


def test_answers_that_never_came_count_too(channel):
    # When
    for number in range(breakers.FAILURES):
        send(order(channel, number), SILENT)

    # Then
    assert ChannelBreaker.objects.get().opened_at is not None


def test_failures_that_are_far_apart_do_not(channel):
    # Given four, the first of them half a minute ago
    operation = order(channel)
    for _ in range(4):
        send(operation, DEAD)
    breaker = ChannelBreaker.objects.get()
    breaker.failed_at[0] -= timedelta(seconds=31)
    breaker.save()

    # When, Then the next one is too late for the first, and in time for the other three
    send(operation, DEAD)
    assert ChannelBreaker.objects.get().opened_at is None
    send(operation, DEAD)
    assert ChannelBreaker.objects.get().opened_at is not None


def test_an_answer_in_between_begins_the_count_anew(channel):
    # Given
    operation = order(channel)
    for _ in range(4):
        send(operation, DEAD)

    # When somebody is answered
    send(order(channel, 2), ANSWER)

    # Then
    send(operation, DEAD)
    assert (len(ChannelBreaker.objects.get().failed_at), Event.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(OutcomeKind.UNKNOWN, code=HTTP_STATUS, raw="<html>"),
        Outcome(OutcomeKind.UNKNOWN, code=BAD_SIGNATURE, raw="{}"),
        Outcome(OutcomeKind.FAILED, code=REFUSED_HERE),
    ],
)
def test_what_is_not_certainly_the_channel_s_word_closes_nothing(channel, outcome):
    # Given
    operation = opened(channel)
    pause_is_over()

    # When
    assert send(operation, outcome)

    # Then
    breaker = ChannelBreaker.objects.get()
    assert (breaker.opened_at is None, len(breaker.failed_at)) == (False, 5)


def test_one_account_s_line_is_not_another_s(channel):
    # Given
    opened(channel)

    # When, Then
    assert send(order(AlipayAccountFactory(), 2), ANSWER)


class TestOpen:
    """While a line is given up."""

    def test_questions_go_on_and_one_that_is_answered_closes_it(self, channel):
        # Given an order that is at the channel
        there = order(channel, 2)
        send(there, ANSWER)
        opened(channel)

        # When
        ask(there, Outcome(OutcomeKind.UNKNOWN, code=NOT_FOUND, raw="{}"))

        # Then
        breaker = ChannelBreaker.objects.get()
        assert (breaker.failed_at, breaker.opened_at, breaker.pauses) == ([], None, 0)
        kinds = [event.kind for event in Event.objects.order_by("sequence")]
        assert kinds == ["channel_account.breaker_opened", "channel_account.breaker_closed"]
        assert send(order(channel, 3), ANSWER)

    def test_one_order_tries_it_and_the_pauses_grow(self, channel):
        # Given
        operation = opened(channel)
        other = order(channel, 2)

        # When it is tried again and again
        pauses = []
        for _ in range(6):
            pause_is_over()
            lease = operations.claim_to_send(operation.subject)
            assert lease is not None
            assert lease.is_probe
            assert operations.claim_to_send(other.subject) is None  # one at a time
            operation.refresh_from_db()
            operations.record_outcome(operation, lease=lease, outcome=DEAD, at=NOON)
            breaker = ChannelBreaker.objects.get()
            pauses.append(round((breaker.probe_at - breaker.failed_at[-1]).total_seconds()))

        # Then
        assert pauses == [30, 60, 120, 300, 300, 300]

    def test_the_first_answer_to_a_try_closes_it(self, channel):
        # Given
        operation = opened(channel)
        pause_is_over()

        # When
        assert send(operation, ANSWER)

        # Then
        assert ChannelBreaker.objects.get().opened_at is None
        assert send(order(channel, 2), ANSWER)

    def test_the_janitor_wakes_nobody_for_nothing(self, channel):
        # Given an order whose next try is due by its own schedule
        opened(channel)
        ChannelOperation.objects.update(next_query_at=DatabaseClock())
        assert operations_due(OperationKind.REFUND, limit=9) == []

        # When
        pause_is_over()

        # Then
        assert len(operations_due(OperationKind.REFUND, limit=9)) == 1

    def test_an_order_that_was_written_meanwhile_is_not_forgotten(self, channel):
        # Given one whose only job finds the line dead
        opened(channel)
        operation = order(channel, 2)
        assert operations.claim_to_send(operation.subject) is None

        # When
        pause_is_over()

        # Then
        assert operation in operations_due(OperationKind.REFUND, limit=9)


def test_a_healthy_line_costs_no_statement(channel):
    # Given
    operation = order(channel)

    # When
    with CaptureQueriesContext(
        connection,
    ) as queries:
        send(operation, ANSWER)

    # Then the claim, our own look at the order, and the result
    verbs = [query["sql"].split()[0] for query in queries]
    assert verbs == ["UPDATE", "SELECT", "UPDATE"]
    assert not ChannelBreaker.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_f10_nobody_listens_nothing_leaves_and_everything_is_sent_later(counter):
    # Given a channel whose port is closed
    counter.unplug()
    for _ in range(breakers.FAILURES + 3):
        counter.send()

    # Then five tries, no effect
    assert counter.attempt.operation.sends == 5
    assert counter.story == []

    # When it is there again
    counter.plug_in()
    pause_is_over()
    ChannelOperation.objects.update(next_query_at=DatabaseClock())
    assert attempts.defer_due(at=NOON) == 1
    counter.send()

    # Then
    assert counter.statuses == ("awaiting_payment", "awaiting_payer", "awaiting_payer")
    assert counter.story.count("order_accepted") == 1
