"""Refunds at a real channel over real HTTP: ordered once, believed only when asked, never lost."""

from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from payments.actions import attempts, refund_orders
from payments.actions.channels import channel_of, point_at_gateway
from payments.actions.operations import channel_no_of
from payments.channels.base import RefundRequest
from payments.models import ChannelOperation, DatabaseClock, Payment, PaymentAttempt, Refund
from payments.states import OperationStatus
from settlements.queries import integrity
from tests.books import assert_entry, balance
from tests.factories.payments import confirmed_payment, refund_asked
from tests.instants import NOON
from tests.rig.stage import let_machines_wait, order_fault, run_jobs, story_of

pytestmark = pytest.mark.django_db(transaction=True)

REFUND, QUERY = "alipay.trade.refund", "alipay.trade.fastpay.refund.query"
NOBODY_LISTENS = "http://127.0.0.1:9/gateway.do"
LATER = NOON + timedelta(hours=1)


class Desk:
    """One payment of 100.00 that was paid at the simulated Alipay, and its refunds."""

    def __init__(self, marketplace, other_side) -> None:
        self.market = marketplace
        self.other_side = other_side
        attempt = confirmed_payment(payer_no="P1")
        attempts.send_attempt(attempt.pk, at=NOON)
        self.pay_no = attempt.operation.channel_no
        other_side.pay(app_id=marketplace.plan.app_id, out_trade_no=self.pay_no, at=NOON)
        attempts.query_attempt(attempt.pk, at=NOON)
        run_jobs()
        self.payment = Payment.objects.get()
        self.owner = f"{marketplace.alipay.pk}/{self.payment.allocations.get().merchant_id}"

    def ask_for(self, amount_minor: int | None = None) -> Refund:
        return refund_asked(self.payment, amount_minor=amount_minor, at=LATER)

    def fail(self, kind: str, method: str, **fields: object) -> None:
        order_fault(self.other_side, kind, method=method, app_id=self.market.plan.app_id, **fields)

    def plan(self, kind: str, **fields: object) -> None:
        """Decide beforehand what becomes of the next refund."""
        self.other_side.client.post(
            "/control/alipay/plans",
            json={"kind": kind, "app_id": self.market.plan.app_id, **fields},
        ).raise_for_status()

    def story(self, refund: Refund) -> list[str]:
        return story_of(self.other_side, channel_no_of(refund.pk))

    def settle(self) -> None:
        """Let machines wait once, and the janitor and the workers do theirs."""
        let_machines_wait()
        refund_orders.defer_due(at=LATER)
        run_jobs()

    @property
    def on_the_way(self) -> str:
        return balance("2101", self.owner)


@pytest.fixture
def desk(marketplace, simulator) -> Desk:
    desk = Desk(marketplace, simulator)
    yield desk
    simulator.client.delete("/control/alipay/plans")
    assert integrity.verify().violations == []


def standing(refund: Refund) -> tuple[str, str]:
    """Where a refund and its order stand."""
    refund.refresh_from_db()
    return refund.status, ChannelOperation.objects.get(subject=refund.pk).status


@pytest.mark.usefixtures("asks_before_resending")
def test_is_ordered_by_a_job_and_booked_by_the_channel_s_answer(desk):
    # Given
    refund = desk.ask_for(3_000)
    assert standing(refund) == ("submitting", "prepared")

    # When
    assert run_jobs()[0] == "payments.send_refund"

    # Then
    assert standing(refund) == ("succeeded", "succeeded")
    part = refund.allocations.get()
    assert_entry(f"{part.pk}:request:1", "Dr 2001 29.40 CNY\nDr 4001 0.60 CNY\nCr 2101 30.00 CNY")
    assert_entry(f"{part.pk}:succeeded", "Dr 2101 30.00 CNY\nCr 1101 30.00 CNY")
    assert refund.succeeded_at == NOON
    assert refund.operation.channel_no == channel_no_of(refund.pk)
    assert desk.story(refund).count("refund_accepted") == 1


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("timeout_before", {}),
        ("timeout_after_commit", {}),
        ("http_500", {}),
        ("http_500", {"after_commit": True}),
        ("bad_signature", {}),
        ("truncated_json", {}),
        ("system_error", {"after_commit": True}),
    ],
    ids=str,
)
@pytest.mark.usefixtures("asks_before_resending")
def test_an_unknown_outcome_is_resolved_by_asking(desk, settings, kind, fields):
    # Given
    settings.CHANNEL_SETTLE_WINDOW_SECONDS = 0
    desk.fail(kind, REFUND, **fields)
    refund = desk.ask_for(3_000)
    run_jobs()
    assert standing(refund) == ("unknown", "unknown")
    assert desk.on_the_way == "30.00"

    # When
    desk.settle()
    desk.settle()

    # Then
    assert standing(refund) == ("succeeded", "succeeded")
    assert desk.story(refund).count("refund_accepted") == 1
    assert desk.on_the_way == "0.00"


