"""The schedule of questions, and who is never sent anything twice (R3, R5, R10)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.fault_points import armed
from payments.actions import operations, payment_questions
from payments.actions.exchanges import Exchange
from payments.actions.order_courses import QUERY_DELAYS
from payments.channels import registry
from payments.channels.base import NOT_FOUND, Outcome, OutcomeKind
from payments.errors import PaymentOutcomeUnknownError
from payments.models import ChannelOperation, DatabaseClock, PaymentAttempt
from tests.factories.payments import AlipayAccountFactory, confirmed_payment
from tests.instants import NOON
from tests.rig.attacks import refused
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

SCHEDULE_SECONDS = [2, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, *[86_400] * 7]
UNPLACED = Outcome(OutcomeKind.UNKNOWN, code=NOT_FOUND, raw="{}")


class Desk:
    """A refund's order, and what was said about it."""

    def __init__(self) -> None:
        """Write the order of an account that knows nothing of it."""
        ChannelOperation.objects.create(
            kind="refund",
            channel_account=AlipayAccountFactory(),
            channel_no="REF1",
            subject="ref_1",
            amount_minor=100,
            currency="CNY",
            created_at=NOON,
        )
        self.said: list[str] = []
        self.exchange = Exchange(
            "refund",
            place=lambda subject, at: self._say("send", Outcome(OutcomeKind.UNKNOWN)),
            ask=lambda subject, at: self._say("ask", UNPLACED),
            record=self._record,
        )

    def _say(self, what: str, outcome: Outcome) -> Outcome:
        self.said.append(what)
        return outcome

    @staticmethod
    @transaction.atomic
    def _record(subject, *, lease, outcome, at) -> ChannelOperation:
        operation = ChannelOperation.objects.get(subject=subject)
        operations.record_outcome(operation, lease=lease, outcome=outcome, at=at)
        operation.refresh_from_db()
        return operation


@pytest.fixture
def open_desk(settings):
    """Open a desk that leaves an order to its channel for so long."""

    def opened(*, settle_window: timedelta) -> Desk:
        settings.CHANNEL_SETTLE_WINDOW_SECONDS = settle_window.total_seconds()
        return Desk()

    return opened


@pytest.fixture
def only_once(monkeypatch):
    """A channel that does not tell repetitions apart."""
    traits = replace(registry.TRAITS["alipay"], deduplicates=False)
    monkeypatch.setattr(registry, "TRAITS", {**registry.TRAITS, "alipay": traits})


def test_f09_asks_exactly_as_often_as_the_schedule_is_long_and_then_people_look(open_desk):
    # Given
    desk = open_desk(settle_window=timedelta(days=365))
    desk.exchange.send("ref_1", at=NOON)

    # When it is asked about whenever it is due, and long after that
    waits = []
    for _ in range(2 * len(SCHEDULE_SECONDS)):
        operation = ChannelOperation.objects.annotate(now=DatabaseClock()).get()
        if operation.next_query_at is not None:
            waits.append(round((operation.next_query_at - operation.now).total_seconds()))
        desk.exchange.query("ref_1", at=NOON)

    # Then
    assert [delay.total_seconds() for delay in QUERY_DELAYS] == SCHEDULE_SECONDS
    assert waits == SCHEDULE_SECONDS
    assert desk.said == ["send", *["ask"] * 16]
    operation = ChannelOperation.objects.get()
    assert (operation.status, operation.next_query_at) == ("manual_review", None)


def test_f08_not_found_is_never_failed_and_sent_again_after_the_window_only(open_desk):
    # Given
    desk = open_desk(settle_window=timedelta(hours=24))
    desk.exchange.send("ref_1", at=NOON)

    # When
    desk.exchange.query("ref_1", at=NOON)
    assert desk.said == ["send", "ask"]
    ChannelOperation.objects.update(last_sent_at=DatabaseClock() - timedelta(hours=25))
    desk.exchange.query("ref_1", at=NOON)

    # Then
    assert desk.said == ["send", "ask", "ask", "send"]
    assert ChannelOperation.objects.get().status == "unknown"


def test_f08_the_window_begins_when_the_order_really_left(open_desk):
    # Given an order whose first sending, a day ago, never left
    desk = open_desk(settle_window=timedelta(hours=24))
    day_ago = DatabaseClock() - timedelta(hours=25)
    ChannelOperation.objects.update(first_sent_at=day_ago, last_sent_at=day_ago, sends=1)
    desk.exchange.send("ref_1", at=NOON)

    # When
    desk.exchange.query("ref_1", at=NOON)

    # Then
    assert desk.said == ["send", "ask"]


