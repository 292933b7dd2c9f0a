# ruff: noqa: F811  fixtures are imported
"""When an order is asked about again, and which are due."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from payments.actions import operations
from payments.actions.order_courses import QUERY_DELAYS
from payments.channels.base import OutcomeKind
from payments.models import ChannelOperation, DatabaseClock
from payments.models.operations import UNSENT_AFTER
from payments.queries.operations import operations_due, unknown_operations
from payments.states import OperationStatus
from tests.payments.actions.prepared_orders import (  # noqa: F401
    PATHS,
    SUBJECT,
    answered,
    channel,
    is_about,
    lease_runs_out,
    now,
    order,
    time_until,
)

pytestmark = pytest.mark.django_db


class TestSchedule:
    """When to ask next: R10, by the database's clock."""

    def test_is_the_written_one(self):
        assert [delay.total_seconds() for delay in QUERY_DELAYS] == [
            *(2, 5, 15, 60, 300, 900),
            *(3_600, 10_800, 21_600),
            *(86_400,) * 7,
        ]

    @pytest.mark.parametrize("asked", range(16))
    def test_waits_longer_after_each_question(self, channel, asked):
        # Given
        order(channel, "unknown", queries=asked)
        lease = operations.claim_to_resend(SUBJECT)

        # When
        found = answered(OutcomeKind.UNKNOWN, lease)

        # Then
        assert found.queries == asked
        assert is_about(time_until("next_query_at"), QUERY_DELAYS[asked])

    @pytest.mark.parametrize("was", ["unknown", "processing"])
    def test_after_the_last_question_people_look(self, channel, was):
        # Given
        order(channel, was, queries=len(QUERY_DELAYS) - 1)

        # When
        found = answered(OutcomeKind.UNKNOWN, operations.claim_to_ask(SUBJECT))

        # Then
        assert (found.status, found.next_query_at, found.finished_at) == (
            "manual_review",
            None,
            None,
        )
        assert list(unknown_operations()) == [found]

    def test_an_order_that_waits_for_its_payer_is_asked_about_daily_to_its_end(self, channel):
        # Given
        order(channel, "awaiting_payer", queries=len(QUERY_DELAYS) + 4)

        # When
        found = answered(OutcomeKind.UNKNOWN, operations.claim_to_ask(SUBJECT))

        # Then
        assert found.status == "awaiting_payer"
        assert is_about(time_until("next_query_at"), QUERY_DELAYS[-1])

    @pytest.mark.parametrize(("sends", "place"), [(0, 0), (3, 3), (40, 15)])
    def test_what_never_left_is_sent_again_later_each_time_and_for_ever(
        self, channel, sends, place
    ):
        # Given
        order(channel, sends=sends)

        # When
        found = answered(OutcomeKind.NOT_SENT, operations.claim_to_send(SUBJECT))

        # Then
        assert found.status == "prepared"
        assert is_about(time_until("next_query_at"), QUERY_DELAYS[place])


class TestDue:
    """What the janitor sees."""

    @pytest.mark.parametrize("status", PATHS)
    def test_is_what_waits_and_whose_time_has_come(self, channel, status):
        # Given
        order(channel, status, next_query_at=DatabaseClock())

        # When, Then
        found = operations_due("pay", limit=10)
        waits = status in ("prepared", "awaiting_payer", "processing", "unknown")
        assert [operation.status for operation in found] == [status] * waits

    def test_is_what_no_job_has_sent(self, channel):
        # Given an order whose job was lost: it is looked at a minute after its birth
        order(channel)
        assert is_about(time_until("next_query_at"), UNSENT_AFTER)
        assert operations_due("pay", limit=10) == []

        # When
        ChannelOperation.objects.update(next_query_at=DatabaseClock())

        # Then
        assert [operation.status for operation in operations_due("pay", limit=10)] == ["prepared"]

    @pytest.mark.parametrize("status", ["prepared", "awaiting_payer", "processing", "unknown"])
    def test_what_waits_is_never_forgotten(self, channel, status):
        # Given
        order(channel, status)

        # When, Then
        with pytest.raises(IntegrityError, match="payments_operation_is_not_forgotten"):
            ChannelOperation.objects.update(next_query_at=None)

    def test_is_not_what_has_time(self, channel):
        # Given
        order(channel, "unknown", next_query_at=DatabaseClock() + timedelta(seconds=30))

        # When, Then
        assert operations_due("pay", limit=10) == []

    def test_is_not_what_somebody_speaks_about(self, channel):
        # Given
        order(channel, "unknown", next_query_at=DatabaseClock())
        operations.claim_to_ask(SUBJECT)

        # When, Then
        assert operations_due("pay", limit=10) == []
        lease_runs_out()
        assert len(operations_due("pay", limit=10)) == 1

    def test_is_what_a_dead_sender_left(self, channel):
        # Given
        order(channel)
        operations.claim_to_send(SUBJECT)

        # When, Then
        assert operations_due("pay", limit=10) == []
        lease_runs_out()
        assert [operation.status for operation in operations_due("pay", limit=10)] == ["sending"]

    def test_is_of_its_own_kind(self, channel):
        # Given
        order(channel, "unknown", next_query_at=DatabaseClock())

        # When, Then
        assert operations_due("payout", limit=10) == []


@pytest.mark.django_db(transaction=True)
def test_claims_are_committed_before_the_call_so_they_are_parts(channel):
    # Given
    order(channel)

    # When, Then
    with pytest.raises(AssertionError, match="part"):
        operations.claim_to_send(SUBJECT)
    with transaction.atomic():
        lease = operations.claim_to_send(SUBJECT)
    with pytest.raises(AssertionError, match="part"):
        answered(OutcomeKind.SUCCEEDED, lease)
    assert now().status == OperationStatus.SENDING