@pytest.mark.usefixtures("asks_before_resending")
def test_not_found_is_no_failure_and_no_reason_to_order_again_within_the_window(desk):
    # Given an order that never arrived
    desk.fail("timeout_before", REFUND)
    refund = desk.ask_for()
    run_jobs()

    # When
    for _ in range(3):
        desk.settle()

    # Then
    assert standing(refund) == ("unknown", "unknown")
    assert refund.operation.code == "NOT_FOUND"
    assert "refund_accepted" not in desk.story(refund)

    # When the window is over
    ChannelOperation.objects.filter(subject=refund.pk).update(
        first_sent_at=DatabaseClock() - timedelta(days=1)
    )
    desk.settle()

    # Then
    assert standing(refund) == ("succeeded", "succeeded")
    assert refund.operation.sends == 2


@pytest.mark.usefixtures("asks_before_resending")
def test_what_never_left_is_sent_again(desk):
    # Given
    account = desk.market.alipay
    point_at_gateway(account, gateway_url=NOBODY_LISTENS, actor="t", at=NOON)
    refund = desk.ask_for()
    run_jobs()
    assert standing(refund) == ("submitting", "prepared")

    # When
    point_at_gateway(account, gateway_url=f"{desk.other_side.url}/gateway.do", actor="t", at=NOON)
    desk.settle()

    # Then
    assert standing(refund) == ("succeeded", "succeeded")


def test_a_refusal_on_the_closed_list_gives_the_money_back(desk):
    """E05g."""
    # Given
    desk.plan("refund_refused", error_code="ACQ.TRADE_NOT_ALLOW_REFUND")
    refund = desk.ask_for(3_000)

    # When
    run_jobs()

    # Then
    assert standing(refund) == ("failed", "failed")
    assert refund.status_code == "ACQ.TRADE_NOT_ALLOW_REFUND"
    part = refund.allocations.get()
    assert_entry(f"{part.pk}:failed", "Dr 2101 30.00 CNY\nCr 2001 29.40 CNY\nCr 4001 0.60 CNY")
    assert desk.on_the_way == "0.00"


class TestToldThatAFailedOneWasMade:
    """R8: it is asked about once more, and people look."""

    @pytest.fixture
    def failed(self, desk) -> Refund:
        """A refund that the channel refused, and that somebody made there afterwards."""
        desk.plan("refund_refused", error_code="ACQ.TRADE_NOT_ALLOW_REFUND")
        refund = desk.ask_for(3_000)
        run_jobs()
        assert standing(refund) == ("failed", "failed")
        order = refund_orders._read(refund.pk)
        channel_of(order.account).refund(order.request)
        return refund

    def test_is_asked_about_when_told_only_and_kept_for_people(self, desk, failed):
        # Given nobody told us
        refund_orders.query_refund(failed.pk, at=LATER)
        assert (standing(failed), failed.status_code) == (
            ("failed", "failed"),
            "ACQ.TRADE_NOT_ALLOW_REFUND",
        )

        # When
        refund_orders.query_refund(failed.pk, at=LATER, is_notified=True)

        # Then
        assert (standing(failed), failed.status_code) == (("failed", "failed"), "contradicted")
        assert desk.on_the_way == "0.00"

    def test_without_an_answer_is_asked_about_again(self, desk, failed):
        # Given
        desk.fail("timeout_before", QUERY)

        # When
        refund_orders.query_refund(failed.pk, at=LATER, is_notified=True)

        # Then
        assert failed.status_code != "contradicted"
        again = ProcrastinateJob.objects.get(status="todo", task_name="payments.query_refund")
        assert (again.args["refund_id"], again.args["is_notified"]) == (failed.pk, True)