def test_what_is_put_off_keeps_nobody_from_asking_now(open_desk):
    # Given an order before people, and a question about it without an answer
    desk = open_desk(settle_window=timedelta(hours=24))
    desk.exchange.send("ref_1", at=NOON)
    ChannelOperation.objects.update(status="manual_review", next_query_at=None)
    asking = replace(
        desk.exchange, ask=lambda subject, at: Outcome(OutcomeKind.UNKNOWN, code="NO_ANSWER")
    )

    # When
    asking.query("ref_1", at=NOON, is_notified=True)

    # Then only that lock is taken
    waiting = ProcrastinateJob.objects.filter(task_name="payments.query_refund")
    assert list(waiting.values_list("queueing_lock", flat=True)) == ["ref_1:later"]


def test_a_channel_may_want_a_longer_window(open_desk, monkeypatch):
    # Given one that takes two days to know what it has taken
    traits = replace(registry.TRAITS["alipay"], settle_window=timedelta(days=2))
    monkeypatch.setattr(registry, "TRAITS", {**registry.TRAITS, "alipay": traits})
    desk = open_desk(settle_window=timedelta(hours=24))
    desk.exchange.send("ref_1", at=NOON)
    ChannelOperation.objects.update(last_sent_at=DatabaseClock() - timedelta(hours=25))

    # When
    desk.exchange.query("ref_1", at=NOON)

    # Then
    assert desk.said == ["send", "ask"]


@pytest.mark.parametrize("window", [timedelta(0), timedelta(seconds=1)])
def test_where_repetitions_are_not_told_apart_nothing_is_sent_again(open_desk, only_once, window):
    # Given
    desk = open_desk(settle_window=window)
    desk.exchange.send("ref_1", at=NOON)
    ChannelOperation.objects.update(last_sent_at=DatabaseClock() - timedelta(days=9))

    # When
    for _ in range(len(QUERY_DELAYS)):
        desk.exchange.query("ref_1", at=NOON)

    # Then people look
    assert desk.said.count("send") == 1
    assert ChannelOperation.objects.get().status == "manual_review"


@pytest.mark.parametrize("status", ["sending", "processing", "unknown", "manual_review"])
def test_f17_nothing_follows_a_payment_whose_order_may_have_gone_either_way(status):
    # Given
    AlipayAccountFactory()
    attempt = confirmed_payment()
    path = {"sending": ["sending"], "manual_review": ["sending", "unknown", "manual_review"]}
    for step in path.get(status, ["sending", status]):
        PaymentAttempt.objects.update(status=step)

    # When, Then
    with (
        nothing_written(),
        pytest.raises(PaymentOutcomeUnknownError) as refusal,
        transaction.atomic(),
    ):
        payment_questions.require_known(attempt.payment)
    assert (refusal.value.status, refusal.value.retry) == (409, "same_key")


@pytest.mark.parametrize("status", ["prepared", "awaiting_payer", "failed"])
def test_f17_what_is_known_is_refused_or_allowed_for_what_it_is(status):
    # Given
    AlipayAccountFactory()
    attempt = confirmed_payment()
    for step in ["sending", status] if status != "prepared" else []:
        PaymentAttempt.objects.update(status=step)

    # When, Then
    with transaction.atomic():
        payment_questions.require_known(attempt.payment)


def test_c22_the_number_is_the_same_for_ever(open_desk):
    # Given
    open_desk(settle_window=timedelta(0))

    # When, Then the database keeps it, whoever would change it
    with refused("never changes"):
        ChannelOperation.objects.update(channel_no="REF2")
    assert ChannelOperation.objects.get().channel_no == "REF1"


@pytest.mark.parametrize(("paused_s", "said"), [(44, ["send"]), (45, []), (600, [])], ids=str)
def test_who_was_paused_between_claim_and_call_does_not_send(
    open_desk, monkeypatch, paused_s, said
):
    # Given a worker that stands still once its claim is committed
    desk = open_desk(settle_window=timedelta(0))
    now = [10**12]
    monkeypatch.setattr(operations.time, "monotonic_ns", lambda: now[0])

    def pause() -> None:
        now[0] += paused_s * 10**9

    # When
    with armed([("exchange.intended", pause)]):
        desk.exchange.send("ref_1", at=NOON)

    # Then what was not sent is left to be asked about: its row says that it may have left
    assert desk.said == said
    operation = ChannelOperation.objects.get()
    assert (operation.status, operation.sends) == ("unknown" if said else "sending", 1)
    assert (operation.lease_token is None) == bool(said)


def test_who_was_paused_is_asked_about_first_and_sent_again_then(open_desk, monkeypatch):
    # Given
    desk = open_desk(settle_window=timedelta(0))
    with monkeypatch.context() as patch:
        patch.setattr(operations, "LEASE", timedelta(0))
        desk.exchange.send("ref_1", at=NOON)
    assert desk.said == []

    # When
    desk.exchange.query("ref_1", at=NOON)

    # Then
    assert desk.said == ["ask", "send"]
