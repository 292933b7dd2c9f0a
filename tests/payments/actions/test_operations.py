# ruff: noqa: F811  fixtures are imported
"""The engine: who may speak to a channel about an order, and what an answer makes of it."""

import pytest

from payments.actions import operations
from payments.actions.operations import ASKABLE, LEASE, Lease
from payments.channels.base import OutcomeKind
from tests.instants import NOON
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


class TestClaimToSend:
    """The right to send an order once."""

    def test_marks_the_intent_before_anything_leaves(self, channel):
        # Given
        order(channel)

        # When
        lease = operations.claim_to_send(SUBJECT)

        # Then
        found = now()
        assert lease == Lease(subject=SUBJECT, token=found.lease_token)
        assert (found.status, found.sends, found.queries) == ("sending", 1, 0)
        assert found.first_sent_at is not None
        assert is_about(time_until("lease_until"), LEASE)

    def test_is_given_once(self, channel):
        # Given
        order(channel)
        operations.claim_to_send(SUBJECT)

        # When, Then
        assert operations.claim_to_send(SUBJECT) is None
        assert now().sends == 1

    @pytest.mark.parametrize("status", [status for status in PATHS if status != "prepared"])
    def test_is_never_given_for_what_was_sent(self, channel, status):
        # Given
        order(channel, status)

        # When, Then
        assert operations.claim_to_send(SUBJECT) is None
        assert (now().status, now().lease_token) == (status, None)

    def test_remembers_the_first_time(self, channel):
        # Given an order that never left the first time
        order(channel)
        answered(OutcomeKind.NOT_SENT, operations.claim_to_send(SUBJECT))
        first = now().first_sent_at

        # When
        operations.claim_to_send(SUBJECT)

        # Then
        assert (now().first_sent_at, now().sends) == (first, 2)

    def test_a_lease_that_ran_out_does_not_let_it_be_sent_again(self, channel):
        # Given a sender that died
        order(channel)
        operations.claim_to_send(SUBJECT)
        lease_runs_out()

        # When, Then it may only be asked about
        assert operations.claim_to_send(SUBJECT) is None
        assert operations.claim_to_resend(SUBJECT) is None
        assert operations.claim_to_ask(SUBJECT) is not None


class TestClaimToAsk:
    """The right to ask about an order that may have left."""

    @pytest.mark.parametrize("status", ASKABLE)
    def test_is_given_for_what_was_sent_and_leaves_its_status(self, channel, status):
        # Given
        order(channel, status)

        # When
        lease = operations.claim_to_ask(SUBJECT)

        # Then
        assert lease is not None
        assert (now().status, now().queries, now().sends) == (status, 1, 0)

    @pytest.mark.parametrize("status", [status for status in PATHS if status not in ASKABLE])
    def test_is_not_given_for_what_has_an_end_or_no_beginning(self, channel, status):
        # Given
        order(channel, status)

        # When, Then
        assert operations.claim_to_ask(SUBJECT) is None
        assert now().queries == 0

    def test_is_given_to_one_at_a_time(self, channel):
        # Given
        order(channel, "unknown")
        operations.claim_to_ask(SUBJECT)

        # When, Then
        assert operations.claim_to_ask(SUBJECT) is None
        lease_runs_out()
        assert operations.claim_to_ask(SUBJECT) is not None

    def test_says_when_the_order_is_free(self, channel):
        # Given
        order(channel, "unknown")
        operations.claim_to_ask(SUBJECT)

        # When, Then
        assert operations.free_at(SUBJECT) == now().lease_until

    @pytest.mark.parametrize("status", [status for status in PATHS if status not in ASKABLE])
    def test_says_that_there_is_nothing_to_ask(self, channel, status):
        # Given
        order(channel, status)

        # When, Then
        assert operations.free_at(SUBJECT) is None