def test_one_that_takes_its_time_is_asked_about_until_it_is_done(desk):
    # Given
    desk.plan("refund_delayed", seconds=86_400)
    refund = desk.ask_for()
    run_jobs()
    desk.settle()
    assert standing(refund)[0] == "processing"
    assert desk.on_the_way == "100.00"

    # When
    desk.other_side.set_clock(NOON + timedelta(days=2))
    desk.settle()

    # Then
    assert standing(refund) == ("succeeded", "succeeded")
    assert desk.on_the_way == "0.00"


@pytest.mark.usefixtures("asks_before_resending")
def test_a_sender_that_died_orders_nothing_twice(desk):
    # Given the channel took the order, and nobody heard it
    refund = desk.ask_for(3_000)
    ChannelOperation.objects.filter(subject=refund.pk).update(
        status=OperationStatus.SENDING, first_sent_at=DatabaseClock(), lease_until=DatabaseClock()
    )
    order = refund_orders._read(refund.pk)
    channel_of(order.account).refund(order.request)

    # When
    desk.settle()

    # Then
    assert standing(refund) == ("succeeded", "succeeded")
    assert desk.story(refund).count("refund_accepted") == 1


def test_a_foreign_amount_under_our_number_is_not_believed(desk):
    # Given somebody refunded 1.00 under our number
    refund = desk.ask_for(3_000)
    order = refund_orders._read(refund.pk)
    channel_of(order.account).refund(
        RefundRequest(
            **{
                **{name: getattr(order.request, name) for name in RefundRequest.__slots__},
                "amount_minor": 100,
            }
        )
    )

    # When
    run_jobs()
    desk.settle()

    # Then
    assert standing(refund) == ("unknown", "unknown")
    assert refund.operation.code == "AMOUNT_DIFFERS"
    assert desk.on_the_way == "30.00"


@pytest.mark.usefixtures("asks_before_resending")
class TestTurns:
    """Channels want refunds of one payment apart: three seconds at Alipay."""

    def test_the_second_waits_for_the_first(self, desk):
        # Given
        first = desk.ask_for(1_000)
        second = desk.ask_for(2_000)

        # When
        run_jobs()

        # Then
        assert standing(first) == ("succeeded", "succeeded")
        assert standing(second) == ("submitting", "prepared")
        waiting = ProcrastinateJob.objects.get(status="todo", task_name="payments.send_refund")
        assert waiting.args["refund_id"] == second.pk
        assert waiting.scheduled_at is not None

        # When its time has come
        ChannelOperation.objects.filter(subject=first.pk).update(
            first_sent_at=DatabaseClock() - timedelta(seconds=3)
        )
        desk.settle()

        # Then
        assert standing(second) == ("succeeded", "succeeded")
        assert desk.on_the_way == "0.00"

    def test_a_job_that_comes_too_early_puts_itself_off(self, desk):
        # Given
        first = desk.ask_for(1_000)
        run_jobs()
        second = desk.ask_for(2_000)
        assert standing(first) == ("succeeded", "succeeded")

        # When
        refund_orders.send_refund(second.pk, at=LATER)

        # Then
        assert standing(second) == ("submitting", "prepared")
        assert desk.story(second) == []
        turns = ProcrastinateJob.objects.filter(status="todo", task_name="payments.send_refund")
        sent_at = ChannelOperation.objects.get(subject=first.pk).first_sent_at
        assert {job.scheduled_at for job in turns} == {sent_at + timedelta(seconds=3)}


@pytest.mark.usefixtures("asks_before_resending")
def test_the_janitor_looks_after_refunds_and_payments_apart(desk):
    # Given
    refund = desk.ask_for()
    ChannelOperation.objects.filter(subject=refund.pk).update(next_query_at=DatabaseClock())

    # When, Then
    assert attempts.defer_due(at=LATER) == 0
    assert refund_orders.defer_due(at=LATER) == 1
    assert PaymentAttempt.objects.get().status == "succeeded"
