"""The engine: who may speak to a channel about an order, and what an answer makes of it."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import ExpressionWrapper, F, fields

from payments.actions import operations
from payments.actions.operations import ASKABLE, LEASE, Lease
from payments.actions.order_courses import QUERY_DELAYS
from payments.channels.base import NOT_FOUND, Outcome, OutcomeKind
from payments.errors import LeaseLostError
from payments.models import ChannelOperation, DatabaseClock
from payments.queries.operations import operations_due, unknown_operations
from payments.states import OPERATION, OperationStatus
from tests.factories.payments import AlipayAccountFactory
from tests.instants import NEXT_NOON, NOON
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db

PATHS = {
    "prepared": [],
    "sending": ["sending"],
    "awaiting_payer": ["sending", "awaiting_payer"],
    "processing": ["sending", "processing"],
    "unknown": ["sending", "unknown"],
    "manual_review": ["sending", "unknown", "manual_review"],
    "succeeded": ["sending", "succeeded"],
    "failed": ["sending", "failed"],
    "closed": ["sending", "unknown", "closed"],
}
SUBJECT = "att_1"


@pytest.fixture
def channel():
    return AlipayAccountFactory()


def order(channel, status: str = "prepared", *, kind: str = "pay", **other) -> ChannelOperation:
    """Write an order and bring it to a state."""
    operation = ChannelOperation.objects.create(
        kind=kind,
        channel_account=channel,
        channel_no="ATT_1",
        subject=SUBJECT,
        amount_minor=10_000,
        currency="CNY",
        created_at=NOON,
    )
    for step in PATHS[status]:
        ChannelOperation.objects.update(status=step)
    ChannelOperation.objects.update(**other)
    operation.refresh_from_db()
    return operation


def now() -> ChannelOperation:
    return ChannelOperation.objects.get()


def lease_runs_out() -> None:
    ChannelOperation.objects.update(lease_until=DatabaseClock())


def time_until(column: str) -> timedelta:
    """Return how far an instant lies ahead by the database's own clock."""
    ahead = ExpressionWrapper(F(column) - DatabaseClock(), output_field=fields.DurationField())
    return ChannelOperation.objects.annotate(ahead=ahead).values_list("ahead", flat=True).get()


def is_about(found: timedelta, wanted: timedelta) -> bool:
    return wanted - timedelta(seconds=20) < found <= wanted


def answered(kind: OutcomeKind, lease: Lease | None, **other) -> ChannelOperation:
    """Record one outcome for the holder of a lease."""
    assert lease is not None
    operation = now()
    operations.record_outcome(operation, lease=lease, outcome=Outcome(kind, **other), at=NEXT_NOON)
    return now()


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

    @pytest.mark.parametrize("status", ["closed", "manual_review"])
    def test_gives_the_right_to_ask(self, channel, status):
        # Given
        order(channel, status)

        # When
        lease = operations.claim_to_ask(SUBJECT, is_notified=True)

        # Then
        assert lease is not None
        assert operations.free_at(SUBJECT, is_notified=True) == now().lease_until
        assert now().status == status

    @pytest.mark.parametrize("status", ["prepared", "succeeded", "failed"])
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

    def test_of_failed_orders_only_refunds_may_be_asked_about(self, channel):
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

    @pytest.mark.parametrize(
        ("kind", "status"), [("pay", "failed"), ("refund", "unknown"), ("payout", "unknown")]
    )
    def test_a_second_sending_that_is_refused_fails_only_what_moves_no_money(
        self, channel, kind, status
    ):
        # Given: the first sending of a refund or a transfer may have been done all the same
        order(channel, "unknown", kind=kind)

        # When, Then
        refused = answered(OutcomeKind.FAILED, operations.claim_to_resend(SUBJECT))
        assert refused.status == status

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