class TestToldByTheChannel:
    """What has ended is asked about only because the channel told us something."""

    @pytest.mark.parametrize("status", ["closed", "manual_review", "failed"])
    def test_gives_the_right_to_ask(self, channel, status):
        # Given
        order(channel, status)

        # When
        lease = operations.claim_to_ask(SUBJECT, is_notified=True)

        # Then
        assert lease is not None
        assert operations.free_at(SUBJECT, is_notified=True) == now().lease_until
        assert now().status == status

    @pytest.mark.parametrize("status", ["prepared", "succeeded"])
    def test_gives_no_right_where_nothing_can_change(self, channel, status):
        # Given
        order(channel, status)

        # When, Then
        assert operations.claim_to_ask(SUBJECT, is_notified=True) is None
        assert operations.free_at(SUBJECT, is_notified=True) is None

    @pytest.mark.parametrize("was", ["closed", "manual_review"])
    @pytest.mark.parametrize("kind", OutcomeKind)
    def test_only_an_end_moves_it(self, channel, was, kind):
        # Given
        order(channel, was)

        # When
        found = answered(kind, operations.claim_to_ask(SUBJECT, is_notified=True))

        # Then what people look at may have failed, what was closed may not
        ends = {OutcomeKind.SUCCEEDED: "succeeded", OutcomeKind.RETURNED: "succeeded"}
        if was == "manual_review":
            ends[OutcomeKind.FAILED] = "failed"
        assert found.status == ends.get(kind, was)
        assert (found.lease_token, found.next_query_at) == (None, None)

    @pytest.mark.parametrize("kind", OutcomeKind)
    def test_only_money_moves_an_order_to_pay_that_failed(self, channel, kind):
        # Given
        order(channel, "failed", finished_at=NOON, code="REFUSED", message="No.", raw_answer="no")

        # When
        found = answered(kind, operations.claim_to_ask(SUBJECT, is_notified=True))

        # Then it keeps why it failed as well
        has_come = kind == OutcomeKind.SUCCEEDED
        assert found.status == ("succeeded" if has_come else "failed")
        assert (found.code == "REFUSED") is not has_come
        assert (found.message == "No.") is not has_come
        assert (found.raw_answer == "no") is not has_come
        assert (found.finished_at == NOON) is not has_come
        assert (found.lease_token, found.next_query_at) == (None, None)

    def test_no_payout_that_failed_is_asked_about_by_this(self, channel):
        # Given
        order(channel, "failed", kind="payout")

        # When, Then
        assert operations.claim_to_ask(SUBJECT, is_notified=True) is None
        assert operations.free_at(SUBJECT, is_notified=True) is None

    def test_a_refund_that_failed_may_be_asked_about(self, channel):
        # Given
        order(channel, "failed", kind="refund")

        # When, Then
        assert operations.claim_to_ask(SUBJECT) is None
        lease = operations.claim_to_ask(SUBJECT, is_notified=True)
        assert lease is not None
        assert operations.free_at(SUBJECT, is_notified=True) == now().lease_until

    @pytest.mark.parametrize("kind", OutcomeKind)
    def test_nothing_moves_a_refund_that_failed(self, channel, kind):
        # Given
        order(channel, "failed", kind="refund", finished_at=NOON)

        # When
        found = answered(kind, operations.claim_to_ask(SUBJECT, is_notified=True))

        # Then
        assert (found.status, found.finished_at) == ("failed", NOON)
        assert (found.lease_token, found.next_query_at) == (None, None)


class TestClaimToResend:
    """The right to send again what the channel does not know."""

    def test_is_given_for_the_unknown_only(self, channel):
        # Given
        order(channel, "unknown")

        # When, Then
        assert operations.claim_to_resend(SUBJECT) is not None
        assert (now().status, now().sends) == ("unknown", 1)

    @pytest.mark.parametrize("status", [status for status in PATHS if status != "unknown"])
    def test_is_not_given_for_anything_else(self, channel, status):
        # Given
        order(channel, status)

        # When, Then
        assert operations.claim_to_resend(SUBJECT) is None
