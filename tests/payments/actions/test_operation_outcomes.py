# ruff: noqa: F811  fixtures are imported
"""Recording what became of an order to a channel."""

import uuid
from dataclasses import replace

import pytest

from payments.actions import operations
from payments.channels.base import NOT_FOUND, OutcomeKind
from payments.errors import LeaseLostError
from payments.states import OPERATION
from tests.instants import NEXT_NOON
from tests.payments.actions.prepared_orders import (  # noqa: F401
    SUBJECT,
    answered,
    channel,
    lease_runs_out,
    now,
    order,
)
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


class TestRecordOutcome:
    """What an answer makes of an order."""

    @pytest.mark.parametrize(
        ("kind", "status"),
        [
            (OutcomeKind.SUCCEEDED, "succeeded"),
            (OutcomeKind.FAILED, "failed"),
            (OutcomeKind.AWAITING_PAYER, "awaiting_payer"),
            (OutcomeKind.PROCESSING, "processing"),
            (OutcomeKind.UNKNOWN, "unknown"),
            (OutcomeKind.NOT_SENT, "prepared"),
        ],
    )
    def test_of_sending_it(self, channel, kind, status):
        # Given
        order(channel)
        lease = operations.claim_to_send(SUBJECT)

        # When, Then
        assert answered(kind, lease).status == status

    @pytest.mark.parametrize(
        ("was", "kind"),
        [
            (was, kind)
            for was in ("awaiting_payer", "processing", "unknown")
            for kind in OutcomeKind
            if kind == was or OPERATION.allows(was, kind)
        ],
    )
    def test_of_asking_about_it(self, channel, was, kind):
        # Given
        order(channel, was)
        lease = operations.claim_to_ask(SUBJECT)

        # When, Then nothing new leaves it as it was
        wanted = was if kind == OutcomeKind.UNKNOWN else kind
        assert answered(kind, lease).status == wanted

    @pytest.mark.parametrize("was", ["awaiting_payer", "processing", "unknown"])
    def test_of_a_question_that_never_left(self, channel, was):
        # Given
        order(channel, was)
        lease = operations.claim_to_ask(SUBJECT)

        # When, Then
        assert answered(OutcomeKind.NOT_SENT, lease).status == was

    @pytest.mark.parametrize("kind", [OutcomeKind.UNKNOWN, OutcomeKind.NOT_SENT])
    def test_a_question_that_fails_never_makes_a_sent_order_sendable(self, channel, kind):
        # Given a sender that died in the middle: the order may have left
        order(channel)
        operations.claim_to_send(SUBJECT)
        lease_runs_out()

        # When the question about it gets no answer, or does not even leave
        found = answered(kind, operations.claim_to_ask(SUBJECT))

        # Then
        assert found.status == "unknown"
        assert operations.claim_to_send(SUBJECT) is None

    def test_what_a_dead_sender_s_order_came_to_is_first_unknown(self, channel):
        # Given a sender that died, and an order that ended at the channel meanwhile
        order(channel)
        operations.claim_to_send(SUBJECT)
        lease_runs_out()

        # When, Then there is no way from `sending` to `closed`; the next question finds it
        assert answered(OutcomeKind.CLOSED, operations.claim_to_ask(SUBJECT)).status == "unknown"
        assert answered(OutcomeKind.CLOSED, operations.claim_to_ask(SUBJECT)).status == "closed"

    @pytest.mark.parametrize("kind", [OutcomeKind.UNKNOWN, OutcomeKind.NOT_SENT])
    def test_a_second_sending_that_fails_leaves_it_unknown(self, channel, kind):
        # Given
        order(channel, "unknown")

        # When, Then
        assert answered(kind, operations.claim_to_resend(SUBJECT)).status == "unknown"

    @pytest.mark.parametrize("kind", ["pay", "refund", "payout"])
    def test_a_second_sending_that_is_refused_fails_nothing(self, channel, kind):
        # Given: the first sending may have been done all the same
        order(channel, "unknown", kind=kind)

        # When, Then
        refused = answered(OutcomeKind.FAILED, operations.claim_to_resend(SUBJECT))
        assert refused.status == "unknown"

    def test_what_a_question_says_of_it_is_believed(self, channel):
        # Given
        order(channel, "unknown", kind="refund")
        answered(OutcomeKind.FAILED, operations.claim_to_resend(SUBJECT))

        # When, Then
        assert answered(OutcomeKind.FAILED, operations.claim_to_ask(SUBJECT)).status == "failed"

    @pytest.mark.parametrize(
        "kind", [OutcomeKind.SUCCEEDED, OutcomeKind.FAILED, OutcomeKind.CLOSED]
    )
    def test_an_end_is_dated_and_asks_nothing_more(self, channel, kind):
        # Given
        order(channel, "unknown")

        # When
        found = answered(kind, operations.claim_to_ask(SUBJECT))

        # Then
        assert (found.finished_at, found.next_query_at) == (NEXT_NOON, None)
        assert (found.lease_token, found.lease_until) == (None, None)

    def test_keeps_what_the_channel_said_cut_to_its_place(self, channel):
        # Given
        order(channel)

        # When
        found = answered(
            OutcomeKind.AWAITING_PAYER,
            operations.claim_to_send(SUBJECT),
            code="c" * 90,
            message="m" * 400,
            raw="{}",
            channel_ref="2026",
        )

        # Then
        assert (found.code, found.message) == ("c" * 80, "m" * 300)
        assert (found.raw_answer, found.channel_ref) == ("{}", "2026")

    def test_keeps_the_channel_s_number_when_an_answer_lacks_it(self, channel):
        # Given
        order(channel, "awaiting_payer", channel_ref="2026")

        # When, Then
        assert answered(OutcomeKind.UNKNOWN, operations.claim_to_ask(SUBJECT)).channel_ref == "2026"

    def test_counts_only_while_the_lease_is_held(self, channel):
        # Given one who was slow, and one who took over
        order(channel)
        slow = operations.claim_to_send(SUBJECT)
        lease_runs_out()
        taken_over = operations.claim_to_ask(SUBJECT)

        # When
        with nothing_written(), pytest.raises(LeaseLostError):
            answered(OutcomeKind.FAILED, slow)

        # Then
        assert (now().status, now().lease_token) == ("sending", taken_over.token)
        assert answered(OutcomeKind.SUCCEEDED, taken_over).status == "succeeded"

    def test_counts_after_its_time_when_nobody_took_over(self, channel):
        # Given
        order(channel)
        slow = operations.claim_to_send(SUBJECT)
        lease_runs_out()

        # When, Then
        assert answered(OutcomeKind.AWAITING_PAYER, slow).status == "awaiting_payer"

    def test_a_forged_lease_counts_for_nothing(self, channel):
        # Given
        order(channel)
        lease = operations.claim_to_send(SUBJECT)

        # When, Then
        with pytest.raises(LeaseLostError):
            answered(OutcomeKind.SUCCEEDED, replace(lease, token=uuid.uuid4()))
        assert now().status == "sending"

    def test_knows_an_order_that_the_channel_does_not(self, channel):
        # Given
        order(channel, "unknown")

        # When
        found = answered(OutcomeKind.UNKNOWN, operations.claim_to_ask(SUBJECT), code=NOT_FOUND)

        # Then
        assert operations.is_unplaced(found)

    def test_an_order_that_waits_for_its_payer_is_placed_whatever_a_query_says(self, channel):
        # Given a QR code that nobody has scanned: the channel does not know such a trade
        order(channel, "awaiting_payer")

        # When
        found = answered(OutcomeKind.UNKNOWN, operations.claim_to_ask(SUBJECT), code=NOT_FOUND)

        # Then
        assert found.status == "awaiting_payer"
        assert not operations.is_unplaced(found)
